package plugin

import (
	"fmt"
	"strings"
	"testing"
)

// TestValues reads values of each kind, and writes what it reads.
func TestValues(t *testing.T) {
	f := func(v value, in, want string) {
		t.Helper()
		err := v.set(in)
		if err == nil {
			if got := v.String(); got != want {
				t.Errorf("%q: got %q, want %q", in, got, want)
			}
			if v.set(want) != nil || v.String() != want {
				t.Errorf("%q is read as %q", want, v)
			}
		} else if got := err.Error(); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", in, got, want)
		}
	}
	f(new(asText), "a b", "a b")
	f(new(asList), "a:1, b:2 ,c", "a:1,b:2,c")
	f(new(asList), "a,", "a,")

	f(new(asNumber), "-7", "-7")
	f(new(asNumber), "0x7", `"0x7" is no number: use digits`)
	f(new(asNumber), "7 ", `"7 " is no number: use digits`)

	f(new(asToggle), "On", "true")
	f(new(asToggle), "yes", "true")
	f(new(asToggle), "TRUE", "true")
	f(new(asToggle), "off", "false")
	f(new(asToggle), "No", "false")
	f(new(asToggle), "false", "false")
	f(new(asToggle), "1", `"1" is neither on nor off`)
	f(new(asToggle), "enabled", `"enabled" is neither on nor off`)

	f(new(asSize), "4096", "4096")
	f(new(asSize), "0", "0")
	f(new(asSize), "64k", "64000")
	f(new(asSize), "64KB", "64000")
	f(new(asSize), "2M", "2000000")
	f(new(asSize), "1.5mb", "1500000")
	f(new(asSize), "1G", "1000000000")
	f(new(asSize), "-1", "-1") // Check refuses it
	const noSize = " is no size: use bytes, or such as 64k or 2M"
	f(new(asSize), "2MiB", `"2MiB"`+noSize)
	f(new(asSize), "2 M", `"2 M"`+noSize)
	f(new(asSize), "2B", `"2B"`+noSize)
	f(new(asSize), "B", `"B"`+noSize)
	f(new(asSize), "k", `"k"`+noSize)
	f(new(asSize), "infk", `"infk"`+noSize)
	f(new(asSize), "1e3k", `"1e3k"`+noSize)
	f(new(asSize), "1.2.3k", `"1.2.3k"`+noSize)
	f(new(asSize), "9G", `"9G"`+noSize)
	f(new(asSize), "99999999999999999999", `"99999999999999999999"`+noSize)

	f(new(asReplay), "auto", "auto")
	f(new(asReplay), "0", "0")
	f(new(asReplay), "2M", "2000000")
	f(new(asReplay), "-2", "-2") // Check refuses it
	f(new(asReplay), "some", `"some" is neither auto nor a size: use bytes, or such as 64k or 2M`)

	f(new(asDuration), "10", "10s")
	f(new(asDuration), "0", "0s")
	f(new(asDuration), "10s", "10s")
	f(new(asDuration), "500ms", "500ms")
	f(new(asDuration), "1m30s", "1m30s")
	f(new(asDuration), "5M", "5m")
	f(new(asDuration), "60m", "1h")
	f(new(asDuration), "90m", "1h30m")
	f(new(asDuration), "1d", "24h")
	const noTime = " is no time: use such as 500ms, 10s, 5m, 1h or 1d"
	f(new(asDuration), "-1s", `"-1s"`+noTime)
	f(new(asDuration), "-5", `"-5"`+noTime)
	f(new(asDuration), "1.5d", `"1.5d"`+noTime)
	f(new(asDuration), "1hd", `"1hd"`+noTime)
	f(new(asDuration), "d", `"d"`+noTime)
	f(new(asDuration), "soon", `"soon"`+noTime)
	f(new(asDuration), "999999d", `"999999d"`+noTime)
	f(new(asDuration), "2147483647d", `"2147483647d"`+noTime)

	f(new(asPrecedence), "suid_first", "suid_first")
	f(new(asPrecedence), "suid", `"suid" is not one of default, suid_first`)

	f(new(asPaths), "log", "log")
	f(new(asPaths), "log, message ,$log['message']", "log,message,$log['message']")
	f(new(asPaths), "$log", "log")
	f(new(asPaths), "$$log", "$$log")
	f(new(asPaths), `$a["b"]['c.d']`, "$a['b']['c.d']")
	f(new(asPaths), `$a['b,c'],d`, "$a['b,c'],d")
	f(new(asPaths), `$a["it's"]`, `$a["it's"]`)
	f(new(asPaths), "a.b", "a.b")
	const noPath = " cannot be read: use a name, or one like $log['message']"
	f(new(asPaths), "$a['b", `"$a['b"`+noPath)
	f(new(asPaths), "$a[0]", `"$a[0]"`+noPath)
	f(new(asPaths), "$a['b']c", `"$a['b']c"`+noPath)
	f(new(asPaths), "log,,message", `"" has an empty name: use one like log, or $log['message']`)
	f(new(asPaths), "$", `"$" has an empty name: use one like log, or $log['message']`)
	f(new(asPaths), "$['a']", `"$['a']" has an empty name: use one like log, or $log['message']`)
}

// TestValuesBounded has values that are long: errors must not be much longer.
func TestValuesBounded(t *testing.T) {
	long := strings.Repeat("[", 1<<16)
	for _, v := range []value{new(asList), new(asNumber), new(asToggle), new(asSize), new(asReplay), new(asDuration), new(asPrecedence), new(asPaths)} {
		if err := v.set(long); err != nil && len(err.Error()) > len(long)+200 {
			t.Errorf("%T: %d bytes", v, len(err.Error()))
		}
	}
}

// TestQuoted has what is one word, and what is not.
func TestQuoted(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := quoted(in); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f("siem.example.com:514", "siem.example.com:514")
	f("são", "são")
	f("a b", `"a b"`)
	f("a\nb", `"a\nb"`)
	f(`a"b`, `"a\"b"`)
	f("a\x1b[31m", `"a\x1b[31m"`)
	f("a\xff", `"a\xff"`)
	f("a\u202eb", fmt.Sprintf("%q", "a\u202eb"))
}
