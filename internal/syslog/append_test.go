package syslog

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog/syslogtest"
)

var written = time.Date(2026, 2, 5, 7, 3, 9, 0, time.FixedZone("", -3*3600))

func TestAppendRFC5424(t *testing.T) {
	f := func(h Header, want string) {
		t.Helper()
		if got := string(AppendRFC5424(nil, &h)); got != want+" " {
			t.Errorf("%+v\n got %s\nwant %s", h, got, want)
		}
	}
	f(Header{}, `<0>1 - - - - -`)
	f(Header{1, 5, written, "vault01", "senhasegura", "1426", "session.started"},
		`<13>1 2026-02-05T07:03:09-03:00 vault01 senhasegura 1426 session.started`)
	f(Header{Facility: 23, Severity: 7}, `<191>1 - - - - -`)
	f(Header{Facility: 255, Severity: 8}, `<191>1 - - - - -`)

	// Words.
	f(Header{Hostname: "a-CEF:0|MT4|CEF:1|x"}, `<0>1 - a-CEF_0|MT4|CEF_1|x - - -`)
	f(Header{Hostname: "São Paulo", AppName: " ", ProcID: "a\nb\x00\x7F", MsgID: "\xFF\xFE"}, `<0>1 - S_o_Paulo _ a_b__ __`)
	f(Header{Hostname: "-", AppName: "-"}, `<0>1 - - - - -`)
	f(Header{MsgID: strings.Repeat("m", 33)}, `<0>1 - - - - `+strings.Repeat("m", 32))
	f(Header{AppName: strings.Repeat("é", 49)}, `<0>1 - - `+strings.Repeat("_", 48)+` - -`)
	f(Header{Hostname: "CEF:0|x", AppName: "|CEF:0|x", ProcID: `{"a":1}`, MsgID: "[x"}, `<0>1 - CEF_0|x |CEF_0|x _"a":1} _x`)
	f(Header{Hostname: "a=b", AppName: "=", ProcID: "2=b", MsgID: "a|b=c"}, `<0>1 - a_b _ 2=b a|b=c`)

	// Times.
	at := func(t time.Time, want string) { f(Header{Time: t}, `<0>1 `+want+` - - - -`) }
	at(written.UTC(), `2026-02-05T10:03:09Z`)
	at(written.Add(120*time.Millisecond), `2026-02-05T07:03:09.120-03:00`)
	at(written.Add(1002003), `2026-02-05T07:03:09.001002-03:00`)
	at(written.Add(999), `2026-02-05T07:03:09-03:00`)
	at(written.In(time.FixedZone("", 5*3600+45*60)), `2026-02-05T15:48:09+05:45`)
	at(written.In(time.FixedZone("", -11188)), `2026-02-05T10:03:09Z`)
	at(written.In(time.FixedZone("", 86400)), `2026-02-05T10:03:09Z`)
	at(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), `-`)
	at(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), `-`)
	at(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), `0000-01-01T00:00:00Z`)
}

func TestAppendRFC3164(t *testing.T) {
	f := func(h Header, want string) {
		t.Helper()
		if got := string(AppendRFC3164(nil, &h)); got != want+" " {
			t.Errorf("%+v\n got %s\nwant %s", h, got, want)
		}
	}
	f(Header{}, `<0>Jan  1 00:00:00 - -:`)
	f(Header{1, 5, written, "vault01", "senhasegura", "1426", "ignored"}, `<13>Feb  5 07:03:09 vault01 senhasegura[1426]:`)
	f(Header{Time: written, Hostname: "2001:db8::1", AppName: "a/b-c_d.e"}, `<0>Feb  5 07:03:09 2001:db8::1 a/b-c_d.e:`)
	f(Header{Time: written, Hostname: "host:", AppName: "a: b[1]", ProcID: "x]: y"}, `<0>Feb  5 07:03:09 host_ a__b_1_[x___y]:`)
	f(Header{Time: written, Hostname: "CEF:0", AppName: "CEF"}, `<0>Feb  5 07:03:09 CEF_0 CEF_:`)
	f(Header{Time: written, Hostname: "a=b\n", AppName: strings.Repeat("é", 40)}, `<0>Feb  5 07:03:09 a_b_ `+strings.Repeat("_", 32)+`:`)
}

func TestAppendRFC5424Milli(t *testing.T) {
	f := func(micro int, want string) {
		t.Helper()
		h := Header{Time: written.Add(time.Duration(micro) * time.Microsecond)}
		if got := string(AppendRFC5424Milli(nil, &h)); got != `<0>1 2026-02-05T07:03:09`+want+`-03:00 - - - - ` {
			t.Errorf("%d: got %s, want %s", micro, got, want)
		}
	}
	f(0, ".000")
	f(999, ".000")
	f(7_000, ".007")
	f(520_123, ".520")
}

func TestAppendUntagged(t *testing.T) {
	f := func(h Header, want string) {
		t.Helper()
		if got := string(AppendUntagged(nil, &h)); got != want+" " {
			t.Errorf("%+v\n got %s\nwant %s", h, got, want)
		}
	}
	f(Header{}, `<0>Jan  1 00:00:00 -`)
	f(Header{1, 5, written, "vault01", "senhasegura", "1426", "ignored"}, `<13>Feb  5 07:03:09 vault01`)
	f(Header{Time: written, Hostname: "CEF:"}, `<0>Feb  5 07:03:09 CEF_`)
}

func TestAppendSD(t *testing.T) {
	f := func(append func([]byte, string) []byte, in, want string) {
		t.Helper()
		if got := string(append([]byte("x"), in)); got != "x"+want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f(AppendSDName, ``, `_`)
	f(AppendSDName, `pam@32473`, `pam@32473`)
	f(AppendSDName, "a=b]\"c d\né\x7F", `a_b__c_d___`)
	f(AppendSDName, strings.Repeat("n", 40), strings.Repeat("n", 32))

	for name, legal := range map[string]bool{
		``: false, `x y`: false, `x=`: false, `é`: false, `pam@32473`: true, `-`: true,
		strings.Repeat("n", 32): true, strings.Repeat("n", 33): false,
	} {
		if LegalSDName(name) != legal {
			t.Errorf("LegalSDName(%q) is not %v", name, legal)
		}
	}

	f(AppendParamValue, ``, ``)
	f(AppendParamValue, `a"b\c]d`, `a\"b\\c\]d`)
	f(AppendParamValue, "a\r\n\x00\t\x7F\u0085b", `a      b`)
	f(AppendParamValue, "a\u2028b\u2029c\u2027\u202A", "a b c\u2027\u202A")
	f(AppendParamValue, "José – \u00A0\uFFFD", "José – \u00A0\uFFFD")
	f(AppendParamValue, "a\xFFb\xC3", "a\uFFFDb\uFFFD")
}

// isBreak reports whether some reader cuts lines at r.
func isBreak(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// FuzzAppendParse: whatever the words and values are, what is written is RFC
// 5424 by the letter, and Parse reads each of them back from its place, without
// a repair.
func FuzzAppendParse(f *testing.F) {
	f.Add(uint16(13), int64(1529354981), int32(-10800), "vault01", "senhasegura", "1426", "a.b", "suser", "x\"\\]\n", "msg")
	f.Add(uint16(999), int64(-1), int32(99999), "CEF:0|", "a=b", "{", "[a b=\"c\"]", "=", "\xFF", "- x")
	f.Add(uint16(13), int64(0), int32(0), "a\u0085\u2028", "\u2029", "\u0085b", "\u2028", "\u2028\u0085", "a\u2028b\u2029c\u0085d", "x")
	f.Add(uint16(0), int64(0), int32(0), "h", "app", "-", "x", "", "", "[a b=\"c\"] x")
	f.Fuzz(func(t *testing.T, pri uint16, sec int64, offset int32, host, app, proc, id, name, value, msg string) {
		h := Header{uint8(pri >> 8), uint8(pri), time.Unix(sec%(1<<38), sec%1e9).In(time.FixedZone("", int(offset))), host, app, proc, id}
		if written := string(AppendSDName(nil, name)); LegalSDName(name) != (written == name) || !LegalSDName(written) {
			t.Errorf("SD-NAME %q of %q", written, name)
		}
		b := AppendRFC5424(nil, &h)
		words := strings.Fields(string(b))
		if value == "" {
			b = append(b, "- "...)
		} else {
			b = AppendSDName(append(b, '['), name)
			b = AppendSDName(append(b, ' '), name)
			b = AppendParamValue(append(b, `="`...), value)
			b = append(b, `"] `...)
		}
		if strings.ContainsFunc(string(b), isBreak) {
			t.Errorf("%q is not one line for every reader", b)
		}
		b = append(b, msg...)
		if err := syslogtest.Check5424([]byte(strings.TrimSuffix(string(b), msg))); err != nil {
			t.Fatalf("%q: %v", b, err)
		}

		var m Message
		new(Parser).Parse(&m, string(b), now)
		got := Header{m.Facility, m.Severity, m.Time, m.Hostname, m.AppName, m.ProcID, m.MsgID}
		again := AppendRFC5424(nil, &got)
		if strings.Join(words, " ")+" " != string(again) || m.Repairs != 0 || m.Err != nil || m.Form != RFC5424 {
			t.Errorf("%q\nbecame %q\n%s", b, again, render(&m))
		}
		if want := strings.TrimPrefix(msg, bom); m.Msg != want {
			t.Errorf("MSG %q, want %q", m.Msg, want)
		}
		params := 0
		Params(m.StructuredData, func(_, _, got string) bool {
			params++
			if again := AppendParamValue(nil, got); string(again) != string(AppendParamValue(nil, value)) {
				t.Errorf("value %q of %q", got, value)
			}
			return true
		})
		if params != b2i(value != "") {
			t.Errorf("%d parameters in %q", params, m.StructuredData)
		}
	})
}

// FuzzAppend3164: HOSTNAME, TAG and PID are read back from their places.
func FuzzAppend3164(f *testing.F) {
	f.Add("vault01", "senhasegura", "1426", "text")
	f.Add("CEF:0|", "CEF", "", "0|a|b")
	f.Add("a\u0085\u2028", "\u2029b", "\u2028", "x")
	f.Fuzz(func(t *testing.T, host, app, proc, msg string) {
		h := Header{1, 5, written.UTC(), host, app, proc, ""}
		b := AppendRFC3164(nil, &h)
		if strings.ContainsFunc(string(b), isBreak) {
			t.Errorf("%q is not one line for every reader", b)
		}
		var m Message
		new(Parser).Parse(&m, string(b)+msg, now)
		again := AppendRFC3164(nil, &Header{m.Facility, m.Severity, m.Time, m.Hostname, m.AppName, m.ProcID, ""})
		if string(again) != string(b) || m.Msg != strings.TrimPrefix(msg, bom) || m.Repairs != RepairYearAssumed|RepairZoneAssumed {
			t.Errorf("%q\nbecame %q\n%s", b, again, render(&m))
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	h := Header{1, 5, written.Add(120 * time.Millisecond), "vault01.example.com", "senhasegura", "1426", "session.started"}
	for _, bench := range []struct {
		name   string
		append func([]byte, *Header) []byte
	}{{"RFC5424", AppendRFC5424}, {"RFC3164", AppendRFC3164}} {
		b.Run(bench.name, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = bench.append(dst[:0], &h)
			}
		})
	}
	b.Run("PARAM-VALUE", func(b *testing.B) {
		var dst []byte
		b.ReportAllocs()
		for b.Loop() {
			dst = AppendParamValue(dst[:0], `Session started for vmdf-giskard by user José da Silva (jsilva) "ok"`)
		}
	})
}
