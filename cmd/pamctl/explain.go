package main

import (
	"bytes"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// explain writes what was understood of one line and what would be sent, in
// the sections of a file of the corpus.
func explain(v *env, args []string) error {
	fs := flag.NewFlagSet("explain", flag.ContinueOnError)
	var enc wire.Encoding
	encodingFlags(fs, &enc)
	var rd reading
	rd.flags(fs)
	if err := v.flags(fs, args); err != nil {
		return err
	}
	line, err := oneLine(v, fs.Args())
	if err != nil {
		return err
	}
	x, err := newExplainer(enc, &rd, v.now)
	if err != nil {
		return err
	}
	_, err = v.stdout.Write(x.explain(nil, line))
	return err
}

// oneLine returns the argument, or the first line of standard input.
func oneLine(v *env, args []string) (string, error) {
	switch len(args) {
	case 1:
		return args[0], nil
	case 0:
		in := newLines(v.stdin)
		if !in.next() && in.err == nil {
			return "", usageError("no line given, as an argument or on standard input")
		}
		return string(in.text), in.err
	}
	return "", usageError("more than one argument; quote the line")
}

// explainer explains lines. It has a converter for every format.
type explainer struct {
	formats []*converter
	now     time.Time
}

// explained are the formats that explain shows.
var explained = []string{"cef", "rfc5424", "sensage", "json"}

func newExplainer(enc wire.Encoding, rd *reading, now func() time.Time) (*explainer, error) {
	x := new(explainer)
	var err error
	if x.now, err = rd.clock(now); err != nil {
		return nil, err
	}
	for _, to := range explained {
		c, err := newConverter(to, enc, rd)
		if err != nil {
			return nil, err
		}
		x.formats = append(x.formats, c)
	}
	return x, nil
}

func (x *explainer) explain(dst []byte, line string) []byte {
	for i, c := range x.formats {
		c.read(line, false, x.now)
		if i == 0 {
			dst = appendEvent(append(dst, "-- event --\n"...), &c.event)
		}
		dst = fmt.Appendf(dst, "-- %s --\n", explained[i])
		dst = append(c.append(dst, &c.event), '\n')
	}
	return dst
}

// appendEvent appends an event as text for people.
func appendEvent(dst []byte, e *audit.Event) []byte {
	b := bytes.NewBuffer(dst)
	if e.Type == nil {
		fmt.Fprintf(b, "type: unknown\n")
	} else {
		fmt.Fprintf(b, "type: %s, by %s\n", e.Type.Name, e.Evidence)
		fmt.Fprintf(b, "  %s\n", e.Type.Doc)
	}
	if e.Conflict != nil {
		fmt.Fprintf(b, "conflict: %s\n", e.Conflict.Name)
	}
	if e.Severity != audit.NoSeverity {
		fmt.Fprintf(b, "severity: %s\n", e.Severity)
	}
	if !e.Time.IsZero() {
		fmt.Fprintf(b, "time: %s\n", e.Time.UTC().Format(time.RFC3339Nano))
	}
	explainHeader(b, &e.Source)
	explainFields(b, e.Fields)
	explainLeniency(b, e)
	return b.Bytes()
}

func explainHeader(b *bytes.Buffer, s *audit.Source) {
	fmt.Fprintf(b, "format: %s\n", s.Format)
	if s.HasPRI {
		fmt.Fprintf(b, "  PRI: facility %d, severity %d\n", s.Facility, s.Severity)
	}
	for i := range audit.Words {
		w := &audit.Words[i]
		if value := *w.Text(s); value != "" {
			fmt.Fprintf(b, "  %s: %s\n", w.Attr, printable(value))
		}
	}
}

func explainFields(b *bytes.Buffer, fields []audit.Field) {
	if len(fields) > 0 {
		fmt.Fprintf(b, "fields:\n")
	}
	for i := range fields {
		f := &fields[i]
		value := printable(f.Text)
		if f.IsNum {
			value = strconv.FormatInt(f.Num, 10)
		}
		fmt.Fprintf(b, "  %s: %s\n", fieldName(f), value)
	}
}

// fieldName returns the attribute of f, and how the vendor spells it.
func fieldName(f *audit.Field) string {
	switch t := f.Term.Row(); {
	case f.Term == audit.TermUnknown:
		return audit.PrefixExt + printable(f.Key)
	case f.Term == audit.TermSD:
		return audit.PrefixSD + printable(f.Key)
	case t.Derived:
		return t.Attr + " (derived)"
	case t.CEF != "":
		return t.Attr + " (" + t.CEF + ")"
	default:
		return t.Attr + " (" + t.Slot + " " + t.Label + ")"
	}
}

// explainLeniency tells of the repairs and of what could not be read.
func explainLeniency(b *bytes.Buffer, e *audit.Event) {
	if e.Repairs != 0 {
		fmt.Fprintf(b, "repairs:\n")
	}
	for i := range audit.RepairTable {
		if r := &audit.RepairTable[i]; e.Repairs&(1<<i) != 0 {
			fmt.Fprintf(b, "  %s: %s\n", r.Name, r.Doc)
		}
	}
	if !e.Fault.IsZero() {
		fmt.Fprintf(b, "not read: %s at byte %d: %s\n", e.Fault.Part, e.Fault.Offset, e.Fault.Reason)
	}
}

// printable returns s, quoted where it would not read as it is.
func printable(s string) string {
	if !utf8.ValidString(s) || s == "" || s != strings.TrimSpace(s) || strings.ContainsFunc(s, unprintable) {
		return strconv.Quote(s)
	}
	return s
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }
