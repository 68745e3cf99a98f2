package cef

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// render writes the pairs of an extension as key=value with quoted values, with
// their flags behind.
func render(s *Scanner, ext string) string {
	var b strings.Builder
	s.Reset(ext)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		if !strings.HasPrefix(ext[p.Offset:], p.Key) {
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
	for i, name := range []string{"UnescapedEquals", "BadEscape", "TabSeparator"} {
		if f&(1<<i) != 0 {
			s += " " + name
		}
	}
	return s
}

func TestScanner(t *testing.T) {
	f := func(ext, want string) {
		t.Helper()
		var s Scanner
		if got := render(&s, ext); got != want {
			t.Errorf("%q\n got %s\nwant %s", ext, got, want)
		}
	}

	// pairs, values with spaces, empty values
	f("", ``)
	f("src=10.0.0.1 dst=2.1.2.2 spt=1232", `src="10.0.0.1" dst="2.1.2.2" spt="1232"`)
	f("msg=Session started for x (10.0.0.1) act=start", `msg="Session started for x (10.0.0.1)" act="start"`)
	f("a= b=", `a="" b=""`)
	f("a=", `a=""`)
	f("act=one act=two", `act="one" act="two"`)

	// keys
	f("ad.x-y_z=1 list[0]=a list[10]=b", `ad.x-y_z="1" list[0]="a" list[10]="b"`)
	f("a=1 [0]=2 b[]=3 c[x]=4 d]=5 0]=6", `a="1 [0]=2 b[]=3 c[x]=4 d]=5 0]=6" UnescapedEquals`)
	f("[0]=1", `! cef: Extension at offset 0: text before the first key`)
	f("a=1 b/c=2 ção=3", `a="1 b/c=2 ção=3" UnescapedEquals`)

	// spaces
	f("a= b", `a=" b"`)
	f("a=1   b=2", `a="1  " b="2"`)
	f("a=   b=2", `a="  " b="2"`)
	f("a=1 b=2   ", `a="1" b="2"`)
	f("a=   ", `a=""`)
	f("a=1\tb=2\t", "a=\"1\" b=\"2\\t\" TabSeparator")
	f("a=1 \tb=2\t c=3", "a=\"1 \" b=\"2\\t\" TabSeparator c=\"3\"")
	f("a=1\nb=2", `a="1\nb=2" UnescapedEquals`)

	// escapes
	f(`a=b \= c \\ d \n\r e=f`, `a="b = c \\ d \n\r" e="f"`)
	f(`a=b \= c\\ d=e`, `a="b = c\\" d="e"`)
	f(`a=k\=v b\\=c`, `a="k=v b\\=c" UnescapedEquals`)
	f(`a=k\=v b\\\=c`, `a="k=v b\\=c"`)
	f(`suser=DOMAIN\user x=1`, `suser="DOMAIN\\user" BadEscape x="1"`)
	f(`a=\\share\|x\`, `a="\\share\\|x\\" BadEscape`)
	f(`a=\\n`, `a="\\n"`)
	f(`a=\ b=1`, `a="\\" BadEscape b="1"`)
	f(`a=1 b=\n c=2 d=\r`, `a="1" b="\n" c="2" d="\r"`)
	f(`a=\n  `, `a="\n"`)

	// unescaped =
	f("a=x=y b=1", `a="x=y" UnescapedEquals b="1"`)
	f("request=https://h/p?a=1&b=2 app=x", `request="https://h/p?a=1&b=2" UnescapedEquals app="x"`)
	f("a==", `a="=" UnescapedEquals`)
	f("a= = = b=1", `a=" = =" UnescapedEquals b="1"`)

	// quotes are text, a cut line gives what is there
	f(`act="Log on" suser="a b`, `act="\"Log on\"" suser="\"a b"`)
	f(`a=1 b=2 ms`, `a="1" b="2 ms"`)

	// before the first key
	f("  a=1", `a="1"`)
	f("Extensions", `! cef: Extension at offset 0: text before the first key`)
	f("  junk =x a=1", `a="1" ! cef: Extension at offset 2: text before the first key`)
	f(`\=a a=1`, `a="1" ! cef: Extension at offset 0: text before the first key`)
	f("=", `! cef: Extension at offset 0: text before the first key`)
	f("   ", ``)
}

func TestScannerKnown(t *testing.T) {
	f := func(ext, want string) {
		t.Helper()
		s := Scanner{Known: func(key string) bool { return key == "src" || key == "msg" }}
		if got := render(&s, ext); got != want {
			t.Errorf("%q\n got %s\nwant %s", ext, got, want)
		}
	}
	f("msg=run with level=5 src=1.2.3.4", `msg="run with level=5" UnescapedEquals src="1.2.3.4"`)
	f("msg=level=5 mode=x", `msg="level=5 mode=x" UnescapedEquals`)
	f("msg= level=5", `msg=" level=5" UnescapedEquals`)
	f(`msg=a\=b c=d src=1`, `msg="a=b c=d" UnescapedEquals src="1"`)
	f("act=run level=5 src=1.2.3.4", `act="run" level="5" src="1.2.3.4"`)
	f("Msg=a b=c", `Msg="a" b="c"`)
}

// CyberArk's published lines: quoted values, empty values, two spaces before a
// key, an unescaped backslash.
func TestScannerPublished(t *testing.T) {
	f := func(ext, want string) {
		t.Helper()
		var s Scanner
		if got := render(&s, ext); got != want {
			t.Errorf("%q\n got %s\nwant %s", ext, got, want)
		}
	}
	f(`act="CPM Verify Password" fname=Root\Operating System-x dvc= cs1Label="Affected User Name" cs1= cn2="VerificationPeriod"  msg="VerificationPeriod"`,
		`act="\"CPM Verify Password\"" fname="Root\\Operating System-x" BadEscape dvc="" cs1Label="\"Affected User Name\"" cs1="" cn2="\"VerificationPeriod\" " msg="\"VerificationPeriod\""`)
	f(`cs5= cn1Label="Request Id" cn1= cn2=  msg=`,
		`cs5="" cn1Label="\"Request Id\"" cn1="" cn2=" " msg=""`)
	f(`msg=[[SecretServer]] Event: [Secret] Action: [View] (Item Id: 5781)  suid=2926 suser=M.Mccarthy cs4=Michael Mccarthy cs4Label=suser Display Name rt=Sep 27 2026 14:57:06 fname=ESXi root - `,
		`msg="[[SecretServer]] Event: [Secret] Action: [View] (Item Id: 5781) " suid="2926" suser="M.Mccarthy" cs4="Michael Mccarthy" cs4Label="suser Display Name" rt="Sep 27 2026 14:57:06" fname="ESXi root -"`)
	f(`src=10.0.0.1 act=blocked a | dst=1.1.1.1`, `src="10.0.0.1" act="blocked a |" dst="1.1.1.1"`)
	f(`src=10.0.0.1 act=blocked a \\ dst=1.1.1.1`, `src="10.0.0.1" act="blocked a \\" dst="1.1.1.1"`)
	f(`src=10.0.0.1 act=blocked a \= dst=1.1.1.1`, `src="10.0.0.1" act="blocked a =" dst="1.1.1.1"`)
	f(`src=10.0.0.1 msg=Detected a threat.\n No action needed`, `src="10.0.0.1" msg="Detected a threat.\n No action needed"`)
}

// A Scanner keeps nothing of the extension before.
func TestScannerReset(t *testing.T) {
	var s Scanner
	s.Reset(`junk a=\n b=1`)
	s.Next()
	if got := render(&s, `a=b c=\n`); got != `a="b" c="\n"` {
		t.Error(got)
	}
}

// A reading takes time in proportion to the input. Were one of these quadratic,
// the test would take minutes.
func TestScannerLinear(t *testing.T) {
	for _, unit := range []string{"=", "= ", " =", `\`, `\=`, `\\=`, "a", "a=", " a=", "a[1", "1]=", "[1]=", " a=\\", "msg=\\ a", " "} {
		hostile := strings.Repeat(unit, 1<<21/len(unit))
		for _, ext := range []string{hostile, "msg=" + hostile, "msg=" + hostile + " src="} {
			s := Scanner{Known: func(key string) bool { return key == "src" }}
			s.Reset(ext)
			for _, ok := s.Next(); ok; _, ok = s.Next() {
			}
			s.Err()
			var m Message
			Parse(&m, "CEF:0|"+strings.ReplaceAll(ext, "=", "|"))
		}
	}
}

func TestScannerAllocs(t *testing.T) {
	var s Scanner
	if n := testing.AllocsPerRun(10, func() { scanAll(&s, benchExtension) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// oracle is the same grammar as a regular expression.
var oracle = regexp.MustCompile(`(?:^|[ \t])([A-Za-z0-9_.-]+(?:\[[0-9]+\])?)=`)

func oracleScan(ext string) string {
	var b strings.Builder
	at := oracle.FindAllStringSubmatchIndex(ext, -1)
	for i, m := range at {
		value := strings.TrimRight(ext[m[1]:], " ")
		if i+1 < len(at) {
			value = ext[m[1]:at[i+1][0]]
		}
		fmt.Fprintf(&b, "%s=%q ", ext[m[2]:m[3]], oracleEscape.ReplaceAllStringFunc(value, oracleUnescape))
	}
	return b.String()
}

var oracleEscape = regexp.MustCompile(`\\[\\=nr]`)

func oracleUnescape(s string) string {
	return map[string]string{`\\`: `\`, `\=`: `=`, `\n`: "\n", `\r`: "\r"}[s]
}

func FuzzScan(f *testing.F) {
	for _, ext := range []string{"", "a=1 b=2", "a= = b[0]=\\", `msg=x \= y\\ z=\n  `, "\ta=\t b=", benchExtension} {
		f.Add(ext)
	}
	f.Fuzz(func(t *testing.T, ext string) {
		var s Scanner
		var got strings.Builder
		s.Reset(ext)
		for p, ok := s.Next(); ok; p, ok = s.Next() {
			fmt.Fprintf(&got, "%s=%q ", p.Key, p.Value)
		}
		if want := oracleScan(ext); got.String() != want {
			t.Errorf("%q\n got %s\nwant %s", ext, got.String(), want)
		}
		doubt := Scanner{Known: func(key string) bool { return len(key)%2 == 0 }}
		scanAll(&doubt, ext)
		doubt.Err()
	})
}

// benchExtension has 400 bytes and 16 pairs.
var benchExtension = strings.Join([]string{
	"act=Session started", "suser=jdoe", "sname=John Doe", "spriv=Administrator", "suid=1042", "spid=77120",
	"src=10.20.5.145", "dst=192.168.10.156", "dhost=db-prod-01.example.com", "dpt=22", "duser=root", "duid=35",
	"cs1Label=Change Request", "cs1=GMUD-2026-00817", "requestMethod=POST",
	"msg=Session started for Privileged Domain User root on db-prod-01 (192.168.10.156) by the user John Doe (jdoe) from 10.20.5.145 with ticket 00817 and two approvers",
}, " ")

func scanAll(s *Scanner, ext string) (n int) {
	s.Reset(ext)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		n += len(p.Value)
	}
	return n
}

func BenchmarkScan(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchExtension)))
	var s Scanner
	for b.Loop() {
		scanAll(&s, benchExtension)
	}
}

func BenchmarkScanEscaped(b *testing.B) {
	ext := strings.Replace(benchExtension, "John Doe", `John\=Doe`, 1)
	b.ReportAllocs()
	var s Scanner
	for b.Loop() {
		scanAll(&s, ext)
	}
}
