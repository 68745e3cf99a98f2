package wire

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
	"github.com/otelcol-pam/otelcol-pam/internal/kv"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// appendRFC5424 appends a message whose MSG is what Message asks for and whose
// SD-ELEMENT holds what MSG does not.
func (enc *Encoder) appendRFC5424(dst []byte, e *audit.Event) []byte {
	dst = syslog.AppendRFC5424(dst, enc.fill(e))
	form := enc.Message
	if form == "text" && (!e.Has(audit.Message) || isA2A(e)) {
		form = "key_value"
	}
	dst = enc.appendSD(dst, e, form)
	switch form {
	case "text":
		return enc.appendMsg(dst, e)
	case "key_value":
		return enc.appendPairs(dst, e)
	case "cef":
		return enc.appendCEF(enc.appendBOM(append(dst, ' ')), e)
	}
	start := len(dst)
	dst = AppendJSON(enc.appendBOM(append(dst, ' ')), e)
	if enc.full(dst) { // half a JSON object is none
		return dst[:start]
	}
	return dst
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
	start := len(dst)
	dst = append(append(dst, '['), enc.sdID...)
	empty := len(dst)
	if enc.flag {
		mark := len(dst)
		dst = enc.undo(appendParam(dst, truncatedParam, "true"), mark)
	}
	if e.UID != [16]byte{} {
		mark := len(dst)
		dst = append(append(append(dst, ' '), uidParam...), `="`...)
		dst = append(hex.AppendEncode(dst, e.UID[:]), '"')
		dst = enc.undo(dst, mark)
	}
	if form == "text" || form == "key_value" {
		dst = enc.appendWords(dst, e)
	}
	if form == "text" {
		for i := range e.Fields {
			dst = enc.appendParam(dst, e, i)
		}
	}
	if len(dst) == empty {
		dst = dst[:start]
	} else {
		dst = append(dst, ']')
	}
	dst = enc.appendForeign(dst, e)
	if len(dst) == start {
		dst = append(dst, '-')
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
	for i := range headerParams {
		if value := *headerParams[i].word(&e.Source); value != "" {
			mark := len(dst)
			dst = enc.undo(appendParam(dst, headerParams[i].param, value), mark)
		}
	}
	return dst
}

func appendParam(dst []byte, name, value string) []byte {
	dst = append(append(append(dst, ' '), name...), `="`...)
	return append(syslog.AppendParamValue(dst, value), '"')
}

func (enc *Encoder) appendParam(dst []byte, e *audit.Event, i int) []byte {
	f := &e.Fields[i]
	mark := len(dst)
	switch {
	case f.Term == audit.TermSD:
		return dst
	case f.Term == audit.TermUnknown:
		dst = append(dst, ' ')
		dst = append(dst, enc.name(e, i, maxSDName, audit.ParamKeys)...)
		dst = append(dst, `="`...)
		dst = append(appendSDText(dst, f), '"')
	case enc.leavesOut(f.Term), f.Term == audit.Message && i == firstMessage(e) && isPlain(f.Text):
		return dst
	default:
		dst = append(append(append(dst, ' '), f.Term.Row().Param...), `="`...)
		dst = append(appendSDText(dst, f), '"')
	}
	return enc.undo(dst, mark)
}

func appendSDText(dst []byte, f *audit.Field) []byte {
	if f.IsNum {
		return appendInt(dst, f.Num)
	}
	return syslog.AppendParamValue(dst, f.Text)
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
	for i := range e.Fields {
		if e.Fields[i].Term != audit.TermSD {
			continue
		}
		id, _ := splitSDKey(e.Fields[i].Key)
		if sdIDBefore(e, i, id) || string(syslog.AppendSDName(nil, id)) != id || isOwnSD(id) {
			continue
		}
		mark := len(dst)
		dst = append(append(dst, '['), id...)
		for j := i; j < len(e.Fields); j++ {
			f := &e.Fields[j]
			if f.Term != audit.TermSD {
				continue
			}
			if other, name := splitSDKey(f.Key); other == id {
				dst = append(syslog.AppendSDName(append(dst, ' '), name), `="`...)
				dst = append(syslog.AppendParamValue(dst, f.Text), '"')
			}
		}
		dst = enc.undo(append(dst, ']'), mark)
	}
	return dst
}

// isOwnSD reports whether an SD-ID would be read back as our own.
func isOwnSD(id string) bool { return len(id) >= len(sdPrefix) && id[:len(sdPrefix)] == sdPrefix }

func sdIDBefore(e *audit.Event, i int, id string) bool {
	for j := range i {
		if e.Fields[j].Term == audit.TermSD {
			if other, _ := splitSDKey(e.Fields[j].Key); other == id {
				return true
			}
		}
	}
	return false
}

// appendMsg appends the product's sentence as MSG.
func (enc *Encoder) appendMsg(dst []byte, e *audit.Event) []byte {
	start := len(dst)
	text := e.Fields[firstMessage(e)].Text
	if !isPlain(text) {
		return dst
	}
	dst = enc.appendBOM(append(dst, ' '))
	floor := len(dst)
	dst = appendLine(dst, text)
	if enc.full(dst) && enc.limit <= floor {
		return dst[:start]
	}
	return enc.cut(dst, floor)
}

// isPlain reports whether a text would be read back as the plain words it is.
// One that begins like another body, or with a byte order mark, travels in the
// SD-ELEMENT instead, where nobody can take it for fields.
func isPlain(text string) bool {
	if strings.ContainsFunc(text, isBreak) {
		text = string(appendLine(nil, text))
	}
	start := strings.TrimLeft(text, " ")
	for _, body := range [...]string{"CEF:", "|CEF:", "{", "[", "\uFEFF"} {
		if strings.HasPrefix(start, body) {
			return false
		}
	}
	return !kv.Looks(start)
}

// appendLine appends text without anything that could end a record: control
// characters, U+2028 and U+2029 become spaces, bytes that are not UTF-8
// U+FFFD.
func appendLine(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7F {
			return appendLineSlow(append(dst, text[:i]...), text[i:])
		}
	}
	return append(dst, text...)
}

func appendLineSlow(dst []byte, text string) []byte {
	for _, r := range text {
		if isBreak(r) {
			r = ' '
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// isBreak reports whether a rune may end a record for some reader.
func isBreak(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// appendPairs appends MSG as key=value pairs: the A2A line's own keys for an
// A2A event, else those of CEF.
func (enc *Encoder) appendPairs(dst []byte, e *audit.Event) []byte {
	a2a := isA2A(e)
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
		dst = kv.AppendPair(dst, enc.pairKey(e, i, a2a), textOf(f))
		if enc.full(dst) { // a shorter one may still find room
			dst = dst[:mark]
		}
	}
	return dst
}

func (enc *Encoder) pairKey(e *audit.Event, i int, a2a bool) string {
	f := &e.Fields[i]
	if f.Term == audit.TermUnknown {
		return enc.name(e, i, maxKey, audit.ParamKeys, audit.A2AKeys, audit.CEFKeys)
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

// The longest names: an SD-NAME (RFC 5424 section 6), and, for want of a
// limit in the standard, a CEF key.
const (
	maxSDName = 32
	maxKey    = 63
)

// name returns the name under which a field without a Term travels: its key in
// letters, digits and underscores, of at most most bytes, unlike any name that
// is read as something else and unlike any other field's.
func (enc *Encoder) name(e *audit.Event, i, most int, vocabularies ...*audit.Vocabulary) string {
	key := e.Fields[i].Key
	legal := isName(key, most)
	if !legal {
		key = rewritten(key, most)
	}
	if reserved(key, vocabularies...) {
		key = reservedPrefix + key
	}
	if legal {
		return key
	}
	base := key
	for n := i; taken(e, i, key, most); n += audit.MaxFields { // i numbers this field alone
		key = base + "_" + strconv.Itoa(n)
	}
	return key
}

// nameReserve is the room that a rewritten name keeps for reservedPrefix and
// a number.
const nameReserve = len(reservedPrefix) + len("_99999")

func isName(key string, most int) bool {
	return cef.LegalKey(key) && len(key) <= most-len(reservedPrefix)
}

func rewritten(key string, most int) string {
	name := cef.AppendKey(nil, key)
	return string(name[:min(len(name), most-nameReserve)])
}

// taken reports whether another field without a Term goes by that name.
func taken(e *audit.Event, i int, name string, most int) bool {
	bare := strings.TrimPrefix(name, reservedPrefix)
	for j := range e.Fields {
		f := &e.Fields[j]
		if j == i || f.Term > audit.TermSD || f.Key == e.Fields[i].Key {
			continue
		}
		if f.Key == name || f.Key == bare || j < i && !isName(f.Key, most) && rewritten(f.Key, most) == bare {
			return true
		}
	}
	return false
}
