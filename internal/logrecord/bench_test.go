package logrecord

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// benchLine has 16 fields.
const benchLine = `<13>1 2026-11-01T10:00:00.123Z pam1.example.com senhasegura 1426 - - CEF:0|MT4|senhasegura|3.33|16|Session started|5|` +
	`suser=ann.example sname=Ann Example src=192.0.2.17 dst=192.0.2.99 dpt=22 dhost=db1.example.com duser=root duid=1042 ` +
	`spriv=Administrator suid=77 spid=4711 act=start dproc=sshd requestMethod=POST sourceServiceName=PAM msg=The session of ann.example on db1.example.com began`

// batchSize is what one read of a socket gives.
const batchSize = 100

func benchEvent(b *testing.B) *audit.Event {
	b.Helper()
	e := new(audit.Event)
	wire.NewParser(nil).Parse(e, benchLine, at)
	if len(e.Fields) != 16 {
		b.Fatalf("%d fields", len(e.Fields))
	}
	e.UID = [16]byte{1}
	return e
}

func benchBatch(e *audit.Event) plog.Logs {
	batch := NewBatch("1")
	for range batchSize {
		batch.Add(e)
	}
	return batch.Logs()
}

func perRecord(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batchSize), "ns/record")
	b.ReportAllocs()
}

func BenchmarkAdd(b *testing.B) {
	e := benchEvent(b)
	batch := NewBatch("1")
	for b.Loop() {
		for range batchSize {
			batch.Add(e)
		}
		batch.Logs()
	}
	perRecord(b)
}

// BenchmarkPutStr writes the same attributes one by one, for comparison.
func BenchmarkPutStr(b *testing.B) {
	want := benchBatch(benchEvent(b)).ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes()
	for b.Loop() {
		records := plog.NewLogs().ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		for range batchSize {
			lr := records.AppendEmpty()
			lr.Body().SetStr(benchLine)
			for k, v := range want.All() {
				lr.Attributes().PutStr(k, v.Str())
			}
		}
	}
	perRecord(b)
}

func BenchmarkEach(b *testing.B) {
	ld := benchBatch(benchEvent(b))
	r := NewReader(audit.Builtin(), nil)
	fields := 0
	for b.Loop() {
		r.Each(ld, func(_ plog.LogRecord, e *audit.Event) { fields += len(e.Fields) })
	}
	if fields == 0 {
		b.Error("no fields")
	}
	perRecord(b)
}

func BenchmarkForeign(b *testing.B) {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for range batchSize {
		records.AppendEmpty().Body().SetStr(benchLine)
	}
	r := NewReader(audit.Builtin(), nil)
	r.Now = at
	for b.Loop() {
		r.Each(ld, func(plog.LogRecord, *audit.Event) {})
	}
	perRecord(b)
}

// BenchmarkExtend adds what a processor adds: the name, the severity and five
// fields. It includes making the records.
func BenchmarkExtend(b *testing.B) {
	e := benchEvent(b)
	had := len(e.Fields)
	more := *e
	more.Fields = append([]audit.Field(nil), e.Fields...)
	more.Type, more.Evidence, more.Severity = &audit.Type{Name: "session.started"}, audit.ByText, audit.Notice
	for _, t := range []audit.TermID{audit.UserID, audit.Outcome, audit.CatalogueID, audit.AlertCategory, audit.ProcessID} {
		more.Fields = append(more.Fields, audit.Field{Term: t, Text: "1"})
	}
	batch := NewBatch("1")
	for b.Loop() {
		for range batchSize {
			batch.Add(e)
		}
		for _, lr := range batch.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
			Extend(lr, &more, had)
		}
	}
	perRecord(b)
}
