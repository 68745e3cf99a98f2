package plugin

import (
	"encoding/binary"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

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
	lines := chunkOfLines(t, cases)
	records := classified(t, cases, lines)
	attributes := chunkOfRecords(t, records)
	f := func(keys ...string) {
		t.Helper()
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			t.Parallel()
			want := byExporter(t, records, keys)
			equalBytes(t, "lines", byPlugin(t, lines, keys), want)
			equalBytes(t, "attributes", byPlugin(t, attributes, keys), want)
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
func chunkOfLines(t *testing.T, cases []corpus.Case) string {
	var b []byte
	for _, c := range cases {
		b = appendTime(append(b, 0x92, 0x92), corpus.Now)
		b = append(b, 0x80, 0x81)
		b = appendText(appendText(b, "log"), c.Input)
	}
	return string(b)
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
	var b []byte
	mark := func(seconds uint32, resource pcommon.Map) {
		b = binary.BigEndian.AppendUint32(append(b, 0x92, 0x92, 0xd7, 0), seconds)
		b = append(b, 0, 0, 0, 0, 0x80, 0x81)
		b = append(appendText(b, "resource"), 0x81)
		b = appendMap(t, appendText(b, "attributes"), resource)
	}
	for _, rl := range logs.ResourceLogs().All() {
		mark(0xffffffff, rl.Resource().Attributes())
		for _, lr := range rl.ScopeLogs().At(0).LogRecords().All() {
			b = append(appendTime(append(b, 0x92, 0x92), lr.ObservedTimestamp().AsTime()), 0x81)
			b = append(appendText(b, "otlp"), 0x85)
			b = appendInt(appendText(b, "observed_timestamp"), int64(lr.ObservedTimestamp()))
			b = appendInt(appendText(b, "timestamp"), int64(lr.Timestamp()))
			b = appendInt(appendText(b, "severity_number"), int64(lr.SeverityNumber()))
			b = appendText(appendText(b, "event_name"), lr.EventName())
			b = appendMap(t, appendText(b, "attributes"), lr.Attributes())
			b = append(b, 0x81)
			b = appendText(appendText(b, "log"), lr.Body().AsString())
			if lr.Body().Type() == pcommon.ValueTypeBytes {
				b = b[:len(b)-len(lr.Body().AsString())-5]
				b = appendText(b, string(lr.Body().Bytes().AsRaw()))
			}
		}
		mark(0xfffffffe, pcommon.NewMap())
	}
	return string(b)
}

func appendTime(b []byte, at time.Time) []byte {
	b = binary.BigEndian.AppendUint32(append(b, 0xd7, 0), uint32(at.Unix()))
	return binary.BigEndian.AppendUint32(b, uint32(at.Nanosecond()))
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(append(b, 0xdb), uint32(len(text))), text...)
}

func appendInt(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(n))
}

func appendMap(t *testing.T, b []byte, m pcommon.Map) []byte {
	b = binary.BigEndian.AppendUint32(append(b, 0xdf), uint32(m.Len()))
	for key, v := range m.All() {
		b = appendValue(t, appendText(b, key), v)
	}
	return b
}

func appendValue(t *testing.T, b []byte, v pcommon.Value) []byte {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return appendText(b, v.Str())
	case pcommon.ValueTypeInt:
		return appendInt(b, v.Int())
	case pcommon.ValueTypeSlice:
		b = binary.BigEndian.AppendUint32(append(b, 0xdd), uint32(v.Slice().Len()))
		for _, element := range v.Slice().All() {
			b = appendValue(t, b, element)
		}
		return b
	}
	t.Fatalf("an attribute is a %v", v.Type())
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
