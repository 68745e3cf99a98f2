package syslog

import "time"

type Parser struct {
	Location *time.Location
}

func (p *Parser) Parse(m *Message, s string, now time.Time) { *m = Message{Msg: s} }

func Params(sd string, yield func(id, name, value string) bool) {}

type Header struct {
	Facility, Severity               uint8
	Time                             time.Time
	Hostname, AppName, ProcID, MsgID string
}

func AppendRFC5424(dst []byte, h *Header) []byte       { return dst }
func AppendRFC3164(dst []byte, h *Header) []byte       { return dst }
func AppendSDName(dst []byte, name string) []byte      { return dst }
func AppendParamValue(dst []byte, value string) []byte { return dst }

type Framing uint8

const (
	Auto Framing = iota
	OctetCounting
	NonTransparent
)

func AppendFrame(dst []byte, framing Framing, msg []byte) []byte { return dst }

type Flags uint8

const (
	Cut Flags = 1 << iota
	OutOfStep
	NoTrailer
)

const MaxCount = 10

type Framer struct {
	Framing        Framing
	MaxMessageSize int
	PassedOver     int64
}

func (f *Framer) Next(b []byte) (i, j, n int, flags Flags, ok bool)  { return }
func (f *Framer) Flush(b []byte) (i, j, n int, flags Flags, ok bool) { return }
