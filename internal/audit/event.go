package audit

import (
	"strconv"
	"strings"
	"time"
)

// Event is what happened, free of any format. The caller owns it and may use
// it again: Reset keeps the memory of Fields.
type Event struct {
	Time     time.Time // when it happened, by the source's clock; zero: not said
	Received time.Time // when it was received
	UID      UID       // given at receipt
	Source   Source    // header words as sent
	Peer     string    // address the message came from; "": not known
	Severity Severity  // the one that counts; set by Classify
	Type     *Type     // nil until classified, and when nothing matched
	Evidence Evidence  // how Type was decided
	Conflict *Type     // the type another piece of evidence spoke for
	Fields   []Field   // in source order; repeats stand behind the first
	Repairs  Repairs   // leniencies that reading took
	Fault    Fault     // the first part that could not be read
	Raw      string    // the message as received, without its frame

	has [2]uint64 // Terms in Fields, a bit each
}

// Source holds the words of the syslog and CEF headers as they were sent.
// An empty string is a missing word or the NILVALUE.
type Source struct {
	Format   Format
	HasPRI   bool
	Facility uint8 // 0..23, RFC 5424 section 6.2.1
	Severity uint8 // 0..7

	Host, App, ProcID, MsgID string

	Vendor, Product, Version, ClassID, Name, CEFSeverity string // the CEF header
}

// The product's own words.
const (
	Vendor  = "MT4"         // Device Vendor
	Product = "senhasegura" // Device Product and APP-NAME, before the renaming
	A2AApp  = "a2a-event"   // APP-NAME of the A2A line
)

// IsForeign reports whether the CEF header names another vendor.
func (s *Source) IsForeign() bool {
	return s.Vendor != "" && s.Vendor != Vendor && !strings.EqualFold(s.Vendor, Vendor)
}

// Field is one named value. Term names it; where no Term does, Term is
// TermUnknown or TermSD and Key holds the name as sent.
type Field struct {
	Term  TermID
	Key   string
	Text  string
	Num   int64 // the value instead of Text when IsNum
	IsNum bool
}

// Fault says what could not be read: the part as the standard spells it
// ("SD-ID", "Device Version", "JSON"), its byte offset in Raw, and why. It
// never quotes the message, which may hold secrets.
type Fault struct {
	Part   string
	Offset int
	Reason string
}

// MaxFields bounds the fields of one event. A message with more keeps the
// rest in Raw, with the repair TooManyFields.
const MaxFields = 512

// Reset empties e for another message and keeps the memory of its Fields.
func (e *Event) Reset() {
	fields := e.Fields[:0]
	*e = Event{Fields: fields}
}

// ClearFields takes all fields away.
func (e *Event) ClearFields() {
	e.Fields, e.has = e.Fields[:0], [2]uint64{}
}

// Add appends a field. A name that e already has goes behind its last value,
// so that repeats stand together in the order they were sent; repeated tells.
func (e *Event) Add(f Field) (repeated bool) {
	if len(e.Fields) >= MaxFields {
		e.Repairs |= TooManyFields
		return false
	}
	had := e.Has(f.Term)
	e.has[f.Term/64] |= 1 << (f.Term % 64)
	if f.Term > TermSD && !had {
		e.Fields = append(e.Fields, f)
		return false
	}
	i := len(e.Fields) - 1
	for i >= 0 && !e.Fields[i].SameName(&f) {
		i--
	}
	if i < 0 {
		e.Fields = append(e.Fields, f)
		return false
	}
	e.insert(i+1, f)
	return true
}

// AddText is Add of a Term's text. It writes the first of a Term in place, as
// nearly all are: a Field is costly to hand over.
func (e *Event) AddText(t TermID, text string) (repeated bool) {
	n := len(e.Fields)
	if t <= TermSD || n >= MaxFields || n == cap(e.Fields) || e.Has(t) {
		return e.Add(Field{Term: t, Text: text})
	}
	e.has[t/64] |= 1 << (t % 64)
	e.Fields = e.Fields[:n+1]
	f := &e.Fields[n]
	f.Term, f.Key, f.Text, f.Num, f.IsNum = t, "", text, 0, false
	return false
}

// addNew appends a field whose Term the event does not have yet.
func (e *Event) addNew(f Field) {
	if !e.Has(f.Term) {
		e.Add(f)
	}
}

func (e *Event) insert(i int, f Field) {
	e.Fields = append(e.Fields, Field{})
	copy(e.Fields[i+1:], e.Fields[i:])
	e.Fields[i] = f
}

// IsNamed reports whether every field has a Term that spells it.
func (e *Event) IsNamed() bool { return !e.Has(TermUnknown) && !e.Has(TermSD) }

// Has reports whether e has a field of that Term.
func (e *Event) Has(t TermID) bool {
	return e.has[t/64]&(1<<(t%64)) != 0
}

// Field returns the first field of that Term, nil when there is none. The
// pointer holds until the next Add.
func (e *Event) Field(t TermID) *Field {
	if !e.Has(t) {
		return nil
	}
	for i := range e.Fields {
		if e.Fields[i].Term == t {
			return &e.Fields[i]
		}
	}
	return nil
}

// Text returns the first value of that Term as text, "" when there is none
// or when it is a number.
func (e *Event) Text(t TermID) string {
	if f := e.Field(t); f != nil {
		return f.Text
	}
	return ""
}

// IsA2A reports whether the event is an operation on a secret by an
// application. The Type says it; where there is none yet, the APP-NAME of the
// product's A2A line, or its keys. A user can write the keys into any text that
// is read as such, so beside a CEF header or a sentence they are no proof.
func (e *Event) IsA2A() bool {
	switch {
	case e.Type != nil:
		return e.Type.isA2A()
	case e.Source.IsForeign():
		return false
	case e.Source.isA2A():
		return true
	}
	return e.hasA2AKeys() && e.Source.Name == "" && e.Source.ClassID == "" && !e.Has(Message)
}

// isA2A reports whether the APP-NAME is that of the product's A2A line.
func (s *Source) isA2A() bool { return strings.EqualFold(s.App, A2AApp) }

// hasA2AKeys reports whether e has an action and what it was done with.
func (e *Event) hasA2AKeys() bool {
	return e.Has(A2AAction) && (e.Has(A2AAppID) || e.Has(A2ASecretID))
}

// SourceSeverity returns the first of the CEF Severity and the PRI's that the
// source gave, NoSeverity where it gave none.
func (e *Event) SourceSeverity() Severity {
	if s := ParseCEFSeverity(e.Source.CEFSeverity); s != NoSeverity {
		return s
	}
	if e.Source.HasPRI {
		return SyslogSeverity(e.Source.Severity)
	}
	return NoSeverity
}

// ParseInt reads a decimal that strconv would write just so.
func ParseInt(s string) (int64, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 19 || digits[0] < '0' || digits[0] > '9' || digits[0] == '0' && s != "0" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// String returns the value as text.
func (f *Field) String() string {
	if f.IsNum {
		return strconv.FormatInt(f.Num, 10)
	}
	return f.Text
}

// SameName reports whether f and g have one name.
func (f *Field) SameName(g *Field) bool {
	return f.Term == g.Term && f.Key == g.Key
}

// Attr returns the attribute that carries the field.
func (f *Field) Attr() string {
	switch f.Term {
	case TermUnknown:
		return PrefixExt + f.Key
	case TermSD:
		return PrefixSD + f.Key
	}
	return Terms[f.Term].Attr
}

// String says what is at fault: "JSON, offset 12: not JSON".
func (f Fault) String() string {
	return f.Part + ", offset " + strconv.Itoa(f.Offset) + ": " + f.Reason
}

// ParseFault is the inverse of String; a text of another form is all Reason.
func ParseFault(s string) Fault {
	part, rest, ok := strings.Cut(s, ", offset ")
	offset, reason, found := strings.Cut(rest, ": ")
	n, err := strconv.Atoi(offset)
	if !ok || !found || err != nil {
		return Fault{Reason: s}
	}
	return Fault{part, n, reason}
}

// IsZero reports whether nothing was at fault.
func (f Fault) IsZero() bool { return f == Fault{} }
