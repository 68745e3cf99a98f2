package main_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// service is the section that most configurations begin with: retries come soon,
// and what is not delivered is on disk.
const service = `
[SERVICE]
    flush           0.2
    grace           4
    plugins_file    plugins.conf
    parsers_file    parsers.conf
    storage.path    {dir}/storage
    scheduler.base  1
    scheduler.cap   2
`

// tailed is an input that reads the file "in", and knows how far it was read. It
// reads whole lines of numbered, for it takes one byte less than a chunk: up to
// Fluent Bit 4.2 the next one would go on within a line.
const tailed = `
[INPUT]
    name              tail
    path              {dir}/in
    db                {dir}/in.db
    read_from_head    on
    refresh_interval  1
    buffer_chunk_size 32769
    buffer_max_size   1M
    storage.type      filesystem
`

// toSIEM is an output that sends all, and lines as they are with "format raw"
// behind it.
const toSIEM = `
[OUTPUT]
    name         pam
    match        *
    endpoint     {siem}
    retry_limit  no_limits
`

// parsers are those of a configuration: what Fluent Bit's own call the words of a
// syslog header, and the one of the examples.
const parsers = `
[PARSER]
    name    line
    format  regex
    regex   /^(?<log>.+)$/m
[PARSER]
    name    object
    format  json
[PARSER]
    name    rfc5424
    format  regex
    regex   /^<(?<pri>\d+)>1 (?<time>\S+) (?<host>\S+) (?<ident>\S+) (?<pid>\S+) (?<msgid>\S+) (?<extradata>-|\[.*?\]) (?<message>.+)$/
`

// lineSize is that of a line of numbered, with its LF.
const lineSize = 256

// numbered returns lines that can be told apart.
func numbered(name string, n int) (lines []string) {
	for i := range n {
		line := fmt.Sprintf("<13>1 2026-06-18T17:49:41-03:00 %s senhasegura 1426 - - CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|suser=user%06d dst=192.0.2.1 msg=", name, i)
		lines = append(lines, line+strings.Repeat("x", lineSize-1-len(line)))
	}
	return lines
}

// corpusLines returns the lines that all tests share.
func corpusLines(t *testing.T) (lines []string) {
	t.Helper()
	cases, err := corpus.Load("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		lines = append(lines, c.Input)
	}
	return lines
}

// rendering makes of a line what the core does.
type rendering struct {
	t       *testing.T
	encoder *wire.Encoder
}

// newRendering returns that of a configuration, for a Fluent Bit that runs.
func newRendering(t *testing.T, d *daemon, configure func(*siem.Config)) rendering {
	t.Helper()
	c := siem.Default()
	if configure != nil {
		configure(&c)
	}
	c.Settle(func(string) bool { return false })
	encoding := c.Encoding("")
	encoding.ProcID = strconv.Itoa(d.cmd.Process.Pid)
	encoder, err := wire.NewEncoder(encoding)
	if err != nil {
		t.Fatal(err)
	}
	return rendering{t, encoder}
}

// eventOf returns what a line says.
func eventOf(line string) *audit.Event {
	var e audit.Event
	wire.NewParser(nil).Parse(&e, line, time.Now())
	audit.Builtin().Classify(&e)
	return &e
}

// of renders a line. What only the plugin knows is taken from what it sent: the
// uid, and the time of receipt where the line says no time. Times are in UTC, as
// those of the collector's exporter.
func (r rendering) of(line, got string) string {
	r.t.Helper()
	sent, e := eventOf(got), eventOf(line)
	e.UID = sent.UID
	if e.Time = e.Time.UTC(); e.Time.IsZero() {
		e.Received = sent.Time.UTC()
		if age := time.Since(e.Received); age < -time.Second || age > patience+time.Minute {
			r.t.Errorf("received at %v: %s", e.Received, got)
		}
	}
	out, _ := r.encoder.Append(nil, e)
	return string(out)
}

// same compares what came with what the lines should have become, in order.
func (r rendering) same(lines, frames []string) {
	r.t.Helper()
	for i := range min(len(lines), len(frames)) {
		if want := r.of(lines[i], frames[i]); frames[i] != want {
			r.t.Errorf("of %s\ncame %s\nwant %s", lines[i], frames[i], want)
		}
	}
	if len(lines) != len(frames) {
		r.t.Errorf("%d frames came of %d lines", len(frames), len(lines))
	}
}

// TestFluentBitTail: the corpus as a file, each line as it is.
func TestFluentBitTail(t *testing.T) {
	t.Parallel()
	realFluentBit(t)
	f := func(name, keys string, configure func(*siem.Config)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			siem := newSink(t)
			s := newSetting(t, "siem", siem.address)
			lines := corpusLines(t)
			s.write("parsers.conf", parsers)
			s.add("in", "") // an empty line, which is nobody's event
			s.add("in", lines...)
			s.write("fluent-bit.conf", service+tailed+toSIEM+keys)
			d := s.run("fluent-bit.conf")
			d.came(siem, len(lines))
			d.stop()
			siem.finish(t)
			newRendering(t, d, configure).same(lines, siem.frames())
			c := d.counters()
			if got, want := fmt.Sprint(c.Received, c.Confirmed, c.Empty), fmt.Sprint(len(lines)+1, len(lines), 1); got != want {
				t.Errorf("received, confirmed and empty are %s, want %s", got, want)
			}
		})
	}
	f("cef", "", nil)
	f("rfc5424", "    format rfc5424\n", func(c *siem.Config) { c.Format = "rfc5424" })
	f("sensage", "    format sensage\n    workers 1\n", func(c *siem.Config) { c.Format = "sensage" })
}

// TestFluentBitJSON: a file of JSON objects that hold a line.
func TestFluentBitJSON(t *testing.T) {
	t.Parallel()
	siem := newSink(t)
	s := newSetting(t, "siem", siem.address)
	lines := numbered("json", 4)
	member := func(format, line string) string {
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(format, text)
	}
	s.write("parsers.conf", parsers)
	s.add("in",
		member(`{"log":%s,"stream":"stdout"}`, lines[0]),
		member(`{"n":1.5,"message":%s,"more":{"list":[1,null,true]}}`, lines[1]),
		member(`{"event":{"original":%s}}`, lines[2]),
		lines[3], // the parser cannot read it
	)
	s.write("fluent-bit.conf", service+tailed+"    parser object\n"+toSIEM+"    message_key log, message, $event['original']\n")
	d := s.run("fluent-bit.conf")
	d.came(siem, len(lines))
	d.stop()
	siem.finish(t)
	newRendering(t, d, nil).same(lines, siem.frames())
}

// TestFluentBitSyslog: what comes over the net, taken apart by a parser or not.
func TestFluentBitSyslog(t *testing.T) {
	t.Parallel()
	realFluentBit(t)
	f := func(name, keys string, frame func(string) string, network string, since ...version) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			siem := newSink(t)
			port := freePort(t)
			s := newSetting(t, "siem", siem.address, "port", port)
			for _, v := range since {
				s.since(v, "octet counting in in_syslog")
			}
			s.write("parsers.conf", parsers)
			s.write("fluent-bit.conf", service+"[INPUT]\n    name syslog\n    listen 127.0.0.1\n    port {port}\n"+keys+toSIEM)
			d := s.run("fluent-bit.conf")
			d.ready(1)
			lines := numbered(name, 50)
			var texts []string
			for _, line := range lines {
				texts = append(texts, frame(line))
			}
			send(t, network, port, texts...)
			d.came(siem, len(lines))
			d.stop()
			siem.finish(t)
			newRendering(t, d, nil).same(lines, siem.frames())
		})
	}
	plain := func(line string) string { return line }
	lf := func(line string) string { return line + "\n" }
	counted := func(line string) string { return fmt.Sprintf("%d %s", len(line), line) }
	f("tcp", "    mode tcp\n    parser line\n", lf, "tcp")
	f("tcp-parsed", "    mode tcp\n    parser rfc5424\n    raw_message_key raw\n", lf, "tcp")
	f("tcp-counted", "    mode tcp\n    parser line\n    format octet_counting\n", counted, "tcp", version{4, 2, 0})
	f("udp", "    mode udp\n    parser line\n", plain, "udp")
	f("udp-parsed", "    mode udp\n    parser rfc5424\n", lf, "udp")
}

// otlpRequest is a request of OTLP over HTTP with the records given, in JSON.
const otlpRequest = `{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"vm-otlp"}}]},
"scopeLogs":[{"scope":{"name":"test"},"logRecords":[%s]}]}]}`

// TestFluentBitOTLP: log records of OTLP, whose body is a line, or whose
// attributes are a record that was read before.
func TestFluentBitOTLP(t *testing.T) {
	t.Parallel()
	siem := newSink(t)
	port := freePort(t)
	s := newSetting(t, "siem", siem.address, "port", port)
	s.write("parsers.conf", parsers)
	s.write("fluent-bit.conf", service+"[INPUT]\n    name opentelemetry\n    listen 127.0.0.1\n    port {port}\n"+toSIEM)
	d := s.run("fluent-bit.conf")
	d.ready(1)
	lines := numbered("vm-otlp", 3)
	text, _ := json.Marshal(lines[0])
	nested, _ := json.Marshal(lines[1])
	post(t, port, fmt.Sprintf(otlpRequest, fmt.Sprintf(`{"timeUnixNano":"1781815781000000000","body":{"stringValue":%s}},
		{"timeUnixNano":"1781815781000000000","body":{"kvlistValue":{"values":[{"key":"message","value":{"stringValue":%s}}]}}}`, text, nested)))
	d.came(siem, 2)
	d.stop()
	siem.finish(t)
	newRendering(t, d, nil).same(lines[:2], siem.frames())
}

// TestFluentBitOTLPAttributes: a log record of the attribute model, as the
// collector's receiver and processor make it.
func TestFluentBitOTLPAttributes(t *testing.T) {
	t.Parallel()
	siem := newSink(t)
	port := freePort(t)
	s := newSetting(t, "siem", siem.address, "port", port)
	s.write("parsers.conf", parsers)
	s.write("fluent-bit.conf", service+"[INPUT]\n    name opentelemetry\n    listen 127.0.0.1\n    port {port}\n"+toSIEM)
	d := s.run("fluent-bit.conf")
	d.ready(1)
	post(t, port, fmt.Sprintf(otlpRequest, `{"timeUnixNano":"1781815781123456789","severityNumber":10,"body":{"stringValue":"as received"},"attributes":[
		{"key":"pam.format","value":{"stringValue":"cef_rfc5424"}},
		{"key":"pam.event.type","value":{"stringValue":"session.started"}},
		{"key":"cef.device_event_class_id","value":{"stringValue":"16"}},
		{"key":"cef.name","value":{"stringValue":"Session Started"}},
		{"key":"user.name","value":{"stringValue":"jsilva"}},
		{"key":"destination.port","value":{"intValue":"22"}}]}`))
	got := d.came(siem, 1)[0]
	d.stop()
	siem.finish(t)
	for _, want := range []string{"|16|Session Started|", "rt=1781815781123 ", "suser=jsilva", "dpt=22"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// post sends a request of OTLP.
func post(t *testing.T, port, body string) {
	t.Helper()
	answer, err := http.Post("http://127.0.0.1:"+port+"/v1/logs", "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode/100 != 2 {
		t.Fatalf("%s: %s", answer.Status, text)
	}
}

// TestFluentBitInstances: two sections, in YAML, one of them with workers.
func TestFluentBitInstances(t *testing.T) {
	t.Parallel()
	one, two := newSink(t), newSink(t)
	s := newSetting(t, "one", one.address, "two", two.address)
	s.write("fluent-bit.yaml", `
service:
  flush: 0.2
  plugins_file: plugins.conf
pipeline:
  inputs:
    - name: tail
      tag: a
      path: {dir}/a
      read_from_head: on
    - name: tail
      tag: b
      path: {dir}/b
      read_from_head: on
  outputs:
    - name: pam
      match: a
      endpoint: "{one}"
      format: raw
    - name: pam
      match: "*"
      endpoint: "{two}"
      format: raw
      workers: 2
      alias: everything
`)
	a, b := numbered("a", 20000), numbered("b", 20000)
	s.add("a", a...)
	s.add("b", b...)
	d := s.run("fluent-bit.yaml")
	d.came(one, len(a))
	d.came(two, len(a)+len(b))
	d.stop()
	one.finish(t)
	two.finish(t)
	if wrong := one.once(a); wrong != "" {
		t.Error(wrong)
	}
	if !slices.Equal(one.frames(), a) {
		t.Error("without workers the order is another one")
	}
	if wrong := two.once(slices.Concat(a, b)); wrong != "" {
		t.Error(wrong)
	}
	d.says(2, "counters: ")
}

// TestFluentBitRefuses: what is wrong in the configuration ends the start, and the
// log says how to mend it.
func TestFluentBitRefuses(t *testing.T) {
	t.Parallel()
	realFluentBit(t)
	f := func(name, keys, want string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSetting(t)
			s.write("fluent-bit.conf", "[SERVICE]\n    plugins_file plugins.conf\n[INPUT]\n    name dummy\n[OUTPUT]\n    name pam\n    match *\n"+keys)
			d := s.run("fluent-bit.conf")
			d.fails = s.version().before(version{2, 2, 3}) // it frees a Go plugin twice that does not begin
			if status := d.end(); status == "exit status 0" {
				t.Error("Fluent Bit ended well")
			}
			if log := d.log.String(); !strings.Contains(log, want) || strings.Contains(log, "secret") {
				t.Errorf("want %q in the log, and no secret: %s", want, log)
			}
		})
	}
	f("no-endpoint", "", "endpoint: is missing: use ")
	f("host", "    host siem.example.com\n    port 514\n", "if host and port are set: Fluent Bit keeps these for itself")
	f("core", "    endpoint siem.example.com:514\n    retry_limt 5\n", "retry_limt: is no key of this plugin: use Fluent Bit's retry_limit")
	f("user", "    endpoint user:secret@siem.example.com:514\n", "endpoint: a user has no place in it")
	f("mistyped", "    endpiont siem.example.com:514\n", "endpiont: is no key of this plugin: use endpoint")
	f("of-out_syslog", "    endpoint siem.example.com:514\n    syslog_format rfc5424\n", "syslog_format: is no key of this plugin: use format")
	f("value", "    endpoint siem.example.com:514\n    token a]secret\n    framing lines\n", "framing: ")
	f("ca-file", "    endpoint siem.example.com:6514\n    transport tls\n    tls_ca_file /nowhere/ca.pem\n", "tls_ca_file: open /nowhere/ca.pem")
}

// TestFluentBitDryRun: the configuration is looked at, and nothing begins.
func TestFluentBitDryRun(t *testing.T) {
	t.Parallel()
	s := newSetting(t, "siem", refusedAddress(t))
	s.write("parsers.conf", parsers)
	s.write("fluent-bit.conf", service+"[INPUT]\n    name dummy\n"+toSIEM)
	if got := s.run("fluent-bit.conf", "--dry-run").end(); got != "exit status 0" {
		t.Errorf("the dry run ended with %s", got)
	}
}

// TestFluentBitAway: a SIEM that is not there at first.
func TestFluentBitAway(t *testing.T) {
	t.Parallel()
	address := refusedAddress(t)
	s := newSetting(t, "siem", address)
	sent := numbered("away", 20000)
	s.write("parsers.conf", parsers)
	s.add("in", sent...)
	s.write("fluent-bit.conf", service+tailed+toSIEM+"    format raw\n    workers 1\n")
	d := s.run("fluent-bit.conf")
	d.says(1, "retry in")
	siem := new(sink).listen(t, address)
	d.all(siem, sent)
	d.stop()
	siem.finish(t)
	if wrong := siem.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestFluentBitCut: a SIEM that ends connections in the middle of messages.
func TestFluentBitCut(t *testing.T) {
	t.Parallel()
	realFluentBit(t)
	f := func(name string, cut int64, rst bool) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			siem := (&sink{cut: cut, rst: rst}).listen(t, "127.0.0.1:0")
			s := newSetting(t, "siem", siem.address)
			sent := numbered("cut", 20000)
			s.write("parsers.conf", parsers)
			s.add("in", sent...)
			s.write("fluent-bit.conf", service+tailed+toSIEM+"    format raw\n    workers 1\n")
			d := s.run("fluent-bit.conf")
			twice := d.all(siem, sent)
			d.stop()
			t.Logf("%d of %d lines came twice", twice, len(sent))
		})
	}
	f("reset", 1<<20+7, true)
	f("closed", 1<<20+7, false)
}

// TestFluentBitStall: a SIEM that takes nothing, and Fluent Bit is told to end. It
// does, says what is left, and the next one sends it.
func TestFluentBitStall(t *testing.T) {
	t.Parallel()
	realFluentBit(t)
	f := func(workers string) {
		t.Run("workers-"+workers, func(t *testing.T) {
			t.Parallel()
			siem := (&sink{gate: make(chan struct{})}).listen(t, "127.0.0.1:0")
			s := newSetting(t, "siem", siem.address, "workers", workers)
			sent := numbered("stall", 60000)
			s.write("parsers.conf", parsers)
			s.add("in", sent...)
			s.write("fluent-bit.conf", service+tailed+toSIEM+"    format raw\n    workers {workers}\n")
			d := s.run("fluent-bit.conf")
			d.says(1, "retry in")
			d.signal(syscall.SIGTERM)
			d.end()
			d.says(1, "at the end ")
			close(siem.gate)
			next := s.run("fluent-bit.conf")
			twice := next.all(siem, sent)
			next.stop()
			t.Logf("%d of %d lines came twice", twice, len(sent))
		})
	}
	f("0")
	f("1")
}

// TestFluentBitReload: the configuration is loaded again twice, while lines come.
// It has no workers: Fluent Bit 2.2 to 5.1 starts those of any Go plugin twice, and
// ends them once; what is left of them uses freed memory after a reload.
func TestFluentBitReload(t *testing.T) {
	t.Parallel()
	siem := newSink(t)
	s := newSetting(t, "siem", siem.address)
	if v := s.version(); !v.before(version{2, 2, 0}) && v.before(version{3, 2, 3}) {
		t.Skipf("Fluent Bit %v hands a Go plugin nothing while it reloads, and waits until all is delivered", v)
	}
	sent := numbered("reload", 30000)
	s.write("parsers.conf", parsers)
	s.write("in", "")
	s.write("fluent-bit.conf", service+tailed+toSIEM+"    format raw\n")
	d := s.run("fluent-bit.conf", "-Y")
	for n, part := range slices.Collect(slices.Chunk(sent, len(sent)/3)) {
		d.ready(n + 1)
		s.add("in", part[:len(part)/2]...)
		d.came(siem, n*len(part)+1) // it is at work
		if n < 2 {
			d.signal(syscall.SIGHUP)
		}
		s.add("in", part[len(part)/2:]...)
	}
	twice := d.all(siem, sent)
	d.stop()
	t.Logf("%d of %d lines came twice", twice, len(sent))
}

// TestFluentBitSupervisor: a Fluent Bit that is another one's child.
func TestFluentBitSupervisor(t *testing.T) {
	t.Parallel()
	siem := newSink(t)
	s := newSetting(t, "siem", siem.address)
	s.since(version{4, 1, 0}, "--supervisor")
	sent := numbered("supervisor", 100)
	s.write("parsers.conf", parsers)
	s.add("in", sent...)
	s.write("fluent-bit.conf", service+tailed+toSIEM+"    format raw\n")
	d := s.run("fluent-bit.conf", "--supervisor")
	d.came(siem, len(sent))
	d.stop()
	siem.finish(t)
	if wrong := siem.once(sent); wrong != "" {
		t.Error(wrong)
	}
	d.says(1, "counters: ")
}

// TestFluentBitLog: lines of the plugin's go where Fluent Bit's go, at its level.
func TestFluentBitLog(t *testing.T) {
	t.Parallel()
	siem := newSink(t)
	s := newSetting(t, "siem", siem.address)
	sent := numbered("log", 10)
	s.add("in", sent...)
	s.write("parsers.conf", parsers)
	section := strings.Replace(service, "[SERVICE]", "[SERVICE]\n    log_file {dir}/log\n    log_level warn", 1)
	s.write("fluent-bit.conf", section+tailed+toSIEM+"    log_level info\n"+toSIEM+"    alias quiet\n")
	d := s.run("fluent-bit.conf")
	d.came(siem, 2*len(sent))
	d.stop()
	siem.finish(t)
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[output:pam:pam.0] configuration: ", "[output:pam:pam.0] counters: "} {
		if !strings.Contains(string(log), want) {
			t.Errorf("no %q in log_file: %s", want, log)
		}
	}
	if all := string(log) + d.log.String(); strings.Contains(all, "pam.1]") {
		t.Errorf("an instance at level warn said something: %s", all)
	}
}

// secure has the SIEM of the examples ask for a certificate, and gives them theirs.
func (s *sink) secure(t *testing.T, at *setting) {
	t.Helper()
	ca, certificate := newAuthority(t)
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	s.tls = &tls.Config{Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAnyClientCert}
	at.words = append(at.words,
		"/etc/fluent-bit/siem-ca.pem", ca,
		"/etc/fluent-bit/client.pem", ca,
		"/etc/fluent-bit/client.key", writeFile(t, "client.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	)
}

// counted returns the frames that came so far, with octet counting.
func (s *sink) counted() []string {
	frames, _ := uncount(s.text())
	return frames
}

// TestFluentBitExamples: each example as it is, its addresses and paths aside.
func TestFluentBitExamples(t *testing.T) {
	t.Parallel()
	realFluentBit(t)
	f := func(name string, secured bool) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			port := freePort(t)
			s := newSetting(t)
			siem := new(sink)
			frames := siem.frames
			if secured {
				siem.secure(t, s)
				frames = siem.counted
			}
			siem.listen(t, "127.0.0.1:0")
			s.words = append(s.words,
				"/usr/local/lib/fluent-bit/out_pam.so", outPam.path(t),
				"/var/lib/fluent-bit", s.dir,
				"/var/log/senhasegura/*.log", s.dir+"/in",
				"siem.example.com:514", siem.address,
				"siem-1.example.com:6514", refusedAddress(t), "siem-2.example.com:6514", siem.address,
				"0.0.0.0", "127.0.0.1", "port: 514", "port: "+port, "port               514", "port "+port,
			)
			for _, file := range []string{name, "plugins.conf", "parsers.conf"} {
				text, err := os.ReadFile(filepath.Join("../examples/fluentbit", file))
				if err != nil {
					t.Fatal(err)
				}
				s.write(file, string(text))
			}
			lines := numbered("example", 20)
			s.add("in", lines...)
			d := s.run(name)
			d.ready(1)
			if strings.HasPrefix(name, "syslog") {
				send(t, "tcp", port, strings.Join(lines[:10], "\n")+"\n")
				d.frames(frames, 10)
				send(t, "udp", port, lines[10:]...)
			}
			d.frames(frames, len(lines))
			d.stop()
			siem.finish(t)
			newRendering(t, d, nil).same(lines, frames())
		})
	}
	f("tail.conf", false)
	f("tail.yaml", false)
	f("syslog.conf", false)
	f("syslog.yaml", false)
	f("tls.conf", true)
	f("tls.yaml", true)
}
