package wire

import (
	"errors"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

func (p *Parser) readCEF(s string, offset int) {
	e, m := p.event, &p.cef
	cef.Parse(m, s)
	e.Source.Format.Body = audit.CEF
	e.Source.Vendor, e.Source.Product, e.Source.Version = m.DeviceVendor, m.DeviceProduct, m.DeviceVersion
	e.Source.ClassID, e.Source.Name = m.DeviceEventClassID, m.Name
	e.Source.CEFSeverity = strings.TrimFunc(m.Severity, func(r rune) bool { return r == ' ' || isBreak(r) })
	if len(s) > 4 && s[4] == ' ' {
		e.Repairs |= audit.CEFSpace
	}
	if m.Err != nil {
		p.cefError(m.Err, offset)
		if errors.Is(m.Err, cef.ErrMissing) {
			p.readText(s)
			return
		}
	}
	p.pairs.Reset(m.Extension)
	for {
		pair, ok := p.pairs.Next()
		if !ok {
			break
		}
		p.cefPair(&pair)
	}
	if err := p.pairs.Err(); err != nil {
		p.fault(err.Part, offset+m.Offset+err.Offset, err.Err)
	}
}

func (p *Parser) cefError(err *cef.ParseError, offset int) {
	switch {
	case errors.Is(err, cef.ErrVersion):
		p.event.Repairs |= audit.CEFVersion
	case errors.Is(err, cef.ErrMissing):
		p.event.Repairs |= audit.HeaderShort
	}
	p.fault(err.Part, offset+err.Offset, err.Err)
}

func (p *Parser) cefPair(pair *cef.Pair) {
	if pair.Flags != 0 {
		p.cefFlags(pair.Flags)
	}
	t := p.term(pair.Key)
	switch {
	case t == audit.TermUnknown:
		p.cefUnknown(pair.Key, pair.Value)
	case t.Row().CEF != pair.Key:
		p.alias(t, pair.Key, pair.Value)
	case len(p.aliases) > 0:
		p.proper(t, pair.Value)
	default:
		p.add(t, pair.Value)
	}
}

func (p *Parser) cefFlags(f cef.Flags) {
	if f&cef.UnescapedEquals != 0 {
		p.event.Repairs |= audit.UnescapedEquals
	}
	if f&cef.BadEscape != 0 {
		p.event.Repairs |= audit.BadEscape
	}
	if f&cef.TabSeparator != 0 {
		p.event.Repairs |= audit.TabSeparated
	}
}

// cefUnknown takes a key that no Term spells: the time and the record's uid,
// which are no fields, a custom slot, or a key of somebody else's.
func (p *Parser) cefUnknown(key, value string) {
	switch {
	case key == timeKey && p.takeTime(value):
		return
	case key == uidKey && p.takeUID(value):
		return
	case key == truncatedKey && p.takeTruncated(value):
		return
	case slotOf(key) != "":
		p.slots = true
	}
	p.unknown(unreserve(key, audit.CEFKeys), value)
}

// takeTime reads the time of the event. The header's time is kept where it is
// the same instant told more finely.
func (p *Parser) takeTime(value string) bool {
	if value == "" {
		return false
	}
	t, ok := p.time(value)
	if !ok {
		p.event.Repairs |= audit.TimeUnreadable
		return false
	}
	p.timed = true
	if p.event.Time.UnixMilli() != t.UnixMilli() || p.event.Time.IsZero() {
		p.event.Time = t
	}
	return true
}

// alias takes a misspelt key. It stands for its Term; beside the Term's own
// key an equal value adds nothing, and another keeps the name as sent.
func (p *Parser) alias(t audit.TermID, key, value string) {
	if audit.NotApplicable(value) {
		return
	}
	p.event.Repairs |= audit.Alias
	f := p.field(t, value)
	switch have := p.event.Field(t); {
	case have == nil:
		p.event.Add(f)
		p.aliases = append(p.aliases, audit.Field{Term: t, Key: key})
	case have.Text != f.Text || have.Num != f.Num:
		p.event.Add(audit.Field{Key: key, Text: value})
	}
}

// proper takes a well-spelt key in a message that has misspelt ones: it takes
// its Term back from an alias that came first.
func (p *Parser) proper(t audit.TermID, value string) {
	for i, a := range p.aliases {
		if a.Term != t || audit.NotApplicable(value) {
			continue
		}
		p.aliases[i].Term = audit.TermUnknown
		f, have := p.field(t, value), p.event.Field(t)
		if have.Text == f.Text && have.Num == f.Num {
			return
		}
		first := *have
		*have = f
		p.event.Add(audit.Field{Key: a.Key, Text: textOf(&first)})
		return
	}
	p.add(t, value)
}

// settle does what can be done only when the whole message is read: it takes
// the time from end, else start, where there was no rt, and puts the values
// of custom slots under the Terms of their labels.
func (p *Parser) settle() {
	if !p.timed && p.event.Source.Format.Body == audit.CEF && !p.timeFrom("end") {
		p.timeFrom("start")
	}
	if p.slots {
		p.settleSlots()
	}
}

func (p *Parser) timeFrom(key string) bool {
	f := find(p.event.Fields, key)
	return f != nil && p.takeTime(f.Text)
}

// settleSlots rebuilds the fields: a slot whose label is known becomes the
// label's Term, and the label goes; a label whose slot is empty goes too.
func (p *Parser) settleSlots() {
	e := p.event
	p.scratch = append(p.scratch[:0], e.Fields...)
	p.shiftLabels()
	e.ClearFields()
	for i := range p.scratch {
		f := &p.scratch[i]
		slot := ""
		if f.Term == audit.TermUnknown {
			slot = slotOf(f.Key)
		}
		switch {
		case *f == audit.Field{}:
		case slot == "":
			e.Add(*f)
		case slot != f.Key:
			if audit.LabelKeys.Lookup(f.Text) == audit.TermUnknown || !unique(p.scratch, f.Key) {
				e.Add(*f)
			}
		default:
			e.Add(p.labelled(f))
		}
	}
}

// labelled returns a slot's value under the Term of its label, or as it is.
func (p *Parser) labelled(f *audit.Field) audit.Field {
	label := find(p.scratch, f.Key+labelSuffix)
	if label == nil || !unique(p.scratch, label.Key) {
		return *f
	}
	t := audit.LabelKeys.Lookup(label.Text)
	if t == audit.TermUnknown {
		return *f
	}
	if t == audit.RequestValidityEnd && f.Key == "cs2" {
		// The English 3.x page prints Validity End for both ends.
		if other := find(p.scratch, "cs3Label"); other != nil && other.Text == label.Text {
			p.event.Repairs |= audit.ShiftedLabel
			t = audit.RequestValidityStart
		}
	}
	return p.field(t, f.Text)
}

// shiftLabels puts the pair Cs6=<label> Cs7=<value> right, as the product
// documents it for access requests.
func (p *Parser) shiftLabels() {
	for _, keys := range [...][2]string{{"Cs6", "Cs7"}, {"cs6", "cs7"}} {
		label, value := find(p.scratch, keys[0]), find(p.scratch, keys[1])
		if label == nil || value == nil || audit.LabelKeys.Lookup(label.Text) != audit.RequestAction ||
			find(p.scratch, keys[0]+labelSuffix) != nil || find(p.scratch, keys[1]+labelSuffix) != nil {
			continue
		}
		p.event.Repairs |= audit.ShiftedLabel
		*value = p.field(audit.RequestAction, value.Text)
		*label = audit.Field{} // settleSlots leaves it out
	}
}

// find returns the field of that key which no Term spells, nil for none.
func find(fields []audit.Field, key string) *audit.Field {
	for i := range fields {
		if fields[i].Term == audit.TermUnknown && fields[i].Key == key {
			return &fields[i]
		}
	}
	return nil
}

// unique reports whether just one field has that key.
func unique(fields []audit.Field, key string) bool {
	n := 0
	for i := range fields {
		if fields[i].Term == audit.TermUnknown && fields[i].Key == key {
			n++
		}
	}
	return n == 1
}

// The keys of the CEF extension that are no fields.
const (
	timeKey     = "rt"
	uidKey      = "externalId"
	labelSuffix = "Label"
)

// slotOf returns the custom slot that key is, or whose label it is: cs1 for
// cs1 and cs1Label; "" when it is none. The standard has cs1 to cs6; the
// product goes to cs8, others to cs15.
func slotOf(key string) string {
	slot := strings.TrimSuffix(key, labelSuffix)
	for _, name := range [...]string{"cs", "Cs", "cn", "cfp", "c6a", "flexString"} {
		if rest, ok := strings.CutPrefix(slot, name); ok && slotNumber(rest) {
			return slot
		}
	}
	return ""
}

func slotNumber(s string) bool {
	switch len(s) {
	case 1:
		return '1' <= s[0] && s[0] <= '9'
	case 2:
		return s[0] == '1' && '0' <= s[1] && s[1] <= '5'
	}
	return false
}

// knownCEF reports whether a word before an = in msg begins a new pair.
func knownCEF(key string) bool {
	return audit.CEFKeys.Lookup(key) != audit.TermUnknown || cef.Lookup(key) != nil || slotOf(key) != "" || strings.HasPrefix(key, ownPrefix)
}
