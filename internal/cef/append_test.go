package cef

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppendValue(t *testing.T) {
	f := func(s string, max int, want string) {
		t.Helper()
		if got := string(AppendValue([]byte("k="), s, max)); got != "k="+want {
			t.Errorf("%q max %d: got %q, want %q", s, max, got, "k="+want)
		}
	}
	f("", 0, "")
	f("plain text | with pipe", 0, "plain text | with pipe")
	f(`a\b=c`, 0, `a\\b\=c`)
	f("two\nlines\r\n", 0, `two\nlines\r\n`)
	f("  kept  ", 0, "  kept  ")
	f("ação ’x’ 日本", 0, "ação ’x’ 日本")

	// nothing that could end a record for anyone
	f("a\x00b\tc\x0bd\x0ce\x1cf\x1dg\x1eh\x7fi", 0, "a b c d e f g h i")
	f("a\u0085b\u009fc\u2028d\u2029e", 0, "a b c d e")
	f("a\x85b\xe2\x80", 0, "a\ufffdb\ufffd\ufffd")

	// the limit counts the text, not its escapes, and cuts between runes
	f("abcdef", 3, "abc")
	f("abc", 3, "abc")
	f("a=b=c", 3, `a\=b`)
	f(`\\\`, 2, `\\\\`)
	f("\n\n\n", 1, `\n`)
	f("açb", 2, "a")
	f("açb", 3, "aç")
	f("日本", 5, "日")
	f("\xff\xff", 5, "\ufffd")
	f("a\u2028b", 3, "a b")
}

func TestAppendHeaderField(t *testing.T) {
	f := func(s string, max int, want string) {
		t.Helper()
		if got := string(AppendHeaderField(nil, s, max)); got != want {
			t.Errorf("%q max %d: got %q, want %q", s, max, got, want)
		}
	}
	f("UPDATE INCIDENT", MaxName, "UPDATE INCIDENT")
	f(`a|b\c=d`, 0, `a\|b\\c=d`)
	f("a\r\nb\x00c\td\u2028", 0, "a  b c d ")
	f("a\xff", 0, "a\ufffd")
	f("a|b", 2, `a\|`)
	f(strings.Repeat("x", 99), MaxDeviceVersion, strings.Repeat("x", 31))
	f(strings.Repeat("é", 99), MaxDeviceVersion, strings.Repeat("é", 15))
}

func TestAppendKey(t *testing.T) {
	f := func(key, want string) {
		t.Helper()
		if got := string(AppendKey(nil, key)); got != want {
			t.Errorf("%q: got %q, want %q", key, got, want)
		}
		if LegalKey(key) != (key == want) {
			t.Errorf("LegalKey(%q) = %v", key, LegalKey(key))
		}
	}
	f("cs1Label", "cs1Label")
	f("_0", "_0")
	f("", "_")
	f("a b=c", "a_b_c")
	f("a.b-c[0]", "a_b_c_0_")
	f("x=1 src", "x_1_src")
	f("ação\n", "a__o_")
	f("\xff|\\", "___")
}

// clean is what a reader may expect of a value: replaced, but not lost.
func clean(s string, header bool) string {
	return strings.Map(func(r rune) rune {
		if !header && (r == '\n' || r == '\r') {
			return r
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return ' '
		}
		return r
	}, s)
}

func checkLine(t *testing.T, line []byte) {
	t.Helper()
	if !utf8.Valid(line) || strings.ContainsAny(string(line), "\x00\n\v\f\r\x1c\x1d\x1e\u0085\u2028\u2029") {
		t.Errorf("not one line: %q", line)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("a", "1", "b", "x = y", "msg", `c:\new`)
	f.Add("a b=", " x ", "", "a\nb=c", "ção", "\x00\xff\u2028 ")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string) {
		pairs := [][2]string{{k1, v1}, {k2, v2}, {k3, v3}}
		var ext []byte
		for i, p := range pairs {
			if i > 0 {
				ext = append(ext, ' ')
			}
			ext = append(AppendKey(ext, p[0]), '=')
			ext = AppendValue(ext, p[1], 0)
		}
		checkLine(t, ext)
		var s Scanner
		s.Reset(string(ext))
		for i, p := range pairs {
			want := Pair{Key: string(AppendKey(nil, p[0])), Value: clean(p[1], false)}
			if i == len(pairs)-1 {
				want.Value = strings.TrimRight(want.Value, " ")
			}
			got, ok := s.Next()
			got.Offset = 0
			if !ok || got != want {
				t.Errorf("%q: got %+v, want %+v", ext, got, want)
			}
		}
		if p, ok := s.Next(); ok || s.Err() != nil {
			t.Errorf("%q: got %+v too, %v", ext, p, s.Err())
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("MT4", "senhasegura", "3.27.0-4", "336.501", `UPDATE | \ =`, "9", 10)
	f.Add("\n", `\`, "|", "\xff", "", "\u2028", 1)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g string, max int) {
		fields := []string{a, b, c, d, e, g}
		line := []byte("CEF:0|")
		for _, s := range fields {
			line = append(AppendHeaderField(line, s, 0), '|')
			cut := AppendHeaderField(nil, s, max)
			if text, _ := unescape(string(cut), &headerEscapes.read); max > 0 && len(text) > max || !strings.HasPrefix(clean(s, true), text) {
				t.Errorf("%q cut at %d: %q", s, max, text)
			}
		}
		checkLine(t, line)
		var m Message
		Parse(&m, string(line))
		got := []string{m.DeviceVendor, m.DeviceProduct, m.DeviceVersion, m.DeviceEventClassID, m.Name, m.Severity}
		for i, s := range fields {
			if got[i] != clean(s, true) {
				t.Errorf("%q: field %d is %q", line, i, got[i])
			}
		}
		if m.Err != nil || m.Extension != "" {
			t.Errorf("%q: %v, %q", line, m.Err, m.Extension)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{benchMessage, "CEF: 0|a|b", `CEF:1|\||\`, "CEF:300|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var m Message
		Parse(&m, s)
		if m.Extension != s[m.Offset:] || m.Err != nil && (m.Err.Offset < 0 || m.Err.Offset > len(s)) {
			t.Errorf("%q: %+v", s, m)
		}
	})
}

func BenchmarkAppendValue(b *testing.B) {
	var s Scanner
	var values []string
	s.Reset(benchExtension)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		values = append(values, p.Value)
	}
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = dst[:0]
		for _, v := range values {
			dst = AppendValue(dst, v, 0)
		}
	}
}
