package wire

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

var update = flag.Bool("update", false, "rewrite the golden files and the tables of docs/siem")

// shown are the lines of the corpus that the golden files show: each kind of
// event once, and what headers, values and limits are hard on.
var shown = []string{
	"vendor-cef-template-senhasegura", "vendor-syslog-en", "vendor-a2a-syslog",
	"session-started-en4", "master-key-recovery-failed-en4", "access-request-approved-en4",
	"credential-password-rotated-pt", "session-file-modified-en4", "report-schedule-created-en4",
	"utf8-names", "typographic-quotes", "structured-data", "repeated-keys", "ipv6", "backslash",
	"spec-equals", "spec-newline", "spec-pipe", "times", "forged-words", "forged-lines",
	"suid-types", "cut-in-value", "unreadable", "cyberark-logon", "many-custom-strings",
}

// TestProfiles shows what each SIEM is sent. Below the lines of the corpus
// stand those of senders with an address or no name, and one that is too long.
func TestProfiles(t *testing.T) {
	cases := shownCases(t)
	for i := range Profiles {
		p := &Profiles[i]
		name := filepath.Join("testdata", "profiles", p.Name+".txt")
		got := golden(t, p, cases)
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the profile writes; see go test -update\n%s", name, difference(string(want), string(got)))
		}
	}
}

// shownCases returns the cases in the order of shown, and those without a name.
func shownCases(t *testing.T) []corpus.Case {
	t.Helper()
	all, err := corpus.Load("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	var cases []corpus.Case
	for _, name := range shown {
		n := len(cases)
		for _, c := range all {
			if c.Name == name || strings.HasPrefix(c.Name, name+"/") && len(cases) < n+2 {
				cases = append(cases, c)
			}
		}
		if len(cases) == n {
			t.Errorf("the corpus has no %s", name)
		}
	}
	const body = "CEF:0|MT4|senhasegura|4.0|16|Session Started|5|msg=Session started suser=stlee"
	return append(cases,
		corpus.Case{Name: "sender with an IPv6 address", Input: "<13>1 2026-06-18T17:49:41.25-03:00 2001:db8::7 senhasegura 7 - - " + body},
		corpus.Case{Name: "sender without a name", Input: body},
		corpus.Case{Name: "too long", Input: "<13>1 2026-06-18T17:49:41Z vault01 senhasegura 7 - - " + body + tooMuch()},
	)
}

// tooMuch returns 20 fields of 5,000 bytes.
func tooMuch() string {
	var b strings.Builder
	for i := range 20 {
		b.WriteString(" field" + itoa(i) + "=" + strings.Repeat("x", 5000))
	}
	return b.String()
}

func golden(t *testing.T, p *Profile, cases []corpus.Case) []byte {
	t.Helper()
	c := p.Encoding
	c.Hostname, c.ProcID = "collector01", "4711"
	if c.MaxMessageSize == 0 {
		c.MaxMessageSize = 120_000 // the too long one is not
	}
	if p.Name == "sumo" {
		c.Token = longToken
	}
	c.Framing, _ = syslog.ParseFraming(p.Framing)
	enc, parser := newEncoder(t, c), NewParser(nil)
	var b bytes.Buffer
	var e audit.Event
	for _, one := range cases {
		parser.Parse(&e, one.Input, corpus.Now)
		audit.Builtin().Classify(&e)
		if !strings.Contains(one.Name, "without a name") {
			e.UID = audit.UID{0: 0x01, 15: 0xFF}
		}
		out, truncated := enc.AppendFrame(nil, &e)
		b.WriteString("-- " + one.Name + " --\n" + strings.ReplaceAll(string(out), strings.Repeat("x", 1000), ""))
		if truncated {
			b.WriteString("(cut, " + itoa(len(out)) + " bytes with the frame)\n")
		}
		if c.MaxMessageSize > 0 && len(out) > c.MaxMessageSize+1 {
			t.Errorf("%s, %s: %d bytes", p.Name, one.Name, len(out))
		}
	}
	return b.Bytes()
}

// difference shows the first line that differs.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return "want " + w[i] + "\ngot  " + g[i]
		}
	}
	return "one has more lines"
}

// TestProfileTable demands rows that an encoder and a connection can be made of.
func TestProfileTable(t *testing.T) {
	if Profiles[0].Name != "generic" || Profiles[0].Encoding != (Encoding{}) {
		t.Error("the first profile is not the one of the defaults")
	}
	for i := range Profiles {
		p := &Profiles[i]
		if ProfileByName(p.Name) != p {
			t.Errorf("%s: the name is not its own", p.Name)
		}
		newEncoder(t, p.Encoding)
		if !slices.Contains([]string{"tcp", "tls", "udp"}, p.Transport) {
			t.Errorf("%s: transport %q", p.Name, p.Transport)
		}
		if f, ok := syslog.ParseFraming(p.Framing); p.Framing != "" && (!ok || f == syslog.Auto) {
			t.Errorf("%s: framing %q", p.Name, p.Framing)
		}
		if c := &p.Encoding; c.Hostname != "" || c.ProcID != "" || c.Token != "" || c.Location != nil || c.Framing != 0 {
			t.Errorf("%s: sets what a site must", p.Name)
		}
	}
	if p := ProfileByName("leef"); p != nil {
		t.Errorf("a profile %q", p.Name)
	}
}

// TestProfileOptions: what the profiles need of the encoder.
func TestProfileOptions(t *testing.T) {
	const head = "<13>1 2026-06-18T17:49:41.25-03:00 "
	f := func(c Encoding, host, want string) {
		t.Helper()
		got, _ := encode(t, c, head+host+" app 7 - - CEF:0|a|b|1|c|d|5|suser=x")
		if got != want {
			t.Errorf("%+v, %s\ngot  %s\nwant %s", c, host, got, want)
		}
	}
	const cefHead, v6 = "CEF:0|a|b|1|c|d|5|", "2001:db8::7"
	// Forms of the time.
	f(Encoding{TimeFormat: "cef_date"}, "h", head[:len(head)-10]+".250-03:00 h app 7 - - "+cefHead+"rt=Jun 18 2026 20:49:41 UTC suser=x")
	f(Encoding{TimePrecision: "milliseconds"}, "h", head[:len(head)-10]+".250-03:00 h app 7 - - "+cefHead+"rt=1781815781250 suser=x")
	f(Encoding{Format: "rfc5424", TimePrecision: "milliseconds"}, "h", head[:len(head)-10]+`.250-03:00 h app 7 - [pam@32473 deviceVendor="a" deviceProduct="b" deviceVersion="1" deviceEventClassId="c" name="d" severity="5"] suser=x`)
	// Headers.
	f(Encoding{Header: "cef"}, "h", "<13>Jun 18 20:49:41 h "+cefHead+"rt=1781815781250 suser=x")
	f(Encoding{Header: "cef", Location: time.FixedZone("", -3*3600)}, v6, "<13>Jun 18 17:49:41 2001:db8::7 "+cefHead+"rt=1781815781250 suser=x")
	// Host names.
	f(Encoding{Header: "cef", HostnameRule: "source_dvchost"}, "h", "<13>Jun 18 20:49:41 h "+cefHead+"dvchost=h rt=1781815781250 suser=x")
	f(Encoding{Header: "cef", HostnameRule: "source_dvchost"}, "-", "<13>Jun 18 20:49:41 gw "+cefHead+"dvchost=gw rt=1781815781250 suser=x")
	f(Encoding{Header: "cef", HostnameRule: "no_ipv6"}, "h", "<13>Jun 18 20:49:41 h "+cefHead+"rt=1781815781250 suser=x")
	f(Encoding{Header: "cef", HostnameRule: "no_ipv6"}, v6, "<13>Jun 18 20:49:41 gw "+cefHead+"dvchost=2001:db8::7 rt=1781815781250 suser=x")
	f(Encoding{Header: "cef", HostnameRule: "collector"}, "h", "<13>Jun 18 20:49:41 gw "+cefHead+"dvchost=h rt=1781815781250 suser=x")
	f(Encoding{Header: "cef", HostnameRule: "collector"}, "-", "<13>Jun 18 20:49:41 gw "+cefHead+"rt=1781815781250 suser=x")
	f(Encoding{Format: "rfc5424", Message: "cef", HostnameRule: "collector"}, "h", head[:len(head)-10]+".250-03:00 gw app 7 - - "+cefHead+"dvchost=h rt=1781815781250 suser=x")
	f(Encoding{Format: "rfc5424", HostnameRule: "collector"}, "h", head[:len(head)-10]+`.250-03:00 gw app 7 - [pam@32473 deviceHostName="h" deviceVendor="a" deviceProduct="b" deviceVersion="1" deviceEventClassId="c" name="d" severity="5"] suser=x`)
	// A token.
	f(Encoding{Token: longToken}, "h", head[:len(head)-10]+".250-03:00 h app 7 - ["+longToken+"] "+cefHead+"rt=1781815781250 suser=x")
	f(Encoding{Format: "rfc5424", Message: "cef", Token: "t"}, "h", head[:len(head)-10]+".250-03:00 h app 7 - [t] "+cefHead+"rt=1781815781250 suser=x")
}

// TestReadDvchost: what stands in front of rt is the source's host, and what
// stands elsewhere a field.
func TestReadDvchost(t *testing.T) {
	f := func(extension, wantHost, wantFields string) {
		t.Helper()
		var e audit.Event
		NewParser(nil).Parse(&e, "<13>1 2026-06-18T17:49:41Z h app 7 - - CEF:0|a|b|1|c|d|5|"+extension, corpus.Now)
		if got := render(&e); e.Source.Host != wantHost || got != wantFields {
			t.Errorf("%s\ngot  %s, %s\nwant %s, %s", extension, e.Source.Host, got, wantHost, wantFields)
		}
	}
	f("dvchost=x rt=1529354981500 suser=a", "x", `user.name="a"`)
	f("dvchost=x rt=Jun 18 2018 17:49:41 UTC", "x", ``)
	f("dvchost=x rt=yesterday", "h", `pam.ext.dvchost="x" pam.ext.rt="yesterday" repairs=time_unreadable`)
	f("dvchost=x suser=a rt=1529354981500", "h", `pam.ext.dvchost="x" user.name="a"`)
	f("rt=1529354981500 dvchost=x", "h", `pam.ext.dvchost="x"`)
	f("suser=a dvchost=x rt=1529354981500", "h", `user.name="a" pam.ext.dvchost="x"`)
	f("dvchost=x", "h", `pam.ext.dvchost="x"`)
	f("dvchost= rt=1529354981500", "h", ``)
	f("dvchost=x rt=1529354981500 dvchost=y", "x", `pam.ext.dvchost="y"`)
}

// TestReadCEFDate: a time told by the second keeps the header's fraction where
// it is the same second.
func TestReadCEFDate(t *testing.T) {
	f := func(header, rt, want string) {
		t.Helper()
		var e audit.Event
		NewParser(nil).Parse(&e, "<13>1 "+header+" h app 7 - - CEF:0|a|b|1|c|d|5|rt="+rt, corpus.Now)
		if got := e.Time.Format(time.RFC3339Nano); got != want {
			t.Errorf("%s, %s: %s, want %s", header, rt, got, want)
		}
	}
	f("2018-06-18T17:49:41.123456-03:00", "Jun 18 2018 20:49:41 UTC", "2018-06-18T17:49:41.123456-03:00")
	f("2018-06-18T17:49:42-03:00", "Jun 18 2018 20:49:41 UTC", "2018-06-18T20:49:41Z")
	f("2018-06-18T17:49:41.5-03:00", "Jun 18 2018 20:49:41.700 UTC", "2018-06-18T20:49:41.7Z")
	f("2018-06-18T17:49:41.5-03:00", "1529354981000", "2018-06-18T20:49:41Z")
	f("-", "Jun 18 2018 20:49:41 UTC", "2018-06-18T20:49:41Z")
}

// TestTokenErrors demands that no error shows the token.
func TestTokenErrors(t *testing.T) {
	f := func(c Encoding, want string) {
		t.Helper()
		_, err := NewEncoder(c)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%v, want %s", err, want)
		}
	}
	const place, bad = "token: only an RFC 5424 header has a place for it", "token: is no SD-ID"
	f(Encoding{Token: "s3cr3t", Header: "rfc3164"}, place)
	f(Encoding{Token: "s3cr3t", Header: "none"}, place)
	f(Encoding{Token: "s3cr3t", Format: "sensage"}, place)
	f(Encoding{Token: "s3cr3t", Format: "raw"}, place)
	f(Encoding{Token: "s3cr3t 1"}, bad)
	f(Encoding{Token: "s3cr3t=1"}, bad)
	f(Encoding{Token: "s3cr3t]["}, bad)
	f(Encoding{Token: `s3cr3t"`}, bad)
	f(Encoding{Token: "s3cr3t\n"}, bad)
	f(Encoding{Token: "s3cr3té"}, bad)
	f(Encoding{Token: "pam@s3cr3t"}, bad)
	f(Encoding{Token: strings.Repeat("s3cr3t", 50)}, bad)
	f(Encoding{Token: "s3cr3t", MaxMessageSize: 1024}, "max_message_size: 1024 is less than 1280")
}

// TestTokenStaysAlone: no field's SD-ID is the token.
func TestTokenStaysAlone(t *testing.T) {
	got, _ := encode(t, Encoding{Format: "rfc5424", Token: "t@1"}, `<13>1 2026-06-18T17:49:41Z h a 7 - [t@1 x="y"] text`)
	if want := `<13>1 2026-06-18T17:49:41Z h a 7 - [t@1][ext_t@1 x="y"] text`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
