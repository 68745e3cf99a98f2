package wire

import (
	"strconv"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// The names under which header words travel where the format has no header
// of its own for them.
const (
	sdPrefix   = "pam@" // our SD-ID, before the private enterprise number
	uidParam   = "uid"
	columnTime = "time"

	// A message that a limit cut says so.
	truncatedParam = "truncated"
	truncatedKey   = ownPrefix + "Truncated"
)

// headerParams are the words of the CEF header as SD-PARAMs of our own
// SD-ELEMENT, spelt as the CEF standard's full names.
var headerParams = [...]struct {
	param string
	word  func(*audit.Source) *string
}{
	{"deviceVendor", func(s *audit.Source) *string { return &s.Vendor }},
	{"deviceProduct", func(s *audit.Source) *string { return &s.Product }},
	{"deviceVersion", func(s *audit.Source) *string { return &s.Version }},
	{"deviceEventClassId", func(s *audit.Source) *string { return &s.ClassID }},
	{"name", func(s *audit.Source) *string { return &s.Name }},
	{"severity", func(s *audit.Source) *string { return &s.CEFSeverity }},
}

// headerColumns are the same words as the leading columns of Sensage.
var headerColumns = [...]struct {
	column string
	word   func(*audit.Source) *string
}{
	{"vendor", headerParams[0].word},
	{"product", headerParams[1].word},
	{"version", headerParams[2].word},
	{"id", headerParams[3].word},
	{"name", headerParams[4].word},
	{"severity", headerParams[5].word},
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
	bare := strings.TrimPrefix(key, reservedPrefix)
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
	case timeKey, uidParam, columnTime, timestampKey, truncatedParam, truncatedKey:
		return true
	}
	for i := range headerParams {
		if headerParams[i].param == key || headerColumns[i].column == key {
			return true
		}
	}
	return false
}

// textOf returns a field's value as text.
func textOf(f *audit.Field) string {
	if f.IsNum {
		return strconv.FormatInt(f.Num, 10)
	}
	return f.Text
}
