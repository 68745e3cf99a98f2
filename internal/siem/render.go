package siem

import (
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Renderer turns events into frames. It is for one goroutine at a time.
type Renderer struct {
	encoder *wire.Encoder
	raw     bool
	framing syslog.Framing // Auto: a datagram each
}

// Rendered counts what happened to events.
type Rendered struct {
	Truncated int
	Flattened int // CR, LF or NUL became spaces
	Empty     int // no byte to send
}

// NewRenderer returns what renders as the keys say. Its error is one that Check
// has too.
func NewRenderer(c *Config, token string) (*Renderer, error) {
	encoder, err := wire.NewEncoder(c.Encoding(token))
	if err != nil {
		return nil, err
	}
	return &Renderer{encoder: encoder, raw: c.Format == "raw", framing: c.framing()}, nil
}

// Append appends the frame of an event to f. Only one without a byte to send has
// none.
func (r *Renderer) Append(f delivery.Frames, e *audit.Event, n *Rendered) delivery.Frames {
	if r.raw && e.Raw == "" {
		n.Empty++
		return f
	}
	if r.raw && r.framing == syslog.NonTransparent && strings.ContainsAny(e.Raw, "\r\n\x00") {
		n.Flattened++
	}
	var truncated bool
	if r.framing == syslog.Auto {
		f.Bytes, truncated = r.encoder.Append(f.Bytes, e)
	} else {
		f.Bytes, truncated = r.encoder.AppendFrame(f.Bytes, e)
	}
	if truncated {
		n.Truncated++
	}
	f.Ends = append(f.Ends, len(f.Bytes))
	return f
}
