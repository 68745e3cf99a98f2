package main

import (
	"flag"
	"fmt"
	"time"
	_ "time/tzdata" // --location works on machines without zone files

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// reading are the flags that say how lines are read.
type reading struct{ location, received string }

func (f *reading) flags(fs *flag.FlagSet) {
	fs.StringVar(&f.location, "location", "UTC", "IANA `name` of the zone of times that do not say theirs: of those that are read, and of RFC 3164 headers that are written")
	fs.StringVar(&f.received, "received", "", "RFC 3339 `time` of receipt, for output that can be repeated (default now)")
}

func (f *reading) reader(now func() time.Time) (*reader, error) {
	zone, err := time.LoadLocation(f.location)
	if err != nil {
		return nil, usageError(fmt.Sprintf("--location: %q is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC", f.location))
	}
	received := now()
	if f.received != "" {
		if received, err = time.Parse(time.RFC3339, f.received); err != nil {
			return nil, usageError(fmt.Sprintf("--received: %q is no RFC 3339 time, such as 2026-11-01T00:00:00Z", f.received))
		}
	}
	return &reader{location: zone, received: received, catalog: audit.Builtin(), parser: wire.NewParser(zone)}, nil
}

// reader reads lines into one event.
type reader struct {
	location *time.Location
	received time.Time
	catalog  *audit.Catalog
	parser   *wire.Parser
	event    audit.Event
}

// read reads a line, of which the end may be cut off.
func (r *reader) read(line string, cut bool) *audit.Event {
	r.parser.Parse(&r.event, line, r.received)
	if cut {
		r.event.Repairs |= audit.FrameCut
	}
	r.catalog.Classify(&r.event)
	return &r.event
}
