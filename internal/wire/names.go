package wire

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

// The names under which header words travel where the format has no header
// of its own for them.
const (
	sdPrefix   = "pam@" // our SD-ID, before the private enterprise number
	uidParam   = "uid"
	hostParam  = "deviceHostName" // the source's host where the header has another
	columnTime = "time"

	// A message that a limit cut says so.
	truncatedParam = "truncated"
	truncatedKey   = ownPrefix + "Truncated"
)

// headerWord is a word of the CEF header.
type headerWord struct {
	param  string // SD-PARAM of our own SD-ELEMENT: the standard's full name
	column string // leading column of Sensage
	limit  int    // the most bytes that CEF allows
	word   func(*audit.Source) *string
	text   func(*Encoder, *audit.Event) string // the source's word, or one made up
}

// most returns the word's limit, for the class id and Name at most most.
func (w *headerWord) most(most int) int {
	if w.limit > cef.MaxDeviceVendor {
		return min(w.limit, most)
	}
	return w.limit
}

// headerWords are the words in their order.
var headerWords = [...]headerWord{
	{"deviceVendor", "vendor", cef.MaxDeviceVendor,
		func(s *audit.Source) *string { return &s.Vendor },
		func(_ *Encoder, e *audit.Event) string { return cmp.Or(e.Source.Vendor, audit.Vendor) }},
	{"deviceProduct", "product", cef.MaxDeviceProduct,
		func(s *audit.Source) *string { return &s.Product },
		func(_ *Encoder, e *audit.Event) string { return cmp.Or(e.Source.Product, audit.Product) }},
	{"deviceVersion", "version", cef.MaxDeviceVersion,
		func(s *audit.Source) *string { return &s.Version },
		func(_ *Encoder, e *audit.Event) string { return e.Source.Version }},
	{"deviceEventClassId", "id", cef.MaxDeviceEventClassID,
		func(s *audit.Source) *string { return &s.ClassID }, (*Encoder).classID},
	{"name", "name", cef.MaxName,
		func(s *audit.Source) *string { return &s.Name }, (*Encoder).title},
	{"severity", "severity", len("Very-High"),
		func(s *audit.Source) *string { return &s.CEFSeverity }, (*Encoder).cefSeverity},
}

// classID returns the source's Device Event Class ID, else the type's.
func (enc *Encoder) classID(e *audit.Event) string {
	switch {
	case e.Source.ClassID != "":
		return e.Source.ClassID
	case e.Type == nil:
		return "unknown"
	}
	return e.Type.ClassID()
}

// title returns the source's Name, else the type's title.
func (enc *Encoder) title(e *audit.Event) string {
	switch {
	case e.Source.Name != "":
		return e.Source.Name
	case e.Type == nil:
		return "unknown"
	}
	return e.Type.Title(enc.Language, enc.Edition)
}

// cefSeverity returns the source's Severity as it wrote it, unless it is none
// or the catalog's is asked for.
func (enc *Encoder) cefSeverity(e *audit.Event) string {
	own := enc.catalogSeverity && e.Type != nil
	if !own && audit.ParseCEFSeverity(e.Source.CEFSeverity) != audit.NoSeverity {
		return e.Source.CEFSeverity
	}
	return strconv.Itoa(int(enc.severity(e).CEF()))
}

// SDKey returns the key of a foreign SD-PARAM's field: SD-ID, a dot and
// PARAM-NAME, whose own dots are written %2E so that the two can be parted.
func SDKey(id, name string) string {
	if strings.ContainsAny(name, ".%") {
		name = sdEscaper.Replace(name)
	}
	return id + "." + name
}

// splitSDKey is the inverse of SDKey.
func splitSDKey(key string) (id, name string) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return key, ""
	}
	id, name = key[:i], key[i+1:]
	if strings.IndexByte(name, '%') >= 0 {
		name = sdUnescaper.Replace(name)
	}
	return id, name
}

var (
	sdEscaper   = strings.NewReplacer("%", "%25", ".", "%2E")
	sdUnescaper = strings.NewReplacer("%25", "%", "%2E", ".")
)

// reservedPrefix stands before the key of a field that no Term spells, where
// the bare key would be read back as something else.
const reservedPrefix = "ext_"

// reserved reports whether a key that no Term spells would be read back as
// something else in one of the vocabularies.
func reserved(key string, vocabularies ...*audit.Vocabulary) bool {
	bare := key
	for strings.HasPrefix(bare, reservedPrefix) {
		bare = bare[len(reservedPrefix):]
	}
	if isOwnName(bare) {
		return true
	}
	for _, v := range vocabularies {
		if v.Lookup(bare) != audit.TermUnknown {
			return true
		}
	}
	return false
}

// unreserve takes reservedPrefix off a key that carries it for a reason.
func unreserve(key string, vocabularies ...*audit.Vocabulary) string {
	if bare, ok := strings.CutPrefix(key, reservedPrefix); ok && reserved(bare, vocabularies...) {
		return bare
	}
	return key
}

// isOwnName reports whether key names something that is no field.
func isOwnName(key string) bool {
	switch key {
	case hostKey, timeKey, uidKey, uidParam, hostParam, columnTime, timestampKey, truncatedParam, truncatedKey:
		return true
	}
	for i := range headerWords {
		if headerWords[i].param == key || headerWords[i].column == key {
			return true
		}
	}
	return false
}

// scheme is how the fields without a Term are named in one format.
type scheme struct {
	most         int                 // bytes of a name
	vocabularies []*audit.Vocabulary // that reading asks
	host         bool                // dvchost is taken by the source's host
}

// The schemes. An SD-NAME has at most 32 bytes (RFC 5424 section 6); for CEF
// keys the standard sets no limit, and we do.
var (
	paramNames   = scheme{most: 32, vocabularies: []*audit.Vocabulary{audit.ParamKeys}}
	pairNames    = scheme{most: 63, vocabularies: []*audit.Vocabulary{audit.ParamKeys, audit.A2AKeys, audit.CEFKeys}}
	cefNames     = scheme{most: 63, vocabularies: []*audit.Vocabulary{audit.CEFKeys}}
	cefHostNames = scheme{most: 63, vocabularies: []*audit.Vocabulary{audit.CEFKeys}, host: true}
)

// nameReserve is the room that a rewritten name keeps for reservedPrefix and
// a number.
const nameReserve = len(reservedPrefix) + len("_99999")

// nameFields sets the names of the fields without a Term: the key in letters,
// digits and underscores, unlike any name that is read as something else and
// unlike any other field's.
func (enc *Encoder) nameFields(e *audit.Event, sch *scheme) {
	enc.names = slices.Grow(enc.names[:0], len(e.Fields))[:len(e.Fields)]
	rewrite := false
	for i := range e.Fields {
		f := &e.Fields[i]
		switch {
		case f.Term > audit.TermSD:
			enc.names[i] = ""
		case f.Term == audit.TermUnknown && cef.LegalKey(f.Key) && len(f.Key) <= sch.most-len(reservedPrefix):
			enc.names[i] = sch.unread(f.Key)
		default:
			enc.names[i], rewrite = "", true
		}
	}
	if rewrite {
		enc.rewriteNames(e, sch)
	}
}

// rewriteNames names the fields whose keys cannot stand as they are.
func (enc *Encoder) rewriteNames(e *audit.Event, sch *scheme) {
	clear(enc.taken)
	for _, name := range enc.names {
		if name != "" {
			enc.taken[name] = true
		}
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Term > audit.TermSD || enc.names[i] != "" {
			continue
		}
		if i > 0 && f.SameName(&e.Fields[i-1]) { // repeats stand together
			enc.names[i] = enc.names[i-1]
			continue
		}
		key := cef.AppendKey(nil, f.Key)
		name := sch.unread(string(key[:min(len(key), sch.most-nameReserve)]))
		base := name
		for n := i; enc.taken[name]; n += audit.MaxFields { // i numbers this field alone
			name = base + "_" + strconv.Itoa(n)
		}
		enc.names[i], enc.taken[name] = name, true
	}
}

// unread returns the name for a key, with a prefix where the bare key would be
// read back as something else.
func (sch *scheme) unread(key string) string {
	if reserved(key, sch.vocabularies...) && (key != hostKey || sch.host) {
		return reservedPrefix + key
	}
	return key
}
