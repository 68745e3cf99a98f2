package wire

import (
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog/syslogtest"
)

const (
	a2aLine = "<134>1 2025-05-28T14:22:36Z segura a2a-event appid=svc-web role=prod-access action=secret_retrieval secret_id=db-prod-123 status=success user=svc-web01 ip=10.1.2.3"
	cefLine = "<13>1 2018-06-18T17:49:41.5-03:00 vault01 senhasegura 1426 - - CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|msg=Session started suid=153 sname=Stephen Lee suser=stlee spid=99 dst=127.0.0.1 dpt=22 duser=root"
)

// encode parses, classifies and renders a line.
func encode(t *testing.T, c Encoding, line string) (string, bool) {
	t.Helper()
	if c.Hostname == "" {
		c.Hostname = "gw"
	}
	if c.ProcID == "" {
		c.ProcID = "7"
	}
	var e audit.Event
	NewParser(nil).Parse(&e, line, corpus.Now)
	audit.Builtin().Classify(&e)
	out, truncated := newEncoder(t, c).Append(nil, &e)
	return string(out), truncated
}

func TestAppend(t *testing.T) {
	f := func(c Encoding, in, want string) {
		t.Helper()
		if got, _ := encode(t, c, in); got != want {
			t.Errorf("%+v\n%s\ngot  %s\nwant %s", c, in, got, want)
		}
	}
	// The A2A line: the same PRI, time, host, APP-NAME and body go out.
	f(Encoding{Format: "rfc5424"}, a2aLine,
		"<134>1 2025-05-28T14:22:36Z segura a2a-event 7 a2a.secret.retrieved - appid=svc-web role=prod-access action=secret_retrieval secret_id=db-prod-123 status=success user=svc-web01 ip=10.1.2.3")
	f(Encoding{}, a2aLine,
		"<134>1 2025-05-28T14:22:36Z segura a2a-event 7 a2a.secret.retrieved - CEF:0|MT4|senhasegura||a2a.secret.retrieved|A2A Secret Retrieved|4|rt=1748442156000 appid=svc-web role=prod-access action=secret_retrieval secret_id=db-prod-123 status=success suser=svc-web01 src=10.1.2.3")
	f(Encoding{Header: "rfc3164", Location: time.FixedZone("", -3*3600)}, "2018-06-18T17:49:41Z h CEF:0|Cyber-Ark|Vault|1|7|Logon|5|suser=a", "<13>Jun 18 14:49:41 h -[7]: CEF:0|Cyber-Ark|Vault|1|7|Logon|5|rt=1529344181000 suser=a")
	// A line with nothing but a SUID message type: a class id of its own.
	f(Encoding{}, "<13>1 2018-06-18T17:49:41Z vault01 senhasegura 1426 - - suid=8 sname=Asynchronous Script: 9 spid=77 dst=10.0.0.7",
		"<13>1 2018-06-18T17:49:41Z vault01 senhasegura 1426 connectivity.changed - CEF:0|MT4|senhasegura||connectivity.changed|Loss / Recovered Connectivity|5|rt=1529344181000 suid=8 sname=Asynchronous Script: 9 spid=77 dst=10.0.0.7")
	// A CEF line in every format.
	f(Encoding{}, cefLine, "<13>1 2018-06-18T17:49:41.500-03:00 vault01 senhasegura 1426 session.started - CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|rt=1529354981500 msg=Session started suid=153 sname=Stephen Lee suser=stlee spid=99 dst=127.0.0.1 dpt=22 duser=root")
	f(Encoding{Header: "rfc3164", CEFVersion: 1}, cefLine, "<13>Jun 18 20:49:41 vault01 senhasegura[1426]: CEF:1|MT4|senhasegura|3.27.0-4|16|Session Started|5|rt=1529354981500 msg=Session started suid=153 sname=Stephen Lee suser=stlee spid=99 dst=127.0.0.1 dpt=22 duser=root")
	f(Encoding{Header: "none"}, cefLine, "CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|rt=1529354981500 msg=Session started suid=153 sname=Stephen Lee suser=stlee spid=99 dst=127.0.0.1 dpt=22 duser=root")
	f(Encoding{Format: "rfc5424"}, cefLine, `<13>1 2018-06-18T17:49:41.500-03:00 vault01 senhasegura 1426 session.started [pam@32473 deviceVendor="MT4" deviceProduct="senhasegura" deviceVersion="3.27.0-4" deviceEventClassId="16" name="Session Started" severity="5" suid="153" sname="Stephen Lee" suser="stlee" spid="99" dst="127.0.0.1" dpt="22" duser="root"] Session started`)
	f(Encoding{Format: "rfc5424", Message: "key_value", EnterpriseID: 4711, BOM: true}, cefLine, `<13>1 2018-06-18T17:49:41.500-03:00 vault01 senhasegura 1426 session.started [pam@4711 deviceVendor="MT4" deviceProduct="senhasegura" deviceVersion="3.27.0-4" deviceEventClassId="16" name="Session Started" severity="5"] `+"\uFEFF"+`msg="Session started" suid=153 sname="Stephen Lee" suser=stlee spid=99 dst=127.0.0.1 dpt=22 duser=root`)
	// Facility and severity.
	f(Encoding{Format: "rfc5424", Facility: "local3"}, "<13>1 2018-06-18T17:49:41Z h a 1 - - x y", "<157>1 2018-06-18T17:49:41Z h a 1 - - x y")
	f(Encoding{Format: "rfc5424"}, "2018-06-18T17:49:41Z h app: x y", "<13>1 2018-06-18T17:49:41Z h app 7 - - x y")
	f(Encoding{Header: "none", Severity: "catalog"}, "CEF:0|MT4|s|3|8|Lost Connectivity|9|suser=a rt=1529354981500", "CEF:0|MT4|s|3|8|Lost Connectivity|6|rt=1529354981500 suser=a")
	f(Encoding{Header: "none"}, "CEF:0|MT4|s|3|8|Lost Connectivity|High|suser=a rt=1529354981500", "CEF:0|MT4|s|3|8|Lost Connectivity|High|rt=1529354981500 suser=a")
	// Escapes, and characters that would end a record.
	f(Encoding{Header: "none"}, `CEF:0|a\|b|c\\d|1|e|f|5|rt=1529354981500 act=x \= y\\z msg=1\n2`+"\u20283", `CEF:0|a\|b|c\\d|1|e|f|5|rt=1529354981500 act=x \= y\\z msg=1\n2 3`)
	// Raw is what came in.
	f(Encoding{Format: "raw"}, cefLine, cefLine)
	// A body within the message is text, never fields.
	f(Encoding{Format: "rfc5424"}, "CEF:0|a|b|1|c|d|5|rt=1529354981500 msg=CEF:0|MT4|s|3|16|x|9|suser\\=root", `<13>1 2018-06-18T20:49:41.500Z gw - 7 - [pam@32473 deviceVendor="a" deviceProduct="b" deviceVersion="1" deviceEventClassId="c" name="d" severity="5" msg="CEF:0|MT4|s|3|16|x|9|suser=root"]`)
}

func TestAppendStandardKeys(t *testing.T) {
	f := func(c Encoding, extension, want string) {
		t.Helper()
		c.Keys, c.Header = "standard", "none"
		got, _ := encode(t, c, "CEF:0|other|p|1|id|name|5|"+extension+" rt=1529354981500")
		got = strings.TrimPrefix(got, "CEF:"+string('0'+rune(c.CEFVersion))+"|other|p|1|id|name|5|rt=1529354981500 ")
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", extension, got, want)
		}
	}
	f(Encoding{}, "suser=a sname=Ann suid=9 spid=4 act=Failed act=Incident", "suser=a cs1Label=User Full Name cs1=Ann act=Failed cat=Incident")
	f(Encoding{}, "partsNeeded=3 partsSent=x latitude=-23.5 longitude=west", "cn1Label=Parts Needed cn1=3 cs1Label=Parts Sent cs1=x cfp1Label=Source Latitude cfp1=-23.5 cs2Label=Source Longitude cs2=west")
	f(Encoding{}, "dst=2001:db8::1 src=10.0.0.1 dvc=host", "c6a3Label=Destination IPv6 Address c6a3=2001:db8::1 src=10.0.0.1 cs1Label=Device Address cs1=host")
	f(Encoding{CEFVersion: 1}, "dst=2001:db8::1", "dst=2001:db8::1")
	f(Encoding{}, "cs2=kept cs2Label=theirs fname=x foo=bar", "cs2=kept cs2Label=theirs fname=x cs1Label=foo cs1=bar")
	f(Encoding{}, "spt=abc in=99999999999 cnt=7 c6a1=x threatActor=y slat=1", "cs1Label=spt cs1=abc cs2Label=in cs2=99999999999 cnt=7 cs3Label=c6a1 cs3=x cs4Label=threatActor cs4=y cs5Label=slat cs5=1")
	f(Encoding{CEFVersion: 1}, "in=99999999999 cn1=x cfp2=z cfp1=1.5 threatActor=y dst=host", "in=99999999999 cs1Label=cn1 cs1=x cs2Label=cfp2 cs2=z cfp1=1.5 threatActor=y cs3Label=Destination Address cs3=host")
	f(Encoding{}, "a.b=1 a-b=2 a_b=3", "cs1Label=a.b cs1=1 cs2Label=a-b cs2=2 cs3Label=a_b cs3=3")
	f(Encoding{}, "k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 some.key=9",
		"cs1Label=k1 cs1=1 cs2Label=k2 cs2=2 cs3Label=k3 cs3=3 cs4Label=k4 cs4=4 cs5Label=k5 cs5=5 cs6Label=k6 cs6=6 flexString1Label=k7 flexString1=7 flexString2Label=k8 flexString2=8 MT4SenhaseguraExt_some_key=9")
}

// TestNames: keys that collide once they are rewritten stay apart.
func TestNames(t *testing.T) {
	f := func(c Encoding, want string) {
		t.Helper()
		got, _ := encode(t, c, "CEF:0|v|p|1|id|n|5|a.b=1 a-b=2 a_b=3 a.b=4 suser.x=5 rt=1529354981500")
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	f(Encoding{}, " a_b_0=1 a_b_0=4 a_b_2=2 a_b=3 suser_x=5")
	f(Encoding{Format: "rfc5424", Message: "key_value"}, `a_b_0=1 a_b_0=4 a_b_2=2 a_b=3 suser_x=5`)
}

func TestAppendRFC5424ByTheLetter(t *testing.T) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Encoding{{Format: "rfc5424"}, {Format: "rfc5424", Message: "cef"}, {}} {
		for _, one := range cases {
			out, _ := encode(t, c, one.Input)
			if err := syslogtest.Check5424([]byte(out)); err != nil {
				t.Errorf("%s: %v\n%s", one.Name, err, out)
			}
		}
	}
}

func TestAppendTruncates(t *testing.T) {
	f := func(c Encoding, in, wantEnd string) {
		t.Helper()
		c.MaxMessageSize = 1024
		got, truncated := encode(t, c, in)
		if !truncated || len(got) > 1024 || !strings.HasSuffix(got, wantEnd) {
			t.Errorf("%+v: %d bytes, truncated %v:\n%s", c, len(got), truncated, got)
		}
	}
	long := strings.Repeat("é", 511)
	f(Encoding{Header: "none"}, "CEF:0|a|b|1|c|d|5|rt=1529354981500 suser=a msg="+long, "é")
	f(Encoding{Header: "none"}, `CEF:0|a|b|1|c|d|5|rt=1529354981500 msg=`+strings.Repeat(`\\`, 700), `\\`)
	f(Encoding{Format: "rfc5424"}, "CEF:0|a|b|1|c|d|5|rt=1529354981500 suser=a msg="+long, "é")
	f(Encoding{Format: "rfc5424"}, "CEF:0|a|b|1|c|d|5|suser="+long+" act=b", `severity="5"] act=b`)
	f(Encoding{Format: "rfc5424", Message: "json"}, "CEF:0|a|b|1|c|d|5|msg="+long, "é")
	f(Encoding{Format: "raw"}, long+"éé", "é")
	f(Encoding{CEFVersion: 1}, "CEF:0|a|b|1|"+strings.Repeat("c", 900)+"|"+strings.Repeat("d", 500)+"|10|suser=a rt=1529354981500", "CEF:1|a|b|1|cccccccccccccccc|dddddddddddddddd|10|rt=1529354981500 MT4SenhaseguraTruncated=true suser=a")
	f(Encoding{Format: "sensage"}, "CEF:0|a|b|1|c|d|5|suser=a msg="+long, `suser="a" truncated="true"`)
	if out, truncated := encode(t, Encoding{Header: "none"}, "CEF:0|a|b|1|c|d|5|rt=1529354981500 msg="+long); truncated || len(out) < 800 {
		t.Errorf("no limit, but %d bytes, truncated %v", len(out), truncated)
	}
	if _, truncated := encode(t, Encoding{Header: "none"}, "CEF:0|a|b|1|c|d|5|rt=1529354981500 msg="+long+long); !truncated {
		t.Error("msg longer than the dictionary allows, but truncated is false")
	}
}

func TestAppendJSON(t *testing.T) {
	var e audit.Event
	NewParser(nil).Parse(&e, "<13>1 2018-06-18T17:49:41.5-03:00 vault01 senhasegura 1426 - [origin ip=\"1\"] CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|dpt=22 act=a act=b x.y=\"q\"", corpus.Now)
	audit.Builtin().Classify(&e)
	const want = `{"time":"2018-06-18T20:49:41.500Z","host":"vault01","type":"session.started","severity":"notice","classified_by":"name","conflict":"","repairs":["repeated_key"],` +
		`"fields":{"pam.format":"cef_rfc5424","pam.syslog.facility":1,"pam.syslog.severity":5,"cef.device_event_class_id":"16","cef.name":"Session Started","cef.severity":"5","pam.syslog.app_name":"senhasegura","pam.syslog.proc_id":"1426","pam.sd.origin.ip":"1","destination.port":22,"pam.action":["a","b"],"pam.ext.x.y":"\"q\"",`
	got := string(AppendJSON(nil, &e))
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var back audit.Event
	NewParser(nil).Parse(&back, got, corpus.Now)
	if !back.Time.Equal(e.Time) || back.Source.Vendor != "MT4" || back.Source.Facility != 1 {
		t.Errorf("read back as %s", header(&back))
	}
	if strings.Split(render(&back), " repairs=")[0] != strings.Split(render(&e), " repairs=")[0] {
		t.Errorf("read back as\n%s\nwant\n%s", render(&back), render(&e))
	}
}

func TestNewEncoderErrors(t *testing.T) {
	f := func(c Encoding, want string) {
		t.Helper()
		if _, err := NewEncoder(c); err == nil || err.Error() != want {
			t.Errorf("%+v: %v\nwant %s", c, err, want)
		}
	}
	f(Encoding{Format: "leef"}, `format: "leef" is not one of cef, rfc5424, sensage, raw`)
	f(Encoding{Keys: "ecs"}, `keys: "ecs" is not one of vendor, standard`)
	f(Encoding{CEFVersion: 2}, `cef_version: 2 is neither 0 nor 1`)
	f(Encoding{Facility: "local8"}, `facility: "local8" is not one of source, kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp, ntp, audit, alert, clock, local0, local1, local2, local3, local4, local5, local6, local7`)
	f(Encoding{MaxMessageSize: 479}, `max_message_size: 479 is less than 1024, which the headers may need; 0 is no limit`)
	f(Encoding{EnterpriseID: -1}, `enterprise_id: -1 is no private enterprise number, 1 to 2147483647`)
	f(Encoding{Keys: "x", Header: "y"}, "keys: \"x\" is not one of vendor, standard\nheader: \"y\" is not one of rfc5424, rfc3164, cef, none")
}

var benchNow = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// benchLine is the shape a of a busy appliance: an RFC 5424 header, CEF, 16
// extensions, 430 bytes.
const benchLine = "<13>1 2026-06-18T17:49:41.003-03:00 vault01 senhasegura 1426 - - CEF:0|MT4|senhasegura|3.27.0-4|102|Failed recovery attempt|7|msg=Recovery attempt failed. The key fractions are invalid requestMethod=POST act=Recovery attempt failed sourceServiceName=Master Key originIP=203.0.113.7 country=Brazil state=Sao Paulo city=Taboao da Serra latitude=-23.6019 longitude=-46.7526 partsNeeded=3 partsSent=2 suid=42 sname=José da Silva suser=jsilva spriv=User"

func BenchmarkParse(b *testing.B) {
	f := func(name, line string) {
		b.Run(name, func(b *testing.B) {
			p := NewParser(nil)
			var e audit.Event
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				p.Parse(&e, line, benchNow)
			}
		})
	}
	f("cef_rfc5424", benchLine)
	f("cef_rfc3164", "<13>Jun 18 17:49:41 vault01 "+benchLine[strings.Index(benchLine, "CEF:"):])
	f("a2a", a2aLine)
	f("json", `{"timestamp":"2025-05-28T14:22:36Z","app_id":"svc-web","user":"svc-web01","action":"secret_retrieval","secret_id":"db-prod-123","status":"success","ip":"10.1.2.3"}`)
	f("text", "<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.")
	f("labels", "CEF:0|MT4|senhasegura|3.27.0-4|13|Password Request|5|suid=9 suser=stlee cs1Label=GMUD cs1=77 cs2Label=Validity Start cs2=2017-01-19 10:41:00 cs3Label=Validity End cs3=2017-01-19 11:41:00 cs4Label=Approver cs4=Administrator cs5Label=Requester cs5=Stephen Cs6=Action Cs7=View password")
}

func BenchmarkAppend(b *testing.B) {
	f := func(name string, c Encoding) {
		b.Run(name, func(b *testing.B) {
			enc, err := NewEncoder(c)
			if err != nil {
				b.Fatal(err)
			}
			var e audit.Event
			NewParser(nil).Parse(&e, benchLine, benchNow)
			audit.Builtin().Classify(&e)
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = enc.AppendFrame(dst[:0], &e)
			}
		})
	}
	f("cef", Encoding{})
	f("cef_standard", Encoding{Keys: "standard"})
	f("rfc5424", Encoding{Format: "rfc5424"})
	f("sensage", Encoding{Format: "sensage"})
	f("raw", Encoding{Format: "raw"})
}
