package audit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Catalog is the types a site knows. It is safe for concurrent use.
type Catalog struct {
	types      []*Type // sorted by name
	precedence Precedence
	byName     map[string]*Type
	byTitle    map[string]*Type // folded titles
	byID       map[string]*Type // numbers, and names for types that have none
	bySUID     map[string]*Type
	byAction   map[string]*Type
	byText     map[string]*Type // sentences, to find those that two rows claim
	sentences  sentences
}

// Precedence says which evidence Classify trusts first.
type Precedence uint8

// The precedences.
const (
	Default   Precedence = iota // the order of the Evidence constants
	SUIDFirst                   // for sites where suid is known to carry the message type
)

// precedenceNames are the precedences as configurations spell them.
var precedenceNames = [...]string{"default", "suid_first"}

// String returns the precedence as configurations spell it.
func (p Precedence) String() string { return precedenceNames[p] }

// ParsePrecedence is the inverse of String.
func ParsePrecedence(name string) (Precedence, error) {
	if i := slices.Index(precedenceNames[:], name); i >= 0 {
		return Precedence(i), nil
	}
	return Default, fmt.Errorf("%q is not one of %s", name, strings.Join(precedenceNames[:], ", "))
}

var builtin = sync.OnceValue(func() *Catalog {
	c, err := NewCatalog(nil, Default)
	if err != nil {
		panic(err) // a test reads Types too
	}
	return c
})

// Builtin returns the catalog of Types.
func Builtin() *Catalog { return builtin() }

// ByName returns the type of that name, nil when there is none.
func (c *Catalog) ByName(name string) *Type { return c.byName[name] }

// NewCatalog returns a catalog of Types and of the rows that a site adds. A
// row with the name of a Type stands in its place. The error names every row
// and key that is at fault.
func NewCatalog(extra []Type, precedence Precedence) (*Catalog, error) {
	c := &Catalog{
		precedence: precedence,
		byName:     map[string]*Type{}, byTitle: map[string]*Type{}, byID: map[string]*Type{},
		bySUID: map[string]*Type{}, byAction: map[string]*Type{}, byText: map[string]*Type{},
		sentences: sentences{begun: map[uint32]bucket{}},
	}
	var errs []error
	for i := range extra {
		t := &extra[i]
		if c.byName[t.Name] != nil {
			errs = append(errs, fault(t, "name", "another row has it; leave one out"))
		}
		c.byName[t.Name] = t
	}
	for i := range Types {
		if t := &Types[i]; c.byName[t.Name] == nil {
			c.byName[t.Name] = t
		}
	}
	for _, t := range c.byName {
		c.types = append(c.types, t)
	}
	slices.SortFunc(c.types, func(a, b *Type) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range c.types {
		errs = append(errs, c.add(t)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// fault names the row and the key that is wrong.
func fault(t *Type, key, format string, args ...any) error {
	return fmt.Errorf("type %q: %s: %s", t.Name, key, fmt.Sprintf(format, args...))
}

// add checks t and enters it under everything that tells it.
func (c *Catalog) add(t *Type) []error {
	var errs []error
	bad := func(key, format string, args ...any) { errs = append(errs, fault(t, key, format, args...)) }
	claim := func(key string, m map[string]*Type, what string) {
		if other := m[what]; other != nil && other != t {
			bad(key, "%q is taken by type %q; leave it out, or give a row of that name", what, other.Name)
			return
		}
		m[what] = t
	}
	c.check(t, bad)
	for _, id := range t.IDs {
		claim("ids", c.byID, id)
		if plain := strings.Replace(id, ".", "", 1); plain != id {
			claim("ids", c.byID, plain)
		}
	}
	claim("name", c.byID, t.Name)
	for title := range t.titles {
		var buf [maxFolded]byte
		if folded, ok := foldTitle(&buf, title); ok {
			claim("titles", c.byTitle, string(folded))
		} else {
			bad("titles", "%q is empty or longer than %d bytes", title, maxFolded)
		}
	}
	if t.SUID != 0 && (c.byName[t.Parent] == nil || c.byName[t.Parent].SUID != t.SUID) {
		claim("suid", c.bySUID, fmt.Sprint(t.SUID))
	}
	for _, a := range t.Actions {
		claim("actions", c.byAction, a)
	}
	for i := range t.Match {
		s, err := newSentence(t, &t.Match[i])
		if err != nil {
			bad("match", "%q: %v", t.Match[i].Text, err)
			continue
		}
		claim("match", c.byText, s.begin+"…"+strings.Join(s.inside, "…"))
		c.sentences.add(s)
	}
	return errs
}

// titles yields every title once for each time that t has it.
func (t *Type) titles(yield func(string) bool) {
	for _, texts := range [...][]string{t.Titles[:], t.Listed[:], t.Aliases} {
		for _, s := range texts {
			if s != "" && !yield(s) {
				return
			}
		}
	}
}

// check finds what is wrong with t by itself.
func (c *Catalog) check(t *Type, bad func(key, format string, args ...any)) {
	if !legalName(t.Name) {
		bad("name", "must be 1 to 32 bytes of a to z, 0 to 9 and _, in words joined by dots")
	}
	if p := c.byName[t.Parent]; t.Parent != "" && (p == nil || p.Parent != "") {
		bad("parent", "%q must be a type without a parent of its own", t.Parent)
	}
	if t.Severity > Debug {
		bad("severity", "must be emergency, alert, critical, error, warning, notice, info or debug")
	}
	if !slices.Contains(alerts[:], t.Alert) {
		bad("alert", "must be one of %s", strings.Join(alerts[1:], ", "))
	}
	for _, id := range t.IDs {
		if id == "" || len(id) > 63 || strings.ContainsFunc(id, func(r rune) bool { return (r < '0' || r > '9') && r != '.' }) {
			bad("ids", "%q must be digits and dots", id)
		}
	}
	for _, k := range t.Keys {
		if k <= TermSD || int(k) >= NumTerms {
			bad("keys", "%d is no Term", k)
		}
	}
	for i := range t.Match {
		for _, name := range t.Match[i].Also {
			if c.byName[name] == nil {
				bad("match", "also: %q is no type", name)
			}
		}
	}
}

var alerts = [...]string{"", AlertAuthentication, AlertRemoteLogin, AlertServerFailure, AlertPasswordExpiration}

// legalName reports whether name can be a MSGID and the rest of an EventName.
func legalName(name string) bool {
	if len(name) > 32 {
		return false
	}
	for word := range strings.SplitSeq(name, ".") {
		if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}
