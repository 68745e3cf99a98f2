package wire

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

func (enc *Encoder) appendCEFMessage(dst []byte, e *audit.Event) []byte {
	return enc.appendCEF(enc.appendHeader(dst, e), e)
}

func (enc *Encoder) appendCEF(dst []byte, e *audit.Event) []byte {
	start := len(dst)
	enc.tail = enc.appendTail(enc.tail[:0], e)
	dst = enc.appendCEFHeader(dst, e, cef.MaxDeviceEventClassID)
	if enc.limit > 0 && len(dst)+len(enc.tail) > enc.limit {
		enc.truncated = true
		dst = enc.appendCEFHeader(dst[:start], e, shortWord)
	}
	return enc.appendExtension(dst, e)
}

// shortWord is the length to which the class id and Name are cut when
// MaxMessageSize does not hold the header otherwise.
const shortWord = 16

// appendCEFHeader appends the header's words, none longer than most allows.
func (enc *Encoder) appendCEFHeader(dst []byte, e *audit.Event, most int) []byte {
	dst = append(dst, "CEF:"...)
	dst = append(appendInt(dst, int64(enc.CEFVersion)), '|')
	for i := range headerWords {
		w := &headerWords[i]
		limit := w.limit
		if limit > cef.MaxDeviceVendor { // the class id and Name
			limit = min(limit, most)
		}
		text := w.text(enc, e)
		if len(text) > limit {
			enc.truncated = true
		}
		dst = append(cef.AppendHeaderField(dst, text, limit), '|')
	}
	return dst
}

// appendExtension appends the fields in their order, then the record's uid
// and the time. A pair whose end a reader drops, as it does spaces behind the
// last value, is therefore never last.
func (enc *Encoder) appendExtension(dst []byte, e *audit.Event) []byte {
	limit := enc.limit
	if enc.limit > 0 {
		enc.limit = max(enc.limit-len(enc.tail), len(dst))
	}
	floor, late := len(dst), enc.lateMessage(e)
	enc.slots.begin(e)
	enc.nameFields(e, &cefNames)
	for i := range e.Fields {
		if late < 0 || e.Fields[i].Term != audit.Message {
			dst = enc.appendPair(dst, e, i, floor)
		}
	}
	if late >= 0 {
		for i := late; i < len(e.Fields) && e.Fields[i].Term == audit.Message; i++ {
			dst = enc.appendPair(dst, e, i, floor)
		}
	}
	enc.limit = limit
	switch {
	case len(enc.tail) == 0: // a reader drops the last value's spaces
		return append(dst[:floor], bytes.TrimRight(dst[floor:], " ")...)
	case len(dst) == floor:
		return append(dst, enc.tail[1:]...)
	}
	return append(dst, enc.tail...)
}

func (enc *Encoder) appendTail(dst []byte, e *audit.Event) []byte {
	if enc.flag {
		dst = append(append(append(dst, ' '), truncatedKey...), "=true"...)
	}
	if !e.UID.IsZero() && find(e.Fields, uidKey) == nil {
		dst = e.UID.Append(append(append(append(dst, ' '), uidKey...), '='))
	}
	t := timeOf(e)
	if t.UnixMilli() < leastMilli {
		return dst
	}
	dst = append(append(append(dst, ' '), timeKey...), '=')
	return cef.AppendTime(dst, t)
}

// leastMilli is the least count of milliseconds that no reader takes for
// seconds: March 1973. An earlier time is in the syslog header only.
const leastMilli = 1e11

// lateMessage returns the index of msg when it must go behind the other
// fields, -1 when it may keep its place: a key that a reader does not know
// would be taken for words of msg.
func (enc *Encoder) lateMessage(e *audit.Event) int {
	at := firstMessage(e)
	if at < 0 {
		return -1
	}
	for i := at + 1; i < len(e.Fields); i++ {
		if e.Fields[i].Term <= audit.TermSD {
			return at
		}
	}
	return -1
}

// appendPair appends one field as one pair, or as a custom slot with its
// label.
func (enc *Encoder) appendPair(dst []byte, e *audit.Event, i, floor int) []byte {
	f := &e.Fields[i]
	mark := len(dst)
	if f.Term > audit.TermSD && enc.leavesOut(f.Term) {
		return dst
	}
	key, label, most := enc.cefKey(e, i)
	if key == "" {
		return dst
	}
	if label != "" {
		dst = append(append(dst, ' '), key...)
		dst = append(dst, labelSuffix...)
		dst = cef.AppendValue(append(dst, '='), label, 1023)
	}
	dst = append(append(append(dst, ' '), key...), '=')
	value := len(dst)
	if f.IsNum {
		dst = appendInt(dst, f.Num)
	} else {
		if most > 0 && len(f.Text) > most {
			enc.truncated = true
		}
		dst = cef.AppendValue(dst, f.Text, most)
	}
	if mark == floor { // no space before the first pair
		dst = append(dst[:mark], dst[mark+1:]...)
		value--
	}
	return enc.cutPair(dst, mark, value)
}

// cutPair cuts the value that begins at value at the limit, between runes and
// not within an escape. A pair without a value left goes as a whole.
func (enc *Encoder) cutPair(dst []byte, mark, value int) []byte {
	if !enc.full(dst) {
		return dst
	}
	end := runeStart(dst, enc.limit, mark)
	if end <= value {
		return dst[:mark]
	}
	escapes := 0
	for end-1-escapes >= value && dst[end-1-escapes] == '\\' {
		escapes++
	}
	return dst[:end-escapes%2]
}

// cefKey returns the key that a field travels under, with the label when that
// is a custom slot, and the most bytes its value may have (0: no limit). An
// empty key leaves the field out.
func (enc *Encoder) cefKey(e *audit.Event, i int) (key, label string, most int) {
	f := &e.Fields[i]
	if f.Term <= audit.TermSD {
		return enc.foreignKey(e, i)
	}
	row, repeated := f.Term.Row(), i > 0 && e.Fields[i-1].Term == f.Term
	key = row.CEF
	if enc.standard {
		key = row.Standard
		if repeated {
			if f.Term == audit.Action {
				return "cat", "", 1023
			}
			return "", "", 0
		}
	}
	if key != "" {
		known := enc.dictionary[f.Term]
		if known == nil {
			return key, "", 0
		}
		if enc.fits(known, f) {
			return key, "", known.Max
		}
		if known.Type == cef.IPv4OrIPv6 && isIPv6(f) {
			if slot := enc.slots.address(key); slot != "" {
				return slot, addressLabels[key], 0
			}
		}
	}
	return enc.slot(f, row)
}

// slot returns a custom slot for a Term, else a key of our own.
func (enc *Encoder) slot(f *audit.Field, row *audit.Term) (key, label string, most int) {
	label = row.Label
	preferred := row.Slot
	if enc.standard {
		preferred = ""
		if k := enc.slots.number(f); k != "" {
			return k, label, 0
		}
	}
	if k := enc.slots.text(preferred, f.Term == audit.RequestValidityEnd); k != "" {
		return k, label, maxSlot(k)
	}
	return ownKey(row.Param), "", 0
}

func maxSlot(key string) int {
	if known := cef.Lookup(key); known != nil {
		return known.Max
	}
	return 0
}

// foreignKey returns the key of a field that no Term spells: its name, and with
// standard keys only where the dictionary has it for producers, in this
// version, and for such a value.
func (enc *Encoder) foreignKey(e *audit.Event, i int) (key, label string, most int) {
	f := &e.Fields[i]
	known := cef.Lookup(f.Key)
	switch {
	case f.Term == audit.TermUnknown && known != nil && known.Audience != cef.Consumer &&
		int(known.Since) <= enc.CEFVersion && enc.fits(known, f):
		return enc.names[i], "", known.Max
	case !enc.standard:
		return enc.names[i], "", 0
	case strings.HasSuffix(f.Key, labelSuffix) && slotOf(f.Key) != "":
		return "", "", 0 // of a slot that the standard does not have
	}
	if k := enc.slots.text("", false); k != "" {
		return k, f.Key, maxSlot(k)
	}
	return ownKey(f.Key), "", 0
}

// ownPrefix begins our user-defined keys.
const ownPrefix = "MT4Senhasegura"

// ownKey spells a user-defined key by the standard's rule: vendor, product and
// an explanatory name in one word.
func ownKey(name string) string {
	key := []byte(ownPrefix)
	upper := true
	for _, r := range name {
		letter := r < utf8.RuneSelf && cef.LegalKey(string(r)) && r != '_'
		if letter && upper {
			r = []rune(strings.ToUpper(string(r)))[0]
		}
		if letter {
			key = append(key, byte(r))
		}
		upper = !letter
	}
	return string(key)
}

// fits reports whether a value is of the type that the dictionary gives a key.
func (enc *Encoder) fits(key *cef.Key, f *audit.Field) bool {
	switch key.Type {
	case cef.Integer:
		n, ok := numberOf(f)
		return ok && n == int64(int32(n))
	case cef.IntegerOrLong:
		n, ok := numberOf(f)
		return ok && (enc.CEFVersion > 0 || n == int64(int32(n)))
	case cef.Long:
		_, ok := numberOf(f)
		return ok
	case cef.Double:
		_, err := strconv.ParseFloat(f.Text, 64)
		return f.IsNum || err == nil
	case cef.IPv4OrIPv6:
		a, err := netip.ParseAddr(f.Text)
		return err == nil && a.Zone() == "" && (a.Is4() || enc.CEFVersion > 0)
	case cef.IPv6:
		return isIPv6(f)
	}
	return true
}

// numberOf returns the value as a whole number.
func numberOf(f *audit.Field) (int64, bool) {
	if f.IsNum {
		return f.Num, true
	}
	return canonicalInt(f.Text)
}

func isIPv6(f *audit.Field) bool {
	a, err := netip.ParseAddr(f.Text)
	return err == nil && a.Is6() && a.Zone() == ""
}
