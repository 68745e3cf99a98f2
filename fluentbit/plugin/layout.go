package plugin

import (
	"strconv"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// layout is how the members of a map lie. Most maps are laid out like the last
// one of their kind, so what a key says is kept by its place.
type layout struct {
	columns []column
	members []member // of the map that was read last
	signs   uint64   // of their keys
	parts   uint32   // that they are, a bit each
}

// column is what a key says.
type column struct {
	key      string
	encoding string // of the key, "" when it is not kept
	sign     uint64
	name     wire.Name
	part     part // which part of a syslog or CEF header it is, as others spell it
}

// member is a key and its value.
type member struct {
	*column
	value msgpack.Value
	whole string // the encoding of an Array, Map, Float or Ext
}

const (
	maxKept    = 64   // columns that are kept,
	maxKeptKey = 128  // and the bytes of their keys
	maxMembers = 1024 // of a map; twice what an event holds
)

// read reads a map into l.members. It reports whether value is one; cut, that it
// has more members than are read.
func (l *layout) read(value string) (ok, cut bool) {
	l.members, l.signs, l.parts = l.members[:0], 0, 0
	in := msgpack.NewReader(value)
	head, err := in.Next()
	if err != nil || head.Kind != msgpack.Map {
		return false, false
	}
	for i := range head.Int {
		if i == maxMembers {
			return true, true
		}
		c, err := l.column(int(i), &in)
		if err != nil {
			return true, true
		}
		v, whole, err := readValue(&in)
		if err != nil {
			return true, true
		}
		l.members = append(l.members, member{c, v, whole})
		l.signs |= c.sign
		l.parts |= 1 << c.part
	}
	return true, false
}

func readKey(in *msgpack.Reader) (string, error) {
	begin := *in
	v, err := in.Next()
	if err != nil || v.Kind == msgpack.String {
		return v.Text, err
	}
	*in = begin
	whole, err := in.Raw()
	return valueText(v, whole), err
}

// readValue reads a value, and the whole of one that a Value does not hold.
func readValue(in *msgpack.Reader) (v msgpack.Value, whole string, err error) {
	begin := *in
	v, err = in.Next()
	switch v.Kind {
	case msgpack.Array, msgpack.Map, msgpack.Float, msgpack.Ext:
		*in = begin
		whole, err = in.Raw()
	}
	return v, whole, err
}

// column reads the key of the i-th member, and finds what it says.
func (l *layout) column(i int, in *msgpack.Reader) (*column, error) {
	if i < len(l.columns) && in.Pass(l.columns[i].encoding) {
		return &l.columns[i], nil
	}
	begin := *in
	key, err := readKey(in)
	if err != nil || len(key) > maxKeptKey || i >= maxKept {
		return newColumn(key), err
	}
	for len(l.columns) <= i {
		l.columns = append(l.columns, column{})
	}
	// The members that were read already may point to the old one.
	c := &l.columns[i]
	*c = *newColumn(strings.Clone(key))
	c.encoding, err = begin.Raw()
	c.encoding = strings.Clone(c.encoding)
	return c, err
}

func newColumn(key string) *column {
	return &column{key: key, sign: signOf(key), name: wire.MemberName(key), part: partOf(key)}
}

// signOf returns a bit that few other keys have, so that most keys are seen at
// once not to be there.
func signOf(key string) uint64 {
	if key == "" {
		return 1
	}
	return 1 << ((len(key)*8 + int(key[0])) % 64)
}

// find returns the member of that key, nil when there is none.
func (l *layout) find(key string) *member {
	if l.signs&signOf(key) == 0 {
		return nil
	}
	for i := range l.members {
		if l.members[i].key == key {
			return &l.members[i]
		}
	}
	return nil
}

// text returns the member's value as text, "" of nil.
func (m *member) text() string { return valueText(m.value, m.whole) }

// valueText returns a value as text: a string as it is, nothing for nil, and all
// else as JSON.
func valueText(v msgpack.Value, whole string) string {
	switch v.Kind {
	case msgpack.String, msgpack.Bytes:
		return v.Text
	case msgpack.Nil:
		return ""
	case msgpack.Int:
		return strconv.FormatInt(v.Int, 10)
	case msgpack.Bool:
		return strconv.FormatBool(v.Int != 0)
	case msgpack.Uint:
		return strconv.FormatUint(v.Uint(), 10)
	}
	return string(msgpack.AppendJSON(nil, whole))
}

// path leads to a value within maps: names of members, the outermost first.
type path []string

// value returns the text at the end of the path; ok is false when there is none.
func (p path) value(l *layout) (text string, of *member, ok bool) {
	m := l.find(p[0])
	if m == nil {
		return "", nil, false
	}
	v, whole := m.value, m.whole
	for _, name := range p[1:] {
		if v.Kind != msgpack.Map {
			return "", nil, false
		}
		if v, whole, ok = within(whole, name); !ok {
			return "", nil, false
		}
	}
	isText := v.Kind == msgpack.String || v.Kind == msgpack.Bytes
	return v.Text, m, isText && v.Text != ""
}

// within returns the value that a map has under a name.
func within(whole, name string) (v msgpack.Value, inner string, ok bool) {
	in := msgpack.NewReader(whole)
	head, err := in.Next()
	if err != nil || head.Kind != msgpack.Map {
		return msgpack.Value{}, "", false
	}
	for range head.Int {
		key, err := readKey(&in)
		if err != nil {
			break
		}
		if v, inner, err = readValue(&in); err != nil {
			break
		}
		if key == name {
			return v, inner, true
		}
	}
	return msgpack.Value{}, "", false
}
