package kv

import (
	"errors"
	"fmt"
)

// Pair is one key and its value.
type Pair struct {
	Key    string
	Value  string // without quotes and escapes; a substring of the input when it holds no escape
	Offset int    // of the key in the input
	Flags  Flags
}

// Flags tells how a Pair was written, and which leniencies it took to read it.
type Flags uint8

const (
	// Quoted says that the value stood in quotes.
	Quoted Flags = 1 << iota
	// UnescapedEquals says that a bare value holds an =.
	UnescapedEquals
	// BadEscape says that a quoted value holds a backslash that escapes nothing.
	// It was kept, with what follows it.
	BadEscape
	// StrayQuote says that text stands behind the closing quote. The value was
	// read as a bare one, quotes and all.
	StrayQuote
	// Cut says that the closing quote is missing. The value is the rest.
	Cut
)

// ErrNoKey is the reason of a ParseError.
var ErrNoKey = errors.New("text before the first key")

// ParseError tells what was not understood, and where. It never quotes the
// input, which may hold secrets.
type ParseError struct {
	Offset int
	Err    error
}

func (e *ParseError) Error() string { return fmt.Sprintf("kv: offset %d: %v", e.Offset, e.Err) }

func (e *ParseError) Unwrap() error { return e.Err }
