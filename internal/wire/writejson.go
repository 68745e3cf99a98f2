package wire

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// jsonTime is UTC with exactly three decimals.
const jsonTime = "2006-01-02T15:04:05.000Z"

// AppendJSON appends e as one line of JSON, schema version 1:
//
//	{"time","host","type","severity","classified_by","conflict","repairs","fields":{},"resource":{},"raw"}
//
// time is UTC with three decimals, null where the source gave none; type, the
// losing type in conflict and severity are words, "unknown" or "" for none;
// repairs is an array of names; fields and resource are objects from
// attribute to string, number or, for repeated values, array.
func AppendJSON(dst []byte, e *audit.Event) []byte {
	dst = append(dst, `{"time":`...)
	if year := e.Time.UTC().Year(); e.Time.IsZero() || year < 0 || year > 9999 {
		dst = append(dst, "null"...)
	} else {
		dst = append(e.Time.UTC().AppendFormat(append(dst, '"'), jsonTime), '"')
	}
	dst = appendMember(dst, "host", e.Source.Host)
	dst = appendMember(dst, "type", typeName(e.Type, "unknown"))
	dst = appendMember(dst, "severity", e.Severity.String())
	dst = appendMember(dst, "classified_by", e.Evidence.String())
	dst = appendMember(dst, "conflict", typeName(e.Conflict, ""))
	dst = appendRepairs(append(dst, `,"repairs":[`...), e.Repairs)
	dst = appendAttributes(append(dst, `],"fields":{`...), e)
	dst = appendResource(append(dst, `},"resource":{`...), e)
	dst = appendMember(append(dst, '}'), "raw", e.Raw)
	return append(dst, '}')
}

func typeName(t *audit.Type, none string) string {
	if t == nil {
		return none
	}
	return t.Name
}

// appendMember appends a member of an object. The first has no comma.
func appendMember(dst []byte, name, value string) []byte {
	return appendQuoted(appendName(dst, name), value)
}

func appendName(dst []byte, name string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(appendQuoted(dst, name), ':')
}

// appendQuoted appends a JSON string. Bytes that are not UTF-8 become U+FFFD;
// U+2028 and U+2029, at which some readers cut lines, are escaped.
func appendQuoted(dst []byte, s string) []byte {
	start := len(dst)
	dst, _ = jsontext.AppendQuote(dst, s) // the error only tells of such bytes
	if !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029") {
		return dst
	}
	return append(dst[:start], lineSeparators.Replace(string(dst[start:]))...)
}

var lineSeparators = strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`)

func appendRepairs(dst []byte, r audit.Repairs) []byte {
	if r == 0 {
		return dst
	}
	for i, name := range strings.Split(r.String(), ",") {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, name)
	}
	return dst
}

func appendAttributes(dst []byte, e *audit.Event) []byte {
	if !e.UID.IsZero() {
		dst = appendMember(dst, audit.AttrUID, e.UID.String())
	}
	dst = appendMember(dst, audit.AttrFormat, e.Source.Format.String())
	if e.Source.HasPRI {
		dst = appendInt(appendName(dst, audit.AttrFacility), int64(e.Source.Facility))
		dst = appendInt(appendName(dst, audit.AttrSeverity), int64(e.Source.Severity))
	}
	dst = appendJSONWords(dst, e, false)
	for i := 0; i < len(e.Fields); {
		n := i + 1
		for n < len(e.Fields) && e.Fields[n].SameName(&e.Fields[i]) {
			n++
		}
		dst = appendValues(appendName(dst, e.Fields[i].Attr()), e.Fields[i:n])
		i = n
	}
	if !e.Fault.IsZero() {
		dst = appendMember(dst, audit.AttrFault, e.Fault.String())
	}
	return dst
}

func appendJSONWords(dst []byte, e *audit.Event, resource bool) []byte {
	for i := range audit.Words {
		if value := *audit.Words[i].Text(&e.Source); value != "" && audit.Words[i].Resource == resource {
			dst = appendMember(dst, audit.Words[i].Attr, value)
		}
	}
	return dst
}

func appendResource(dst []byte, e *audit.Event) []byte { return appendJSONWords(dst, e, true) }

// appendValues appends one value, or an array of the repeated ones.
func appendValues(dst []byte, fields []audit.Field) []byte {
	if len(fields) == 1 {
		return appendScalar(dst, &fields[0])
	}
	dst = append(dst, '[')
	for i := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendScalar(dst, &fields[i])
	}
	return append(dst, ']')
}

func appendScalar(dst []byte, f *audit.Field) []byte {
	if f.IsNum {
		return appendInt(dst, f.Num)
	}
	return appendQuoted(dst, f.Text)
}
