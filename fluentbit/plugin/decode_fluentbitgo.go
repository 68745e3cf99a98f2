//go:build fluent_bit_go

package plugin

import (
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// some reads all events of a chunk by fluent-bit-go's decoder: only maps of keys to
// texts and numbers, as the benchmark has them, to compare the two.
func (r *reader) some(c *chunk, now time.Time, yield func(*event, *audit.Event) (more bool)) {
	known := map[string]*wire.Name{}
	d := output.NewDecoder(unsafe.Pointer(unsafe.StringData(c.text)), len(c.text))
	for c.at = len(c.text); ; {
		code, when, record := output.GetRecord(d)
		if code != 0 {
			return
		}
		received := now
		if t, ok := when.(output.FLBTime); ok {
			received = t.Time
		}
		r.parser.Record(&r.event, received)
		for key, value := range record {
			r.addStock(known, key, value)
		}
		r.parser.End()
		r.catalog.Classify(&r.event)
		yield(&event{}, &r.event)
	}
}

func (r *reader) addStock(known map[string]*wire.Name, key, value any) {
	k, _ := key.(string)
	n := known[k]
	if n == nil {
		name := wire.MemberName(k)
		n = &name
		known[k] = n
	}
	switch v := value.(type) {
	case []byte:
		r.parser.Member(n, string(v))
	case int64:
		r.parser.MemberInt(n, v)
	}
}
