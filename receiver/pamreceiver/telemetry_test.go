package pamreceiver

import (
	"context"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadatatest"
)

// TestTelemetry has messages of several layouts, some with faults.
func TestTelemetry(t *testing.T) {
	s := newSink(nil)
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0', max_message_size: 200}}", s)
	conn := dial(t, r.tcp.socket.Addr())
	for _, msg := range []string{
		"<13>1 2026-01-02T03:04:05Z host app 1 - - text",
		"<13>1 2026-01-02T03:04:05Z host app 2 - - text",
		"<13>1 2026-01-02T03:04:05Z host app 3 - - CEF:0|MT4|senhasegura|3|9|n|5|suser=a",
		"<13>1 2026-01-02T03:04:05Z host app 4 - - " + strings.Repeat("x", 200),
		`{"action":`,
		"CEF:0|MT4|senhasegura|3|9|n|5|suser=a",
	} {
		write(t, conn, msg+"\n")
	}
	s.take(t, 6)
	r.Shutdown(context.Background())
	point := func(n int64, key, value string) metricdata.DataPoint[int64] {
		attrs := []attribute.KeyValue{attribute.String("receiver", "pam"), attribute.String("transport", "tcp")}
		if key != "" {
			attrs = append(attrs, attribute.String(key, value))
		}
		return metricdata.DataPoint[int64]{Value: n, Attributes: attribute.NewSet(attrs...)}
	}
	metadatatest.AssertEqualPamReceiverParsed(t, r.tel, []metricdata.DataPoint[int64]{
		point(3, "format", "rfc5424"),
		point(1, "format", "json"),
		point(1, "format", "cef_rfc5424"),
		point(1, "format", "cef"),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualPamReceiverRepaired(t, r.tel, []metricdata.DataPoint[int64]{
		point(1, "repair", "frame_cut"),
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualPamReceiverUnreadable(t, r.tel, []metricdata.DataPoint[int64]{
		point(1, "reason", "JSON"),
	}, metricdatatest.IgnoreTimestamp())
}
