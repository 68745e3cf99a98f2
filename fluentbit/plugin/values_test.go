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
	f(new(text), "a b", "a b")
	f(new(list), "a:1, b:2 ,c", "a:1,b:2,c")
	f(new(list), "a,", "a,")

	f(new(number), "-7", "-7")
	f(new(number), "0x7", `"0x7" is no number: use digits`)
	f(new(number), "7 ", `"7 " is no number: use digits`)

	f(new(toggle), "On", "true")
	f(new(toggle), "yes", "true")
	f(new(toggle), "TRUE", "true")
	f(new(toggle), "off", "false")
	f(new(toggle), "No", "false")
	f(new(toggle), "false", "false")
	f(new(toggle), "1", `"1" is neither on nor off`)
	f(new(toggle), "enabled", `"enabled" is neither on nor off`)

	f(new(size), "4096", "4096")
	f(new(size), "0", "0")
	f(new(size), "64k", "64000")
	f(new(size), "64KB", "64000")
	f(new(size), "2M", "2000000")
	f(new(size), "1.5mb", "1500000")
	f(new(size), "1G", "1000000000")
	f(new(size), "-1", "-1") // Check refuses it
	const noSize = " is no size: use bytes, or such as 64k or 2M"
	f(new(size), "2MiB", `"2MiB"`+noSize)
	f(new(size), "2 M", `"2 M"`+noSize)
	f(new(size), "2B", `"2B"`+noSize)
	f(new(size), "B", `"B"`+noSize)
	f(new(size), "k", `"k"`+noSize)
	f(new(size), "infk", `"infk"`+noSize)
	f(new(size), "1e3k", `"1e3k"`+noSize)
	f(new(size), "1.2.3k", `"1.2.3k"`+noSize)
	f(new(size), "9G", `"9G"`+noSize)
	f(new(size), "99999999999999999999", `"99999999999999999999"`+noSize)

	f(new(replay), "auto", "auto")
	f(new(replay), "0", "0")
	f(new(replay), "2M", "2000000")
	f(new(replay), "-2", "-2") // Check refuses it
	f(new(replay), "some", `"some" is neither auto nor a size: use bytes, or such as 64k or 2M`)

	f(new(duration), "10", "10s")
	f(new(duration), "0", "0s")
	f(new(duration), "10s", "10s")
	f(new(duration), "500ms", "500ms")
	f(new(duration), "1m30s", "1m30s")
	f(new(duration), "5M", "5m")
	f(new(duration), "60m", "1h")
	f(new(duration), "90m", "1h30m")
	f(new(duration), "1d", "24h")
	const noTime = " is no time: use such as 500ms, 10s, 5m, 1h or 1d"
	f(new(duration), "-1s", `"-1s"`+noTime)
	f(new(duration), "-5", `"-5"`+noTime)
	f(new(duration), "1.5d", `"1.5d"`+noTime)
	f(new(duration), "1hd", `"1hd"`+noTime)
	f(new(duration), "d", `"d"`+noTime)
	f(new(duration), "soon", `"soon"`+noTime)
	f(new(duration), "999999d", `"999999d"`+noTime)
	f(new(duration), "2147483647d", `"2147483647d"`+noTime)

	f(new(precedence), "suid_first", "suid_first")
	f(new(precedence), "suid", `"suid" is not one of default, suid_first`)

	f(new(paths), "log", "log")
	f(new(paths), "log, message ,$log['message']", "log,message,$log['message']")
	f(new(paths), "$log", "log")
	f(new(paths), "$$log", "$$log")
	f(new(paths), `$a["b"]['c.d']`, "$a['b']['c.d']")
	f(new(paths), `$a['b,c'],d`, "$a['b,c'],d")
	f(new(paths), `$a["it's"]`, `$a["it's"]`)
	f(new(paths), "a.b", "a.b")
	const noPath = " cannot be read: use a name, or one like $log['message']"
	f(new(paths), "$a['b", `"$a['b"`+noPath)
	f(new(paths), "$a[0]", `"$a[0]"`+noPath)
	f(new(paths), "$a['b']c", `"$a['b']c"`+noPath)
	f(new(paths), "log,,message", `"" has an empty name: use one like log, or $log['message']`)
	f(new(paths), "$", `"$" has an empty name: use one like log, or $log['message']`)
	f(new(paths), "$['a']", `"$['a']" has an empty name: use one like log, or $log['message']`)
}

// TestValuesBounded has values that are long: errors must not be much longer.
func TestValuesBounded(t *testing.T) {
	long := strings.Repeat("[", 1<<16)
	for _, v := range []value{new(list), new(number), new(toggle), new(size), new(replay), new(duration), new(precedence), new(paths)} {
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
