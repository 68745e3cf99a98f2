package wire

import (
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/kv"
)

// appendSensage appends our reading of the product's Sensage profile, of which
// no sample is public: a header and then key="value" columns, the same ones in
// the same order for every event, empty where the event has none, since a
// Sensage loader takes lines apart by a fixed pattern. What no column holds
// follows behind.
func (enc *Encoder) appendSensage(dst []byte, e *audit.Event) []byte {
	dst = enc.appendHeader(dst, e)
	dst = kv.AppendQuoted(dst, columnTime, timeOf(e).Format(sensageTime))
	for i := range headerWords {
		dst = kv.AppendQuoted(append(dst, ' '), headerWords[i].column, headerWords[i].text(enc, e))
	}
	if enc.flag {
		dst = kv.AppendQuoted(append(dst, ' '), truncatedParam, "true")
	}
	enc.index(e)
	for t := audit.TermSD + 1; int(t) < audit.NumTerms; t++ {
		if enc.leavesOut(t) {
			continue
		}
		value, mark := "", len(dst)
		if i := enc.columns[t]; i > 0 {
			value = e.Fields[i-1].String()
		}
		dst = kv.AppendQuoted(append(dst, ' '), t.Row().Param, value)
		if enc.full(dst) {
			dst = kv.AppendQuoted(append(dst[:mark], ' '), t.Row().Param, "")
		}
		if enc.full(dst) {
			return dst[:mark]
		}
	}
	return enc.appendRest(dst, e)
}

// sensageTime is RFC 3339 with at most microseconds, as RFC 5424 has it.
const sensageTime = "2006-01-02T15:04:05.999999Z07:00"

// index notes the first field of every Term.
func (enc *Encoder) index(e *audit.Event) {
	enc.columns = [audit.NumTerms]int{}
	for i := range e.Fields {
		if t := e.Fields[i].Term; enc.columns[t] == 0 {
			enc.columns[t] = i + 1
		}
	}
}

// appendRest appends the uid, repeated values and the fields without a column.
func (enc *Encoder) appendRest(dst []byte, e *audit.Event) []byte {
	if !e.UID.IsZero() {
		mark := len(dst)
		dst = kv.AppendQuoted(append(dst, ' '), uidParam, e.UID.String())
		if enc.full(dst) {
			return dst[:mark]
		}
	}
	enc.nameFields(e, &pairNames)
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Term > audit.TermSD && (enc.leavesOut(f.Term) || enc.columns[f.Term] == i+1) {
			continue
		}
		key := enc.names[i]
		if f.Term > audit.TermSD {
			key = f.Term.Row().Param
		}
		mark := len(dst)
		dst = kv.AppendQuoted(append(dst, ' '), key, f.String())
		if enc.full(dst) {
			return dst[:mark]
		}
	}
	return dst
}
