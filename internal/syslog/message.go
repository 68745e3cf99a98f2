package syslog

import (
	"errors"
	"time"
)

// Form is how a header was laid out. PRI may be present or not with any Form.
type Form uint8

const (
	NoHeader Form = iota // no time, hence no header but perhaps PRI
	RFC5424              // VERSION, time and words
	RFC3164              // a time that begins with the month's name, or with the day
	ISO                  // a time as in RFC 3339, but no VERSION
)

// Message is one syslog message: the words of its header as sent, and MSG.
// Its strings are parts of the input, not copies.
type Message struct {
	Form     Form
	HasPRI   bool
	Facility uint8 // 0..23
	Severity uint8 // 0..7

	Time     time.Time // zero: NILVALUE, missing or unreadable
	Hostname string    // "" here and below: NILVALUE or missing
	AppName  string    // also the TAG of RFC 3164
	ProcID   string    // also what stands in brackets after TAG
	MsgID    string

	StructuredData string // as sent, with its brackets; read it with Params

	Msg    string // what follows the header; a BOM is taken off, nothing else
	Offset int    // where Msg begins in the input

	Repairs Repairs
	Err     *ParseError // the first thing not understood, or nil
}

// Repairs is the set of leniencies that reading a header needed.
type Repairs uint32

const (
	RepairBOM            Repairs = 1 << iota // a byte order mark before PRI or before the header
	RepairPRI                                // PRI with leading zeros
	RepairPRIMissing                         // a header without PRI
	RepairSpaces                             // more than one space before a word of the header
	RepairVersionMissing                     // an RFC 3339 time without VERSION before it
	RepairTime                               // an RFC 3339 time with t, z, a space, a comma, a zone without colon or over six digits
	RepairTimeUnreadable                     // a word in the place of TIMESTAMP that is no time; Err says where
	RepairDayFirst                           // the day before the month: 26 Oct 2018 10:44:30
	RepairLeapSecond                         // second 60, read as 59
	RepairYearAssumed                        // no year: the nearest past one
	RepairZoneAssumed                        // no zone: Parser.Location
	RepairHostMissing                        // no HOSTNAME
	RepairAppNameMissing                     // no APP-NAME, no TAG
	RepairProcIDMissing                      // no PROCID where RFC 5424 has one
	RepairMsgIDMissing                       // no MSGID where RFC 5424 has one
	RepairSDMissing                          // no STRUCTURED-DATA where RFC 5424 has one
	RepairSDEscape                           // ] not escaped in a PARAM-VALUE
)

// need names the repair for what is not there.
func (r *Repairs) need(there bool, repair Repairs) {
	if !there {
		*r |= repair
	}
}

// ParseError is a part of a message that could not be read. It does not quote
// the message, which may hold secrets.
type ParseError struct {
	Part   string // as the RFC spells it: "PRI", "VERSION", "TIMESTAMP", "STRUCTURED-DATA"
	Offset int    // where in the input
	Err    error  // one of the errors below
}

// What can be wrong with a part.
var (
	ErrRange   = errors.New("value out of range")
	ErrSyntax  = errors.New("not of the form the standard gives")
	ErrVersion = errors.New("version not known, read as version 1")
)

// Error names the part and what is wrong with it.
func (e *ParseError) Error() string { return "syslog: " + e.Part + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *ParseError) Unwrap() error { return e.Err }

// fail keeps the first error.
func (m *Message) fail(part string, offset int, err error) {
	if m.Err == nil {
		m.Err = &ParseError{Part: part, Offset: offset, Err: err}
	}
}
