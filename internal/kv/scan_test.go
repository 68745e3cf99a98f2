package kv

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// render writes the pairs of a body as key=value with quoted values, with their
// flags behind.
func render(s *Scanner, body string) string {
	var b strings.Builder
	s.Reset(body)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		if !strings.HasPrefix(body[p.Offset:], p.Key) {
			b.WriteString("WRONG OFFSET ")
		}
		fmt.Fprintf(&b, "%s=%q%s ", p.Key, p.Value, renderFlags(p.Flags))
	}
	if err := s.Err(); err != nil {
		fmt.Fprintf(&b, "! %v", err)
	}
	return strings.TrimSpace(b.String())
}

func renderFlags(f Flags) (s string) {
	for i, name := range []string{"Quoted", "UnescapedEquals", "BadEscape", "StrayQuote", "Cut"} {
		if f&(1<<i) != 0 {
			s += " " + name
		}
	}
	return s
}

const a2aBody = "appid=svc-web role=prod-access action=secret_retrieval secret_id=db-prod-123 status=success user=svc-web01 ip=10.1.2.3"

func TestScanner(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		var s Scanner
		if got := render(&s, body); got != want {
			t.Errorf("%q\n got %s\nwant %s", body, got, want)
		}
	}

	// the vendor's A2A line
	f(a2aBody, `appid="svc-web" role="prod-access" action="secret_retrieval" secret_id="db-prod-123" status="success" user="svc-web01" ip="10.1.2.3"`)

	// bare values, blanks
	f("", ``)
	f(" \t ", ``)
	f("a=1\tb=2 \t c=3", `a="1" b="2" c="3"`)
	f("a= b=", `a="" b=""`)
	f("a=", `a=""`)
	f("  a=1  ", `a="1"`)
	f("msg=Session started for x (10.0.0.1) src=1.2.3.4", `msg="Session started for x (10.0.0.1)" src="1.2.3.4"`)
	f(`suser=DOMAIN\user path=C:\new\`, `suser="DOMAIN\\user" path="C:\\new\\"`)
	f(`a=it's b=x"y" c=;z`, `a="it's" b="x\"y\"" c=";z"`)

	// blanks around =
	f("suser = jdoe msg = two words src\t=\t1.2.3.4", `suser="jdoe" msg="two words" src="1.2.3.4"`)
	f("a = b = c", `a="" b="c"`)
	f(`a = "x" b ="y"`, `a="x" Quoted b="y" Quoted`)

	// keys
	f("a.b-c_D=1 9=2", `a.b-c_D="1" 9="2"`)
	f("a=1 b/c=2 ção=3", `a="1 b/c=2 ção=3" UnescapedEquals`)
	f("a=x=y b=1", `a="x=y" UnescapedEquals b="1"`)
	f("a== b=1", `a="=" UnescapedEquals b="1"`)
	f(`a=x \= y`, `a="x \\= y" UnescapedEquals`)

	// quoted values
	f(`a="x y" b="" c="k=v z=w"`, `a="x y" Quoted b="" Quoted c="k=v z=w" Quoted`)
	f(`a="say \"no\" \\ \n\r" b=1`, `a="say \"no\" \\ \n\r" Quoted b="1"`)
	f(`a="DOMAIN\user \x" b=1`, `a="DOMAIN\\user \\x" Quoted BadEscape b="1"`)
	f(`a="x\\" b=1`, `a="x\\" Quoted b="1"`)
	f(`a="x"`, `a="x" Quoted`)
	f(`a="x"  `, `a="x" Quoted`)
	f(`a="  x  " b=1`, `a="  x  " Quoted b="1"`)

	// a cut line
	f(`a=1 b="two words c=3`, `a="1" b="two words c=3" Quoted Cut`)
	f(`b="x\"`, `b="x\"" Quoted Cut`)
	f(`b="x\`, `b="x\\" Quoted BadEscape Cut`)
	f(`b="`, `b="" Quoted Cut`)
	f(`a=1 b`, `a="1 b"`)

	// text behind the closing quote
	f(`a="x"y b=1`, `a="\"x\"y" StrayQuote b="1"`)
	f(`a="x" and "y" b=1`, `a="\"x\" and \"y\"" StrayQuote b="1"`)
	f(`a="x b=1"y c=2`, `a="\"x b=1\"y" StrayQuote c="2"`)
	f(`a="x"b=1 c=2`, `a="\"x\"b=1" UnescapedEquals StrayQuote c="2"`)

	// segments
	f("1234:01:01:site=access.example.com;who=John Smith(jsmith);who_ip=192.168.1.1;event=login;target=web/login;status=success",
		`site="access.example.com" who="John Smith(jsmith)" who_ip="192.168.1.1" event="login" target="web/login" status="success"`)
	f("1:2:3: a=; b = x ;c=\"q\";d=;", `a="" b="x" c="\"q\"" d=""`)
	f("1:2:3:a=x;y b=1;z", `a="x;y b=1;z" UnescapedEquals`)
	f("1:2:3:a=;;b=1", `a=";" b="1"`)
	f("1:2:3:", ``)
	f("1:2:a=1 b=2", `b="2" ! kv: offset 0: text before the first key`)

	// before the first key
	f("Successfully authenticated.", `! kv: offset 0: text before the first key`)
	f("  note: a=1", `a="1" ! kv: offset 2: text before the first key`)
	f("= a=1", `a="1" ! kv: offset 0: text before the first key`)
	f("1:2:3: x a=1;b=2", `b="2" ! kv: offset 7: text before the first key`)
}

func TestScannerKnown(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		s := Scanner{Known: func(key string) bool { return key == "src" || key == "msg" }}
		if got := render(&s, body); got != want {
			t.Errorf("%q\n got %s\nwant %s", body, got, want)
		}
	}
	f("msg=run with level=5 src=1.2.3.4", `msg="run with level=5" UnescapedEquals src="1.2.3.4"`)
	f("msg = a = b src = c", `msg="a = b" UnescapedEquals src="c"`)
	f(`msg="run" level=5 src=1.2.3.4`, `msg="run" Quoted level="5" src="1.2.3.4"`)
	f("act=run level=5", `act="run" level="5"`)
	f("1:2:3:msg=a;b=c;src=d", `msg="a;b=c" UnescapedEquals src="d"`)
}

// A Scanner keeps nothing of the body before.
func TestScannerReset(t *testing.T) {
	var s Scanner
	render(&s, `1:2:3:x a="b`)
	if got := render(&s, `a="b" c=d`); got != `a="b" Quoted c="d"` {
		t.Error(got)
	}
}

func TestParseError(t *testing.T) {
	var s Scanner
	s.Reset("secret a=1")
	if err := s.Err(); !errors.Is(err, ErrNoKey) || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}

func TestLooks(t *testing.T) {
	f := func(s string, want bool) {
		t.Helper()
		if Looks(s) != want {
			t.Errorf("Looks(%q) = %v", s, !want)
		}
	}
	f(a2aBody, true)
	f(" a = b", true)
	f(`a="b"`, true)
	f("a=", true)
	f("1234:01:01:site=x;who=y", true)
	f("", false)
	f("=", false)
	f("a", false)
	f("a b=c", false)
	f("Successfully authenticated.", false)
	f("1234:01:01:", false)
	f("1234:01:site=x", false)
	f("CEF:0|a|b=c", false)
	f(`{"a":"b=c"}`, false)
}

// A reading takes time in proportion to the input. Were one of these quadratic,
// the test would take minutes.
func TestScannerLinear(t *testing.T) {
	for _, unit := range []string{"=", "= ", " =", `"`, `="`, ` a="`, ` a="\`, ` a="\"`, ` a="x"y`, `\`, "a", "a=", " a=", ";", " ;", ";a=", " ", "1:"} {
		hostile := strings.Repeat(unit, 1<<21/len(unit))
		for _, body := range []string{hostile, "msg=" + hostile, `msg="` + hostile, "1:2:3:msg=" + hostile} {
			s := Scanner{Known: func(key string) bool { return key == "src" }}
			scanAll(&s, body)
			s.Err()
			Looks(body)
		}
	}
}

func TestScannerAllocs(t *testing.T) {
	var s Scanner
	if n := testing.AllocsPerRun(10, func() { scanAll(&s, a2aBody) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func scanAll(s *Scanner, body string) (n int) {
	s.Reset(body)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		n += len(p.Value)
	}
	return n
}

func FuzzScan(f *testing.F) {
	for _, body := range []string{"", a2aBody, `a = "x\"y" b="`, "1:2:3:a=b;c=d;", `msg="x"y z = w`, " \t=;\\"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, known := range []func(string) bool{nil, func(key string) bool { return len(key)%2 == 0 }} {
			s := Scanner{Known: known}
			s.Reset(body)
			end := 0
			for p, ok := s.Next(); ok; p, ok = s.Next() {
				if p.Offset < end || p.Key == "" || !strings.HasPrefix(body[p.Offset:], p.Key) {
					t.Fatalf("%q: %+v", body, p)
				}
				if p.Flags&Quoted == 0 && !strings.Contains(body[p.Offset:], p.Value) {
					t.Fatalf("%q: %+v: the value is not in the body", body, p)
				}
				end = p.Offset + len(p.Key) + 1
			}
			if err := s.Err(); err == nil && end == 0 && strings.Trim(body[numbersLen(body):], " \t") != "" {
				t.Fatalf("%q: neither a pair nor an error", body)
			}
		}
		if Looks(body) {
			var s Scanner
			s.Reset(body)
			if _, ok := s.Next(); !ok || s.Err() != nil {
				t.Fatalf("%q: looks like a body and is none", body)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	f := func(name, body string) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			var s Scanner
			for b.Loop() {
				scanAll(&s, body)
			}
		})
	}
	f("a2a", a2aBody)
	f("quoted", `suid="1042" suser="jdoe" msg="Session started for db-prod-01 (10.0.0.1)" src="10.20.5.145" dst="" act="start"`)
}
