package plugin

import (
	"fmt"
	"slices"
	"strings"
)

// parsePath reads where a value is in a record: a name of the record's, or an
// accessor as Fluent Bit writes it.
//
//	path  = name / "$" name *( "[" quote name quote "]" )
//	quote = "'" / DQUOTE
func parsePath(text string) (path, error) {
	p := path{text}
	if accessor, ok := strings.CutPrefix(text, "$"); ok {
		begin := strings.IndexByte(accessor+"[", '[')
		p[0] = accessor[:begin]
		for rest := accessor[begin:]; rest != ""; {
			name, after, ok := cutQuoted(rest)
			if !ok {
				return nil, fmt.Errorf("%q cannot be read: use a name, or one like $log['message']", text)
			}
			p, rest = append(p, name), after
		}
	}
	if slices.Contains(p, "") {
		return nil, fmt.Errorf("%q has an empty name: use one like log, or $log['message']", text)
	}
	return p, nil
}

// cutQuoted cuts ['name'] from the beginning of text.
func cutQuoted(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "['") && !strings.HasPrefix(text, `["`) {
		return "", "", false
	}
	return strings.Cut(text[2:], text[1:2]+"]")
}

// String returns what parsePath reads.
func (p path) String() string {
	if len(p) == 1 && !strings.HasPrefix(p[0], "$") {
		return p[0]
	}
	text := "$" + p[0]
	for _, name := range p[1:] {
		quote := "'"
		if strings.Contains(name, "'") {
			quote = `"`
		}
		text += "[" + quote + name + quote + "]"
	}
	return text
}

// asPaths are written with commas between.
type asPaths []path

func (v *asPaths) set(s string) error {
	*v = nil
	for _, item := range splitPaths(s) {
		p, err := parsePath(item)
		if err != nil {
			return err
		}
		*v = append(*v, p)
	}
	return nil
}

func (v *asPaths) String() string {
	var all []string
	for _, p := range *v {
		all = append(all, p.String())
	}
	return strings.Join(all, ",")
}

// splitPaths splits a list at the commas that are not within brackets.
func splitPaths(text string) (items []string) {
	begin, depth := 0, 0
	for i, r := range text {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case r == ',' && depth <= 0:
			items = append(items, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
	}
	return append(items, strings.TrimSpace(text[begin:]))
}
