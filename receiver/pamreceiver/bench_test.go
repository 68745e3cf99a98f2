package pamreceiver

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// counting is a pipeline that counts records and tells when a goal is reached.
type counting struct {
	records atomic.Int64
	goal    atomic.Int64
	reached chan struct{}
}

func (*counting) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }

func (c *counting) ConsumeLogs(_ context.Context, ld plog.Logs) error {
	if c.records.Add(int64(ld.LogRecordCount())) == c.goal.Load() {
		c.reached <- struct{}{}
	}
	return nil
}

// BenchmarkTCP sends the corpus over one connection and waits until the
// pipeline has it. An operation is the corpus 20 times.
func BenchmarkTCP(b *testing.B) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		b.Fatal(err)
	}
	var lines, counted strings.Builder
	n := 0
	for _, c := range cases {
		lines.WriteString(c.Input + "\n")
		fmt.Fprintf(&counted, "%d %s", len(c.Input), c.Input)
		wire.NewParser(nil).SplitJSON(c.Input, func(string) bool { n++; return true })
	}
	b.Run("non_transparent", func(b *testing.B) { benchmarkTCP(b, lines.String(), n) })
	b.Run("octet_counting", func(b *testing.B) { benchmarkTCP(b, counted.String(), n) })
}

func benchmarkTCP(b *testing.B, corpus string, n int) {
	const times = 20
	c := &counting{reached: make(chan struct{})}
	r := start(b, "protocols: {tcp: {endpoint: 'localhost:0'}}", c)
	conn := dial(b, r.tcp.socket.Addr())
	stream := []byte(strings.Repeat(corpus, times))
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		c.goal.Add(int64(times * n))
		if _, err := conn.Write(stream); err != nil {
			b.Fatal(err)
		}
		<-c.reached
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*times*n), "ns/record")
}
