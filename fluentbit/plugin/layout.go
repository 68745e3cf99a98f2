package plugin

import (
	"strconv"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// layout is how the members of a map lie. Most maps are laid out like the last
// one of their kind, so what a key says is kept by its place, and for the others
// by the key.
type layout struct {
	columns []*column          // by place
	known   map[string]*column // by key
	whole   string             // the map that was read last, if raw has read it
	members []member
	signs   uint64 // of their keys
	parts   uint32 // that they are, a bit each
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
	maxPlaces  = 64   // columns that are kept by place,
	maxKept    = 1024 // by key,
	maxKeptKey = 128  // and the bytes of their keys
	maxMembers = 1024 // of a map; twice what an event holds
)

// read reads a map into l.members. It reports whether value is one; cut, that it
// has more members than are read.
func (l *layout) read(value string) (ok, cut bool) {
	if l.whole != "" && l.whole == value { // raw has read it
		return true, false
	}
	in := msgpack.NewReader(value)
	return l.readFrom(&in)
}

// readWithin reads the map that a map has under a name, if there is one.
func (l *layout) readWithin(whole, name string) bool {
	v, inner, ok := within(whole, name)
	if ok = ok && v.Kind == msgpack.Map; ok {
		l.read(inner)
	}
	return ok
}

// forget leaves the layout without a map.
func (l *layout) forget() { l.whole, l.members, l.signs, l.parts = "", l.members[:0], 0, 0 }

// raw is in.Raw, which on its way reads what is a map, unless l is nil.
func (l *layout) raw(in *msgpack.Reader) (value string, err error) {
	if l == nil {
		return in.Raw()
	}
	begin := *in
	if ok, cut := l.readFrom(in); !ok || cut {
		*in = begin
		return in.Raw()
	}
	l.whole = in.Since(begin)
	return l.whole, nil
}

// readFrom is read of the next value.
func (l *layout) readFrom(in *msgpack.Reader) (ok, cut bool) {
	l.forget()
	head, err := in.Next()
	if err != nil || head.Kind != msgpack.Map {
		return false, false
	}
	for i := range head.Int {
		if i == maxMembers {
			return true, true
		}
		c, err := l.column(int(i), in)
		if err != nil {
			return true, true
		}
		m := member{column: c}
		var short bool
		if m.value.Text, short = in.Short(); short {
			m.value.Kind = msgpack.String
		} else if m.value, m.whole, err = readValue(in, 1); err != nil {
			return true, true
		}
		l.members = append(l.members, m)
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
	whole, err := in.RawKey()
	if err != nil || v.Kind == msgpack.Bytes {
		return v.Text, err
	}
	return string(msgpack.AppendKey(nil, v, whole)), nil
}

// readValue reads a value that lies at a depth, and the whole of one that a Value
// does not hold.
func readValue(in *msgpack.Reader, depth int) (v msgpack.Value, whole string, err error) {
	begin := *in
	v, err = in.Next()
	switch v.Kind {
	case msgpack.Array, msgpack.Map, msgpack.Float, msgpack.Ext:
		*in = begin
		whole, err = in.RawAt(depth)
	}
	return v, whole, err
}

// column reads the key of the i-th member, and finds what it says.
func (l *layout) column(i int, in *msgpack.Reader) (*column, error) {
	if i < len(l.columns) && in.Pass(l.columns[i].encoding) {
		return l.columns[i], nil
	}
	begin := *in
	key, err := readKey(in)
	if err != nil || len(key) > maxKeptKey {
		return newColumn(key), err
	}
	c := l.known[key]
	if c == nil {
		c = newColumn(strings.Clone(key))
		if !in.OddKeys() {
			c.encoding = strings.Clone(in.Since(begin))
		}
		l.keep(c)
	}
	if i == len(l.columns) && i < maxPlaces {
		l.columns = append(l.columns, c)
	}
	if i < len(l.columns) {
		l.columns[i] = c
	}
	return c, nil
}

func (l *layout) keep(c *column) {
	if l.known == nil || len(l.known) == maxKept {
		l.known = map[string]*column{}
	}
	l.known[c.key] = c
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

// word is text as the words of a header are: in UTF-8.
func (m *member) word() string { return strings.ToValidUTF8(m.text(), "\uFFFD") }

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
		key, _ := readKey(&in) // that it can be read has been found before
		v, inner, _ = readValue(&in, 0)
		if key == name {
			return v, inner, true
		}
	}
	return msgpack.Value{}, "", false
}
