package main

import (
	"bufio"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// appendFunc appends an event as a message, without a line's end.
type appendFunc func([]byte, *audit.Event) []byte

// convert writes one line for every line it reads, empty and unreadable ones
// too.
func convert(v *env, args []string) error {
	fs := flag.NewFlagSet("convert", flag.ContinueOnError)
	to := fs.String("to", "", "`format` to write: cef, rfc5424, sensage or json (default the profile's)")
	profile := fs.String("profile", "", "`name` of a SIEM, for what the other flags do not say: "+strings.Join(wire.ProfileNames(), ", "))
	var enc wire.Encoding
	encodingFlags(fs, &enc)
	var in reading
	in.flags(fs)
	if err := v.flags(fs, args); err != nil {
		return err
	}
	if *profile != "" {
		if err := adopt(fs, &enc, to, *profile); err != nil {
			return err
		}
	}
	r, err := in.reader(v.now)
	if err != nil {
		return err
	}
	enc.Location = r.location
	write, err := newAppend(*to, enc)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(v.stdout, 64<<10)
	c := converter{r, write, out}
	err = c.files(v.stdin, fs.Args())
	if flushed := out.Flush(); flushed != nil && !errors.Is(err, flushed) { // a Write may have said so already
		err = errors.Join(err, flushed)
	}
	return err
}

// adopt sets what the profile of that name says; flags that were given stay.
func adopt(fs *flag.FlagSet, enc *wire.Encoding, to *string, name string) error {
	p := wire.ProfileByName(name)
	if p == nil {
		return usageError(fmt.Sprintf("--profile: %q is not one of %s", name, strings.Join(wire.ProfileNames(), ", ")))
	}
	given := map[string]string{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.String() })
	*enc = p.Encoding
	*to = cmp.Or(p.Encoding.Format, "cef")
	for name, value := range given {
		if err := fs.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// encodingFlags are the flags that say how events are rendered.
func encodingFlags(fs *flag.FlagSet, e *wire.Encoding) {
	fs.StringVar(&e.Keys, "keys", "vendor", "whose `names` the fields of CEF have: vendor or standard")
	fs.IntVar(&e.CEFVersion, "cef-version", 0, "`version` of CEF: 0 or 1")
	fs.StringVar(&e.Header, "header", "", "syslog `header` before CEF and Sensage: rfc5424, rfc3164, cef (rfc3164 without TAG) or none (default rfc5424, of sensage rfc3164)")
	fs.StringVar(&e.Message, "message", "text", "`form` of MSG in rfc5424: text, key_value, cef or json")
	fs.StringVar(&e.Facility, "facility", "source", "`name` of the facility, kern to local7, or source: the source's")
	fs.StringVar(&e.Severity, "severity", "source", "`origin` of the severity: source, or catalog, the event's type")
	fs.StringVar(&e.Language, "language", "en", "`language` of titles that the source did not give: en or pt")
	fs.StringVar(&e.Edition, "edition", "4", "`edition` of titles that the source did not give: 3 or 4")
	fs.StringVar(&e.Hostname, "hostname", "", "`name` of the host where the source gave none")
	fs.StringVar(&e.HostnameRule, "hostname-rule", "source", "`rule` for HOSTNAME: source, source_dvchost (and CEF repeats it), no_ipv6 or collector (then CEF has the source's in dvchost)")
	fs.StringVar(&e.TimeFormat, "time-format", "epoch_ms", "`form` of rt in CEF: epoch_ms or cef_date")
	fs.StringVar(&e.TimePrecision, "time-precision", "source", "`fraction` of a second in RFC 5424 headers: source or milliseconds")
	fs.IntVar(&e.MaxMessageSize, "max-message-size", 0, "most `bytes` of one line; 0 is no limit")
}

// newAppend returns what writes a format.
func newAppend(to string, enc wire.Encoding) (appendFunc, error) {
	switch to {
	case "json":
		return wire.AppendJSON, nil
	case "cef", "rfc5424", "sensage", "raw":
	default:
		return nil, usageError("--to must be cef, rfc5424, sensage or json, or given by --profile")
	}
	enc.Format = to
	e, err := wire.NewEncoder(enc)
	if err != nil {
		return nil, usageError(asFlags(err.Error()))
	}
	return func(dst []byte, ev *audit.Event) []byte {
		dst, _ = e.Append(dst, ev)
		return dst
	}, nil
}

// asFlags returns the lines of an error with the keys that begin them, such as
// cef_version, as the flags that they are here.
func asFlags(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		key, rest, _ := strings.Cut(line, ":")
		b.WriteString("--" + strings.ReplaceAll(key, "_", "-") + ":" + rest)
	}
	return b.String()
}

// converter writes what it reads in one format.
type converter struct {
	*reader
	append appendFunc
	out    io.Writer
}

// files converts the named files in order, or standard input when there are
// none. "-" names it too.
func (c *converter) files(stdin io.Reader, names []string) error {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		if err := c.file(stdin, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *converter) file(stdin io.Reader, name string) error {
	if name == "-" {
		return c.all(stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.all(f)
}

func (c *converter) all(in io.Reader) error {
	var buf []byte
	text := newLines(in)
	for text.next() {
		buf = append(c.append(buf[:0], c.read(string(text.text), text.cut)), '\n')
		if _, err := c.out.Write(buf); err != nil {
			return err
		}
	}
	return text.err
}
