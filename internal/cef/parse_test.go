package cef

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func renderMessage(m *Message) string {
	s := fmt.Sprintf("%d|%s|%s|%s|%s|%s|%s|%s @%d", m.Version, m.DeviceVendor, m.DeviceProduct, m.DeviceVersion,
		m.DeviceEventClassID, m.Name, m.Severity, m.Extension, m.Offset)
	if m.Err != nil {
		s += " ! " + m.Err.Error()
	}
	return s
}

func TestParse(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		m := Message{Name: "left over", Err: &ParseError{}}
		Parse(&m, in)
		if got := renderMessage(&m); got != want {
			t.Errorf("%q\n got %s\nwant %s", in, got, want)
		}
		if m.Extension != in[m.Offset:] {
			t.Errorf("%q: Extension is not what begins at Offset", in)
		}
	}

	// the vendor's template, and the standard's examples
	f("CEF:0|MT4|senhasegura|3.27.0-4|336.501|UPDATE INCIDENT|9|Extensions",
		"0|MT4|senhasegura|3.27.0-4|336.501|UPDATE INCIDENT|9|Extensions @57")
	f("CEF:1|Security|threatmanager|1.0|100|worm successfully stopped|10|src=10.0.0.1",
		"1|Security|threatmanager|1.0|100|worm successfully stopped|10|src=10.0.0.1 @66")

	// escapes
	f(`CEF:0|security|threatmanager|1.0|100|detected a \| in message|10|a | b`,
		`0|security|threatmanager|1.0|100|detected a | in message|10|a | b @65`)
	f(`CEF:0|a|b|c|d|x \\|5|k=v`, `0|a|b|c|d|x \|5|k=v @21`)
	f(`CEF:0|a|b|c|d|x \\\| y \= \n|5|`, `0|a|b|c|d|x \| y \= \n|5| @31`)
	f(`CEF:0|DOMAIN\x|b|c|d|e|5|`, `0|DOMAIN\x|b|c|d|e|5| @25`)

	// empty fields; no extension, and no pipe before it
	f("CEF:0|||||||", "0||||||| @12")
	f("CEF:0|a|b|c|d|e|5", "0|a|b|c|d|e|5| @17")

	// version
	f("CEF: 0|a|b|c|d|e|5|k=v", "0|a|b|c|d|e|5|k=v @19")
	f("CEF:2|a|b|c|d|e|5|k=v", "2|a|b|c|d|e|5|k=v @18 ! cef: Version at offset 4: not a known version")
	f("CEF:1.2|a|b|c|d|e|5|", "1|a|b|c|d|e|5| @20 ! cef: Version at offset 4: not a known version")
	f("CEF:|a|b|c|d|e|5|", "0|a|b|c|d|e|5| @17 ! cef: Version at offset 4: not a known version")
	f("CEF:256|a|b|c|d|e|5|", "255|a|b|c|d|e|5| @20 ! cef: Version at offset 4: not a known version")
	f("CEF:99999999999999999999|a|b|c|d|e|5|", "255|a|b|c|d|e|5| @37 ! cef: Version at offset 4: not a known version")

	// missing fields
	f("", "0||||||| @0 ! cef: CEF at offset 0: no CEF: at the beginning")
	f("LEEF:1.0|a|b|c|d|e|", "0||||||| @19 ! cef: CEF at offset 0: no CEF: at the beginning")
	f("CEF:", "0||||||| @4 ! cef: Version at offset 4: not a known version")
	f("CEF:0", "0||||||| @5 ! cef: Device Vendor at offset 5: missing")
	f("CEF:0|", "0||||||| @6 ! cef: Device Product at offset 6: missing")
	f("CEF:0|a|b", "0|a|b||||| @9 ! cef: Device Version at offset 9: missing")
	f(`CEF:0|a|b|c|d|e\|5|`, `0|a|b|c|d|e|5|| @19`)
	f(`CEF:0|a|b|c|d|e\|5`, `0|a|b|c|d|e|5|| @18 ! cef: Severity at offset 18: missing`)
}

func TestParseError(t *testing.T) {
	var m Message
	Parse(&m, "CEF:0|secret")
	if !errors.Is(m.Err, ErrMissing) || strings.Contains(m.Err.Error(), "secret") {
		t.Errorf("%v", m.Err)
	}
}

func TestParseAllocs(t *testing.T) {
	var m Message
	if n := testing.AllocsPerRun(10, func() { Parse(&m, benchMessage) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

const benchHeader = "CEF:0|MT4|senhasegura|3.27.0-4|336.501|UPDATE INCIDENT|9|"

var benchMessage = benchHeader + benchExtension

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	var m Message
	for b.Loop() {
		Parse(&m, benchMessage)
	}
}

func BenchmarkParseAndScan(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(benchMessage)))
	var m Message
	var s Scanner
	for b.Loop() {
		Parse(&m, benchMessage)
		scanAll(&s, m.Extension)
	}
}
