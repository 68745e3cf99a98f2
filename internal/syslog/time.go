package syslog

import (
	"strings"
	"time"
)

// stamp is a time as found at the beginning of a string.
type stamp struct {
	len     int // 0: no time stands there
	form    Form
	time    time.Time
	repairs Repairs
	bad     error // it has a time's shape, len is the word's, but it is none
}

// second is the last one read: its text, and what it is. It has no fraction.
type second struct {
	text [20]byte
	len  int
	time time.Time // in UTC as if the text were, if it is of RFC 3339
}

func (l *second) is(s string) bool { return string(l.text[:l.len]) == s }

func (l *second) set(s string, t time.Time) {
	l.len = copy(l.text[:], s)
	l.time = t
}

// stamp reads the time at the beginning of s, in whichever form it has, and
// reports whether there is one.
func (p *Parser) stamp(t *stamp, s string, now time.Time) bool {
	switch {
	case len(s) < len("Jan 2 15:04:05"):
	case isoShape(s):
		p.iso(t, s)
		if t.bad != nil && s[10] == ' ' { // a date, and then a text
			*t = stamp{}
		}
	default:
		p.bsd(t, s, now)
	}
	return t.len > 0
}

// iso reads a time of RFC 3339 and what resembles it.
//
//	TIMESTAMP   = FULL-DATE "T" FULL-TIME
//	FULL-TIME   = PARTIAL-TIME TIME-OFFSET
//	TIME-OFFSET = "Z" / TIME-NUMOFFSET
func (p *Parser) iso(t *stamp, s string) {
	const secs = len("2006-01-02T15:04:05")
	t.form, t.len = ISO, wordLen(s)
	if s[10] == ' ' {
		t.len = 11 + wordLen(s[11:])
	}
	if t.len < secs {
		t.unreadable(ErrSyntax)
		return
	}
	sec := p.last.time
	if !p.last.is(s[:secs]) {
		var leap, ok bool
		if sec, leap, ok = isoSecond(s); !ok {
			t.unreadable(ErrRange)
			return
		}
		if t.repairs.need(!leap, RepairLeapSecond); !leap {
			p.last.set(s[:secs], sec)
		}
	}
	t.repairs.need(s[10] == 'T', RepairTime)
	nsec, i := t.fraction(s, secs)
	zone, i := t.zone(s, i)
	switch {
	case i != t.len:
		t.unreadable(ErrSyntax)
	case zone.known:
		t.time = sec.Add(nsec - time.Duration(zone.minutes)*time.Minute).In(zone.location())
	default:
		t.repairs |= RepairZoneAssumed
		t.time = p.local(sec).Add(nsec)
	}
}

// unreadable is for what has a time's shape but is none.
func (t *stamp) unreadable(err error) {
	*t = stamp{len: t.len, form: t.form, repairs: RepairTimeUnreadable, bad: err}
}

// isoShape reports whether s begins as a date and a time do.
func isoShape(s string) bool {
	return len(s) > 11 && s[4] == '-' && s[7] == '-' &&
		two(s, 0) >= 0 && two(s, 2) >= 0 && two(s, 5) >= 0 && two(s, 8) >= 0 &&
		(s[10]|0x20 == 't' || s[10] == ' ' && isDigit(s[11]))
}

// isoSecond reads 2006-01-02T15:04:05.
//
//	FULL-DATE    = DATE-FULLYEAR "-" DATE-MONTH "-" DATE-MDAY
//	PARTIAL-TIME = TIME-HOUR ":" TIME-MINUTE ":" TIME-SECOND [TIME-SECFRAC]
func isoSecond(s string) (t time.Time, leap, ok bool) {
	sec, leap, ok := clock(s, 11)
	if !ok {
		return time.Time{}, false, false
	}
	t, ok = date(two(s, 0)*100+two(s, 2), two(s, 5), two(s, 8), sec)
	return t, leap, ok
}

// clock reads 15:04:05 at s[i:] as seconds of the day. Second 60 is read as 59.
func clock(s string, i int) (sec int, leap, ok bool) {
	if i+8 > len(s) || s[i+2] != ':' || s[i+5] != ':' {
		return 0, false, false
	}
	h, m, x := two(s, i), two(s, i+3), two(s, i+6)
	if uint(h) > 23 || uint(m) > 59 || uint(x) > 60 {
		return 0, false, false
	}
	leap = x == 60
	return h*3600 + m*60 + x - b2i(leap), leap, true
}

// fraction reads the fraction of a second at s[i:]. What is finer than a
// nanosecond is dropped.
//
//	TIME-SECFRAC = "." 1*6DIGIT
func (t *stamp) fraction(s string, i int) (frac time.Duration, next int) {
	if i+1 >= len(s) || s[i] != '.' && s[i] != ',' || !isDigit(s[i+1]) {
		return 0, i
	}
	t.repairs.need(s[i] == '.', RepairTime)
	unit := time.Second / 10
	from := i + 1
	for i = from; i < len(s) && isDigit(s[i]); i++ {
		frac += time.Duration(s[i]-'0') * unit
		unit /= 10
	}
	t.repairs.need(i-from <= 6 || t.form != ISO, RepairTime)
	return frac, i
}

// zone is a TIME-OFFSET.
type zone struct {
	known   bool
	minutes int // east of UTC
}

// zone reads the zone at s[i:], if there is one.
//
//	TIME-NUMOFFSET = ("+" / "-") TIME-HOUR ":" TIME-MINUTE
func (t *stamp) zone(s string, i int) (z zone, next int) {
	if i == len(s) || s[i] == ' ' {
		return zone{}, i
	}
	if s[i]|0x20 == 'z' {
		t.repairs.need(s[i] == 'Z', RepairTime)
		return zone{known: true}, i + 1
	}
	h, m, end := two(s, i+1), 0, i+3
	if s[i] != '+' && s[i] != '-' || uint(h) > 23 {
		return zone{}, i
	}
	end += b2i(end < len(s) && s[end] == ':')
	if two(s, end) >= 0 {
		m = two(s, end)
		end += 2
	}
	if m > 59 {
		return zone{}, i
	}
	t.repairs.need(end == i+6, RepairTime)
	if s[i] == '-' {
		h, m = -h, -m
	}
	return zone{known: true, minutes: h*60 + m}, end
}

const quarter = 15 // minutes

// quarters are the zones of every quarter of an hour, so that a time in any of
// them costs no allocation.
var quarters = func() (t [2*24*60/quarter + 1]*time.Location) {
	for i := range t {
		t[i] = time.FixedZone("", (i-len(t)/2)*quarter*60)
	}
	t[len(t)/2] = time.UTC
	return t
}()

func (z zone) location() *time.Location {
	if z.minutes%quarter != 0 {
		return time.FixedZone("", z.minutes*60)
	}
	return quarters[len(quarters)/2+z.minutes/quarter]
}

// local is the time when clocks in p.Location showed what t shows in UTC.
func (p *Parser) local(t time.Time) time.Time {
	if p.Location == nil || p.Location == time.UTC {
		return t
	}
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	return time.Date(year, month, day, hour, minute, sec, 0, p.Location)
}

// bsd reads the time of RFC 3164 and what resembles it: the day may have one
// digit, stand before the month, and be followed by the year; the second may
// have a fraction.
//
//	TIMESTAMP = Mmm SP dd SP hh:mm:ss              ; RFC 3164, section 4.1.2
func (p *Parser) bsd(t *stamp, s string, now time.Time) {
	const secs = len("Jan _2 15:04:05")
	i := secs
	if len(s) >= secs && p.last.is(s[:secs]) && isPast(p.last.time, now) {
		*t = stamp{form: RFC3164, time: p.last.time, repairs: RepairYearAssumed}
	} else if i = p.bsdSecond(t, s, now); i == 0 {
		return
	} else if i == secs && t.repairs == RepairYearAssumed && t.bad == nil {
		p.last.set(s[:secs], t.time)
	}
	frac, end := t.fraction(s, i)
	if end < len(s) && s[end] != ' ' {
		*t = stamp{}
		return
	}
	t.len = end
	if t.bad != nil {
		t.unreadable(t.bad)
		return
	}
	t.repairs |= RepairZoneAssumed
	t.time = t.time.Add(frac)
}

// bsdSecond reads a time without its fraction. next is its end, 0 if there is
// none.
func (p *Parser) bsdSecond(t *stamp, s string, now time.Time) (next int) {
	month, day, i := monthDay(s)
	if month == 0 {
		if month, day, i = dayMonth(s); month == 0 {
			return 0
		}
		t.repairs = RepairDayFirst
	}
	year := -1
	if i+5 < len(s) && s[i+4] == ' ' && two(s, i) >= 0 && two(s, i+2) >= 0 {
		year = two(s, i)*100 + two(s, i+2)
		i += 5
	}
	sec, leap, ok := clock(s, i)
	if !ok {
		*t = stamp{}
		return 0
	}
	t.form = RFC3164
	t.repairs.need(!leap, RepairLeapSecond)
	t.repairs.need(year >= 0, RepairYearAssumed)
	if year >= 0 {
		t.time, ok = p.onDay(year, month, day, sec)
	} else {
		t.time, ok = p.nearest(now, month, day, sec)
	}
	if !ok {
		t.bad = ErrRange
	}
	return i + len("15:04:05")
}

// onDay is the time sec seconds into a day in p.Location.
func (p *Parser) onDay(year, month, day, sec int) (time.Time, bool) {
	t, ok := date(year, month, day, sec)
	return p.local(t), ok
}

const ahead = 24 * time.Hour // clocks differ, and a zone may be set wrong

// nearest is the last such time in any year that is not too far ahead of now.
func (p *Parser) nearest(now time.Time, month, day, sec int) (time.Time, bool) {
	const between = 8 // years at most from one 29 February to the next
	limit := now.Add(ahead).UTC()
	if p.Location != nil {
		limit = limit.In(p.Location)
	}
	for year := limit.Year(); year >= limit.Year()-between; year-- {
		if t, ok := p.onDay(year, month, day, sec); ok && !t.After(limit) {
			return t, true
		}
	}
	return time.Time{}, false
}

// isPast reports whether nearest would surely find t again.
func isPast(t, now time.Time) bool {
	age := now.Sub(t)
	return age >= -ahead && age < 360*24*time.Hour
}

// monthDay reads "Jan 2 ", also with two spaces, a zero or none of both. next is
// where the time or year begins.
func monthDay(s string) (month, day, next int) {
	if month = monthOf(s); month == 0 || s[3] != ' ' {
		return 0, 0, 0
	}
	i := 4 + b2i(s[4] == ' ')
	day, i = dayOf(s, i)
	if day < 0 || i >= len(s) || s[i] != ' ' {
		return 0, 0, 0
	}
	return month, day, i + 1
}

// dayMonth reads "2 Jan ".
func dayMonth(s string) (month, day, next int) {
	day, i := dayOf(s, 0)
	if day < 0 || i+5 > len(s) || s[i] != ' ' || s[i+4] != ' ' {
		return 0, 0, 0
	}
	return monthOf(s[i+1:]), day, i + 5
}

// dayOf reads one or two digits at s[i:], -1 if there is none.
func dayOf(s string, i int) (day, next int) {
	if d := two(s, i); d >= 0 {
		return d, i + 2
	}
	if i < len(s) && isDigit(s[i]) {
		return int(s[i] - '0'), i + 1
	}
	return -1, i
}

const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// monthOf reads a month's name at the beginning of s, 0 if there is none.
func monthOf(s string) int {
	if len(s) < 3 || class[s[0]]&letter == 0 {
		return 0
	}
	for i := 0; i < len(monthNames); i += 3 {
		if monthNames[i:i+3] == s[:3] {
			return i/3 + 1
		}
	}
	return 0
}

// date is the time sec seconds into a day in UTC, and reports whether there is
// such a day.
func date(year, month, day, sec int) (t time.Time, ok bool) {
	t = time.Date(year, time.Month(month), day, 0, 0, sec, 0, time.UTC)
	return t, t.Month() == time.Month(month) && t.Day() == day
}

// two reads two digits at s[i:], -1 if they are none.
func two(s string, i int) int {
	if i+2 > len(s) || !isDigit(s[i]) || !isDigit(s[i+1]) {
		return -1
	}
	return int(s[i]-'0')*10 + int(s[i+1]-'0')
}

// wordLen is the length of the word at the beginning of s.
func wordLen(s string) int {
	if i := strings.IndexByte(s, ' '); i >= 0 {
		return i
	}
	return len(s)
}
