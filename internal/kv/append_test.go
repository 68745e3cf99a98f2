package kv

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestAppendPair(t *testing.T) {
	f := func(key, value, want string) {
		t.Helper()
		if got := string(AppendPair([]byte("x "), key, value)); got != "x "+want {
			t.Errorf("%q %q: got %s, want %s", key, value, got, "x "+want)
		}
	}
	f("user", "svc-web01", "user=svc-web01")
	f("url", "https://h:8443/p?a,b&c#d", "url=https://h:8443/p?a,b&c#d")
	f("a", "", `a=""`)
	f("a", "two words", `a="two words"`)
	f("a", "k=v", `a="k=v"`)
	f("a", "x;y", `a="x;y"`)
	f("a", `say "no" \`, `a="say \"no\" \\"`)
	f("a", "two\nlines\r", `a="two\nlines\r"`)
	f("a", "ação", `a="ação"`)
	f("msg", "ok", `msg="ok"`)

	// nothing that could end a record for anyone
	f("a", "b\x00c\td\x0be\x1cf\x7fg", `a="b c d e f g"`)
	f("a", "b\u0085c\u2028d\u2029e", `a="b c d e"`)
	f("a", "b\xff", "a=\"b\ufffd\"")

	// keys
	f("", "1", "_=1")
	f("a b=\nç", "1", "a_b___=1")
	f("a.b-c", "1", "a_b_c=1")
}

func TestAppendQuoted(t *testing.T) {
	f := func(key, value, want string) {
		t.Helper()
		if got := string(AppendQuoted(nil, key, value)); got != want {
			t.Errorf("%q %q: got %s, want %s", key, value, got, want)
		}
	}
	f("suid", "1", `suid="1"`)
	f("dst", "", `dst=""`)
	f("a b", `"`, `a_b="\""`)
}

// clean is what a reader may expect of a value: replaced, but not lost.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\r' && (unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)) {
			return ' '
		}
		return r
	}, s)
}

func FuzzRoundTrip(f *testing.F) {
	f.Add("a", "1", "b", "x = y", "msg", `c:\new`, false)
	f.Add("msg", "x", "", `"`, "ção", "\x00\xff\u2028 ", false)
	f.Add("a b=", " x ", "", "a\nb=c", "msg", "", true)
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2, k3, v3 string, quote bool) {
		pairs := [][2]string{{k1, v1}, {k2, v2}, {k3, v3}}
		var body []byte
		for i, p := range pairs {
			if i > 0 {
				body = append(body, ' ')
			}
			if quote {
				body = AppendQuoted(body, p[0], p[1])
			} else {
				body = AppendPair(body, p[0], p[1])
			}
		}
		if !utf8.Valid(body) || strings.ContainsAny(string(body), "\x00\t\n\v\f\r\x1c\x1d\x1e\u0085\u2028\u2029") {
			t.Errorf("not one line: %q", body)
		}
		if !Looks(string(body)) {
			t.Errorf("does not look like a body: %q", body)
		}
		for _, known := range []func(string) bool{nil, func(string) bool { return false }} {
			s := Scanner{Known: known}
			s.Reset(string(body))
			for _, p := range pairs {
				key, value := string(appendKey(nil, p[0])), clean(p[1])
				got, ok := s.Next()
				if !ok || got.Key != key || got.Value != value || got.Flags&^Quoted != 0 {
					t.Errorf("%q: got %+v, want %q %q", body, got, key, value)
				}
			}
			if p, ok := s.Next(); ok || s.Err() != nil {
				t.Errorf("%q: got %+v too, %v", body, p, s.Err())
			}
		}
	})
}

func BenchmarkAppendPair(b *testing.B) {
	b.ReportAllocs()
	var pairs []Pair
	var s Scanner
	s.Reset(a2aBody)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		pairs = append(pairs, p)
	}
	var dst []byte
	for b.Loop() {
		dst = dst[:0]
		for _, p := range pairs {
			dst = AppendPair(dst, p.Key, p.Value)
		}
	}
}
