package wire

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// timestampKey is the time in the A2A audit API.
const timestampKey = "timestamp"

var (
	errJSONSyntax  = errors.New("not JSON")
	errJSONTail    = errors.New("text after the JSON value")
	errJSONRecords = errors.New("an array of more than one record in one message")
	errJSONRecord  = errors.New("an array element that is not an object")
)

// readJSON reads a body that is one JSON object, or an array or an object
// that holds just one. The vendor's page prints app\_id and the like, which
// is not JSON: a message that fails is read again without such backslashes.
// One that fails again is taken as text, so that it travels on.
func (p *Parser) readJSON(s string, offset int) {
	p.event.Source.Format.Body = audit.JSON
	at, err := p.record(s)
	if err != nil && strings.Contains(s, `\_`) {
		if _, again := p.record(strings.ReplaceAll(s, `\_`, `_`)); again == nil {
			p.event.Repairs |= audit.JSONMarkdownEscape
			return
		}
	}
	if err != nil {
		p.fault("JSON", offset+at, err)
		p.readText(s)
	}
}

// record reads the one object in s.
func (p *Parser) record(s string) (at int, err error) {
	p.freshSpans()
	records, at, err := p.records(s)
	switch {
	case err != nil:
		return at, err
	case len(records) > 1:
		return records[1].at, errJSONRecords
	case len(records) == 0:
		return 0, errJSONRecord
	}
	members := p.members
	if members == nil { // the object stands in an array
		members, _, _ = p.values(s, records[0])
	}
	if !p.ownMembers(s, members) {
		for i := 0; i+1 < len(members) && p.event.Repairs&audit.TooManyFields == 0; i += 2 {
			p.member(unquote(members[i].in(s)), scalar(s, members[i+1]))
		}
	}
	return 0, nil
}

// span is a JSON value in a text: where it begins and ends, and its kind.
type span struct {
	at, end int
	kind    jsontext.Kind
}

func (v span) in(s string) string { return s[v.at:v.end] }

// object is one whose members, names and values in turn, lie in s.
type object struct {
	s       string
	members []span
}

// find returns the value of the first member of that name and kind, nil when
// there is none.
func (o *object) find(name string, kind jsontext.Kind) *span {
	for i := 0; i+1 < len(o.members); i += 2 {
		if v := &o.members[i+1]; v.kind == kind && unquote(o.members[i].in(o.s)) == name {
			return v
		}
	}
	return nil
}

// text returns the string of that name, "" when there is none.
func (o *object) text(name string) string {
	if v := o.find(name, '"'); v != nil {
		return scalar(o.s, *v)
	}
	return ""
}

// records returns the objects that s holds: itself, the elements of an array,
// or those of the one array in an object. members are those of s itself, nil
// when it is an array or wraps one.
func (p *Parser) records(s string) (records []span, at int, err error) {
	p.members = nil
	whole := span{at: len(s) - len(strings.TrimLeft(s, jsonSpace)), end: len(s)}
	if whole.at < len(s) {
		whole.kind = jsontext.Kind(s[whole.at])
	}
	values, at, err := p.values(s, whole)
	if err != nil {
		return nil, at, err
	}
	if whole.kind == '[' {
		return allObjects(values)
	}
	for i := 1; i < len(values); i += 2 {
		if values[i].kind == '[' && isWrapper(values, i) {
			inner, _, _ := p.values(s, values[i])
			if inner, _, err := allObjects(inner); err == nil && len(inner) > 0 {
				return inner, 0, nil
			}
		}
	}
	p.members = values
	return []span{whole}, 0, nil
}

// isWrapper reports whether an object is nothing but an answer around the
// array in its i-th value: it has no other array, and at most three other
// members, for paging.
func isWrapper(members []span, i int) bool {
	for j := 1; j < len(members); j += 2 {
		if j != i && members[j].kind == '[' {
			return false
		}
	}
	return len(members) <= 2*(1+3)
}

func allObjects(values []span) (records []span, at int, err error) {
	for _, v := range values {
		if v.kind != '{' {
			return nil, v.at, errJSONRecord
		}
	}
	return values, 0, nil
}

const jsonSpace = " \t\r\n"

// freshSpans begins with another text. The memory of a huge one is given back.
func (p *Parser) freshSpans() {
	if cap(p.spans) > maxKeptSpans {
		p.spans = nil
	}
	p.spans = p.spans[:0]
}

// maxKeptSpans is twice the values of an object of MaxFields members.
const maxKeptSpans = 4 * audit.MaxFields

// values returns the values in an object, names and values in turn, or in an
// array. Behind one that ends with the text only space may stand.
func (p *Parser) values(s string, in span) (values []span, at int, err error) {
	p.input.Reset(in.in(s))
	p.json.Reset(&p.input, jsontext.AllowDuplicateNames(true))
	d, first := &p.json, len(p.spans)
	if _, err := d.ReadToken(); err != nil {
		return p.failed(in.at, err)
	}
	for {
		kind := d.PeekKind()
		if kind == ']' || kind == '}' {
			break
		}
		value, err := d.ReadValue()
		if err != nil {
			return p.failed(in.at, err)
		}
		end := in.at + int(d.InputOffset())
		p.spans = append(p.spans, span{end - len(value), end, kind})
	}
	if _, err := d.ReadToken(); err != nil {
		return p.failed(in.at, err)
	}
	if end := in.at + int(d.InputOffset()); strings.Trim(s[end:in.end], jsonSpace+"\x00") != "" {
		return nil, end, errJSONTail
	}
	return p.spans[first:len(p.spans):len(p.spans)], 0, nil
}

// failed says where the tokenizer stopped, never what it read.
func (p *Parser) failed(base int, err error) ([]span, int, error) {
	at := base + int(p.json.InputOffset())
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at = base + int(syntax.ByteOffset)
	}
	return nil, at, errJSONSyntax
}

// scalar returns a value as text: a string unquoted, null as nothing, all
// else as written.
func scalar(s string, v span) string {
	switch v.kind {
	case '"':
		return unquote(v.in(s))
	case 'n':
		return ""
	}
	return v.in(s)
}

// unquote returns what a JSON string says; without escapes it is a substring.
func unquote(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return string(text)
}

func (p *Parser) member(key, value string) {
	n := keyName(key)
	p.Member(&n, value)
}

// ownMembers reads an object of the schema that AppendJSON writes, told by
// its members fields and raw.
func (p *Parser) ownMembers(s string, members []span) bool {
	o := object{s, members}
	fields := o.find("fields", '{')
	if fields == nil || o.find("raw", '"') == nil {
		return false
	}
	if t, err := time.Parse(time.RFC3339Nano, o.text("time")); err == nil {
		p.event.Time = t
	}
	p.attributes(s, *fields)
	if resource := o.find("resource", '{'); resource != nil {
		p.attributes(s, *resource)
	}
	p.own = o
	return true
}

// ParseMap is Parse of the JSON text of a map, which is no line as received:
// another program has parted one. Of what AppendJSON wrote, the line and all that
// was found out about the event hold.
func (p *Parser) ParseMap(e *audit.Event, text string, now time.Time, c *audit.Catalog) {
	p.own = object{}
	p.Parse(e, text, now)
	o := &p.own
	if o.members == nil {
		return
	}
	e.Raw = o.text("raw")
	e.Type, e.Conflict = c.ByName(o.text("type")), c.ByName(o.text("conflict"))
	e.Evidence = audit.ParseEvidence(o.text("classified_by"))
	e.Severity = audit.ParseSeverity(o.text("severity"))
	e.Repairs = 0
	if list := o.find("repairs", '['); list != nil {
		names, _, _ := p.values(o.s, *list)
		for _, name := range names {
			e.Repairs |= audit.ParseRepairs(scalar(o.s, name))
		}
	}
}

// attributes reads an object whose names are attributes.
func (p *Parser) attributes(s string, object span) {
	members, _, err := p.values(s, object)
	if err != nil {
		return
	}
	for i := 0; i+1 < len(members); i += 2 {
		key, value := unquote(members[i].in(s)), members[i+1]
		if value.kind != '[' {
			p.attribute(key, scalar(s, value))
			continue
		}
		elements, _, _ := p.values(s, value)
		for _, v := range elements {
			p.attribute(key, scalar(s, v))
		}
	}
}

// attribute takes one attribute of our own schema. Of what an earlier reading
// said of the line, this one says its own.
func (p *Parser) attribute(key, value string) {
	switch key {
	case audit.AttrFormat, audit.AttrRepairs, audit.AttrFault:
		return
	}
	if n := MemberName(key); n.Attribute {
		p.Member(&n, value)
	} else {
		p.unknown(key, value)
	}
}

// SplitJSON calls yield with each record when msg is a JSON array of objects,
// or an object whose one array holds objects; with msg itself otherwise.
func (p *Parser) SplitJSON(msg string, yield func(string) bool) {
	start := strings.TrimLeft(msg, jsonSpace)
	if !strings.HasPrefix(start, "[") && (!strings.HasPrefix(start, "{") || !strings.Contains(start, "[")) {
		yield(msg)
		return
	}
	p.freshSpans()
	records, _, err := p.records(msg)
	if err != nil || len(records) < 2 {
		yield(msg)
		return
	}
	for _, r := range slices.Clone(records) { // yield may parse
		if !yield(r.in(msg)) {
			return
		}
	}
}
