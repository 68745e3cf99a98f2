package msgpack

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestAppendJSON(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		raw := bytesOf(t, text)
		if got := string(AppendJSON([]byte("x "), raw)); got != "x "+want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		checkJSON(t, raw)
	}
	f("c0", `null`)
	f("c3", `true`)
	f("d0ff", `-1`)
	f("cfffffffffffffffff", `18446744073709551615`)
	f("cb3ff8000000000000", `1.5`)
	f("cb7ff8000000000001", `null`)
	f("cbfff0000000000000", `null`)
	f("a4 'a\"\\b", `"a\"\\b"`)
	f("c403 'a c3a3", `"aã"`)
	f("a3 'a c328", `"a\ufffd("`)
	f("90", `[]`)
	f("93 01 a1 'x 91 c2", `[1,"x",[false]]`)
	f("80", `{}`)
	f("82 a1 'a 01 a1 'b 81 a1 'c c0", `{"a":1,"b":{"c":null}}`)

	// keys that are no strings
	f("86 01 a1 'a c0 a1 'b c3 a1 'c ca3fc00000 a1 'd c401 'e 01 d40561 01",
		`{"1":"a","null":"b","true":"c","1.5":"d","e":1,"61":1}`)
	f("82 92 01 a1 'x c0 81 80 90 c3", `{"9201a178":null,"818090":true}`)
	f("81 c7010561 01", `{"61":1}`)

	// ext
	f("d405ff", `"ff"`)
	f("c70005", `""`)
	f("d70065abcdef00000001", `1705758191.000000001`)
	f("c7080065abcdef3b9ac9ff", `1705758191.999999999`)
	f("d70065abcdef3b9aca00", `"65abcdef3b9aca00"`)
	f("81 d70065abcdef00000000 01", `{"1705758191.000000000":1}`)

	// no value, or more than one
	f("", `null`)
	f("c1", `null`)
	f("92 01", `null`)
	f("01 01", `null`)
	f("93 01 02 c1", `null`)

	// too deep for JSON
	nested := func(n int, inner string) string {
		return strings.Repeat("[", n) + inner + strings.Repeat("]", n)
	}
	f(strings.Repeat("91", MaxDepth)+"07", nested(MaxDepth, "7"))
	f(strings.Repeat("91", MaxDepth)+"92 9107 8107c0", nested(MaxDepth, "null"))
	f(strings.Repeat("91", MaxDepth-1)+"93 9107 8107c0 01", nested(MaxDepth-1, "[null,null,1]"))
}

// JSON of whatever value is not longer than the bound that AppendJSON states.
func TestAppendJSONBound(t *testing.T) {
	f := func(text string) { t.Helper(); checkJSON(t, bytesOf(t, text)) }
	const depth = 100
	key := func(n int, inner string) string { return strings.Repeat("81", n) + inner + strings.Repeat("01", n) }
	value := func(n int, inner string) string { return strings.Repeat("81a161", n) + inner }
	f(key(depth, "a161"))
	f(key(depth, "a122"))
	f(value(depth, key(depth, "a161")))
	f(key(depth, value(depth, "a161")))
	f(value(10, key(10, value(10, key(10, value(10, key(10, "c0")))))))
	f("81c2c2")
	f("dc4000" + strings.Repeat("c2", 0x4000))
	f("a122")
	f("da4000" + strings.Repeat("00", 0x4000))
	f("ca80000001")
}

// Numbers and strings are written as encoding/json writes them.
func TestAppendJSONLikeStandard(t *testing.T) {
	f := func(v any, raw string) {
		t.Helper()
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if got := string(AppendJSON(nil, raw)) + "\n"; got != want.String() {
			t.Errorf("got %s, want %s", got, want.String())
		}
	}
	for _, v := range []float64{
		0, math.Copysign(0, -1), 1, -1.5, 0.1, 1e-6, 1e-7, 1.5e-9, -1e-10, 1e20, 1e21, 1.7e300,
		1700000000.123456, math.MaxFloat64, math.SmallestNonzeroFloat64,
	} {
		f(v, string(binary.BigEndian.AppendUint64([]byte{0xcb}, math.Float64bits(v))))
	}
	for _, s := range []string{"", "<a href='x'>&", "\x7f", "a\u2028b\u2029", "\ufffd", "\xf0\x9f\x98", "日本", "\xed\xa0\x80"} {
		f(s, string([]byte{0xd9, byte(len(s))})+s)
	}
	for c := range 256 {
		s := string([]byte{'x', byte(c), 'y'})
		f(s, "\xa3"+s)
	}
}

// checkJSON checks that text becomes JSON, whatever it is, and not too much.
func checkJSON(t *testing.T, text string) {
	t.Helper()
	got := AppendJSON(nil, text)
	if !json.Valid(got) {
		t.Errorf("%q is no JSON: %q", text, got)
	}
	if len(got) > 8*max(len(text), 1) {
		t.Errorf("%q of %d bytes becomes %d bytes", text, len(text), len(got))
	}
}
