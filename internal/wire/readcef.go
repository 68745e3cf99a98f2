package wire

import (
	"cmp"
	"errors"
	"strings"
	"time"

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
	p.readLead()
	for {
		pair, ok := p.pairs.Next()
		if !ok || p.event.Repairs&audit.TooManyFields != 0 {
			break
		}
		p.cefPair(&pair)
	}
	if err := p.pairs.Err(); err != nil {
		p.fault(err.Part, offset+m.Offset+err.Offset, err.Err)
	}
}

// readLead reads the first pairs. A dvchost in front of rt is the source's host
// as we write it, and no field. What else is no field stands behind it, and in
// front of all that a user typed.
func (p *Parser) readLead() {
	first, ok := p.pairs.Next()
	if !ok {
		return
	}
	if first.Key == hostKey && first.Flags == 0 {
		second, ok := p.pairs.Next()
		if ok && second.Key == timeKey && p.takeTime(second.Value) && p.takeHost(first.Value) {
			p.ours = true
			p.cefFlags(second.Flags)
			return
		}
		p.cefPair(&first)
		if first = second; !ok {
			return
		}
	}
	p.cefPair(&first)
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
	if t != audit.TermUnknown {
		p.lead = false
	}
	switch {
	case t == audit.TermUnknown:
		p.cefUnknown(pair.Key, pair.Value)
	case t.Row().CEF != pair.Key:
		p.alias(t, pair.Key, pair.Value)
	case len(p.aliases) > 0 && !p.typedAgain(t):
		p.proper(t, pair.Value)
	default:
		p.addOnce(t, pair.Value)
	}
}

// addOnce adds a field. Behind the product's msg, a second value for what stood
// in front of it was typed: it is kept under a key that no Term spells.
func (p *Parser) addOnce(t audit.TermID, value string) {
	if p.typedAgain(t) {
		row := t.Row()
		p.unknown(cmp.Or(row.CEF, row.Param), value)
		return
	}
	p.add(t, value)
}

// typedAgain reports whether the event has the product's msg, and a field of
// that Term in front of it, or is asked about msg.
func (p *Parser) typedAgain(t audit.TermID) bool {
	e := p.event
	if p.ours || e.Source.IsForeign() || !e.Has(audit.Message) || !e.Has(t) {
		return false
	}
	for i := range e.Fields {
		if f := e.Fields[i].Term; f == t || f == audit.Message {
			return f == t
		}
	}
	return false
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
	case key == timeKey && p.trusted() && p.takeTime(value),
		key == uidKey && p.lead && p.takeUID(value),
		key == truncatedKey && p.lead && p.takeTruncated(value):
		p.ours = p.ours || p.lead
		return
	}
	p.lead = false
	if strings.HasPrefix(key, ownPrefix) {
		p.ownKey(key, value)
		return
	}
	p.slots = p.slots || slotOf(key) != ""
	p.unknown(unreserve(key, audit.CEFKeys), value)
}

// trusted reports whether a key may set the event's time. Behind the lead of
// what the product sent it may not where the header gave one: users' words stand
// in any value, and = goes without its backslash. The product itself sends no
// rt, start or end (docs.senhasegura.io/docs/siem), and we send rt in the lead.
func (p *Parser) trusted() bool {
	return p.lead || p.event.Time.IsZero() || p.event.Source.IsForeign()
}

// ownKey takes a user-defined key of ours.
func (p *Parser) ownKey(key, value string) {
	if t := ownTerms[key]; t != audit.TermUnknown {
		p.addOnce(t, value)
		return
	}
	p.unknown(unreserve(strings.TrimPrefix(key, foreignPrefix), audit.CEFKeys), value)
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
	if have := p.event.Time; have.IsZero() || !have.Truncate(unit(value, t)).Equal(t.Truncate(time.Millisecond)) {
		p.event.Time = t
	}
	return true
}

// unit returns how finely a time is told: a date without a fraction by the
// second, all others by the millisecond.
func unit(value string, t time.Time) time.Duration {
	if t.Nanosecond() == 0 && (value[0] < '0' || value[0] > '9') {
		return time.Second
	}
	return time.Millisecond
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
		p.event.Add(audit.Field{Key: a.Key, Text: first.String()})
		return
	}
	p.addOnce(t, value)
}

// The keys of the CEF extension that are no fields.
const (
	hostKey     = "dvchost" // where rt stands behind it
	timeKey     = "rt"
	uidKey      = "externalId"
	labelSuffix = "Label"
)

// begins reports whether a word before an = in msg begins a new pair: a known
// key, of the product's only one that the event does not have yet. It sends no
// key both in front of msg and behind it. We do, with an = in msg escaped.
func (p *Parser) begins(key string) bool {
	if p.event.Source.IsForeign() {
		return knownForeign(key)
	}
	return knownCEF(key) && (p.ours || !p.has(key, audit.CEFKeys))
}

// has reports whether the event has a field that key names, msg being read.
func (p *Parser) has(key string, vocabularies ...*audit.Vocabulary) bool {
	for _, v := range vocabularies {
		if t := v.Lookup(key); t != audit.TermUnknown {
			return t == audit.Message || p.event.Has(t)
		}
	}
	if t := ownTerms[key]; t != audit.TermUnknown {
		return t == audit.Message || p.event.Has(t)
	}
	return find(p.event.Fields, key) != nil
}

// knownCEF reports whether msg may have that key behind it. What would set the
// host, the time, the uid or the type of the event it may not.
func knownCEF(key string) bool {
	switch key {
	case hostKey, timeKey, uidKey, "start", "end", truncatedKey:
		return false
	}
	if t := audit.CEFKeys.Lookup(key); t != audit.TermUnknown {
		return !isA2ATerm(t)
	}
	return cef.Lookup(key) != nil || slotOf(key) != "" || strings.HasPrefix(key, ownPrefix)
}

// knownForeign is knownCEF for other vendors, who escape what they should.
func knownForeign(key string) bool {
	return knownCEF(key) || cef.Lookup(key) != nil || audit.CEFKeys.Lookup(key) != audit.TermUnknown
}

// isA2ATerm reports whether a Term is of A2A events alone: its CEF key is the
// one of the A2A line.
func isA2ATerm(t audit.TermID) bool { return t.Row().CEF != "" && t.Row().CEF == t.Row().A2A }
