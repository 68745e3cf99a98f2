package wire

import (
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/kv"
)

// appendPairs appends MSG as key=value pairs: the A2A line's own keys for an
// A2A event, else those of CEF.
func (enc *Encoder) appendPairs(dst []byte, e *audit.Event) []byte {
	enc.nameFields(e, &pairNames)
	a2a := e.IsA2A()
	bare := len(dst)
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Term == audit.TermSD || f.Term != audit.TermUnknown && enc.leavesOut(f.Term) {
			continue
		}
		mark := len(dst)
		dst = append(dst, ' ')
		if mark == bare {
			dst = enc.appendBOM(dst)
		}
		dst = kv.AppendPair(dst, enc.pairKey(e, i, a2a), f.String())
		if enc.full(dst) { // a shorter one may still find room
			dst = dst[:mark]
		}
	}
	return dst
}

func (enc *Encoder) pairKey(e *audit.Event, i int, a2a bool) string {
	f := &e.Fields[i]
	if f.Term == audit.TermUnknown {
		return enc.names[i]
	}
	row := f.Term.Row()
	switch {
	case a2a && row.A2A != "":
		return row.A2A
	case row.CEF != "":
		return row.CEF
	}
	return row.Param
}
