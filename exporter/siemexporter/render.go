package siemexporter

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// renderer turns log records into frames. It is for one goroutine at a time.
type renderer struct {
	reader  *logrecord.Reader
	encoder *wire.Encoder
	framing syslog.Framing // Auto: a datagram each
	frames  delivery.Frames
}

// rendered counts what happened to the records of one batch.
type rendered struct {
	truncated int
	flattened int // CR, LF or NUL became spaces
	empty     int // no byte to send
}

func newRenderer(c *Config) (*renderer, error) {
	encoder, err := wire.NewEncoder(c.encoding())
	if err != nil {
		return nil, err
	}
	reader := logrecord.NewReader(audit.Builtin(), nil)
	reader.Extra = c.Attributes
	return &renderer{reader: reader, encoder: encoder, framing: c.framing()}, nil
}

// maxKept bounds the memory that is kept for the next batch.
const maxKept = 4 << 20

// render returns a frame for each record, in their order. Only a record
// without a byte to send has none.
func (r *renderer) render(ld plog.Logs, now time.Time) (f delivery.Frames, n rendered) {
	if cap(r.frames.Bytes) > maxKept {
		r.frames = delivery.Frames{}
	}
	f = delivery.Frames{Bytes: r.frames.Bytes[:0], Ends: r.frames.Ends[:0]}
	r.reader.Now = now
	r.reader.Each(ld, func(_ plog.LogRecord, e *audit.Event) { f = r.add(f, e, &n) })
	r.frames = f
	return delivery.Frames{Bytes: bytes.Clone(f.Bytes), Ends: slices.Clone(f.Ends)}, n
}

func (r *renderer) add(f delivery.Frames, e *audit.Event, n *rendered) delivery.Frames {
	raw := r.encoder.Format == "raw"
	if raw && e.Raw == "" {
		n.empty++
		return f
	}
	if raw && r.framing == syslog.NonTransparent && strings.ContainsAny(e.Raw, "\r\n\x00") {
		n.flattened++
	}
	var truncated bool
	if r.framing == syslog.Auto {
		f.Bytes, truncated = r.encoder.Append(f.Bytes, e)
	} else {
		f.Bytes, truncated = r.encoder.AppendFrame(f.Bytes, e)
	}
	if truncated {
		n.truncated++
	}
	f.Ends = append(f.Ends, len(f.Bytes))
	return f
}
