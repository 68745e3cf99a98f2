package suidprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
	"github.com/otelcol-pam/otelcol-pam/processor/suidprocessor/internal/metadata"
)

const (
	viewed   = `<13>1 2026-06-18T17:49:41-03:00 vault senhasegura 1426 - - CEF:0|MT4|senhasegura|3.27.0-4|1|Password Viewed|5|suser=stlee suid=164 spid=88 dst=10.0.0.1`
	a2a      = `<134>1 2025-05-28T14:22:36Z segura a2a-event appid=svc-web role=prod-access action=secret_retrieval secret_id=db-prod-123 status=success user=svc-web01 ip=10.1.2.3`
	conflict = `CEF:0|MT4|senhasegura|3.27.0-4|1695.001|User logout|5|suser=stlee`
	other    = `<190>Jul 27 23:31:58 VAULT CEF:0|Cyber-Ark|Vault|9.20.0000|7|Logon|5|act="Logon" suser=user2`
	noise    = `hello`
)

func settings() (processor.Settings, *componenttest.Telemetry) {
	set, tel := processortest.NewNopSettings(metadata.Type), componenttest.NewTelemetry()
	set.TelemetrySettings = tel.NewTelemetrySettings()
	return set, tel
}

// pipeline is a processor and what it hands on.
type pipeline struct {
	processor.Logs
	sink *consumertest.LogsSink
	tel  *componenttest.Telemetry
}

func newPipeline(t testing.TB, yaml string) *pipeline {
	t.Helper()
	cfg, err := unmarshal(parse(t, yaml))
	if err != nil {
		t.Fatal(err)
	}
	set, tel := settings()
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(t.Context(), set, cfg, sink)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Capabilities().MutatesData {
		t.Fatal("says that it changes nothing")
	}
	if err := p.Start(t.Context(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &pipeline{p, sink, tel}
}

func (p *pipeline) consume(t testing.TB, ld plog.Logs) {
	t.Helper()
	if err := p.ConsumeLogs(t.Context(), ld); err != nil {
		t.Fatal(err)
	}
}

// bodies returns the bodies of all records handed on, with their event names.
func (p *pipeline) bodies() string {
	var all []string
	for _, ld := range p.sink.AllLogs() {
		each(ld, func(lr plog.LogRecord) {
			text := lr.Body().AsString()
			if _, ok := lr.Attributes().Get(audit.AttrUnknown); ok {
				text += " tagged"
			}
			all = append(all, lr.EventName()+"="+text)
		})
	}
	return strings.Join(all, "; ")
}

func (p *pipeline) counts(name string) map[string]int64 {
	all := map[string]int64{}
	if m, err := p.tel.GetMetric(name); err == nil {
		for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
			all[point.Attributes.Encoded(attribute.DefaultEncoder())] = point.Value
		}
	}
	return all
}

func each(ld plog.Logs, f func(plog.LogRecord)) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				f(lr)
			}
		}
	}
}

// lines makes a record of each line, each in a Resource and a Scope of its own
// but for every second, as another receiver would.
func lines(lines ...string) plog.Logs {
	ld := plog.NewLogs()
	for i, line := range lines {
		if i%2 == 0 {
			ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty()
		}
		sl := ld.ResourceLogs().At(ld.ResourceLogs().Len() - 1).ScopeLogs().At(0)
		sl.LogRecords().AppendEmpty().Body().SetStr(line)
	}
	return ld
}

// received makes records as our receiver hands them on.
func received(lines ...string) plog.Logs {
	batch, parser := logrecord.NewBatch("v0"), wire.NewParser(nil)
	for _, line := range lines {
		var e audit.Event
		parser.Parse(&e, line, corpus.Now)
		batch.Add(&e)
	}
	return batch.Logs()
}

// TestReceivers has the same line come from different receivers.
func TestReceivers(t *testing.T) {
	f := func(ld plog.Logs, want string) {
		t.Helper()
		p := newPipeline(t, "{}")
		p.consume(t, ld)
		lr := p.sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		get := func(key string) string {
			if v, ok := lr.Attributes().Get(key); ok {
				return v.AsString()
			}
			return "-"
		}
		got := fmt.Sprint(lr.EventName(), " by ", get("pam.classified_by"), ", ", lr.SeverityText(), " ", int32(lr.SeverityNumber()),
			", ", lr.Timestamp().AsTime().Format(time.RFC3339), ", ", get("user.name"), " ", get("pam.catalogue.id"), " ", get("pam.notification.id"))
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	const want = "pam.credential.password.viewed by name, notice 10, 2026-06-18T20:49:41Z, stlee 1 88"
	f(received(viewed), want)
	f(lines(viewed), want)                                 // filelog, kafka, otlp, udplog, tcplog
	f(lines(strings.Replace(viewed, "<13>", "", 1)), want) // a file written by rsyslog

	// syslogreceiver: the header in attributes, Body as received or the message alone.
	ld := lines(viewed[strings.Index(viewed, "CEF:"):])
	lr := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	lr.SetTimestamp(pcommon.NewTimestampFromTime(time.Date(2026, 6, 18, 20, 49, 41, 0, time.UTC)))
	lr.Attributes().PutStr("hostname", "vault")
	lr.Attributes().PutStr("appname", "senhasegura")
	f(ld, want)

	// Bytes for a body.
	ld = lines("")
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().SetEmptyBytes().FromRaw([]byte(viewed))
	f(ld, want)

	f(lines(a2a), "pam.a2a.secret.retrieved by marker, info 9, 2025-05-28T14:22:36Z, svc-web01 - -")
	f(received(a2a), "pam.a2a.secret.retrieved by marker, info 9, 2025-05-28T14:22:36Z, svc-web01 - -")
}

// TestCorpus has every line of the corpus come from our receiver and as a line
// of another: the same is found, and what was there stays.
func TestCorpus(t *testing.T) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	p := newPipeline(t, "{}")
	find := func(ld plog.Logs) (lr plog.LogRecord) {
		before := plog.NewLogs()
		ld.CopyTo(before)
		p.sink.Reset()
		p.consume(t, ld)
		out := p.sink.AllLogs()[0]
		lr = out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		old := before.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
		for key, v := range old.Attributes().All() {
			if now, ok := lr.Attributes().Get(key); !ok || !now.Equal(v) {
				t.Errorf("%s was %q and is %q", key, v.AsString(), now.AsString())
			}
		}
		if !lr.Body().Equal(old.Body()) {
			t.Errorf("the body was changed")
		}
		if !out.ResourceLogs().At(0).Resource().Attributes().Equal(before.ResourceLogs().At(0).Resource().Attributes()) {
			t.Errorf("the Resource was changed")
		}
		return lr
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			foreign := lines(c.Input)
			foreign.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).
				SetObservedTimestamp(pcommon.NewTimestampFromTime(corpus.Now))
			a, b := find(received(c.Input)), find(foreign)
			if a.EventName() != b.EventName() || a.SeverityNumber() != b.SeverityNumber() || a.Timestamp() != b.Timestamp() {
				t.Errorf("ours is %s, %s, %s, the other %s, %s, %s", a.EventName(), a.SeverityNumber(), a.Timestamp(),
					b.EventName(), b.SeverityNumber(), b.Timestamp())
			}
			for key, v := range a.Attributes().All() {
				if w, ok := b.Attributes().Get(key); !ok || !w.Equal(v) {
					t.Errorf("%s is %q in ours, %q in the other", key, v.AsString(), w.AsString())
				}
			}
		})
	}
}

// TestTwice processes what was processed: nothing changes.
func TestTwice(t *testing.T) {
	p := newPipeline(t, "{}")
	p.consume(t, lines(viewed, a2a, conflict, other, noise))
	once := plog.NewLogs()
	p.sink.AllLogs()[0].CopyTo(once)
	p.consume(t, p.sink.AllLogs()[0])
	twice := p.sink.AllLogs()[1]
	var first []plog.LogRecord
	each(once, func(lr plog.LogRecord) { first = append(first, lr) })
	i := 0
	each(twice, func(lr plog.LogRecord) {
		if a, b := first[i], lr; a.EventName() != b.EventName() || a.SeverityNumber() != b.SeverityNumber() ||
			a.Timestamp() != b.Timestamp() || !a.Attributes().Equal(b.Attributes()) {
			t.Errorf("record %d became\n%v, was\n%v", i, b.Attributes().AsRaw(), a.Attributes().AsRaw())
		}
		i++
	})
}

func TestOnUnknown(t *testing.T) {
	f := func(yaml string, ld plog.Logs, want, dropped string) {
		t.Helper()
		p := newPipeline(t, yaml)
		p.consume(t, ld)
		if got := p.bodies(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", yaml, got, want)
		}
		if got := fmt.Sprint(p.counts("otelcol_suid_processor_dropped")); got != "map["+dropped+"]" {
			t.Errorf("%s: dropped %s, want %s", yaml, got, dropped)
		}
	}
	mixed := func() plog.Logs { return lines(noise, conflict, other, noise, a2a, noise) }
	logout, retrieved := "pam.user.logout="+conflict, "pam.a2a.secret.retrieved="+a2a
	f("on_unknown: keep", mixed(), strings.Join([]string{"=" + noise, logout, "=" + other, "=" + noise, retrieved, "=" + noise}, "; "), "")
	f("on_unknown: tag", mixed(), strings.Join([]string{"=" + noise + " tagged", logout, "=" + other + " tagged", "=" + noise + " tagged", retrieved, "=" + noise + " tagged"}, "; "), "")
	f("on_unknown: drop", mixed(), logout+"; "+retrieved, "processor=suid,reason=unknown_type:4")
	f("on_unknown: drop", lines(a2a), retrieved, "")
	f("on_unknown: drop", lines(noise, other), "", "processor=suid,reason=unknown_type:2")

	// Nothing is handed on for a batch of which nothing is left, and no empty Resource.
	p := newPipeline(t, "on_unknown: drop")
	p.consume(t, lines(noise))
	p.consume(t, mixed())
	if all := p.sink.AllLogs(); len(all) != 1 || all[0].ResourceLogs().Len() != 2 {
		t.Errorf("%d batches handed on, %d Resources in the first", len(all), all[0].ResourceLogs().Len())
	}
}

func TestPrecedence(t *testing.T) {
	f := func(precedence, line, want string) {
		t.Helper()
		p := newPipeline(t, "precedence: "+precedence)
		p.consume(t, lines(line))
		if got, _, _ := strings.Cut(p.bodies(), "="); got != want {
			t.Errorf("%s: got %s, want %s", precedence, got, want)
		}
	}
	const line = `CEF:0|MT4|senhasegura|3.27.0-4||Password Viewed|5|suid=17 sname=Stephen Lee suser= dst=127.0.0.1 duser=root`
	f("default", line, "pam.credential.password.viewed")
	f("suid_first", line, "pam.credential.password.changed")
}

// TestLocation reads a time without a zone, in a line of another receiver.
func TestLocation(t *testing.T) {
	f := func(location, want string) {
		t.Helper()
		p := newPipeline(t, "location: "+location)
		ld := lines("<13>Jun 18 17:49:41 vault senhasegura: Successfully authenticated.")
		ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).SetObservedTimestamp(pcommon.NewTimestampFromTime(corpus.Now))
		p.consume(t, ld)
		each(p.sink.AllLogs()[0], func(lr plog.LogRecord) {
			if got := lr.Timestamp().AsTime().Format(time.RFC3339); got != want {
				t.Errorf("%s: got %s, want %s", location, got, want)
			}
		})
	}
	f("UTC", "2026-06-18T17:49:41Z")
	f("America/Sao_Paulo", "2026-06-18T20:49:41Z")
}

func TestTelemetry(t *testing.T) {
	p := newPipeline(t, "{}")
	p.consume(t, lines(viewed, a2a, noise, viewed, conflict))
	p.consume(t, received(viewed, other))
	f := func(name string, want ...string) {
		t.Helper()
		if got := fmt.Sprint(p.counts(name)); got != "map["+strings.Join(want, " ")+"]" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f("otelcol_suid_processor_classified",
		"evidence=marker,processor=suid,type=a2a.secret.retrieved:1",
		"evidence=name,processor=suid,type=credential.password.viewed:3",
		"evidence=name,processor=suid,type=user.logout:1",
		"evidence=none,processor=suid,type=unknown:2")
	f("otelcol_suid_processor_conflicts", "processor=suid:1")
	f("otelcol_suid_processor_dropped")
}

// TestConcurrent has many receivers at once.
func TestConcurrent(t *testing.T) {
	p := newPipeline(t, "on_unknown: drop")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 50 {
				if err := p.ConsumeLogs(t.Context(), lines(viewed, noise, a2a)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := p.sink.LogRecordCount(); n != 16*50*2 {
		t.Errorf("%d records handed on", n)
	}
}

// TestRefused hands the pipeline's error on, and does not count the records as
// dropped.
func TestRefused(t *testing.T) {
	refusal := errors.New("full")
	set, tel := settings()
	next, err := NewFactory().CreateLogs(t.Context(), set, createDefaultConfig(), consumertest.NewErr(refusal))
	if err != nil {
		t.Fatal(err)
	}
	if err := next.ConsumeLogs(t.Context(), lines(viewed)); !errors.Is(err, refusal) {
		t.Errorf("got %v", err)
	}
	if n := (&pipeline{tel: tel}).counts("otelcol_suid_processor_dropped"); len(n) != 0 {
		t.Errorf("dropped %v", n)
	}
	if err := next.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func BenchmarkProcess(b *testing.B) {
	f := func(name string, make func(...string) plog.Logs) {
		b.Run(name, func(b *testing.B) {
			const records = 500
			var batch []string
			for i := range records {
				batch = append(batch, strings.Replace(viewed, "88", fmt.Sprint(i), 1))
			}
			set, _ := settings()
			p, err := newProcessor(set, createDefaultConfig())
			if err != nil {
				b.Fatal(err)
			}
			original := make(batch...)
			ld := plog.NewLogs()
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				original.CopyTo(ld)
				b.StartTimer()
				if _, err := p.process(b.Context(), ld); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
		})
	}
	f("received", received)
	f("lines", lines)
}
