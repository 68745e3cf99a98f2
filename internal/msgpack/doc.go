// Package msgpack reads MessagePack
// (https://github.com/msgpack/msgpack/blob/master/spec.md) where it lies: what
// it gives are numbers, and substrings of the text that it was given.
//
// Nothing in the text makes it allocate or go deep: a length or count that the
// text cannot hold is an error before anything is done about it, and values
// within values are followed down to MaxDepth.
package msgpack
