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

// EventTime returns the seconds since 1970 and nanoseconds that an Ext of type 0
// and 8 bytes holds (Forward Protocol Specification v1). Whether they are of a
// clock is not looked at.
func (v Value) EventTime() (seconds, nanos int64, ok bool) {
	if v.Kind != Ext || v.Int != 0 || len(v.Text) != 8 {
		return 0, 0, false
	}
	return number(v.Text, 4), number(v.Text[4:], 4), true
}

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
			t[c] = head{kind: Int, value: int8(c)}
		case c < 0x90:
			t[c] = head{kind: Map, value: int8(c - 0x80)}
		case c < 0xa0:
			t[c] = head{kind: Array, value: int8(c - 0x90)}
		case c < 0xc0:
			t[c] = head{kind: String, value: int8(c - 0xa0)}
		case c < 0xe0:
			t[c] = longHeads[c-0xc0]
		default:
			t[c] = head{kind: Int, value: int8(c - 0x100)}
		}
	}
	return t
}()

// longHeads holds the first bytes c0 to df. Those of Uint become an Int when
// they fit; the width tells a Float's two sizes apart.
var longHeads = [32]head{
	{kind: Nil}, {kind: reserved}, {kind: Bool}, {kind: Bool, value: 1},
	{kind: Bytes, width: 1}, {kind: Bytes, width: 2}, {kind: Bytes, width: 4},
	{kind: Ext, width: 1}, {kind: Ext, width: 2}, {kind: Ext, width: 4},
	{kind: Float, width: 4}, {kind: Float, width: 8},
	{kind: Uint, width: 1}, {kind: Uint, width: 2}, {kind: Uint, width: 4}, {kind: Uint, width: 8},
	{kind: Int, width: 1}, {kind: Int, width: 2}, {kind: Int, width: 4}, {kind: Int, width: 8},
	{kind: Ext, value: 1}, {kind: Ext, value: 2}, {kind: Ext, value: 4}, {kind: Ext, value: 8}, {kind: Ext, value: 16},
	{kind: String, width: 1}, {kind: String, width: 2}, {kind: String, width: 4},
	{kind: Array, width: 2}, {kind: Array, width: 4},
	{kind: Map, width: 2}, {kind: Map, width: 4},
}
