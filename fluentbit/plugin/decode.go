//go:build !fluent_bit_go

package plugin

import (
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// each reads the events of a chunk. What yield is given is used again; the audit
// event is nil where there is nothing to send.
func (r *reader) each(chunk string, now time.Time, yield func(*event, *audit.Event)) {
	events(chunk, &r.body, func(ev *event) { yield(ev, r.read(ev, now)) })
}
