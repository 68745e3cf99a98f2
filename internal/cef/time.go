package cef

import (
	"strconv"
	"strings"
	"time"
)

// AppendTime appends t as milliseconds since the epoch, the form of a timestamp
// that needs no year, zone or language.
func AppendTime(dst []byte, t time.Time) []byte {
	return strconv.AppendInt(dst, t.UnixMilli(), 10)
}

// Assumed tells what a timestamp does not say itself.
type Assumed uint8

// What ReadTime assumes.
const (
	YearAssumed Assumed = 1 << iota // it has no year
	ZoneAssumed                     // it has no zone, or one that means something only within loc
)

// ReadTime reads a timestamp in one of the standard's forms:
//
//	milliseconds since the epoch (seconds are taken too)
//	MMM dd HH:mm:ss[.SSS] [zzz]
//	MMM dd yyyy HH:mm:ss[.SSS] [zzz]
//
// and also one of RFC 3339. Months have their English names. The zone is UTC,
// GMT, Z, an offset such as +01:00, +0100 or GMT+01:00, or an abbreviation that
// means one offset the world over or that loc uses; a time with another
// abbreviation is refused, for it could be hours off. A time without a zone is
// one of loc (nil: UTC), a time without a year is the last such time before
// now, with a day to spare for a sender whose clock is ahead.
//
// The result is in UTC.
func ReadTime(s string, loc *time.Location, now time.Time) (t time.Time, assumed Assumed, ok bool) {
	s = strings.Trim(s, " ")
	if loc == nil {
		loc = time.UTC
	}
	switch {
	case s == "":
		return time.Time{}, 0, false
	case !isDigit(s[0]):
		return readDate(s, loc, now)
	case strings.IndexByte(s, '-') > 0:
		t, err := time.Parse(time.RFC3339, s)
		return t.UTC(), 0, err == nil
	}
	t, ok = readEpoch(s)
	return t, 0, ok
}

// readEpoch reads 9 to 11 digits as seconds, 12 to 14 as milliseconds: either
// way times from 1973 to 5138. Shorter numbers are counters or nothing at all.
func readEpoch(s string) (time.Time, bool) {
	n, ok := digits(s, 9, 14)
	switch {
	case !ok:
		return time.Time{}, false
	case len(s) < 12:
		return time.Unix(int64(n), 0).UTC(), true
	}
	return time.UnixMilli(int64(n)).UTC(), true
}

// A date is a timestamp in parts, as it was written.
type date struct {
	year     int // 0: not given
	month    time.Month
	day      int
	hour     int
	min, sec int
	nsec     int
	zone     string // "": not given
}

// readDate reads "MMM dd [yyyy] HH:mm:ss[.SSS] [zzz]".
func readDate(s string, loc *time.Location, now time.Time) (t time.Time, assumed Assumed, ok bool) {
	var d date
	word, rest := cutWord(s)
	d.month, ok = parseMonth(word)
	word, rest = cutWord(rest)
	ok = ok && parseInt(&d.day, word, 1, 2)
	word, rest = cutWord(rest)
	if ok && len(word) == 4 {
		ok = parseInt(&d.year, word, 4, 4) && d.year > 0
		word, rest = cutWord(rest)
	}
	if !ok || !d.clock(word) {
		return time.Time{}, 0, false
	}
	d.zone = rest
	return d.time(loc, now)
}

// clock reads "HH:mm:ss[.SSS]".
func (d *date) clock(s string) bool {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return false
	}
	ok := parseInt(&d.hour, s[:2], 2, 2) && parseInt(&d.min, s[3:5], 2, 2) && parseInt(&d.sec, s[6:8], 2, 2)
	return ok && d.hour < 24 && d.min < 60 && d.sec < 60 && d.fraction(s[8:])
}

// fraction reads ".SSS", with up to nine digits, or nothing.
func (d *date) fraction(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != '.' || !parseInt(&d.nsec, s[1:], 1, 9) {
		return false
	}
	for range 10 - len(s) {
		d.nsec *= 10
	}
	return true
}

// time settles the zone and the year.
func (d *date) time(loc *time.Location, now time.Time) (t time.Time, assumed Assumed, ok bool) {
	if d.year != 0 {
		return d.in(d.year, loc)
	}
	latest := now.Add(24 * time.Hour)
	// Where the sender is it may be the next year already, and February 29 may
	// be eight years back.
	for year := latest.Year() + 1; year >= latest.Year()-8; year-- {
		if t, assumed, ok = d.in(year, loc); ok && !t.After(latest) {
			return t, assumed | YearAssumed, true
		}
	}
	return time.Time{}, 0, false
}

// in gives the time in a year; ok is false when the year has no such day, or
// the zone is not understood.
func (d *date) in(year int, loc *time.Location) (t time.Time, assumed Assumed, ok bool) {
	offset, assumed := 0, ZoneAssumed
	if d.zone != "" {
		if offset, assumed, ok = parseZone(d.zone, year, loc); !ok {
			return time.Time{}, 0, false
		}
		loc = time.UTC
	}
	t = time.Date(year, d.month, d.day, d.hour, d.min, d.sec, d.nsec, loc)
	if day := time.Date(year, d.month, d.day, 0, 0, 0, 0, time.UTC); day.Day() != d.day {
		return time.Time{}, 0, false
	}
	return t.Add(-time.Duration(offset) * time.Second).UTC(), assumed, true
}

// parseZone gives a zone's offset from UTC in seconds. What means the same
// everywhere comes before what loc makes of it.
func parseZone(s string, year int, loc *time.Location) (offset int, assumed Assumed, ok bool) {
	for _, z := range zones {
		if z.name == s {
			return z.minutes * 60, 0, true
		}
	}
	bare := strings.TrimPrefix(strings.TrimPrefix(s, "GMT"), "UTC")
	if offset, ok = parseOffset(bare); ok {
		return offset, 0, true
	}
	for _, month := range [...]time.Month{time.January, time.July} {
		name, offset := time.Date(year, month, 1, 0, 0, 0, 0, loc).Zone()
		if name == s {
			return offset, ZoneAssumed, true
		}
	}
	return 0, 0, false
}

// parseOffset reads ±hh:mm, ±hhmm, ±hh or ±h.
func parseOffset(s string) (offset int, ok bool) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hh, mm, colon := strings.Cut(s[1:], ":")
	switch {
	case colon && len(mm) != 2:
		return 0, false
	case !colon && len(hh) == 4:
		hh, mm = hh[:2], hh[2:]
	case !colon:
		mm = "00"
	}
	var h, m int
	if !parseInt(&h, hh, 1, 2) || !parseInt(&m, mm, 2, 2) || h > 14 || m > 59 {
		return 0, false
	}
	offset = (h*60 + m) * 60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// zones holds the abbreviations that stand for one offset wherever they are
// used. CST, IST, BST, AST, EST, MST, PST and the like do not.
var zones = [...]struct {
	name    string
	minutes int
}{
	{"AEDT", 11 * 60},
	{"AEST", 10 * 60},
	{"BRST", -2 * 60},
	{"BRT", -3 * 60},
	{"CEST", 2 * 60},
	{"CET", 1 * 60},
	{"EEST", 3 * 60},
	{"EET", 2 * 60},
	{"GMT", 0},
	{"JST", 9 * 60},
	{"NZDT", 13 * 60},
	{"NZST", 12 * 60},
	{"UTC", 0},
	{"WEST", 1 * 60},
	{"WET", 0},
	{"Z", 0},
}

func parseMonth(s string) (time.Month, bool) {
	for m := time.January; m <= time.December; m++ {
		if len(s) == 3 && strings.EqualFold(s, m.String()[:3]) {
			return m, true
		}
	}
	return 0, false
}

// cutWord cuts the word before the next spaces.
func cutWord(s string) (word, rest string) {
	word, rest, _ = strings.Cut(s, " ")
	return word, strings.TrimLeft(rest, " ")
}

// parseInt reads a number of least to most digits into n.
func parseInt(n *int, s string, least, most int) bool {
	v, ok := digits(s, least, most)
	*n = int(v)
	return ok
}

// digits reads a number of least to most digits, and no other bytes.
func digits(s string, least, most int) (n uint64, ok bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, true
}
