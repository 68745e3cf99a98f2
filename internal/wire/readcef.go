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
		p.event.Add(audit.Field{Key: a.Key, Text: first.String()})
		return
	}
	p.add(t, value)
}

// The keys of the CEF extension that are no fields.
const (
	timeKey     = "rt"
	uidKey      = "externalId"
	labelSuffix = "Label"
)

// knownCEF reports whether a word before an = in msg begins a new pair.
func knownCEF(key string) bool {
	return audit.CEFKeys.Lookup(key) != audit.TermUnknown || cef.Lookup(key) != nil || slotOf(key) != "" || strings.HasPrefix(key, ownPrefix)
}
