package plugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// laid tells the members of a map, and whether it is read in one walk.
func laid(l *layout, encoded string) string {
	events("\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x05"+encoded, l, func(*event) {})
	var b strings.Builder
	if l.whole == encoded {
		b.WriteString("at once:")
	}
	ok, cut := l.read(encoded)
	for i := range l.members {
		m := &l.members[i]
		fmt.Fprintf(&b, " %s=%s", m.key, m.text())
		if l.find(m.key) == nil {
			b.WriteString(" not found")
		}
	}
	if !ok || cut {
		fmt.Fprintf(&b, " ok %v, cut %v", ok, cut)
	}
	return b.String()
}

// One layout reads maps of any keys in any order: what it keeps of those before
// changes nothing.
func TestLayout(t *testing.T) {
	var l layout
	f := func(encoded, want string) {
		t.Helper()
		for range 2 {
			if got := laid(&l, encoded); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
	f(pack(dict{"a", 1, "b", "two"}), "at once: a=1 b=two")
	f(pack(dict{"b", "two", "a", 1}), "at once: b=two a=1")
	f(pack(dict{"a", 1}), "at once: a=1")
	f(pack(dict{"a", 1, "a", 2, "", 3}), "at once: a=1 a=2 =3")
	f(pack(dict{"ab", 1, "b", 2}), "at once: ab=1 b=2")
	f("\x82\xd9\x01a\x01\xdb\x00\x00\x00\x01b\xa1x", "at once: a=1 b=x") // longer forms of the keys
	f("\x82\x07\xa1x\xa17\xa1y", "at once: 7=x 7=y")                     // a number as key
	f("\x82\xa17\xa1y\x07\xa1x", "at once: 7=y 7=x")
	f("\x83\x92\x01\xa1x\xa1a\xc7\x01\x05a\xa1b\xc4\x01k\xa1c", "at once: 9201a178=a 61=b k=c") // other keys
	f(pack(dict{"a", raw(strings.Repeat("\x81", 100) + "\xa1k" + strings.Repeat("\x01", 100))}),
		`at once: a={"`+strings.Repeat("81", 99)+"a16b"+strings.Repeat("01", 99)+`":1}`)
	f(pack(dict{strings.Repeat("k", maxKeptKey+1), 1, "b", 2}), "at once: "+strings.Repeat("k", maxKeptKey+1)+"=1 b=2")
	f(pack(dict{"a", dict{"deep", list{1, "x"}}, "b", 1}), `at once: a={"deep":[1,"x"]} b=1`)
	f(pack(dict{"a", raw("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "b", true, "c", nil}), "at once: a=18446744073709551615 b=true c=")
	f(pack(list{1}), " ok false, cut false")

	many, want := dict{}, strings.Builder{}
	for i := range maxMembers {
		many = append(many, fmt.Sprint("key", i), i)
		fmt.Fprintf(&want, " key%d=%d", i, i)
	}
	f(pack(many), "at once:"+want.String())
	f(pack(append(many, "more", 1)), want.String()+" ok true, cut true")
	f(pack(dict{"a", 1, "b", "two"}), "at once: a=1 b=two")
	if len(l.columns) > maxPlaces || len(l.known) > maxKept {
		t.Errorf("%d and %d columns are kept", len(l.columns), len(l.known))
	}
}

// A layout refuses nothing that is an event, and takes nothing that is none.
func TestLayoutRaw(t *testing.T) {
	f := func(value string) {
		t.Helper()
		in, plain := msgpack.NewReader(value), msgpack.NewReader(value)
		got, err := new(layout).raw(&in)
		want, wantErr := plain.Raw()
		if got != want || err != wantErr || in != plain {
			t.Errorf("got %q, %v, %+v, want %q, %v, %+v", got, err, in, want, wantErr, plain)
		}
	}
	nested := func(n int) string { return "\x81\xa1a" + strings.Repeat("\x91", n) + "\xc0" }
	f(nested(msgpack.MaxDepth - 1))
	f(nested(msgpack.MaxDepth))
	f("\x81" + strings.Repeat("\x91", msgpack.MaxDepth-1) + "\xc0\x01") // as key
	f("\x81" + strings.Repeat("\x91", msgpack.MaxDepth) + "\xc0\x01")
	f("\x82\xa1a\x01\x07\x01more") // a number as key
	f("\x82\xa1a\x81\x07\x01\xa1b\x01")
	f("\x82\xa1a\x01\xa1b\xa5cut")
	f("\x82\xa1a\x01\xa5cut")
	f("\x82\xa1a\xc1\xa1b\x01")
	f("\xde\xff\xff\xa1a")
	f("\x91\x01")
	f("")
}
