package wire

import (
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// appendRFC5424 appends a message whose MSG is what Message asks for and whose
// SD-ELEMENT holds what MSG does not. Half a JSON object is none: one that is
// too long goes without the raw message, else as text.
func (enc *Encoder) appendRFC5424(dst []byte, e *audit.Event) []byte {
	if enc.Message == "json" {
		start := len(dst)
		if dst = enc.appendForm(dst, e, "json"); !enc.full(dst) {
			return dst
		}
		bare := *e
		bare.Raw = ""
		if dst = enc.appendForm(dst[:start], &bare, "json"); !enc.full(dst) {
			return dst
		}
		return enc.appendForm(dst[:start], e, textForm(e, "text"))
	}
	return enc.appendForm(dst, e, textForm(e, enc.Message))
}

// textForm returns the form of a MSG: an event without a sentence, and one of
// A2A, has no text but its pairs.
func textForm(e *audit.Event, form string) string {
	if form == "text" && (!e.Has(audit.Message) || e.IsA2A()) {
		return "key_value"
	}
	return form
}

func (enc *Encoder) appendForm(dst []byte, e *audit.Event, form string) []byte {
	dst = enc.appendHeader5424(dst, e)
	dst = enc.appendSD(dst, e, form)
	switch form {
	case "text":
		return enc.appendMsg(dst, e)
	case "key_value":
		return enc.appendPairs(dst, e)
	case "cef":
		return enc.appendCEF(enc.appendBOM(append(dst, ' ')), e)
	}
	return AppendJSON(enc.appendBOM(append(dst, ' ')), e)
}

func (enc *Encoder) appendBOM(dst []byte) []byte {
	if enc.BOM {
		return append(dst, "\xEF\xBB\xBF"...)
	}
	return dst
}

// appendSD appends STRUCTURED-DATA: our own SD-ELEMENT with the fields, where
// MSG does not hold them, and the foreign ones as they came.
func (enc *Encoder) appendSD(dst []byte, e *audit.Event, form string) []byte {
	dst = enc.appendToken(dst)
	start := len(dst)
	dst = append(append(dst, '['), enc.sdID...)
	empty := len(dst)
	if form != "cef" { // which says these itself
		dst = enc.appendAbout(dst, e)
	}
	if form == "text" || form == "key_value" {
		dst = enc.appendWords(dst, e)
	}
	if form == "text" {
		enc.nameFields(e, &paramNames)
		for i := range e.Fields {
			dst = enc.appendField(dst, e, i)
		}
	}
	if len(dst) == empty {
		dst = dst[:start]
	} else {
		dst = append(dst, ']')
	}
	dst = enc.appendForeign(dst, e)
	if len(dst) == start && enc.Token == "" {
		dst = append(dst, '-')
	}
	return dst
}

// appendAbout appends what is no field: the source's host where the header has
// another, the record's uid, and that a limit cut the message.
func (enc *Encoder) appendAbout(dst []byte, e *audit.Event) []byte {
	if host := enc.otherHost(e); host != "" {
		mark := len(dst)
		dst = enc.undo(appendParam(dst, hostParam, host), mark)
	}
	if enc.flag {
		dst = appendParam(dst, truncatedParam, "true")
	}
	if !e.UID.IsZero() {
		dst = append(append(append(dst, ' '), uidParam...), `="`...)
		dst = append(e.UID.Append(dst), '"')
	}
	return dst
}

// sdReserve is kept free behind STRUCTURED-DATA for what must still follow.
const sdReserve = 4

// undo takes back what was appended since mark when it leaves no room.
func (enc *Encoder) undo(dst []byte, mark int) []byte {
	if enc.limit == 0 || len(dst)+sdReserve <= enc.limit {
		return dst
	}
	enc.truncated = true
	return dst[:mark]
}

// appendWords appends the CEF header words that the source had.
func (enc *Encoder) appendWords(dst []byte, e *audit.Event) []byte {
	for i := range headerWords {
		if value := *headerWords[i].word(&e.Source); value != "" {
			mark := len(dst)
			dst = enc.undo(appendParam(dst, headerWords[i].param, value), mark)
		}
	}
	return dst
}

func appendParam(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, ' '), name...), `="`...)
	return append(syslog.AppendParamValue(dst, value), '"')
}

// appendField appends a field as an SD-PARAM, but for the sentence that is MSG
// and what stands in SD-ELEMENTs of its own.
func (enc *Encoder) appendField(dst []byte, e *audit.Event, i int) []byte {
	f, mark := &e.Fields[i], len(dst)
	name := enc.names[i]
	switch {
	case f.Term == audit.TermSD:
		return dst
	case f.Term == audit.TermUnknown:
	case enc.leavesOut(f.Term), f.Term == audit.Message && i == firstMessage(e) && isPlain(f.Text):
		return dst
	default:
		name = f.Term.Row().Param
	}
	if f.IsNum {
		dst = append(append(append(dst, ' '), name...), `="`...)
		return enc.undo(append(appendInt(dst, f.Num), '"'), mark)
	}
	return enc.undo(appendParam(dst, name, f.Text), mark)
}

// firstMessage returns the index of the first msg, the one that is MSG.
func firstMessage(e *audit.Event) int {
	for i := range e.Fields {
		if e.Fields[i].Term == audit.Message {
			return i
		}
	}
	return -1
}

// appendForeign appends the SD-PARAMs of others under their SD-IDs. An SD-ID
// stands once (RFC 5424 section 6.3.2), so all of its parameters follow it.
func (enc *Encoder) appendForeign(dst []byte, e *audit.Event) []byte {
	enc.params = enc.params[:0]
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Term == audit.TermSD {
			id, name := splitSDKey(f.Key)
			enc.params = append(enc.params, foreignParam{enc.foreignID(id), name, f.Text})
		}
	}
	for i := range enc.params {
		id := enc.params[i].id
		if id == "" {
			continue
		}
		mark := len(dst)
		dst = append(append(dst, '['), id...)
		for j := i; j < len(enc.params); j++ {
			if p := &enc.params[j]; p.id == id {
				dst = append(syslog.AppendSDName(append(dst, ' '), p.name), `="`...)
				dst = append(syslog.AppendParamValue(dst, p.value), '"')
				p.id = ""
			}
		}
		dst = enc.undo(append(dst, ']'), mark)
	}
	return dst
}

// foreignID returns an SD-ID as it can stand: by the letter, and none of ours.
func (enc *Encoder) foreignID(id string) string {
	if strings.HasPrefix(id, sdPrefix) || enc.Token != "" && id == enc.Token {
		id = reservedPrefix + id
	}
	enc.scratch = syslog.AppendSDName(enc.scratch[:0], id)
	if string(enc.scratch) == id {
		return id
	}
	return string(enc.scratch)
}

// foreignParam is an SD-PARAM of another sender; its id is emptied when it is
// written.
type foreignParam struct{ id, name, value string }

// appendMsg appends the product's sentence as MSG.
func (enc *Encoder) appendMsg(dst []byte, e *audit.Event) []byte {
	start := len(dst)
	text := e.Fields[firstMessage(e)].Text
	if !isPlain(text) {
		return dst
	}
	dst = enc.appendBOM(append(dst, ' '))
	floor := len(dst)
	dst = enc.cut(appendLine(dst, text), floor)
	if len(dst) <= floor {
		return dst[:start]
	}
	return dst
}
