package siemexporter

import (
	"bytes"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/logrecord"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// renderer turns log records into frames. It is for one goroutine at a time.
type renderer struct {
	reader   *logrecord.Reader
	renderer *siem.Renderer
	frames   delivery.Frames
}

func newRenderer(c *Config) (*renderer, error) {
	r, err := siem.NewRenderer(&c.Config, string(c.Token))
	if err != nil {
		return nil, err
	}
	reader := logrecord.NewReader(audit.Builtin(), nil)
	reader.Extra = c.Attributes
	return &renderer{reader: reader, renderer: r}, nil
}

// maxKept bounds the memory that is kept for the next batch.
const maxKept = 4 << 20

// render returns a frame for each record, in their order. Only a record
// without a byte to send has none.
func (r *renderer) render(ld plog.Logs, now time.Time) (f delivery.Frames, n siem.Rendered) {
	if cap(r.frames.Bytes) > maxKept {
		r.frames = delivery.Frames{}
	}
	f = delivery.Frames{Bytes: r.frames.Bytes[:0], Ends: r.frames.Ends[:0]}
	r.reader.Now = now
	r.reader.Each(ld, func(_ plog.LogRecord, e *audit.Event) { f = r.renderer.Append(f, e, &n) })
	r.frames = f
	return delivery.Frames{Bytes: bytes.Clone(f.Bytes), Ends: slices.Clone(f.Ends)}, n
}
