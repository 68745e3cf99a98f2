package audit

// Catalog is the types a site knows. It is safe for concurrent use.
type Catalog struct{ byName map[string]*Type }

// Precedence says which evidence Classify trusts first.
type Precedence uint8

// The precedences.
const (
	Default   Precedence = iota // the order of the Evidence constants
	SUIDFirst                   // for sites where suid is known to carry the message type
)

// String returns the precedence as configurations spell it.
func (p Precedence) String() string { return [...]string{"default", "suid_first"}[p] }

// NewCatalog returns a catalog of Types and extra rows.
func NewCatalog(extra []Type, precedence Precedence) (*Catalog, error) { return &Catalog{}, nil }

// Builtin returns the catalog of Types.
func Builtin() *Catalog { return &Catalog{} }

// ByName returns the type of that name, nil when there is none.
func (c *Catalog) ByName(name string) *Type { return c.byName[name] }

// Classify finds the event's type.
func (c *Catalog) Classify(e *Event) {}
