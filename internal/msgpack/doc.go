// Package msgpack reads MessagePack
// (https://github.com/msgpack/msgpack/blob/master/spec.md) where it lies: what
// it gives are numbers, and substrings of the text that it was given.
//
// Nothing in the text makes it allocate or go deep: a length or count that the
// text cannot hold is an error before anything is done about it, values within
// values are looked at down to MaxDepth and passed at any depth, and JSON is not
// longer than a few times the text.
package msgpack
