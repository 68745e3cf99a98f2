package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// converter reads lines into events and appends them in one format.
type converter struct {
	catalog *audit.Catalog
	parser  *wire.Parser
	append  func([]byte, *audit.Event) []byte
	event   audit.Event
}

// convert writes one line for every line it reads, empty and unreadable ones
// too.
func convert(v *env, args []string) error {
	fs := flag.NewFlagSet("convert", flag.ContinueOnError)
	to := fs.String("to", "", "`format` to write: cef, rfc5424, sensage or json")
	var enc wire.Encoding
	encodingFlags(fs, &enc)
	var rd reading
	rd.flags(fs)
	if err := v.flags(fs, args); err != nil {
		return err
	}
	c, err := newConverter(*to, enc, &rd)
	if err != nil {
		return err
	}
	now, err := rd.clock(v.now)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(v.stdout, 64<<10)
	if err := c.files(out, v.stdin, fs.Args(), now); err != nil {
		return err
	}
	return out.Flush()
}

// encodingFlags are the flags that say how events are rendered.
func encodingFlags(fs *flag.FlagSet, e *wire.Encoding) {
	fs.StringVar(&e.Keys, "keys", "", "`set` of CEF keys: vendor or standard (default vendor)")
	fs.IntVar(&e.CEFVersion, "cef-version", 0, "0 or 1")
	fs.StringVar(&e.Header, "header", "", "`syslog` header of cef and sensage: rfc5424, rfc3164 or none (default rfc5424)")
	fs.StringVar(&e.Message, "message", "", "MSG of rfc5424: `text`, key_value, cef or json (default text)")
	fs.StringVar(&e.Facility, "facility", "", "source, or a facility's `name` (default source)")
	fs.StringVar(&e.Severity, "severity", "", "source or `catalog` (default source)")
	fs.StringVar(&e.Language, "language", "", "of titles that the source did not give: `en` or pt")
	fs.StringVar(&e.Edition, "edition", "", "of titles that the source did not give: `3` or 4")
	fs.StringVar(&e.Hostname, "hostname", "", "`name` where the source gave none")
	fs.IntVar(&e.MaxMessageSize, "max-message-size", 0, "`bytes` of one line; 0 is no limit")
}

// reading says how lines are read.
type reading struct{ location, received string }

func (r *reading) flags(fs *flag.FlagSet) {
	fs.StringVar(&r.location, "location", "UTC", "time `zone` of times without one, as America/Sao_Paulo")
	fs.StringVar(&r.received, "received", "", "RFC 3339 `time` of receipt, for output that can be repeated (default now)")
}

// clock returns the time of receipt.
func (r *reading) clock(now func() time.Time) (time.Time, error) {
	if r.received == "" {
		return now(), nil
	}
	t, err := time.Parse(time.RFC3339, r.received)
	if err != nil {
		return t, usageError("--received is no RFC 3339 time, as 2026-11-01T00:00:00Z")
	}
	return t, nil
}

func (r *reading) parser() (*wire.Parser, error) {
	zone, err := time.LoadLocation(r.location)
	if err != nil {
		return nil, usageError(fmt.Sprintf("--location: no such time zone: %s", r.location))
	}
	return wire.NewParser(zone), nil
}

func newConverter(to string, enc wire.Encoding, rd *reading) (*converter, error) {
	c := &converter{catalog: audit.Builtin()}
	var err error
	if c.parser, err = rd.parser(); err != nil {
		return nil, err
	}
	switch to {
	case "json":
		c.append = wire.AppendJSON
		return c, nil
	case "cef", "rfc5424", "sensage":
	default:
		return nil, usageError("--to must be cef, rfc5424, sensage or json")
	}
	enc.Format = to
	e, err := wire.NewEncoder(enc)
	if err != nil {
		return nil, usageError(err.Error())
	}
	c.append = func(dst []byte, ev *audit.Event) []byte {
		dst, _ = e.Append(dst, ev)
		return dst
	}
	return c, nil
}

// files converts the named files in order, or standard input when there are
// none. "-" names it too.
func (c *converter) files(out io.Writer, stdin io.Reader, names []string, now time.Time) error {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		if name == "-" {
			if err := c.all(out, stdin, now); err != nil {
				return err
			}
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		err = c.all(out, f, now)
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *converter) all(out io.Writer, in io.Reader, now time.Time) error {
	var buf []byte
	text := newLines(in)
	for text.next() {
		buf = c.line(buf[:0], string(text.text), text.cut, now)
		if _, err := out.Write(buf); err != nil {
			return err
		}
	}
	return text.err
}

// line appends what becomes of one line.
func (c *converter) line(dst []byte, line string, cut bool, now time.Time) []byte {
	c.read(line, cut, now)
	return append(c.append(dst, &c.event), '\n')
}

// read fills the event from one message.
func (c *converter) read(msg string, cut bool, now time.Time) {
	c.parser.Parse(&c.event, msg, now)
	if cut {
		c.event.Repairs |= audit.FrameCut
	}
	c.catalog.Classify(&c.event)
}
