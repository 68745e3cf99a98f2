package cef

import (
	"errors"
	"fmt"
)

// Message is a CEF message: the seven header fields, unescaped, and the
// extension, not yet read.
type Message struct {
	Version            uint8 // 0 or 1; any other is kept, with Err
	DeviceVendor       string
	DeviceProduct      string
	DeviceVersion      string
	DeviceEventClassID string
	Name               string
	Severity           string // 0 to 10, or a word

	Extension string      // a substring of the input, for a Scanner
	Offset    int         // where Extension begins in the input
	Err       *ParseError // nil, or the first thing that was not understood
}

// Pair is one key and its value.
type Pair struct {
	Key    string
	Value  string // unescaped; a substring of the extension when it holds no escape
	Offset int    // of the key in the extension
	Flags  Flags
}

// Flags tells which leniencies it took to read a Pair.
type Flags uint8

const (
	// UnescapedEquals says that the value holds an = without a backslash.
	UnescapedEquals Flags = 1 << iota
	// BadEscape says that the value holds a backslash that escapes nothing.
	// It was kept, with what follows it.
	BadEscape
	// TabSeparator says that a tab and not a space stands before the key.
	TabSeparator
)

// Reasons of a ParseError.
var (
	ErrPrefix  = errors.New("no CEF: at the beginning")
	ErrVersion = errors.New("not a known version")
	ErrMissing = errors.New("missing")
	ErrNoKey   = errors.New("text before the first key")
)

// ParseError tells what was not understood, and where. It never quotes the
// message, which may hold secrets.
type ParseError struct {
	Part   string // as the standard spells it: "Device Version", "Extension"
	Offset int    // in the input of Parse, or in the extension when a Scanner says it
	Err    error
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("cef: %s at offset %d: %v", e.Part, e.Offset, e.Err)
}

func (e *ParseError) Unwrap() error { return e.Err }
