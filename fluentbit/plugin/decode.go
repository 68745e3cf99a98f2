//go:build !fluent_bit_go

package plugin

import (
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// some reads events of a chunk until there are no more, or no more are wanted. What
// yield is given is used again; the audit event is nil where there is nothing to
// send.
func (r *reader) some(c *chunk, now time.Time, yield func(*event, *audit.Event) (more bool)) {
	c.body = &r.body
	var ev event
	for c.at < len(c.text) {
		if c.read(&ev); ev.mark == "" && !yield(&ev, r.read(&ev, now)) {
			return
		}
	}
}
