package logrecord

import (
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// Reader reads log records as events. It is not safe for concurrent use.
type Reader struct {
	// Extra names attributes that are no part of the attribute model and are
	// read all the same, each as a field of that name.
	Extra []string
}

// NewReader returns a Reader that finds types in c and reads times without a
// zone in loc; nil is UTC.
func NewReader(c *audit.Catalog, loc *time.Location) *Reader { return &Reader{} }

// Each calls f with every record of ld and the event it carries. The event is
// used again for the next record.
func (r *Reader) Each(ld plog.Logs, f func(lr plog.LogRecord, e *audit.Event)) {}
