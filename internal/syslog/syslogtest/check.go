// Package syslogtest checks messages against the letter of RFC 5424, for tests
// of what this project writes. It shares no code with package syslog.
package syslogtest

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// checker reads a message byte by byte. The first error stays.
type checker struct {
	b   []byte
	i   int
	err error
}

// Check5424 returns nil if msg is a SYSLOG-MSG of RFC 5424, section 6, and an
// error that names the part and the place if it is not.
//
//	SYSLOG-MSG = HEADER SP STRUCTURED-DATA [SP MSG]
func Check5424(msg []byte) error {
	c := &checker{b: msg}
	c.header()
	c.sp()
	c.structuredData()
	if c.err == nil && c.i < len(c.b) {
		c.sp()
		c.msg()
	}
	return c.err
}

var errSyntax = errors.New("not as the grammar has it")

func (c *checker) fail(part string, err error) {
	if c.err == nil {
		c.err = fmt.Errorf("%s at byte %d: %w", part, c.i, err)
	}
}

// next is the byte to be read, -1 at the end and after an error.
func (c *checker) next() int {
	if c.err != nil || c.i == len(c.b) {
		return -1
	}
	return int(c.b[c.i])
}

// literal reads s.
func (c *checker) literal(part, s string) {
	if c.err == nil && !bytes.HasPrefix(c.b[c.i:], []byte(s)) {
		c.fail(part, errSyntax)
	}
	if c.err == nil {
		c.i += len(s)
	}
}

// optional reads s if it is there.
func (c *checker) optional(s string) bool {
	if c.err != nil || !bytes.HasPrefix(c.b[c.i:], []byte(s)) {
		return false
	}
	c.i += len(s)
	return true
}

// SP = %d32
func (c *checker) sp() { c.literal("SP", " ") }

// HEADER = PRI VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID
func (c *checker) header() {
	c.pri()
	c.version()
	c.sp()
	c.timestamp()
	c.sp()
	c.word("HOSTNAME", 255)
	c.sp()
	c.word("APP-NAME", 48)
	c.sp()
	c.word("PROCID", 128)
	c.sp()
	c.word("MSGID", 32)
}

// PRI    = "<" PRIVAL ">"
// PRIVAL = 1*3DIGIT ; range 0 .. 191
//
// Section 6.2.1: no leading zeros but for the value 0 itself.
func (c *checker) pri() {
	c.literal("PRI", "<")
	from := c.i
	v := c.digits("PRIVAL", 1, 3)
	if v > 191 || c.i-from > 1 && c.b[from] == '0' {
		c.fail("PRIVAL", errSyntax)
	}
	c.literal("PRI", ">")
}

// VERSION = NONZERO-DIGIT 0*2DIGIT
//
// Section 6.2.2: this specification is VERSION 1.
func (c *checker) version() { c.literal("VERSION", "1") }

// digits reads at least low and at most high DIGITs.
//
//	DIGIT = %d48 / NONZERO-DIGIT ; 0-9
func (c *checker) digits(part string, low, high int) (v int) {
	n := 0
	for n < high && c.next() >= '0' && c.next() <= '9' {
		v = v*10 + c.next() - '0'
		c.i++
		n++
	}
	if n < low {
		c.fail(part, errSyntax)
	}
	return v
}

// number reads exactly n DIGITs of a value from low to high.
func (c *checker) number(part string, n, low, high int) int {
	v := c.digits(part, n, n)
	if v < low || v > high {
		c.fail(part, errors.New("out of range"))
	}
	return v
}

// TIMESTAMP = NILVALUE / FULL-DATE "T" FULL-TIME
// FULL-TIME = PARTIAL-TIME TIME-OFFSET
func (c *checker) timestamp() {
	if c.optional("-") {
		return
	}
	c.fullDate()
	c.literal("TIMESTAMP", "T")
	c.partialTime()
	c.timeOffset()
}

// FULL-DATE  = DATE-FULLYEAR "-" DATE-MONTH "-" DATE-MDAY
// DATE-MONTH = 2DIGIT ; 01-12
// DATE-MDAY  = 2DIGIT ; 01-28, 01-29, 01-30, 01-31 based on month/year
func (c *checker) fullDate() {
	year := c.number("DATE-FULLYEAR", 4, 0, 9999)
	c.literal("FULL-DATE", "-")
	month := c.number("DATE-MONTH", 2, 1, 12)
	c.literal("FULL-DATE", "-")
	last := 31
	switch month {
	case 4, 6, 9, 11:
		last = 30
	case 2:
		last = 28
		if year%4 == 0 && year%100 != 0 || year%400 == 0 {
			last = 29
		}
	}
	c.number("DATE-MDAY", 2, 1, last)
}

// PARTIAL-TIME = TIME-HOUR ":" TIME-MINUTE ":" TIME-SECOND [TIME-SECFRAC]
// TIME-SECOND  = 2DIGIT ; 00-59
// TIME-SECFRAC = "." 1*6DIGIT
func (c *checker) partialTime() {
	c.number("TIME-HOUR", 2, 0, 23)
	c.literal("PARTIAL-TIME", ":")
	c.number("TIME-MINUTE", 2, 0, 59)
	c.literal("PARTIAL-TIME", ":")
	c.number("TIME-SECOND", 2, 0, 59)
	if c.optional(".") {
		c.digits("TIME-SECFRAC", 1, 6)
	}
}

// TIME-OFFSET    = "Z" / TIME-NUMOFFSET
// TIME-NUMOFFSET = ("+" / "-") TIME-HOUR ":" TIME-MINUTE
func (c *checker) timeOffset() {
	if c.optional("Z") {
		return
	}
	if !c.optional("+") {
		c.literal("TIME-NUMOFFSET", "-")
	}
	c.number("TIME-HOUR", 2, 0, 23)
	c.literal("TIME-NUMOFFSET", ":")
	c.number("TIME-MINUTE", 2, 0, 59)
}

// word reads one of these, NILVALUE being one too by its characters.
//
//	HOSTNAME = NILVALUE / 1*255PRINTUSASCII
//	APP-NAME = NILVALUE / 1*48PRINTUSASCII
//	PROCID   = NILVALUE / 1*128PRINTUSASCII
//	MSGID    = NILVALUE / 1*32PRINTUSASCII
func (c *checker) word(part string, limit int) {
	from := c.i
	for printable(c.next()) {
		c.i++
	}
	if n := c.i - from; n < 1 || n > limit {
		c.fail(part, fmt.Errorf("%d characters", n))
	}
}

// PRINTUSASCII = %d33-126
func printable(b int) bool { return b >= 33 && b <= 126 }

// STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT
//
// Section 6.3.2: the same SD-ID must not exist more than once.
func (c *checker) structuredData() {
	if c.optional("-") {
		return
	}
	seen := map[string]bool{}
	for first := true; first || c.next() == '['; first = false {
		id := c.sdElement()
		if seen[id] {
			c.fail("SD-ID", errors.New("a second time"))
		}
		seen[id] = true
	}
}

// SD-ELEMENT = "[" SD-ID *(SP SD-PARAM) "]"
func (c *checker) sdElement() (id string) {
	c.literal("SD-ELEMENT", "[")
	id = c.sdName("SD-ID")
	for c.optional(" ") {
		c.sdParam()
	}
	c.literal("SD-ELEMENT", "]")
	return id
}

// SD-PARAM = PARAM-NAME "=" %d34 PARAM-VALUE %d34
func (c *checker) sdParam() {
	c.sdName("PARAM-NAME")
	c.literal("SD-PARAM", `="`)
	c.paramValue()
	c.literal("SD-PARAM", `"`)
}

// SD-NAME = 1*32PRINTUSASCII ; except '=', SP, ']', %d34 (")
func (c *checker) sdName(part string) string {
	from := c.i
	for b := c.next(); printable(b) && b != '=' && b != ']' && b != '"'; b = c.next() {
		c.i++
	}
	if n := c.i - from; n < 1 || n > 32 {
		c.fail(part, fmt.Errorf("%d characters", n))
	}
	return string(c.b[from:c.i])
}

// PARAM-VALUE  = UTF-8-STRING ; characters '"', '\' and ']' MUST be escaped.
// UTF-8-STRING = *OCTET ; UTF-8 string as specified in RFC 3629
//
// Section 6.3.3: a backslash before anything else is a backslash; that it is
// not escaped itself is an error here.
func (c *checker) paramValue() {
	from := c.i
	for b := c.next(); b >= 0 && b != '"' && b != ']'; b = c.next() {
		c.i++
		if b != '\\' {
			continue
		}
		if b := c.next(); b != '"' && b != '\\' && b != ']' {
			c.fail("PARAM-VALUE", errors.New("backslash not escaped"))
		}
		c.i++
	}
	if c.err == nil && !utf8.Valid(c.b[from:c.i]) {
		c.fail("PARAM-VALUE", errors.New("not UTF-8"))
	}
}

// MSG      = MSG-ANY / MSG-UTF8
// MSG-ANY  = *OCTET ; not starting with BOM
// MSG-UTF8 = BOM UTF-8-STRING
// BOM      = %xEF.BB.BF
func (c *checker) msg() {
	if c.optional("\xEF\xBB\xBF") && !utf8.Valid(c.b[c.i:]) {
		c.fail("MSG-UTF8", errors.New("not UTF-8"))
	}
}
