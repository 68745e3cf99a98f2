package audit

import (
	"strings"
	"unicode"
)

// TermID is the index of a row of Terms.
type TermID uint8

// Term is one field's spelling in every vocabulary.
type Term struct {
	Attr     string   // OpenTelemetry attribute; unique
	CEF      string   // the vendor's CEF key; "" for a field that travels as csN with a label
	Aliases  []string // the vendor's misspellings of CEF
	Label    string   // label of the custom slot that carries the field
	Labels   []string // other spellings of Label: older editions, Portuguese
	Slot     string   // the custom slot the vendor uses
	Standard string   // key of the CEF dictionary; "": a custom slot with Label
	Param    string   // SD-PARAM name and Sensage column; unique
	A2A      string   // key in the A2A syslog line
	JSON     string   // key in the A2A audit API
	ECS      string   // Elastic Common Schema field, "": none fits
	OCSF     string   // Open Cybersecurity Schema Framework attribute, "": none fits
	Kind     Kind
	Derived  bool   // added by Classify, not read from the source; the vendor's own keys leave it out
	Doc      string // one sentence
}

// Kind is the type of a Term's value.
type Kind uint8

// The kinds. An Int whose text is not canonical decimal is kept as text.
const (
	String Kind = iota
	Int
	Address
)

// Vocabulary is one way to spell Terms: a collision-free hash from name to
// TermID.
type Vocabulary struct{ hash perfectHash }

// The vocabularies.
var (
	CEFKeys    = vocabulary(func(t *Term) []string { return append([]string{t.CEF}, t.Aliases...) })
	LabelKeys  = vocabulary(func(t *Term) []string { return append([]string{t.Label}, t.Labels...) })
	ParamKeys  = vocabulary(func(t *Term) []string { return []string{t.Param} })
	A2AKeys    = vocabulary(func(t *Term) []string { return []string{t.A2A} })
	JSONKeys   = vocabulary(func(t *Term) []string { return []string{t.JSON} })
	Attributes = vocabulary(func(t *Term) []string { return []string{t.Attr} })
)

// Lookup returns the Term that the vocabulary spells so, TermUnknown when
// none is. Case counts.
func (v *Vocabulary) Lookup(name string) TermID { return TermID(v.hash.lookup(name)) }

func vocabulary(spell func(*Term) []string) *Vocabulary {
	var names []string
	var ids []uint8
	for id := range Terms {
		for _, name := range spell(&Terms[id]) {
			if name != "" {
				names, ids = append(names, name), append(ids, uint8(id))
			}
		}
	}
	return &Vocabulary{newPerfectHash(names, ids)}
}

// Row returns the Term's row.
func (t TermID) Row() *Term { return &Terms[t] }

// NotApplicable reports whether a value is blank or one of the documented ways
// to say that there is none, in English or Portuguese.
func NotApplicable(value string) bool {
	return (value == "" || value[0]-'!' > '~'-'!' || value[0] == 'N') && saysNone(value)
}

func saysNone(value string) bool {
	switch strings.Map(spaced, value) {
	case "Not applicable", "Not used", "Not used in this interface",
		"Não aplicável", "Não se aplica", "Não utilizado", "Não utilizado nesta interface":
		return true
	}
	return strings.TrimFunc(value, isBlank) == ""
}

// spaced gives a space for what a writer writes as one.
func spaced(r rune) rune {
	if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
		return ' '
	}
	return r
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
