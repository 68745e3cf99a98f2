package wire

import (
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
	"github.com/otelcol-pam/otelcol-pam/internal/kv"
)

// appendSensage appends our reading of the product's Sensage profile, of which
// no sample is public: a header and then key="value" columns, the same ones in
// the same order for every event, empty where the event has none, since a
// Sensage loader takes lines apart by a fixed pattern. What no column holds
// follows behind.
func (enc *Encoder) appendSensage(dst []byte, e *audit.Event) []byte {
	start := len(dst)
	if enc.flag && enc.limit > 0 {
		enc.limit -= len(` truncated="true"`)
	}
	dst = enc.appendLeading(enc.appendHeader(dst, e), e, cef.MaxDeviceEventClassID)
	if enc.full(dst) {
		dst = enc.appendLeading(enc.appendHeader(dst[:start], e), e, shortWord)
	}
	dst = enc.appendColumns(dst, e)
	if enc.flag {
		dst = kv.AppendQuoted(append(dst, ' '), truncatedParam, "true")
	}
	return enc.appendRest(dst, e)
}

// appendLeading appends the columns of the time and of the CEF header, whose
// words are no longer than CEF allows and most.
func (enc *Encoder) appendLeading(dst []byte, e *audit.Event, most int) []byte {
	dst = kv.AppendQuoted(dst, columnTime, timeOf(e).Format(sensageTime))
	for i := range headerWords {
		w := &headerWords[i]
		text, limit := w.text(enc, e), w.most(most)
		if len(text) > limit {
			enc.truncated = true
			text = text[:runeStart([]byte(text), limit, 0)]
		}
		dst = kv.AppendQuoted(append(dst, ' '), w.column, text)
	}
	return dst
}

// appendColumns appends a column for every Term. A value that is too long is
// left out for the columns behind it.
func (enc *Encoder) appendColumns(dst []byte, e *audit.Event) []byte {
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
	return dst
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

// appendRest appends the source's host where the header has another, the uid,
// repeated values and the fields without a column.
func (enc *Encoder) appendRest(dst []byte, e *audit.Event) []byte {
	if host := enc.otherHost(e); host != "" {
		mark := len(dst)
		dst = kv.AppendQuoted(append(dst, ' '), hostParam, host)
		if enc.full(dst) {
			return dst[:mark]
		}
	}
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
