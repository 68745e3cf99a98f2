package wire

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

func (enc *Encoder) appendCEFMessage(dst []byte, e *audit.Event) []byte {
	return enc.appendCEF(enc.appendHeader(dst, e), e)
}

func (enc *Encoder) appendCEF(dst []byte, e *audit.Event) []byte {
	start := len(dst)
	dst = enc.appendLead(enc.appendCEFHeader(dst, e, cef.MaxDeviceEventClassID), e)
	if enc.full(dst) {
		dst = enc.appendLead(enc.appendCEFHeader(dst[:start], e, shortWord), e)
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
		text, limit := w.text(enc, e), w.most(most)
		if len(text) > limit {
			enc.truncated = true
		}
		dst = append(cef.AppendHeaderField(dst, text, limit), '|')
	}
	return dst
}

// appendLead appends what is no field: the source's host where the rule asks
// for it, the time, the record's uid, and that a limit cut the message. It
// stands in front of all that a user typed.
func (enc *Encoder) appendLead(dst []byte, e *audit.Event) []byte {
	if t := timeOf(e); leastMilli <= t.UnixMilli() && t.UnixMilli() <= mostMilli {
		dst = enc.appendTime(append(append(enc.appendHost(dst, e), timeKey...), '='), t)
		dst = append(dst, ' ')
	}
	if !e.UID.IsZero() {
		dst = append(e.UID.Append(append(append(dst, uidKey...), '=')), ' ')
	}
	if enc.flag {
		dst = append(append(dst, truncatedKey...), "=true "...)
	}
	return dst
}

// appendHost appends dvchost, the source's host, where the rule asks for it. A
// reader knows it from a field by its place: the first, with rt behind it.
func (enc *Encoder) appendHost(dst []byte, e *audit.Event) []byte {
	if enc.HostnameRule == "source" {
		return dst
	}
	_, host := enc.hosts(e)
	if strings.TrimFunc(host, isBlank) == "" {
		return dst
	}
	mark := len(dst)
	dst = append(append(dst, hostKey...), '=')
	if dst = append(cef.AppendValue(dst, host, maxHost), ' '); enc.limit > 0 && len(dst)+leadReserve > enc.limit {
		enc.truncated = true
		return dst[:mark]
	}
	enc.truncated = enc.truncated || len(host) > maxHost
	return dst
}

// maxHost is the longest dvchost that the dictionary allows, and leadReserve
// what must find room behind it.
const (
	maxHost     = 100
	leadReserve = len("rt="+cefDate+" "+uidKey+"= "+truncatedKey+"=true ") + 2*len(audit.UID{})
)

// appendTime appends the time in the form that the Encoding asks for.
func (enc *Encoder) appendTime(dst []byte, t time.Time) []byte {
	if enc.TimeFormat == "cef_date" {
		return t.UTC().AppendFormat(dst, cefDate)
	}
	return cef.AppendTime(dst, t)
}

// cefDate is one of the standard's forms of a time, MMM dd yyyy HH:mm:ss zzz.
const cefDate = "Jan 02 2006 15:04:05 UTC"

// A time between these is written in 12 to 14 digits, which no reader takes for
// seconds. Others, before March 1973 and from the year 5138, are in the syslog
// header only.
const (
	leastMilli = 1e11
	mostMilli  = 1e14 - 1
)

// appendExtension appends the fields in their order, a space behind each. A
// reader drops the spaces behind the last value, and so does this.
func (enc *Encoder) appendExtension(dst []byte, e *audit.Event) []byte {
	late := lateMessage(e)
	enc.slots = slots{}
	if !e.IsNamed() {
		enc.slots.begin(e)
		enc.nameFields(e, enc.cefNames)
	}
	for i := range e.Fields {
		if late < 0 || e.Fields[i].Term != audit.Message {
			dst = enc.appendPair(dst, e, i)
		}
	}
	if late >= 0 {
		for i := late; i < len(e.Fields) && e.Fields[i].Term == audit.Message; i++ {
			dst = enc.appendPair(dst, e, i)
		}
	}
	return bytes.TrimRight(dst, " ")
}

// lateMessage returns the index of msg when it must go behind the other
// fields, -1 when it may keep its place: a key that a reader does not know
// within msg would be taken for words of it.
func lateMessage(e *audit.Event) int {
	at := firstMessage(e)
	if at < 0 {
		return -1
	}
	for i := at + 1; i < len(e.Fields); i++ {
		if t := e.Fields[i].Term; t <= audit.TermSD || isA2ATerm(t) {
			return at
		}
	}
	return -1
}

// pair is how a Term travels.
type pair struct {
	begin   string   // its key and =, "" for a custom slot
	known   *cef.Key // the key in the dictionary, nil where it has none
	most    int      // bytes of a value that the dictionary allows, 0: no limit
	any     bool     // any value is of the key's type
	leftOut bool
}

func (enc *Encoder) newPair(t audit.TermID, key string) pair {
	if t <= audit.TermSD {
		return pair{}
	}
	p := pair{known: cef.Lookup(key), any: true, leftOut: enc.leavesOut(t)}
	if key != "" {
		p.begin = key + "="
	}
	if p.known != nil {
		p.most, p.any = p.known.Max, p.known.Type == cef.String
	}
	return p
}

// appendPair appends one field as one pair, or as a custom slot with its
// label.
func (enc *Encoder) appendPair(dst []byte, e *audit.Event, i int) []byte {
	f, mark := &e.Fields[i], len(dst)
	p := &enc.pairs[f.Term]
	if p.leftOut {
		return dst
	}
	first, most := i == 0 || e.Fields[i-1].Term != f.Term, p.most
	if first && p.begin != "" && (p.any || enc.fits(p.known, f)) {
		dst = append(dst, p.begin...)
	} else if dst, most = enc.appendKey(dst, e, i); len(dst) == mark {
		return dst
	}
	value := len(dst)
	if f.IsNum {
		dst = appendInt(dst, f.Num)
	} else {
		if most > 0 && len(f.Text) > most {
			enc.truncated = true
		}
		dst = cef.AppendValue(dst, f.Text, most)
	}
	if enc.limit > 0 {
		dst = enc.cutPair(dst, mark, value)
	}
	return append(dst, ' ')
}

// appendKey appends a field's key and =, with the label before it when that is a
// custom slot, and nothing to leave the field out.
func (enc *Encoder) appendKey(dst []byte, e *audit.Event, i int) (out []byte, most int) {
	key, label, most := enc.cefKey(e, i)
	if key == "" {
		return dst, 0
	}
	if label != "" {
		dst = append(append(dst, key...), labelSuffix+"="...)
		dst = append(cef.AppendValue(dst, label, maxLabel), ' ')
	}
	return append(append(dst, key...), '='), most
}

// maxLabel is the longest label that the dictionary allows.
const maxLabel = 1023

// cutPair cuts the value that begins at value at the limit, between runes and
// not within an escape. A pair without a value left goes as a whole.
func (enc *Encoder) cutPair(dst []byte, mark, value int) []byte {
	if !enc.full(dst) {
		return dst
	}
	end := runeStart(dst, enc.limit, mark)
	if end <= value {
		return bytes.TrimRight(dst[:mark], " ")
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
				return "cat", "", maxLabel
			}
			return "", "", 0
		}
	}
	if key != "" {
		known := enc.pairs[f.Term].known
		if known == nil {
			return key, "", 0
		}
		if enc.fitsSoFar(known, e, i) {
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
	preferred := row.Slot
	if enc.standard {
		preferred = ""
		if k := enc.slots.number(f); k != "" {
			return k, row.Label, 0
		}
	}
	if k := enc.slots.text(preferred, f.Term == audit.RequestValidityEnd); k != "" {
		return k, row.Label, maxSlot(k)
	}
	return ownKeys[f.Term], "", 0
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
	if t, ok := enc.standardKeys[f.Key]; ok && e.Has(t) || enc.names[i] != f.Key {
		known = nil // the key carries that Term, or something that is no field
	}
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
		if labelTerm(f.Key) != audit.TermUnknown || enc.names[i] == reservedPrefix+f.Key {
			return k, reservedPrefix + f.Key, maxSlot(k)
		}
		return k, f.Key, maxSlot(k)
	}
	return foreignPrefix + enc.names[i], "", 0
}

// User-defined keys are spelt by the standard's rule: vendor, product and an
// explanatory name in one word.
const (
	ownPrefix     = "MT4Senhasegura"
	foreignPrefix = ownPrefix + "Ext_" // before the name of a field without a Term
)

// ownKeys are the keys of the Terms for which no slot was left.
var ownKeys, ownTerms = func() (keys [audit.NumTerms]string, terms map[string]audit.TermID) {
	terms = map[string]audit.TermID{}
	for t := audit.TermSD + 1; int(t) < audit.NumTerms; t++ {
		key := ownPrefix
		for word := range strings.SplitSeq(t.Row().Param, "_") {
			key += strings.ToUpper(word[:1]) + word[1:]
		}
		keys[t], terms[key] = key, t
	}
	return keys, terms
}()

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

// fitsSoFar reports whether a value fits its key, and those that it repeats do:
// behind one in a custom slot it goes there too, so that they keep their order.
func (enc *Encoder) fitsSoFar(key *cef.Key, e *audit.Event, i int) bool {
	for j := i; j >= 0 && e.Fields[j].Term == e.Fields[i].Term; j-- {
		if !enc.fits(key, &e.Fields[j]) {
			return false
		}
	}
	return true
}

// numberOf returns the value as a whole number.
func numberOf(f *audit.Field) (int64, bool) {
	if f.IsNum {
		return f.Num, true
	}
	return audit.ParseInt(f.Text)
}

func isIPv6(f *audit.Field) bool {
	a, err := netip.ParseAddr(f.Text)
	return err == nil && a.Is6() && a.Zone() == ""
}
