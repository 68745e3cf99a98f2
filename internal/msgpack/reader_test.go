package msgpack

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// bytesOf returns the bytes that hex digits say. Words in quotes are as they are.
func bytesOf(t testing.TB, text string) string {
	t.Helper()
	var b strings.Builder
	for _, word := range strings.Fields(text) {
		if quoted, ok := strings.CutPrefix(word, "'"); ok {
			b.WriteString(quoted)
			continue
		}
		raw, err := hex.DecodeString(word)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(raw)
	}
	return b.String()
}

var kindNames = []string{"nil", "bool", "int", "uint", "float", "string", "bytes", "array", "map", "ext"}

// say returns a value as text.
func say(v Value) string {
	name := kindNames[v.Kind]
	switch v.Kind {
	case Nil:
		return name
	case Uint:
		return fmt.Sprint(name, " ", v.Uint())
	case Float:
		return fmt.Sprint(name, " ", v.Float())
	case String, Bytes:
		return fmt.Sprintf("%s %.8q", name, v.Text)
	case Ext:
		return fmt.Sprintf("%s %d %.8q", name, v.Int, v.Text)
	}
	return fmt.Sprint(name, " ", v.Int)
}

// walkText returns all values of text, and the error that ends it.
func walkText(text string) string {
	var all []string
	r := NewReader(text)
	for r.More() {
		v, err := r.Next()
		if err != nil {
			return strings.Join(append(all, fmt.Sprintf("%v: %v", r.Offset(), err)), "; ")
		}
		all = append(all, say(v))
	}
	return strings.Join(all, "; ")
}

// The rows are the formats of the specification, in its order, at their limits.
var formats = []struct{ text, want string }{
	{"c0", "nil"},
	{"c2", "bool 0"},
	{"c3", "bool 1"},
	{"00", "int 0"},
	{"7f", "int 127"},
	{"e0", "int -32"},
	{"ff", "int -1"},
	{"ccff", "int 255"},
	{"cdffff", "int 65535"},
	{"ceffffffff", "int 4294967295"},
	{"cf7fffffffffffffff", "int 9223372036854775807"},
	{"cf8000000000000000", "uint 9223372036854775808"},
	{"cfffffffffffffffff", "uint 18446744073709551615"},
	{"d080", "int -128"},
	{"d07f", "int 127"},
	{"d18000", "int -32768"},
	{"d280000000", "int -2147483648"},
	{"d3ffffffffffffffff", "int -1"},
	{"d38000000000000000", "int -9223372036854775808"},
	{"ca3fc00000", "float 1.5"},
	{"ca7f800000", "float +Inf"},
	{"cb3ff8000000000000", "float 1.5"},
	{"cb7ff8000000000001", "float NaN"},
	{"cb8000000000000000", "float -0"},
	{"a0", `string ""`},
	{"a3 'abc", `string "abc"`},
	{"a2 c328", `string "\xc3("`},
	{"bf " + strings.Repeat("61", 31), `string "aaaaaaaa"`},
	{"d900", `string ""`},
	{"d903 'abc", `string "abc"`},
	{"da0003 'abc", `string "abc"`},
	{"db00000003 'abc", `string "abc"`},
	{"c400", `bytes ""`},
	{"c40200ff", `bytes "\x00\xff"`},
	{"c5000200ff", `bytes "\x00\xff"`},
	{"c60000000200ff", `bytes "\x00\xff"`},
	{"90", "array 0"},
	{"92c0c3", "array 2; nil; bool 1"},
	{"9f" + strings.Repeat("01", 15), "array 15" + strings.Repeat("; int 1", 15)},
	{"dc0000", "array 0"},
	{"dc000101", "array 1; int 1"},
	{"dd0000000101", "array 1; int 1"},
	{"80", "map 0"},
	{"81 a1 'k 07", `map 1; string "k"; int 7`},
	{"de0001a1 'k 07", `map 1; string "k"; int 7`},
	{"df00000001a1 'k 07", `map 1; string "k"; int 7`},
	{"d4ff01", `ext -1 "\x01"`},
	{"d5000102", `ext 0 "\x01\x02"`},
	{"d60501020304", `ext 5 "\x01\x02\x03\x04"`},
	{"d7000102030405060708", `ext 0 "\x01\x02\x03\x04\x05\x06\a\b"`},
	{"d880" + strings.Repeat("61", 16), `ext -128 "aaaaaaaa"`},
	{"c70005", `ext 5 ""`},
	{"c70805 'abcdefgh", `ext 5 "abcdefgh"`},
	{"c8000205 'ab", `ext 5 "ab"`},
	{"c90000000205 'ab", `ext 5 "ab"`},
}

func TestNext(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := walkText(bytesOf(t, text)); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	for _, row := range formats {
		f(row.text, row.want)
	}
	f("", "")
	f("01 a1 'x c0", `int 1; string "x"; nil`)

	f("c1", "0: the byte c1 begins no value")
	f("00 c1", "int 0; 1: the byte c1 begins no value")
	f("d9", "0: the text ends within a value")
	f("cd01", "0: the text ends within a value")
	f("c701", "0: the text ends within a value")
	f("a3 'ab", "0: a length or count goes beyond the end of the text")
	f("dbffffffff 'ab", "0: a length or count goes beyond the end of the text")
	f("c6ffffffff 'ab", "0: a length or count goes beyond the end of the text")
	f("c9ffffffff00 'ab", "0: a length or count goes beyond the end of the text")
	f("d700 'abcdefg", "0: a length or count goes beyond the end of the text")
	f("93c0c0", "0: a length or count goes beyond the end of the text")
	f("ddffffffffc0", "0: a length or count goes beyond the end of the text")
	f("82c0c0c0", "0: a length or count goes beyond the end of the text")
	f("dfffffffffc0", "0: a length or count goes beyond the end of the text")
}

// All first bytes have a meaning, and all but one a value.
func TestFirstBytes(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range formats {
		seen[bytesOf(t, row.text)[:1]] = true
	}
	for c := 0xc0; c < 0xe0; c++ {
		if c != 0xc1 && !seen[string([]byte{byte(c)})] {
			t.Errorf("no row begins with %x", c)
		}
	}
	for c := range 256 {
		r := NewReader(string([]byte{byte(c)}) + strings.Repeat("\x00", 64))
		if _, err := r.Next(); (err != nil) != (c == 0xc1) {
			t.Errorf("%x: %v", c, err)
		}
	}
}

func TestSkip(t *testing.T) {
	f := func(text string, want string) {
		t.Helper()
		r := NewReader(bytesOf(t, text))
		got := "passed"
		if err := r.Skip(); err != nil {
			got = err.Error()
		}
		if got = fmt.Sprintf("%d: %s", r.Offset(), got); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	f("01 02", "1: passed")
	f("a1 'x 02", "2: passed")
	f("92 a1 'x 92 01 81 a1 'k a1 'v c0", "10: passed")
	f("82 01 02 c0 90", "5: passed")
	f("", "0: the text ends within a value")
	f("92 01", "0: a length or count goes beyond the end of the text")
	f("92 92 01 02", "4: the text ends within a value")
	f("92 a1 'x a2 'y", "3: a length or count goes beyond the end of the text")
	f("81 a1 'k c1", "3: the byte c1 begins no value")
	f("81 c1 c0", "1: the byte c1 begins no value")
	f("81 91 c0 80", "4: passed")
	f("81 91 c1 c0", "2: the byte c1 begins no value")

	// at any depth
	f(strings.Repeat("91", MaxDepth)+"c0", "129: passed")
	f(strings.Repeat("91", MaxDepth+1)+"c0", "130: passed")
	f(strings.Repeat("81c0", MaxDepth+1)+"c0 07", "259: passed")
	f(strings.Repeat("81", MaxDepth+1)+strings.Repeat("c0", MaxDepth+2), "259: passed")
	f(strings.Repeat("dd00000001", 1_000_000)+"c0", "5000001: passed")
	f(strings.Repeat("92c0", 1_000_000)+"c0 92 a1 'x", "2000001: passed")
	f(strings.Repeat("91", MaxDepth+1)+"92c0 c1", "131: the byte c1 begins no value")
	f(strings.Repeat("91", MaxDepth+1)+"92 92c0c0", "130: a length or count goes beyond the end of the text")
}

func TestOddKeys(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		r := NewReader(bytesOf(t, text))
		if err := r.Skip(); err != nil || r.OddKeys() != want {
			t.Errorf("%s: got %v, %v", text, r.OddKeys(), err)
		}
	}
	f("81 a1 'k c0", false)
	f("81 d901 'k 01", false)
	f("81 01 a1 'v", true)
	f("81 a1 'k 81 c0 01", true)
	f("81 c401 'k 01", true)
	f("81 81 a1 'k c0 01", true)
	f(strings.Repeat("91", MaxDepth-1)+"81 01 c0", true)
	f(strings.Repeat("91", MaxDepth)+"81 01 c0", false)
}

func TestRaw(t *testing.T) {
	r := NewReader("\x01\x92\xa1x\x02\xc0\x92")
	for _, want := range []string{"\x01", "\x92\xa1x\x02", "\xc0"} {
		if got, err := r.Raw(); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if got, err := r.Raw(); got != "" || err != ErrLength {
		t.Errorf("got %q, %v", got, err)
	}
}

// No part of a value's beginning is taken for the value.
func TestPrefixes(t *testing.T) {
	for _, row := range formats {
		text := bytesOf(t, row.text)
		for i := range text {
			r := NewReader(text[:i])
			if err := r.Skip(); err == nil {
				t.Errorf("%s: %d bytes are enough", row.text, i)
			}
			if got := string(AppendJSON(nil, text[:i])); got != "null" {
				t.Errorf("%s: %d bytes are %s", row.text, i, got)
			}
		}
		r := NewReader(text)
		if err := r.Skip(); err != nil || r.More() {
			t.Errorf("%s: %d bytes are read, %v", row.text, r.Offset(), err)
		}
	}
}

func TestAllocs(t *testing.T) {
	chunk, _ := chunkOf(benchRecord)
	read := func() {
		if size, err := walk(chunk); size == 0 || err != nil {
			t.Fatal(size, err)
		}
		for r := NewReader(chunk); r.More(); {
			if err := r.Skip(); err != nil {
				t.Fatal(err)
			}
		}
		r := NewReader("\xdd\xff\xff\xff\xff")
		if r.Skip() == nil {
			t.Fatal("passed")
		}
	}
	if n := testing.AllocsPerRun(3, read); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzReader(f *testing.F) {
	for _, row := range formats {
		f.Add(bytesOf(f, row.text))
	}
	f.Add(benchRecord)
	f.Add(strings.Repeat("\x91", MaxDepth+1) + "\xc0")
	f.Add("\x93\x91\xc0\x81\xa1k\x92\x01\x02\xdf\x00\x00\x00\x00")
	f.Fuzz(func(t *testing.T, text string) {
		checkReader(t, text)
		checkJSON(t, text)
	})
}

// checkReader checks that Skip and Next agree about each value of text.
func checkReader(t *testing.T, text string) {
	for whole := NewReader(text); whole.More(); {
		heads := whole
		err := whole.Skip()
		if err != nil && whole.Offset() < heads.Offset() {
			t.Fatal("going back")
		}
		if err != nil {
			return
		}
		readTo(t, &heads, whole.Offset())
	}
}

// readTo reads by heads up to end: exactly one value.
func readTo(t *testing.T, r *Reader, end int) {
	left := int64(1)
	for r.Offset() < end {
		v, err := r.Next()
		if err != nil || left <= 0 {
			t.Fatalf("at %d: %d values left, %v", r.Offset(), left, err)
		}
		switch v.Kind {
		case Array:
			left += v.Int
		case Map:
			left += 2 * v.Int
		}
		left--
	}
	if r.Offset() != end || left != 0 {
		t.Fatalf("%d values are left at %d, which should be %d", left, r.Offset(), end)
	}
}
