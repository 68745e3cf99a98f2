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
	var in reading
	in.flags(fs)
	if err := v.flags(fs, args); err != nil {
		return err
	}
	line, err := oneLine(v, fs.Args())
	if err != nil {
		return err
	}
	x, err := newExplainer(enc, &in, v.now)
	if err != nil {
		return err
	}
	_, err = v.stdout.Write(x.explain(nil, line))
	return err
}

// oneLine returns the argument, or what standard input has.
func oneLine(v *env, args []string) (string, error) {
	if len(args) > 1 {
		return "", usageError("more than one argument: quote the line")
	}
	if len(args) == 1 {
		return args[0], nil
	}
	in := newLines(v.stdin)
	if !in.next() && in.err == nil {
		return "", usageError("no line given, as an argument or on standard input")
	}
	line := string(in.text)
	if in.next() {
		return "", usageError("more than one line on standard input: give one line, as head -n 1 does")
	}
	return line, in.err
}

// explainer explains lines.
type explainer struct {
	*reader
	formats []appendFunc // those of explained
}

// explained are the formats that explain shows.
var explained = []string{"cef", "rfc5424", "sensage", "json"}

func newExplainer(enc wire.Encoding, in *reading, now func() time.Time) (*explainer, error) {
	r, err := in.reader(now)
	if err != nil {
		return nil, err
	}
	x := &explainer{reader: r}
	enc.Location = r.location
	for _, to := range explained {
		f, err := newAppend(to, enc)
		if err != nil {
			return nil, err
		}
		x.formats = append(x.formats, f)
	}
	return x, nil
}

func (x *explainer) explain(dst []byte, line string) []byte {
	e := x.read(line, false)
	dst = append(dst, "-- event --\n"...)
	if line == "" {
		dst = append(dst, "the line is empty\n"...)
	}
	dst = appendEvent(dst, e)
	for i, appendTo := range x.formats {
		dst = fmt.Appendf(dst, "-- %s --\n", explained[i])
		dst = append(appendTo(dst, e), '\n')
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
