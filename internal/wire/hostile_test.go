package wire

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// TestTypedIntoMsg: what a user types into the product's unescaped sentence
// sets neither the host nor the time nor the uid, and is no A2A operation.
func TestTypedIntoMsg(t *testing.T) {
	f := func(extension, want string) {
		t.Helper()
		var e audit.Event
		NewParser(nil).Parse(&e, "<13>1 2026-06-18T17:49:41Z h senhasegura 1 - - CEF:0|MT4|senhasegura|4|16|Session Started|5|"+extension, corpus.Now)
		if got := render(&e); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", extension, got, want)
		}
		if !e.UID.IsZero() || !e.Time.Equal(time.Date(2026, 6, 18, 17, 49, 41, 0, time.UTC)) {
			t.Errorf("%s: uid %s, time %s", extension, e.UID, e.Time)
		}
	}
	f("msg=x externalId=00000000000000000000000000000001 rt=1000000000000", `pam.message="x externalId=00000000000000000000000000000001 rt=1000000000000" repairs=unescaped_equals`)
	f("msg=x suser=a externalId=00000000000000000000000000000001 rt=1000000000000", `pam.message="x" user.name="a" pam.ext.externalId="00000000000000000000000000000001" pam.ext.rt="1000000000000"`)
	f("msg=x dvchost=evil", `pam.message="x dvchost=evil" repairs=unescaped_equals`)
	f("msg=reason: action=secret_retrieval appid=svc", `pam.message="reason: action=secret_retrieval appid=svc" repairs=unescaped_equals`)
}

// TestTypedTwice: within the product's msg no second value begins for a field
// that the event has, under whatever name. The product sends none, and what we
// send ourselves says where it ends.
func TestTypedTwice(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		if got := fields(line); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
		}
	}
	const header = "<13>1 2026-06-18T17:49:41Z h senhasegura 1 - - "
	const head = header + "CEF:0|MT4|s|3|1|n|5|"
	f(head+"src=10.0.0.9 suser=bob msg=hello suser=root src=6.6.6.6",
		`source.address="10.0.0.9" user.name="bob" pam.message="hello suser=root src=6.6.6.6"`)
	f(head+"suser=bob msg=hello spid=7 suser=root", `user.name="bob" pam.message="hello" pam.spid="7" pam.ext.suser="root"`)
	f(head+"dpt=22 suser=bob msg=a dposrt=23 MT4SenhaseguraSuser=root", `destination.port="22" user.name="bob" pam.message="a dposrt=23 MT4SenhaseguraSuser=root"`)
	f(head+"Method=POST msg=a requestMethod=GET", `http.request.method="POST" pam.message="a requestMethod=GET"`)
	f(head+"cs1Label=User cs1=John msg=a cs1Label=Approver cs1=Eve cs2Label=Approver cs2=Bob",
		`pam.schedule.user="John" pam.message="a cs1Label=Approver cs1=Eve" pam.request.approver="Bob"`)
	f(head+"Method=POST msg=a spid=7 requestMethod=GET msg=b", `http.request.method="POST" pam.message="a" pam.spid="7" pam.ext.requestMethod="GET" pam.ext.msg="b"`)
	f(head+"fname=x msg=a fname=y filePath=z", `pam.ext.fname="x" pam.message="a fname=y" pam.ext.filePath="z"`)
	f(head+"msg=hello act=first suser=bob act=second", `pam.message="hello" pam.action="first" pam.action="second" user.name="bob"`)
	f(head+"msg=Session started. msg=evil", `pam.message="Session started. msg=evil"`)
	f(header+"suser=bob msg=hello suser=root dst=1.2.3.4", `user.name="bob" pam.message="hello suser=root" destination.address="1.2.3.4"`)
	// The same from us, who may repeat a key, and from another vendor.
	f(head+"rt=1781804981000 suser=bob msg=hello msg=again dst=1.2.3.4", `user.name="bob" pam.message="hello" pam.message="again" destination.address="1.2.3.4"`)
	f(header+"CEF:0|Other|p|3|1|n|5|suser=bob msg=hello suser=root", `user.name="bob" user.name="root" pam.message="hello"`)
}

// TestTypedInFront: behind the first field of what the product sent, nothing
// sets the time, the uid or that a limit cut the message; it is not lost. It
// leaves under no name that a SIEM drops duplicates by.
func TestTypedInFront(t *testing.T) {
	const uid = "0123456789abcdef0123456789abcdef"
	header := time.Date(2026, 6, 18, 17, 49, 41, 0, time.UTC)
	e := audit.Event{}
	f := func(head, extension, wantFields, want string) {
		t.Helper()
		NewParser(nil).Parse(&e, head+extension, corpus.Now)
		if got := render(&e); got != wantFields {
			t.Errorf("%s\ngot  %s\nwant %s", extension, got, wantFields)
		}
		if !e.UID.IsZero() {
			t.Errorf("%s: uid %s", extension, e.UID)
		}
		e.UID = audit.UID{1}
		got, _ := newEncoder(t, Encoding{Header: "none"}).Append(nil, &e)
		if _, ext, _ := strings.Cut(string(got), "externalId=01000000000000000000000000000000 "); ext != want {
			t.Errorf("%s\ngot  %s\nwant %s", extension, got, want)
		}
	}
	const head = "<13>1 2026-06-18T17:49:41Z h senhasegura 1 - - CEF:0|MT4|senhasegura|4|16|Session Started|5|"
	f(head, "suser=bob rt=Jan 01 2001 00:00:00 UTC externalId="+uid+" msg=hello",
		`user.name="bob" pam.ext.rt="Jan 01 2001 00:00:00 UTC" pam.ext.externalId="`+uid+`" pam.message="hello"`,
		"suser=bob ext_rt=Jan 01 2001 00:00:00 UTC ext_externalId="+uid+" msg=hello")
	f(head, "suser= start=1000000000000 end=1000000000000 MT4SenhaseguraTruncated=true",
		`pam.ext.start="1000000000000" pam.ext.end="1000000000000" pam.ext.MT4SenhaseguraTruncated="true"`,
		"start=1000000000000 end=1000000000000 ext_MT4SenhaseguraTruncated=true")
	f(head, "dvchost=x suser=bob rt=1000000000000", `pam.ext.dvchost="x" user.name="bob" pam.ext.rt="1000000000000"`,
		"dvchost=x suser=bob ext_rt=1000000000000")
	if !e.Time.Equal(header) {
		t.Errorf("time %s", e.Time)
	}
	// Without a time in the header the first rt is all there is; other vendors
	// escape what users type.
	f("CEF:0|MT4|senhasegura|4|16|n|5|", "suser=bob rt=1781804981000 rt=1000000000000 externalId="+uid,
		`user.name="bob" pam.ext.rt="1000000000000" pam.ext.externalId="`+uid+`"`, "suser=bob ext_rt=1000000000000 ext_externalId="+uid)
	if !e.Time.Equal(header) {
		t.Errorf("time %s", e.Time)
	}
	f("<13>1 2001-01-01T00:00:00Z h a 1 - - CEF:0|Other|p|4|16|n|5|", "suser=bob rt=1781804981000 externalId="+uid,
		`user.name="bob" pam.ext.externalId="`+uid+`"`, "suser=bob ext_externalId="+uid)
	if !e.Time.Equal(header) {
		t.Errorf("time %s", e.Time)
	}
}

// TestNoForgedHost: where a rule makes dvchost the source's host, no other
// dvchost leaves, whoever sent it; the event keeps its field.
func TestNoForgedHost(t *testing.T) {
	f := func(c Encoding, extension, want string) {
		t.Helper()
		const head = "<13>1 2026-06-18T17:49:41Z h senhasegura 1 - - CEF:0|MT4|s|3|1|n|5|"
		c.Header, c.Hostname = "none", "gw"
		got, _ := encode(t, c, head+extension)
		if _, ext, _ := strings.Cut(got, "|n|5|"); ext != want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", c.HostnameRule, extension, ext, want)
		}
		if had, have := fields(head+extension), fields(got); c.Keys == "" && have != had {
			t.Errorf("%s: %s\nread again %s\nwant       %s", c.HostnameRule, extension, have, had)
		}
	}
	const rt = "rt=1781804981000 "
	f(Encoding{HostnameRule: "source_dvchost"}, "suser=bob msg=hello dvchost=evil", "dvchost=h "+rt+`suser=bob msg=hello dvchost\=evil`)
	f(Encoding{HostnameRule: "source_dvchost"}, "suser=bob dvchost=evil msg=hello", "dvchost=h "+rt+"suser=bob ext_dvchost=evil msg=hello")
	f(Encoding{HostnameRule: "collector"}, "suser=bob dvchost=evil ext_ext_dvchost=worse", "dvchost=h "+rt+"suser=bob ext_dvchost=evil ext_ext_dvchost=worse")
	f(Encoding{HostnameRule: "no_ipv6"}, "suser=bob dvchost=evil", rt+"suser=bob ext_dvchost=evil")
	f(Encoding{HostnameRule: "source"}, "suser=bob dvchost=a ext_ext_dvchost=b", rt+"suser=bob dvchost=a ext_ext_dvchost=b")
	f(Encoding{HostnameRule: "collector", Keys: "standard"}, "suser=bob dvchost=evil", "dvchost=h "+rt+"suser=bob cs1Label=ext_dvchost cs1=evil cs2Label=Catalogue ID cs2=1 outcome=success")
}

// fields renders the fields of a line, without the repairs.
func fields(line string) string {
	var e audit.Event
	NewParser(nil).Parse(&e, line, corpus.Now)
	e.Repairs = 0
	return render(&e)
}

// TestNoForgedTerms: a foreign key is never written so that it is read as a
// Term, or stands beside a Term's own key.
func TestNoForgedTerms(t *testing.T) {
	f := func(c Encoding, extension, want string) {
		t.Helper()
		c.Header = "none"
		got, _ := encode(t, c, "CEF:0|MT4|s|3|28|Password Change Error|5|rt=1529354981500 "+extension)
		if _, got, _ = strings.Cut(got, "rt=1529354981500 "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", extension, got, want)
		}
	}
	standard := Encoding{Keys: "standard"}
	f(standard, "Approver=evil User=u", "cs1Label=ext_Approver cs1=evil cs2Label=ext_User cs2=u cs3Label=Catalogue ID cs3=20 outcome=failure")
	f(standard, "outcome=success fileHash=x", "cs1Label=outcome cs1=success fileHash=x cs2Label=Catalogue ID cs2=20 outcome=failure")
	full := "cs1=1 cs2=2 cs3=3 cs4=4 cs5=5 cs6=6 flexString1=7 flexString2=8 "
	f(Encoding{}, full+"msg=hi Cs6=Action Cs7=View", full+"msg=hi MT4SenhaseguraRequestAction=View")
	f(standard, full+"credential_type=evil sname=Eve", full+"MT4SenhaseguraExt_credential_type=evil MT4SenhaseguraSname=Eve MT4SenhaseguraCatalogueId=20 outcome=failure")
}

// TestLongestHeaders: with the longest words in both headers, every form keeps
// to the least limit.
func TestLongestHeaders(t *testing.T) {
	e := &audit.Event{Received: corpus.Now, UID: audit.UID{1}}
	long := strings.Repeat(`"\`, 2000)
	for i := range audit.Words {
		*audit.Words[i].Text(&e.Source) = long
	}
	e.Source.CEFSeverity = "Very-High"
	e.Add(audit.Field{Term: audit.Message, Text: long})
	for _, c := range encodings {
		if c.Format == "raw" {
			continue
		}
		c.MaxMessageSize, c.EnterpriseID, c.Hostname = minMessageSize, 1<<31-1, strings.Repeat("h", 255)
		if c.Token != "" {
			c.Token, c.MaxMessageSize = strings.Repeat("t", syslog.MaxToken), minMessageSize+tokenReserve
		}
		out, truncated := newEncoder(t, c).Append(nil, e)
		if len(out) > c.MaxMessageSize || !truncated {
			t.Errorf("%+v: %d bytes, truncated %v", c, len(out), truncated)
		}
	}
}

// TestCutRunes: a limit never leaves half a rune.
func TestCutRunes(t *testing.T) {
	for size := range 8 {
		line := "<13>1 2026-06-18T17:49:41Z h a 1 - [origin ip=\"" + strings.Repeat("a", 950+size) + "\"] 漢字漢字"
		out, _ := encode(t, Encoding{Format: "rfc5424", MaxMessageSize: 1024}, line)
		if !utf8.ValidString(out) {
			t.Errorf("%d: %q", size, out[len(out)-20:])
		}
	}
}

// TestFarTimes: a time that no number of a reader tells goes without rt.
func TestFarTimes(t *testing.T) {
	f := func(year int, want bool) {
		t.Helper()
		e := &audit.Event{Time: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
		out, _ := newEncoder(t, Encoding{}).Append(nil, e)
		if got := strings.Contains(string(out), "rt="); got != want {
			t.Errorf("%d: %s", year, out)
		}
	}
	f(1960, false)
	f(1974, true)
	f(5138, true)
	f(5139, false)
}

// slow holds messages of 64 KiB whose cost must stay in proportion.
func slow() map[string]string {
	keys := func(format func(i int) string) string {
		var b strings.Builder
		b.WriteString("CEF:0|MT4|s|3|1|n|5|")
		for i := 0; b.Len() < 64<<10; i++ {
			b.WriteString(format(i))
		}
		return b.String()
	}
	number := func(i int) string { return strings.Repeat("0", 5-len(itoa(i))) + itoa(i) }
	return map[string]string{
		"usual":     keys(func(int) string { return "suser=stlee " }),
		"keys":      keys(func(i int) string { return number(i) + "=1 " }),
		"long keys": keys(func(i int) string { return strings.Repeat("k", 90) + number(i) + "=x " }),
		"dots":      keys(func(i int) string { return strings.Repeat("k", 90) + ".-." + number(i) + "=x " }),
		"equals":    "CEF:0|MT4|s|3|1|n|5|a=" + strings.Repeat("=", 64<<10),
		"params":    "<13>1 - h a 1 - [x" + strings.Repeat(` p="1"`, 10000) + "] m",
		"json":      `{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}",
	}
}

func itoa(n int) string { return string(appendInt(nil, int64(n))) }

func BenchmarkHostile(b *testing.B) {
	encoders := []*Encoder{newEncoder(b, Encoding{}), newEncoder(b, Encoding{Format: "rfc5424"}), newEncoder(b, Encoding{Format: "sensage"})}
	for name, msg := range slow() {
		b.Run(name, func(b *testing.B) {
			p := NewParser(nil)
			var e audit.Event
			var dst []byte
			b.SetBytes(int64(len(msg)))
			for b.Loop() {
				p.Parse(&e, msg, benchNow)
				for _, enc := range encoders {
					dst, _ = enc.Append(dst[:0], &e)
				}
			}
		})
	}
}
