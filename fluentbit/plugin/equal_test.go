package plugin

import (
	"encoding/json"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter"
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
	"github.com/otelcol-pam/otelcol-pam/processor/suidprocessor"
)

// TestEqual: what the collector's components send of the corpus and what the
// plugin does are the same bytes, with every profile and format; when it reads
// the lines, and when it reads what the components made of them.
func TestEqual(t *testing.T) {
	t.Parallel()
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	lines := chunkOfLines(cases)
	records := classified(t, cases, lines)
	attributes := chunkOfRecords(t, records)
	ours, maps := ownJSON(t, records)
	f := func(keys ...string) {
		t.Helper()
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			t.Parallel()
			want := byExporter(t, records, keys)
			equalBytes(t, "lines", byPlugin(t, lines, keys), want)
			equalBytes(t, "attributes", byPlugin(t, attributes, keys), want)
			equalBytes(t, "our JSON", byPlugin(t, ours, keys), byExporter(t, maps, keys))
		})
	}
	for _, name := range wire.ProfileNames() {
		if name == "sumo" {
			f("profile="+name, "transport=tcp", "token=sumo@41123", "hostname=edge")
		} else {
			f("profile="+name, "hostname=edge")
		}
	}
	for _, message := range []string{"text", "key_value", "cef", "json"} {
		f("format=rfc5424", "message="+message, "hostname=edge", "framing=octet_counting")
	}
	f("format=sensage", "hostname=edge")
	f("format=raw", "framing=octet_counting")
	f("format=cef", "cef_version=1", "keys=standard", "header=none", "language=pt", "edition=3", "severity=catalog", "hostname_rule=collector", "hostname=edge", "max_message_size=1024")
}

func equalBytes(t *testing.T, of, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	around := func(s string) string { return s[max(0, at-200):min(len(s), at+200)] }
	t.Errorf("%s: from byte %d on the plugin sends\n%q\nand the exporter\n%q", of, at, around(got), around(want))
}

// chunkOfLines returns the corpus as in_tail hands it over.
func chunkOfLines(cases []corpus.Case) string {
	var b strings.Builder
	for _, c := range cases {
		b.WriteString(pack(list{list{corpus.Now, dict{}}, dict{"log", c.Input}}))
	}
	return b.String()
}

// classified returns the corpus as the receiver and the processor make it. The
// uids are those of the plugin.
func classified(t *testing.T, cases []corpus.Case, lines string) plog.Logs {
	t.Helper()
	parser, batch := wire.NewParser(nil), logrecord.NewBatch("test")
	var e audit.Event
	uids := newRendering("tag")
	uids.resume(lines)
	for _, c := range cases {
		uids.piece.Received++
		parser.Parse(&e, c.Input, corpus.Now)
		if e.UID.IsZero() {
			e.UID = uids.uid()
		}
		batch.Add(&e)
	}
	sink := &consumertest.LogsSink{}
	factory := suidprocessor.NewFactory()
	p, err := factory.CreateLogs(t.Context(), processortest.NewNopSettings(factory.Type()), factory.CreateDefaultConfig(), sink)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.ConsumeLogs(t.Context(), batch.Logs()); err != nil {
		t.Fatal(err)
	}
	return sink.AllLogs()[0]
}

// chunkOfRecords returns log records as in_opentelemetry hands them over.
func chunkOfRecords(t *testing.T, logs plog.Logs) string {
	var b strings.Builder
	mark := func(seconds uint32, resource pcommon.Map) {
		b.WriteString(pack(list{
			list{eventtime{seconds, 0}, dict{}},
			dict{"resource", dict{"attributes", attributesOf(t, resource)}},
		}))
	}
	for _, rl := range logs.ResourceLogs().All() {
		mark(0xffffffff, rl.Resource().Attributes())
		for _, lr := range rl.ScopeLogs().At(0).LogRecords().All() {
			otlp := dict{
				"observed_timestamp", int64(lr.ObservedTimestamp()),
				"timestamp", int64(lr.Timestamp()),
				"severity_number", int64(lr.SeverityNumber()),
				"event_name", lr.EventName(),
				"attributes", attributesOf(t, lr.Attributes()),
			}
			line := valueOf(t, lr.Body())
			b.WriteString(pack(list{list{lr.ObservedTimestamp().AsTime(), dict{"otlp", otlp}}, dict{"log", line}}))
		}
		mark(0xfffffffe, pcommon.NewMap())
	}
	return b.String()
}

// ownJSON returns log records as pamctl convert --to json writes them: read by
// in_tail's parser json, and as maps of the collector.
func ownJSON(t *testing.T, logs plog.Logs) (chunk string, maps plog.Logs) {
	t.Helper()
	var b strings.Builder
	maps = plog.NewLogs()
	records := maps.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	logrecord.NewReader(audit.Builtin(), nil).Each(logs, func(_ plog.LogRecord, e *audit.Event) {
		var members map[string]any
		if err := json.Unmarshal(wire.AppendJSON(nil, e), &members); err != nil {
			t.Fatal(err)
		}
		lr := records.AppendEmpty()
		lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(corpus.Now))
		if err := lr.Body().SetEmptyMap().FromRaw(members); err != nil {
			t.Fatal(err)
		}
		body := fromJSON(t, lr.Body().AsString()) // its members are sorted
		b.WriteString(pack(list{list{corpus.Now, dict{}}, raw(body)}))
	})
	return b.String(), maps
}

func attributesOf(t *testing.T, m pcommon.Map) (d dict) {
	for key, v := range m.All() {
		d = append(d, key, valueOf(t, v))
	}
	return d
}

// valueOf returns a value as pack takes it.
func valueOf(t *testing.T, v pcommon.Value) any {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeBytes:
		return string(v.Bytes().AsRaw())
	case pcommon.ValueTypeInt:
		return v.Int()
	case pcommon.ValueTypeSlice:
		var l list
		for _, element := range v.Slice().All() {
			l = append(l, valueOf(t, element))
		}
		return l
	}
	t.Fatalf("a value is a %v", v.Type())
	return nil
}

// collect returns an address and what was sent there, once its sender has ended.
func collect(t *testing.T) (address string, all func() string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			got <- err.Error()
			return
		}
		defer c.Close()
		b, _ := io.ReadAll(c)
		got <- string(b)
	}()
	return l.Addr().String(), func() string { return <-got }
}

func byPlugin(t *testing.T, chunk string, keys []string) string {
	t.Helper()
	address, all := collect(t)
	set := map[string]string{"endpoint": address}
	for _, k := range keys {
		name, value, _ := strings.Cut(k, "=")
		set[name] = value
	}
	i, err := New("pam.0", func(key string) string { return set[key] }, func(Level, string) {})
	if err != nil {
		t.Fatal(err)
	}
	if code := i.Flush(chunk, "tag"); code != OK {
		t.Errorf("Flush: %d", code)
	}
	i.Close()
	return all()
}

func byExporter(t *testing.T, logs plog.Logs, keys []string) string {
	t.Helper()
	address, all := collect(t)
	set := map[string]any{"endpoint": address}
	for _, k := range keys {
		name, value, _ := strings.Cut(k, "=")
		set[name] = value
		if n, err := strconv.Atoi(value); err == nil {
			set[name] = n
		}
	}
	factory := siemexporter.NewFactory()
	c := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(set).Unmarshal(c); err != nil {
		t.Fatal(err)
	}
	e, err := factory.CreateLogs(t.Context(), exportertest.NewNopSettings(factory.Type()), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	if err := e.ConsumeLogs(t.Context(), logs); err != nil {
		t.Fatal(err)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all()
}
