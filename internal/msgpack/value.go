package msgpack

import "math"

// Kind says what a value is.
type Kind uint8

// The kinds. Uint is a whole number above the largest int64; all others are Int.
const (
	Nil Kind = iota
	Bool
	Int
	Uint
	Float
	String
	Bytes
	Array
	Map
	Ext
	reserved
)

// Value is one value, or the head of an Array or Map, whose elements follow.
// It fits into registers: do not add to it.
type Value struct {
	Kind Kind
	Text string // of a String, of Bytes, the data of an Ext
	Int  int64  // an Int, a Bool's 0 or 1, an Ext's type, how many elements an Array or pairs a Map has
}

// Float returns the number of a Float.
func (v Value) Float() float64 { return math.Float64frombits(uint64(v.Int)) }

// Uint returns the number of a Uint.
func (v Value) Uint() uint64 { return uint64(v.Int) }

// head says what a value's first byte means.
type head struct {
	kind  Kind
	width uint8 // bytes of the number that follows: the value, its length or count
	value int8  // that number, where none follows
}

// heads holds every first byte, as the specification's overview lists them.
var heads = func() (t [256]head) {
	for c := range t {
		switch {
		case c < 0x80:
			t[c] = head{Int, 0, int8(c)}
		case c < 0x90:
			t[c] = head{Map, 0, int8(c - 0x80)}
		case c < 0xa0:
			t[c] = head{Array, 0, int8(c - 0x90)}
		case c < 0xc0:
			t[c] = head{String, 0, int8(c - 0xa0)}
		case c < 0xe0:
			t[c] = longHeads[c-0xc0]
		default:
			t[c] = head{Int, 0, int8(c - 0x100)}
		}
	}
	return t
}()

// longHeads holds the first bytes c0 to df. Those of Uint become an Int when
// they fit; the width tells a Float's two sizes apart.
var longHeads = [32]head{
	{Nil, 0, 0}, {reserved, 0, 0}, {Bool, 0, 0}, {Bool, 0, 1},
	{Bytes, 1, 0}, {Bytes, 2, 0}, {Bytes, 4, 0},
	{Ext, 1, 0}, {Ext, 2, 0}, {Ext, 4, 0},
	{Float, 4, 0}, {Float, 8, 0},
	{Uint, 1, 0}, {Uint, 2, 0}, {Uint, 4, 0}, {Uint, 8, 0},
	{Int, 1, 0}, {Int, 2, 0}, {Int, 4, 0}, {Int, 8, 0},
	{Ext, 0, 1}, {Ext, 0, 2}, {Ext, 0, 4}, {Ext, 0, 8}, {Ext, 0, 16},
	{String, 1, 0}, {String, 2, 0}, {String, 4, 0},
	{Array, 2, 0}, {Array, 4, 0},
	{Map, 2, 0}, {Map, 4, 0},
}
