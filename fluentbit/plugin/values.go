package plugin

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// value is a place in a Config as a person writes it. String returns what set
// reads.
type value interface {
	set(text string) error
	String() string
}

type (
	asText       string
	asList       []string // with commas between
	asNumber     int
	asSize       int // bytes
	asReplay     siem.Replay
	asToggle     bool
	asDuration   time.Duration
	asPrecedence audit.Precedence
)

func (v *asText) set(s string) error { *v = asText(s); return nil }
func (v *asText) String() string     { return string(*v) }

func (v *asList) set(s string) error {
	*v = strings.Split(s, ",")
	for i, item := range *v {
		(*v)[i] = strings.TrimSpace(item)
	}
	return nil
}
func (v *asList) String() string { return strings.Join(*v, ",") }

func (v *asNumber) set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("%q is no number: use digits", s)
	}
	*v = asNumber(n)
	return nil
}
func (v *asNumber) String() string { return strconv.Itoa(int(*v)) }

// factors are those of Fluent Bit, by the last letter of a size. A B may follow.
var factors = map[byte]float64{'k': 1e3, 'm': 1e6, 'g': 1e9}

// set reads a size as Fluent Bit does.
//
//	size = 1*DIGIT / 1*DIGIT [ "." 1*DIGIT ] ( "k" / "m" / "g" ) [ "b" ]
func (v *asSize) set(s string) error {
	wrong := fmt.Errorf("%q is no size: use bytes, or such as 64k or 2M", s)
	if n, err := strconv.Atoi(s); err == nil {
		*v = asSize(n)
		return nil
	}
	t := strings.TrimSuffix(strings.ToLower(s), "b")
	if t == "" || factors[t[len(t)-1]] == 0 {
		return wrong
	}
	n, err := strconv.ParseFloat(t[:len(t)-1], 64)
	if n *= factors[t[len(t)-1]]; err != nil || strings.Trim(t[:len(t)-1], "0123456789.") != "" || n > math.MaxInt32 {
		return wrong
	}
	*v = asSize(n)
	return nil
}
func (v *asSize) String() string { return strconv.Itoa(int(*v)) }

func (v *asReplay) set(s string) error {
	if (*siem.Replay)(v).UnmarshalText([]byte(s)) == nil {
		return nil
	}
	if (*asSize)(v).set(s) != nil {
		return fmt.Errorf("%q is neither auto nor a size: use bytes, or such as 64k or 2M", s)
	}
	return nil
}
func (v *asReplay) String() string {
	s, _ := siem.Replay(*v).MarshalText() // never fails
	return string(s)
}

var toggles = map[string]asToggle{
	"on": true, "true": true, "yes": true,
	"off": false, "false": false, "no": false,
}

func (v *asToggle) set(s string) error {
	t, ok := toggles[strings.ToLower(s)]
	if !ok {
		return fmt.Errorf("%q is neither on nor off", s)
	}
	*v = t
	return nil
}
func (v *asToggle) String() string { return strconv.FormatBool(bool(*v)) }

// maxDuration is more than anybody means, and far from what overflows.
const maxDuration = 100 * 365 * 24 * time.Hour

// set reads a time as Go does, or as Fluent Bit: a number is in seconds, and d
// stands for days.
func (v *asDuration) set(s string) error {
	t := strings.ToLower(s)
	var d time.Duration
	var err error
	unit := time.Second
	if days, ok := strings.CutSuffix(t, "d"); ok {
		t, unit = days, 24*time.Hour
	}
	if n, bad := strconv.ParseInt(t, 10, 32); bad == nil {
		d = time.Duration(n) * unit
	} else if d, err = time.ParseDuration(t); unit != time.Second {
		err = errors.New("days are whole")
	}
	if err != nil || d > maxDuration || d < 0 {
		return fmt.Errorf("%q is no time: use such as 500ms, 10s, 5m, 1h or 1d", s)
	}
	*v = asDuration(d)
	return nil
}

// String leaves out what is nothing: 5m, not 5m0s.
func (v *asDuration) String() string {
	s := time.Duration(*v).String()
	if t, ok := strings.CutSuffix(s, "m0s"); ok {
		s = t + "m"
	}
	if t, ok := strings.CutSuffix(s, "h0m"); ok {
		s = t + "h"
	}
	return s
}

func (v *asPrecedence) set(s string) error {
	p, err := audit.ParsePrecedence(s)
	if err == nil {
		*v = asPrecedence(p)
	}
	return err
}
func (v *asPrecedence) String() string { return audit.Precedence(*v).String() }

// quoted quotes what would not be seen as one word.
func quoted(s string) string {
	if q := strconv.Quote(s); q != `"`+s+`"` || strings.Contains(s, " ") {
		return q
	}
	return s
}
