package plugin

import (
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// part is a part of a syslog or CEF header that a parser of Fluent Bit's has put
// under a key of its own.
type part uint8

const (
	none part = iota
	pri
	headerTime
	host
	appName
	procID
	msgID
	structuredData
	vendor // the first of the CEF header
	product
	version
	classID
	eventName
	cefSeverity
	extension
	cefVersion
	numParts
)

// parts spells them, in lower case and without what partOf takes out: as the
// parsers that Fluent Bit comes with do (conf/parsers.conf: syslog-rfc5424,
// syslog-rfc3164), other collectors, and parsers of CEF.
var parts = map[string]part{
	"pri": pri, "priority": pri,
	"time": headerTime,
	"host": host, "hostname": host,
	"ident": appName, "appname": appName,
	"pid": procID, "procid": procID,
	"msgid":     msgID,
	"extradata": structuredData, "structureddata": structuredData,
	"devicevendor": vendor, "deviceproduct": product, "deviceversion": version,
	"deviceeventclassid": classID, "signatureid": classID,
	"name": eventName, "severity": cefSeverity,
	"extension": extension, "extensions": extension,
	"version": cefVersion,
}

// partOf returns the part that a key is, however it joins its words, with or
// without CEF in front: DeviceVendor, device_vendor, cef.device_vendor.
func partOf(key string) part {
	if len(key) > maxKeptKey {
		return none
	}
	return parts[strings.TrimPrefix(unjoined.Replace(strings.ToLower(key)), "cef")]
}

var unjoined = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

// take puts a member where the part belongs, if the event has nothing there.
func (p part) take(e *audit.Event, m *member) bool {
	var word *string
	switch p {
	case host:
		word = &e.Source.Host
	case appName:
		word = &e.Source.App
	case procID:
		word = &e.Source.ProcID
	case msgID:
		word = &e.Source.MsgID
	default:
		return false
	}
	if *word != "" {
		return false
	}
	if text := m.word(); text != "-" {
		*word = text
	}
	return true
}

// joined is a line behind the header that a parser took from before it.
type joined struct {
	text   string
	header int  // how many bytes it has
	hasPRI bool // it is not made up
	of     *member
}

// joinHeader puts the header that a parser took from a line before it again, as
// that of RFC 5424, which has a PRI in any case. ok is false when there is none.
func (r *reader) joinHeader(line string, of *member) (j joined, ok bool) {
	var words [numParts]string
	for i := range r.body.members {
		if m := &r.body.members[i]; m != of && m.part != none && words[m.part] == "" {
			words[m.part] = m.text()
			ok = ok || pri <= m.part && m.part <= structuredData && m.part != headerTime
		}
	}
	behead := isBeheaded(line)
	if !ok && !behead {
		return joined{}, false
	}
	n, hasPRI := audit.ParseInt(words[pri])
	if hasPRI = hasPRI && 0 <= n && n <= syslog.MaxFacility<<3|syslog.MaxSeverity; !hasPRI {
		words[pri] = "13"
	}
	if words[headerTime] != "" {
		if _, err := time.Parse(time.RFC3339Nano, words[headerTime]); err != nil {
			words[headerTime] = ""
		}
	}
	if behead && words[appName] == "CEF" {
		words[appName] = ""
	}
	r.line = appendHeader(r.line[:0], &words)
	header := len(r.line)
	if behead {
		r.line = append(r.line, "CEF:"...)
	}
	r.line = append(r.line, strings.TrimPrefix(line, "\uFEFF")...)
	return joined{string(r.line), header, hasPRI, of}, true
}

func appendHeader(dst []byte, words *[numParts]string) []byte {
	dst = append(append(append(dst, '<'), words[pri]...), ">1"...)
	for _, p := range [...]part{headerTime, host, appName, procID, msgID} {
		dst = append(append(dst, ' '), token(words[p])...)
	}
	sd := words[structuredData]
	if !strings.HasPrefix(sd, "[") {
		sd = "-"
	}
	return append(append(append(dst, ' '), sd...), ' ')
}

// readJoined reads a line with its header. When they are not read as they were
// joined, as what is no STRUCTURED-DATA could do, the line is read by itself, and
// the words are taken as they are.
func (r *reader) readJoined(e *audit.Event, j joined, now time.Time) {
	r.parser.Parse(e, j.text, now)
	if r.parser.HeaderLen() == j.header {
		e.Source.HasPRI = j.hasPRI
		return
	}
	facility, severity := e.Source.Facility, e.Source.Severity
	r.parser.Parse(e, j.text[j.header:], now)
	if j.hasPRI {
		e.Source.HasPRI, e.Source.Facility, e.Source.Severity = true, facility, severity
	}
	for i := range r.body.members {
		if m := &r.body.members[i]; m != j.of {
			m.part.take(e, m)
		}
	}
}

// token returns what may stand in a header as one word, NILVALUE for all else.
func token(word string) string {
	other := func(r rune) bool { return r <= ' ' || r == 0x7f }
	if word == "" || strings.ContainsFunc(word, other) {
		return "-"
	}
	return word
}

// isBeheaded reports whether the line is CEF whose first word a parser took for a
// TAG, as syslog-rfc3164 does.
func isBeheaded(line string) bool {
	return (strings.HasPrefix(line, "0|") || strings.HasPrefix(line, "1|")) && strings.Count(line, "|") >= 7
}

// hasCEF reports whether the record has the fields of a CEF header.
func (r *reader) hasCEF() bool {
	has := func(p part) bool { return r.body.parts&(1<<p) != 0 }
	return has(vendor) && has(product) && (has(classID) || has(eventName))
}

// joinCEF puts the CEF message together again that a parser took apart, so that
// one place knows what its labels, aliases and times mean.
func (r *reader) joinCEF() string {
	var fields [numParts]*member
	for i := range r.body.members {
		if m := &r.body.members[i]; fields[m.part] == nil {
			fields[m.part] = m
		}
	}
	line := append(r.line[:0], "CEF:1"...)
	for p := vendor; p <= cefSeverity; p++ {
		line = append(line, '|')
		if fields[p] != nil {
			line = cef.AppendHeaderField(line, fields[p].text(), 0)
		}
	}
	line = append(line, '|')
	switch x := fields[extension]; {
	case x == nil:
	case x.value.Kind == msgpack.Map:
		line = appendExtension(line, x.whole)
	default:
		line = append(line, x.text()...)
	}
	r.line = line
	return string(line)
}

// appendExtension appends the pairs of a map, msg last: a key behind it could be
// one of its words.
func appendExtension(dst []byte, whole string) []byte {
	var pairs layout
	pairs.read(whole)
	appendPair := func(m *member) {
		if text := m.text(); text != "" && cef.LegalKey(m.key) {
			dst = cef.AppendValue(append(append(dst, m.key...), '='), text, 0)
			dst = append(dst, ' ')
		}
	}
	for i := range pairs.members {
		if m := &pairs.members[i]; m.key != "msg" {
			appendPair(m)
		}
	}
	if msg := pairs.find("msg"); msg != nil {
		appendPair(msg)
	}
	return dst
}
