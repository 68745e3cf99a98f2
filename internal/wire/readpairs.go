package wire

import (
	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/kv"
)

// readPairs reads a body of key=value pairs. Its keys are those of CEF
// (docs.senhasegura.io/docs/monitoring-syslog), of the A2A line, or of the
// Sensage columns.
func (p *Parser) readPairs(s string, offset int) {
	p.event.Source.Format.Body = audit.KeyValue
	p.kv.Reset(s)
	columns := false
	for n := 0; ; n++ {
		pair, ok := p.kv.Next()
		if !ok || p.event.Repairs&audit.TooManyFields != 0 {
			break
		}
		columns = columns || n == 0 && pair.Key == columnTime && pair.Flags&kv.Quoted != 0
		if pair.Flags != 0 {
			p.kvFlags(pair.Flags)
		}
		p.pair(pair.Key, pair.Value, columns)
	}
	if err := p.kv.Err(); err != nil {
		p.fault("MSG", offset+err.Offset, err.Err)
	}
}

func (p *Parser) pair(key, value string, columns bool) {
	if columns && p.column(key, value) {
		return
	}
	t := p.term(key)
	if t == audit.TermUnknown {
		t = audit.A2AKeys.Lookup(key)
	}
	if t == audit.TermUnknown {
		t = audit.ParamKeys.Lookup(key)
	}
	if t.Row().Derived && !columns && !p.ours {
		t = audit.TermUnknown // we alone write what was derived
	}
	if t != audit.TermUnknown {
		p.lead = false
	}
	switch {
	case t == audit.TermUnknown:
		p.cefUnknown(unreserve(key, audit.ParamKeys, audit.A2AKeys), value)
	case isAlias(t, key):
		p.alias(t, key, value)
	default:
		p.addOnce(t, value)
	}
}

// isAlias reports whether key is a misspelling and not one of the Term's keys.
func isAlias(t audit.TermID, key string) bool {
	row := t.Row()
	return key != row.CEF && key != row.A2A && key != row.Param
}

func (p *Parser) kvFlags(f kv.Flags) {
	if f&kv.UnescapedEquals != 0 {
		p.event.Repairs |= audit.UnescapedEquals
	}
	if f&kv.BadEscape != 0 {
		p.event.Repairs |= audit.BadEscape
	}
	if f&kv.StrayQuote != 0 {
		p.event.Repairs |= audit.StrayQuote
	}
	if f&kv.Cut != 0 {
		p.event.Repairs |= audit.UnclosedQuote
	}
}

// column takes one of the leading Sensage columns, which carry the header.
func (p *Parser) column(key, value string) bool {
	if key == columnTime {
		return value == "" || p.takeTime(value)
	}
	if key == hostParam {
		return p.takeHost(value)
	}
	if key == uidParam {
		return value == "" || p.takeUID(value)
	}
	if key == truncatedParam {
		return p.takeTruncated(value)
	}
	for i := range headerWords {
		if headerWords[i].column == key {
			*headerWords[i].word(&p.event.Source) = value
			return true
		}
	}
	return false
}

// beginsKV is begins for a body of key=value pairs.
func (p *Parser) beginsKV(key string) bool {
	known := knownCEF(key) || audit.A2AKeys.Lookup(key) != audit.TermUnknown || audit.ParamKeys.Lookup(key) != audit.TermUnknown
	return known && (p.ours || !p.has(key, audit.CEFKeys, audit.A2AKeys, audit.ParamKeys))
}
