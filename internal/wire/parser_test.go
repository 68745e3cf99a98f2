package wire

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
)

// header renders what Parse read of the headers.
func header(e *audit.Event) string {
	var b strings.Builder
	b.WriteString(e.Source.Format.String())
	if !e.Time.IsZero() {
		fmt.Fprintf(&b, " time=%s", e.Time.Format(time.RFC3339Nano))
	}
	if e.Source.HasPRI {
		fmt.Fprintf(&b, " pri=%d.%d", e.Source.Facility, e.Source.Severity)
	}
	for i := range audit.Words {
		if v := *audit.Words[i].Text(&e.Source); v != "" {
			fmt.Fprintf(&b, " %s=%q", audit.Words[i].Attr, v)
		}
	}
	return b.String()
}

func TestParseHeaders(t *testing.T) {
	p := NewParser(time.FixedZone("", -3*3600))
	f := func(in, wantHeader, wantFields string) {
		t.Helper()
		var e audit.Event
		p.Parse(&e, in, corpus.Now)
		if got := header(&e); got != wantHeader {
			t.Errorf("%s\nheader %s\nwant   %s", in, got, wantHeader)
		}
		if got := render(&e); got != wantFields {
			t.Errorf("%s\nfields %s\nwant   %s", in, got, wantFields)
		}
	}
	// The vendor's published lines, which are not RFC 5424.
	f("<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.",
		`rfc5424 time=2018-06-18T17:49:41-03:00 pri=1.5 host.name="vm-andrew-dev" pam.syslog.app_name="senhasegura" pam.syslog.proc_id="1426"`,
		`pam.message="Successfully authenticated." repairs=structured_data_missing`)
	f("<134>1 2025-05-28T14:22:36Z segura a2a-event appid=svc-web role=prod-access action=secret_retrieval secret_id=db-prod-123 status=success user=svc-web01 ip=10.1.2.3",
		`key_value_rfc5424 time=2025-05-28T14:22:36Z pri=16.6 host.name="segura" pam.syslog.app_name="a2a-event"`,
		`pam.a2a.app_id="svc-web" pam.a2a.role="prod-access" pam.a2a.action="secret_retrieval" pam.a2a.secret_id="db-prod-123" pam.a2a.status="success" user.name="svc-web01" source.address="10.1.2.3" repairs=msg_id_missing,proc_id_missing,structured_data_missing`)
	// CEF under each header, and under none.
	const ext = "CEF:0|MT4|senhasegura|3.27.0-4|336.501|UPDATE INCIDENT|9|suser=jdoe"
	const words = ` cef.device_event_class_id="336.501" cef.name="UPDATE INCIDENT" cef.severity="9"`
	const sender = ` pam.vendor="MT4" service.name="senhasegura" service.version="3.27.0-4"`
	f("|"+ext+"|", "cef"+words+sender, `user.name="jdoe" repairs=leading_pipe`)
	f("\uFEFF"+ext, "cef"+words+sender, `user.name="jdoe" repairs=bom`)
	f("<13>Jun 18 17:49:41 vault01 "+ext, "cef_rfc3164 time=2026-06-18T17:49:41-03:00 pri=1.5"+words+` host.name="vault01"`+sender,
		`user.name="jdoe" repairs=app_name_missing,year_assumed,zone_assumed`)
	f("2018-06-18T17:49:41Z vault01 "+ext, "cef_iso time=2018-06-18T17:49:41Z"+words+` host.name="vault01"`+sender,
		`user.name="jdoe" repairs=app_name_missing,pri_missing,version_missing`)
	f("<13>1 2018-06-18T17:49:41Z vault01 senhasegura 7 - - "+strings.Replace(ext, "CEF:0", "CEF: 1", 1),
		"cef_rfc5424 time=2018-06-18T17:49:41Z pri=1.5"+words+` host.name="vault01" pam.syslog.app_name="senhasegura" pam.syslog.proc_id="7"`+sender,
		`user.name="jdoe" repairs=cef_space`)
	// The time: rt before end before start before the header.
	f("2018-06-18T17:49:41Z h CEF:0|a|b|1|c|d|5|start=1000000000000", `cef_iso time=2001-09-09T01:46:40Z cef.device_event_class_id="c" cef.name="d" cef.severity="5" host.name="h" pam.vendor="a" service.name="b" service.version="1"`,
		`pam.ext.start="1000000000000" repairs=app_name_missing,pri_missing,version_missing`)
	f("CEF:0|a|b|1|c|d|5|start=1000000000000 end=1100000000000", `cef time=2004-11-09T11:33:20Z cef.device_event_class_id="c" cef.name="d" cef.severity="5" pam.vendor="a" service.name="b" service.version="1"`,
		`pam.ext.start="1000000000000" pam.ext.end="1100000000000"`)
	f("<13>1 2018-06-18T17:49:41.123456Z h a - - - CEF:0|a|b|1|c|d|5|rt=1529344181123", `cef_rfc5424 time=2018-06-18T17:49:41.123456Z pri=1.5 cef.device_event_class_id="c" cef.name="d" cef.severity="5" host.name="h" pam.syslog.app_name="a" pam.vendor="a" service.name="b" service.version="1"`, ``)
	f("CEF:0|a|b|1|c|d|5|rt=yesterday", `cef cef.device_event_class_id="c" cef.name="d" cef.severity="5" pam.vendor="a" service.name="b" service.version="1"`,
		`pam.ext.rt="yesterday" repairs=time_unreadable`)
	f("CEF:0|a|b|1|c|d|5|rt=26/10/2018 10:44:30", `cef time=2018-10-26T10:44:30-03:00 cef.device_event_class_id="c" cef.name="d" cef.severity="5" pam.vendor="a" service.name="b" service.version="1"`, `repairs=day_first,zone_assumed`)
	f("CEF:0|a|b|1|c|d|5|rt=Sep 27 14:57:06", `cef time=2026-09-27T17:57:06Z cef.device_event_class_id="c" cef.name="d" cef.severity="5" pam.vendor="a" service.name="b" service.version="1"`, `repairs=year_assumed,zone_assumed`)
	f("CEF:0|a|b|1|c|d|5|rt=Sep 27 2026 14:57:06 UTC", `cef time=2026-09-27T14:57:06Z cef.device_event_class_id="c" cef.name="d" cef.severity="5" pam.vendor="a" service.name="b" service.version="1"`, ``)
	// JSON.
	f(`{"timestamp":"2025-05-28T14:22:36Z","app_id":"svc-web","user":"svc-web01","action":"secret_retrieval","secret_id":"db-prod-123","status":"success","ip":"10.1.2.3"}`,
		"json time=2025-05-28T14:22:36Z", `pam.a2a.app_id="svc-web" user.name="svc-web01" pam.a2a.action="secret_retrieval" pam.a2a.secret_id="db-prod-123" pam.a2a.status="success" source.address="10.1.2.3"`)
	f(`[ { "app\_id": "svc-web", "action": "secret\_retrieval" } ]`, "json", `pam.a2a.app_id="svc-web" pam.a2a.action="secret_retrieval" repairs=json_markdown_escape`)
	f(`{"items":[{"app_id":"a","n":{"x":[1,"}"]},"b":true,"c":null,"d":1.50}],"next":"7"}`, "json", `pam.a2a.app_id="a" pam.ext.n="{\"x\":[1,\"}\"]}" pam.ext.b="true" pam.ext.d="1.50"`)
	f(`{"rt":"1000000000000","suser":"jdoe","cs1":"7","cs1Label":"Id","cs2":"x"}`, "json time=2001-09-09T01:46:40Z", `user.name="jdoe" pam.file.id="7" pam.ext.cs2="x"`)
	f(`{"app_id":"a"`, "json", `pam.message="{\"app_id\":\"a\"" fault="JSON, offset 13: not JSON"`)
	f(`[{"a":1},{"b":2}]`, "json", `pam.message="[{\"a\":1},{\"b\":2}]" fault="JSON, offset 9: an array of more than one record in one message"`)
	// A trailer that its framing left, and CEF that a relay took for a TAG.
	f("CEF:0|a|b|1|c|d|5|dpt=22\r\n", `cef cef.device_event_class_id="c" cef.name="d" cef.severity="5" pam.vendor="a" service.name="b" service.version="1"`, `destination.port="22"`)
	f("<13>1 2018-06-18T17:49:41Z h CEF - - - 0|a|b|1|c|d|5|dpt=22", `cef_rfc5424 time=2018-06-18T17:49:41Z pri=1.5 cef.device_event_class_id="c" cef.name="d" cef.severity="5" host.name="h" pam.vendor="a" service.name="b" service.version="1"`, `destination.port="22" repairs=cef_tag`)
	// Text, and what can be understood of nothing.
	f("", "text", "")
	f("hello\xff world", "text", `pam.message="hello`+"\uFFFD"+` world" repairs=invalid_utf8`)
	f("<999>x", "text", `pam.message="x" fault="PRI, offset 0: value out of range"`)
}

func TestParseFields(t *testing.T) {
	p := NewParser(nil)
	f := func(extension, want string) {
		t.Helper()
		var e audit.Event
		p.Parse(&e, "CEF:0|MT4|senhasegura|3|1|n|5|"+extension, corpus.Now)
		if got := render(&e); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", extension, got, want)
		}
	}
	// Values that say that there is none.
	f("suser=Not applicable sname= dpt=Not used duser=Não aplicável cs4=x", `pam.ext.cs4="x"`)
	// Numbers.
	f("dpt=22 spid=007 partsSent=-3 partsNeeded=9223372036854775808", `destination.port="22" pam.spid="007" pam.master_key.parts_sent="-3" pam.master_key.parts_needed="9223372036854775808" repairs=not_a_number`)
	// Repeats stand together.
	f("act=Failed suser=a act=Incident", `pam.action="Failed" pam.action="Incident" user.name="a" repairs=repeated_key`)
	f("x=1 suser=a x=2", `pam.ext.x="1" pam.ext.x="2" user.name="a" repairs=repeated_key`)
	// Aliases.
	f("dport=22", `destination.port="22" repairs=alias`)
	f("dpt=22 dposrt=22", `destination.port="22" repairs=alias`)
	f("dpt=22 dport=23", `destination.port="22" pam.ext.dport="23" repairs=alias`)
	f("dport=23 dpt=22", `destination.port="22" pam.ext.dport="23" repairs=alias`)
	f("dport=22 dpt=22 suser=a", `destination.port="22" user.name="a" repairs=alias`)
	f("Method=POST ServiceName=Backup", `http.request.method="POST" pam.module="Backup" repairs=alias`)
	// Custom slots: labels before and behind, known and unknown, in three texts.
	f("cs4Label=Approver cs4=Administrator cs5=Lee cs5Label=Solicitante", `pam.request.approver="Administrator" pam.request.requester="Lee"`)
	f("cs1=44 cs1Label=GMUD cs2=7 cs2Label=suser Display Name", `pam.request.change_id="44" pam.ext.cs2="7" pam.ext.cs2Label="suser Display Name"`)
	f("cs1Label=GMUD cs1=", ``)
	f("cs7Label=Added users cs7=jdoe - John Doe cs8Label=Removed users cs8=None", `pam.schedule.added_users="jdoe - John Doe" pam.schedule.removed_users="None"`)
	f("cs2Label=Initial Size cs2=10 cs3Label=Tamanho Final cs3=12", `pam.file.initial_size="10" pam.file.final_size="12"`)
	f("Cs6=Action Cs7=View password", `pam.request.action="View password" repairs=shifted_label`)
	f("cs6=Ação cs7=Visualizar senha", `pam.request.action="Visualizar senha" repairs=shifted_label`)
	f("cs6Label=Action cs6=View cs7=x", `pam.request.action="View" pam.ext.cs7="x"`)
	f("cs2Label=Validity End cs2=10:41 cs3Label=Validity End cs3=11:41", `pam.request.validity_start="10:41" pam.request.validity_end="11:41" repairs=shifted_label`)
	f("c6a3Label=Destination IPv6 Address c6a3=2001:db8::1", `destination.address="2001:db8::1"`)
	// Leniency within values.
	f(`suser=CORP\jdoe msg=a=b c=d`, `user.name="CORP\\jdoe" pam.message="a=b c=d" repairs=bad_escape,unescaped_equals`)
	f(`msg=two\nlines act=x`, `pam.message="two\nlines" pam.action="x"`)
	// Names that are no fields.
	f("externalId=00112233445566778899aabbccddeeff", ``)
	f("externalId=4711 ext_suser=a ext_other=b", `pam.ext.externalId="4711" pam.ext.suser="a" pam.ext.ext_other="b"`)
}

func TestParseKeepsUID(t *testing.T) {
	var e audit.Event
	NewParser(nil).Parse(&e, "CEF:0|MT4|s|3|1|n|5|externalId=00112233445566778899aabbccddeeff", corpus.Now)
	if e.UID[1] != 0x11 || e.UID[15] != 0xff {
		t.Errorf("UID %x", e.UID)
	}
}

func TestParseSizeLimit(t *testing.T) {
	f := func(size int, want audit.Repairs) {
		t.Helper()
		var e audit.Event
		NewParser(nil).Parse(&e, strings.Repeat("a", size), corpus.Now)
		if e.Repairs != want {
			t.Errorf("%d bytes: repairs %s", size, e.Repairs)
		}
	}
	f(1023, 0)
	f(1024, audit.SizeLimit)
	f(1025, 0)
}

func TestParseManyFields(t *testing.T) {
	var b strings.Builder
	b.WriteString("CEF:0|MT4|s|3|1|n|5|")
	for i := range 2 * audit.MaxFields {
		fmt.Fprintf(&b, "k%d=v ", i)
	}
	var e audit.Event
	NewParser(nil).Parse(&e, b.String(), corpus.Now)
	if len(e.Fields) != audit.MaxFields || e.Repairs&audit.TooManyFields == 0 {
		t.Errorf("%d fields, repairs %s", len(e.Fields), e.Repairs)
	}
}

func TestSplitJSON(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		var got []string
		NewParser(nil).SplitJSON(in, func(s string) bool { got = append(got, s); return true })
		if strings.Join(got, " ; ") != want {
			t.Errorf("%s\ngot  %s\nwant %s", in, strings.Join(got, " ; "), want)
		}
	}
	f(`[{"a":1}, {"b":[2]}]`, `{"a":1} ; {"b":[2]}`)
	f(`{"data":[{"a":1},{"b":2}],"total":2}`, `{"a":1} ; {"b":2}`)
	f(`{"a":[1,2]}`, `{"a":[1,2]}`)
	f(`[{"a":1},2]`, `[{"a":1},2]`)
	f(`[{"a":1},{"b":2}`, `[{"a":1},{"b":2}`)
	f(`CEF:0|`, `CEF:0|`)
	f(``, ``)
}

func TestSDKey(t *testing.T) {
	f := func(id, name string) {
		t.Helper()
		if i, n := splitSDKey(SDKey(id, name)); i != id || n != name {
			t.Errorf("%q %q became %q %q", id, name, i, n)
		}
	}
	f("origin", "ip")
	f("a.b@32473", "c.d%2Ee%25")
}
