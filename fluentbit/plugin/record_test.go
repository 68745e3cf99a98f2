package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// fromJSON returns the MessagePack of a JSON text, in which the order of members
// is kept.
func fromJSON(t testing.TB, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := nextJSON(d)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return pack(v)
}

// nextJSON returns the next value as pack takes it.
func nextJSON(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case json.Delim:
		var values []any
		for d.More() {
			value, err := nextJSON(d)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		if _, err := d.Token(); v == '{' {
			return dict(values), err
		}
		return list(values), nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	}
	return token, nil
}

// when is the EventTime of the tests' events.
var when = time.Date(2026, time.November, 1, 10, 20, 30, 500, time.UTC)

// oneEvent returns a chunk with one event.
func oneEvent(t testing.TB, metadata, body string) string {
	t.Helper()
	return pack(list{list{when, raw(fromJSON(t, metadata))}, raw(fromJSON(t, body))})
}

// configured returns the configuration that the keys give.
func configured(t testing.TB, keys map[string]string) *Config {
	t.Helper()
	get := func(key string) string { return keys[key] }
	if keys["endpoint"] == "" && keys["endpoints"] == "" {
		get = func(key string) string {
			if key == "endpoint" {
				return "localhost:514"
			}
			return keys[key]
		}
	}
	c, err := readConfig(get)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// said writes an event as a text.
func said(e *audit.Event) string {
	if e == nil {
		return "nothing"
	}
	s := &e.Source
	var b bytes.Buffer
	name := "unknown"
	if e.Type != nil {
		name = e.Type.Name
	}
	fmt.Fprintf(&b, "%s %s", name, s.Format)
	if s.HasPRI {
		fmt.Fprintf(&b, " <%d>", s.Facility<<3|s.Severity)
	}
	if !e.Time.IsZero() {
		fmt.Fprintf(&b, " %s", e.Time.UTC().Format(time.RFC3339Nano))
	}
	for _, w := range audit.Words {
		if text := *w.Text(s); text != "" {
			fmt.Fprintf(&b, " %s=%q", w.Attr, text)
		}
	}
	b.WriteString(" |")
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Term == audit.TermUnknown || f.Term == audit.TermSD || !f.Term.Row().Derived {
			fmt.Fprintf(&b, " %s=%q", f.Attr(), f.String())
		}
	}
	if !e.Fault.IsZero() {
		fmt.Fprintf(&b, " fault %v", e.Fault)
	}
	return b.String()
}

func TestReader(t *testing.T) {
	c := configured(t, map[string]string{"message_key": "log,message,$deep['er']['line']", "attributes": "pod"})
	r := newReader(c, audit.Builtin())
	f := func(metadata, body, want string) {
		t.Helper()
		got := "nothing came"
		events(oneEvent(t, metadata, body), &r.body, func(ev *event) { got = said(r.read(ev, when)) })
		if got != want {
			t.Errorf("%s %s\ngot  %s\nwant %s", metadata, body, got, want)
		}
	}
	const line = `<13>1 2018-06-18T17:49:41-03:00 vm senhasegura 1426 - - Successfully authenticated.`
	const asLine = `authentication.message rfc5424 <13> 2018-06-18T20:49:41Z host.name="vm" pam.syslog.app_name="senhasegura" pam.syslog.proc_id="1426" | pam.message="Successfully authenticated."`

	// Lines as received.
	f(`{}`, `{"log":"`+line+`"}`, asLine)
	f(`{}`, `{"message":"`+line+`\r\n"}`, asLine)
	f(`{}`, `{"deep":{"no":1,"er":{"line":"`+line+`"}}}`, asLine)
	f(`{}`, `{"deep":7,"msg":"x"}`, `unknown json | pam.ext.deep="7" pam.message="x"`)
	f(`{}`, `{"deep":{"er":"x"}}`, `unknown json | pam.ext.deep="{\"er\":\"x\"}"`)
	f(`{}`, `{"deep":{"er":{"line":7}}}`, `unknown json | pam.ext.deep="{\"er\":{\"line\":7}}"`)
	f(`{}`, `{"hostname":"edge","log":"`+line+`"}`, asLine) // the line's own header
	f(`{}`, `{"log":"","message":"`+line+`"}`, asLine)
	f(`{}`, `{"log":""}`, "nothing")
	f(`{}`, `{}`, "nothing")
	f(`{}`, `{"log":"`+line+`","stream":"stdout","pod":"a"}`, asLine+` pam.ext.pod="a"`)
	f(`{}`, `{"log":"`+line+`","user.name":"bob","suser":"eve","src":"192.0.2.1"}`, asLine+` user.name="bob" source.address="192.0.2.1"`)

	// As parser syslog-rfc5424 parts them.
	f(`{}`, `{"pri":"13","time":"2018-06-18T17:49:41-03:00","host":"vm","ident":"senhasegura","pid":"1426","msgid":"-","extradata":"-","message":"Successfully authenticated."}`, asLine)
	f(`{}`, `{"pri":"999","host":"a b","ident":"app","extradata":"[x@1 a=\"1\"]","message":"hello"}`,
		`unknown rfc5424 pam.syslog.app_name="app" | pam.message="hello" pam.sd.x@1.a="1"`)
	f(`{}`, `{"host":"vm","log":"hello"}`, `unknown rfc5424 host.name="vm" | pam.message="hello"`)
	f(`{}`, `{"ident":"app","log":"hello"}`, `unknown rfc5424 pam.syslog.app_name="app" | pam.message="hello"`)
	f(`{}`, `{"pid":7,"log":"hello"}`, `unknown rfc5424 pam.syslog.proc_id="7" | pam.message="hello"`)
	f(`{}`, `{"msgid":"m","log":"hello"}`, `unknown rfc5424 pam.syslog.msg_id="m" | pam.message="hello"`)
	f(`{}`, `{"pri":"191","log":"hello"}`, `unknown rfc5424 <191> | pam.message="hello"`)
	f(`{}`, `{"pri":"192","log":"hello"}`, `unknown rfc5424 | pam.message="hello"`)
	f(`{}`, `{"pri":"+1","log":"hello"}`, `unknown rfc5424 | pam.message="hello"`)
	f(`{}`, `{"time":"2018-06-18T17:49:41Z","log":"hello"}`, `unknown text | pam.message="hello"`)
	f(`{}`, `{"time":"12:00:01","host":"vm","log":"hello"}`, `unknown rfc5424 host.name="vm" | pam.message="hello"`)
	f(`{}`, `{"time":"1712345678","host":"vm","log":"\uFEFFhello"}`, `unknown rfc5424 host.name="vm" | pam.message="hello"`)
	f(`{}`, `{"host":"vm","log":"  - x"}`, `unknown rfc5424 host.name="vm" | pam.message="  - x"`)
	// What would be read as something else is not put before a line.
	f(`{}`, `{"pri":"14","host":"vm","ident":"app","pid":"7","msgid":"m","extradata":"[a b=\"c\"","log":"hello"}`,
		`unknown text <14> host.name="vm" pam.syslog.app_name="app" pam.syslog.msg_id="m" pam.syslog.proc_id="7" | pam.message="hello"`)
	f(`{}`, `{"host":"vm","extradata":"[a b=\"","log":"x\"] eve [c d=\"e\"] hello"}`,
		`unknown text host.name="vm" | pam.message="x\"] eve [c d=\"e\"] hello"`)
	f(`{}`, `{"host":"vm","extradata":"[a b=\"c\"] suser=eve","log":"hello"}`, `unknown text host.name="vm" | pam.message="hello"`)
	f(`{}`, `{"host":"CEF:0|a|b|c|d|e|f|","log":"suser=bob"}`, `unknown key_value host.name="CEF:0|a|b|c|d|e|f|" | user.name="bob"`)
	f(`{}`, `{"host":"a=b","ident":"app","log":"0|MT4|senhasegura|3|8|Name|5|suser=bob"}`,
		`unknown cef cef.device_event_class_id="8" cef.name="Name" cef.severity="5" host.name="a=b" pam.syslog.app_name="app" pam.vendor="MT4" service.name="senhasegura" service.version="3" | user.name="bob"`)

	// As parser syslog-rfc3164 parts them: CEF becomes the ident.
	f(`{}`, `{"pri":"13","time":"Oct 11 22:14:15","host":"vm","ident":"CEF","message":"0|MT4|senhasegura|3|8|Name|5|suser=bob src=192.0.2.1"}`,
		`unknown cef_rfc5424 <13> cef.device_event_class_id="8" cef.name="Name" cef.severity="5" host.name="vm" pam.vendor="MT4" service.name="senhasegura" service.version="3" | user.name="bob" source.address="192.0.2.1"`)
	f(`{}`, `{"pri":"13","time":"Oct 11 22:14:15","host":"vm","ident":"senhasegura","message":"0|MT4|senhasegura|3|8|Name|5|suser=bob src=192.0.2.1"}`,
		`unknown cef_rfc5424 <13> cef.device_event_class_id="8" cef.name="Name" cef.severity="5" host.name="vm" pam.syslog.app_name="senhasegura" pam.vendor="MT4" service.name="senhasegura" service.version="3" | user.name="bob" source.address="192.0.2.1"`)

	// CEF that a parser took apart.
	f(`{}`, `{"device_vendor":"MT4","device_product":"senhasegura","device_version":"3","device_event_class_id":"8","name":"N","severity":"5","extension":"suser=bob cs1=7 cs1Label=Id"}`,
		`unknown cef cef.device_event_class_id="8" cef.name="N" cef.severity="5" pam.vendor="MT4" service.name="senhasegura" service.version="3" | user.name="bob" pam.file.id="7"`)
	f(`{}`, `{"CEFVersion":"0","DeviceVendor":"MT4","DeviceProduct":"senhasegura","SignatureID":"8","Name":"N","Extensions":{"msg":"a = b","suser":"bob"}}`,
		`unknown cef cef.device_event_class_id="8" cef.name="N" pam.vendor="MT4" service.name="senhasegura" | user.name="bob" pam.message="a = b"`)
	f(`{}`, `{"DeviceVendor":"MT4","DeviceProduct":"senhasegura","DeviceEventClassID":"8","Name":"N","suser":"bob","cs1":"7","cs1Label":"Id"}`,
		`unknown cef cef.device_event_class_id="8" cef.name="N" pam.vendor="MT4" service.name="senhasegura" | user.name="bob" pam.file.id="7"`)

	// Maps.
	f(`{}`, `{"app_id":"7","action":"secret_retrieval","secret_id":"9","user":"bob","status":"success","ip":"192.0.2.1","timestamp":"2025-01-02T03:04:05Z"}`,
		`a2a.secret.retrieved json 2025-01-02T03:04:05Z | pam.a2a.app_id="7" pam.a2a.action="secret_retrieval" pam.a2a.secret_id="9" user.name="bob" pam.a2a.status="success" source.address="192.0.2.1"`)
	f(`{}`, `{"suser":"bob","spid":7,"dpt":"22","n":1.5,"ok":true,"nil":null,"in":{"a":[1,"x"]},"all":["a","b",3]}`,
		`unknown json | user.name="bob" pam.spid="7" destination.port="22" pam.ext.n="1.5" pam.ext.ok="true" pam.ext.in="{\"a\":[1,\"x\"]}" pam.ext.all="a" pam.ext.all="b" pam.ext.all="3"`)
	f(`{}`, `{"host":"vm","ident":"senhasegura","pid":"7","msgid":"m","suser":"bob"}`,
		`unknown json host.name="vm" pam.syslog.app_name="senhasegura" pam.syslog.msg_id="m" pam.syslog.proc_id="7" | user.name="bob"`)
	f(`{}`, `{"host":"vm","hostname":"edge","ident":"-","suser":"bob"}`,
		`unknown json host.name="vm" | pam.ext.hostname="edge" user.name="bob"`)

	// Our own attributes, in the record and by OTLP.
	f(`{}`, `{"pam.format":"cef","host.name":"vm","user.name":"bob","pam.suid":7,"pam.ext.x":"y","pam.sd.a@1.b":"c","foreign":"no"}`,
		`unknown cef host.name="vm" | user.name="bob" pam.suid="7" pam.ext.x="y" pam.sd.a@1.b="c"`)
	f(`{"otlp":{"attributes":{"pam.format":"cef_rfc5424","user.name":["bob","eve"]},"timestamp":1600000000000000000,"severity_number":17,"event_name":"pam.session.started"}}`, `{"log":"<13>the line"}`,
		`session.started cef_rfc5424 2020-09-13T12:26:40Z | user.name="bob" user.name="eve"`)
	f(`{"otlp":{"attributes":{"user.name":"bob","x":"y"}}}`, `{"log":"`+line+`"}`, asLine+` user.name="bob"`)
	f(`{"user.name":"bob"}`, `{"log":"`+line+`"}`, asLine+` user.name="bob"`)

	// Our own JSON.
	f(`{}`, `{"time":"2026-01-02T03:04:05.000Z","host":"vm","type":"session.started","severity":"warning","fields":{"user.name":"bob"},"resource":{"host.name":"vm"},"raw":"<13>x"}`,
		`session.started json 2026-01-02T03:04:05Z host.name="vm" | user.name="bob"`)

	// Metadata of OTLP.
	f(`{"otlp":{}}`, `{"log":"`+line+`"}`, asLine)
	f(`{"otlp":{"severity_number":1.5,"timestamp":"1"}}`, `{"log":"x"}`, `unknown text | pam.message="x"`)
	f(`{"otlp":7,"user.name":"bob"}`, `{"log":"`+line+`"}`, asLine+` user.name="bob"`)

	// What is no map.
	f(`{}`, `["a",1]`,
		`unknown json | pam.message="[\"a\",1]" fault JSON, offset 1: an array element that is not an object`)
	f(`{}`, `"text"`,
		`unknown text | pam.message="text"`)
	f(`{}`, `7`, `unknown text | pam.message="7"`)
	f(`{}`, `null`, `unknown text |`)
}

// Bytes that are no event are one all the same, and so is what has more members
// than are read; both say so.
func TestReaderFaults(t *testing.T) {
	r := newReader(configured(t, nil), audit.Builtin())
	f := func(chunk, want string) {
		t.Helper()
		var got []string
		events(chunk, &r.body, func(ev *event) {
			e := r.read(ev, when)
			got = append(got, fmt.Sprintf("%s repairs %s", said(e), e.Repairs))
		})
		if got := strings.Join(got, "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	f("suser=bob \xc1"+string(record("suser", "bob")),
		`unknown key_value | user.name="bob �" fault MessagePack, offset 0: what stands there is no event, at byte 1 of the chunk repairs invalid_utf8`+"\n"+
			`unknown json | user.name="bob" repairs `)
	f(pack(list{when, dict{"host", "\xff\xfeweb", "log", "hello"}}), `unknown text host.name="�web" | pam.message="hello" repairs `)
	var many dict
	for range maxMembers - 1 {
		many = append(many, "none", nil)
	}
	f(pack(list{when, append(many, "suser", "bob")}), `unknown json | user.name="bob" repairs `)
	f(pack(list{when, append(many, "suser", "bob", "duser", "eve")}), `unknown json | user.name="bob" repairs too_many_fields`)
}

// What is sent as received is the line, or the JSON of a record without one.
func TestReaderRaw(t *testing.T) {
	r := newReader(configured(t, map[string]string{"format": "raw"}), audit.Builtin())
	f := func(body, want string) {
		t.Helper()
		events(oneEvent(t, `{}`, body), &r.body, func(ev *event) {
			if got := r.read(ev, when).Raw; got != want {
				t.Errorf("%s: got %s, want %s", body, got, want)
			}
		})
	}
	f(`{"log":"x\n"}`, "x\n")
	f(`{"host":"vm","log":"x"}`, "x")
	f(`{"suser":"bob","n":[1,{}]}`, `{"suser":"bob","n":[1,{}]}`)
	f(`{"suser":"bob","message":"x"}`, `{"suser":"bob","message":"x"}`)
	f(`{"fields":{},"raw":"x"}`, "x")
	f(`[1]`, "[1]")
}

// Without message_key, a text that stands beside fields is the message and
// nothing else.
func TestTextBesideFields(t *testing.T) {
	r := newReader(configured(t, nil), audit.Builtin())
	f := func(metadata, body, want string) {
		t.Helper()
		events(oneEvent(t, metadata, body), &r.body, func(ev *event) {
			if got := said(r.read(ev, when)); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", body, got, want)
			}
		})
	}
	f(`{}`, `{"suser":"bob","message":"suser=eve act=login dhost=evil"}`,
		`unknown json | user.name="bob" pam.message="suser=eve act=login dhost=evil"`)
	f(`{}`, `{"message":"CEF:0|V|P|1|7|name|10|suser=eve dvchost=evil","suser":"bob"}`,
		`unknown json | user.name="bob" pam.message="CEF:0|V|P|1|7|name|10|suser=eve dvchost=evil"`)
	f(`{}`, `{"suser":"bob","log":"<10>1 2020-01-01T00:00:00Z evil app 1 2 - text\n"}`,
		`unknown json | user.name="bob" pam.message="<10>1 2020-01-01T00:00:00Z evil app 1 2 - text"`)
	f(`{}`, `{"suser":"bob","msg":"mine","MESSAGE":"{\"suser\":\"eve\",\"pam.host\":\"evil\"}"}`,
		`unknown json | user.name="bob" pam.message="mine" pam.ext.MESSAGE="{\"suser\":\"eve\",\"pam.host\":\"evil\"}"`)
	f(`{}`, `{"action":"x","log":"a","message":"suser=eve"}`,
		`unknown json | pam.a2a.action="x" pam.ext.message="suser=eve" pam.message="a"`)
	f(`{}`, `{"host":"vm","pri":"13","user.name":"bob","message":"suser=eve"}`,
		`unknown json host.name="vm" | pam.ext.pri="13" user.name="bob" pam.message="suser=eve"`)
	f(`{}`, `{"device_vendor":"MT4","device_product":"senhasegura","name":"N","message":"suser=eve"}`,
		`unknown cef cef.name="N" pam.vendor="MT4" service.name="senhasegura" | pam.message="suser=eve"`)

	// Header and time are no fields, and what nobody knows may be anything.
	f(`{}`, `{"pri":"13","host":"vm","ident":"app","pid":"7","msgid":"m","time":"x","message":"suser=bob"}`,
		`unknown key_value_rfc5424 <13> host.name="vm" pam.syslog.app_name="app" pam.syslog.msg_id="m" pam.syslog.proc_id="7" | user.name="bob"`)
	f(`{}`, `{"timestamp":"2020-01-01T00:00:00Z","stream":"stdout","log":"suser=bob"}`, `unknown key_value 2020-01-01T00:00:00Z | user.name="bob"`)
	f(`{}`, `{"severity":"info","name":"x","log":"suser=bob"}`, `unknown key_value | user.name="bob"`)
	f(`{"otlp":{"attributes":{"user.name":"eve"}}}`, `{"log":"suser=bob"}`, `unknown key_value | user.name="eve"`)
}

// What a group's mark says holds for its events alone, and those are of OTLP.
func TestGroups(t *testing.T) {
	mark := func(resource dict) list {
		return list{list{eventtime{math.MaxUint32, 0}, dict{}}, dict{"resource", dict{"attributes", resource}}}
	}
	of := func(metadata dict) list { return list{list{eventtime{1, 0}, metadata}, dict{"log", "x"}} }
	r := newReader(configured(t, nil), audit.Builtin())
	f := func(want string, values ...any) {
		t.Helper()
		var got []string
		events(pack(values...), &r.body, func(ev *event) {
			e := r.read(ev, when)
			got = append(got, fmt.Sprintf("%s/%s/%s", e.Source.Host, e.Peer, e.Source.Product))
		})
		if got := strings.Join(got, " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	otlp, ours := of(dict{"otlp", dict{}}), of(dict{"otlp", dict{"attributes", dict{"pam.format", "text"}}})
	whole := dict{"host.name", "vm", "network.peer.address", "192.0.2.1", "service.name", "senhasegura"}
	f("vm/192.0.2.1/ vm/192.0.2.1/senhasegura", mark(whole), otlp, ours, closed)
	f("vm/192.0.2.1/ //", mark(whole), otlp, closed, otlp)
	f("vm// eve//", mark(dict{"host.name", "vm"}), otlp, mark(dict{"host.name", "eve"}), otlp)
	f("// // vm//", mark(dict{"host.name", "vm"}), of(dict{}), of(dict{"user.name", "bob"}), otlp)
	f("//", mark(dict{}), otlp)
}
