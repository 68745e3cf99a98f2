//go:build fluent_bit_go

package plugin

import (
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// names keeps what keys say.
type names map[string]*wire.Name

// each reads the events of a chunk by fluent-bit-go's decoder: only maps of keys
// to texts and numbers, as the benchmark has them, to compare the two.
func (r *reader) each(chunk string, now time.Time, yield func(*event, *audit.Event)) {
	known := names{}
	d := output.NewDecoder(unsafe.Pointer(unsafe.StringData(chunk)), len(chunk))
	for {
		code, when, record := output.GetRecord(d)
		if code != 0 {
			return
		}
		if t, ok := when.(output.FLBTime); ok {
			now = t.Time
		}
		r.parser.Record(&r.event, now)
		for key, value := range record {
			r.addStock(known, key, value)
		}
		r.parser.End()
		r.catalog.Classify(&r.event)
		yield(&event{}, &r.event)
	}
}

func (r *reader) addStock(known names, key, value any) {
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
