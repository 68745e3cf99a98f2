package plugin

import (
	"strings"

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

// take puts a value where the part belongs, if the event has nothing there.
func (p part) take(e *audit.Event, text func() string) bool {
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
	*word = text()
	return true
}

// joinHeader puts the header that a parser took from a line before it again, as
// that of RFC 5424, which has a PRI in any case. ok is false when there is none.
func (r *reader) joinHeader(line string, of *member) (whole string, hasPRI, ok bool) {
	var words [numParts]string
	for i := range r.body.members {
		if m := &r.body.members[i]; m != of && m.part != none && words[m.part] == "" {
			words[m.part] = m.text()
			ok = ok || pri <= m.part && m.part <= structuredData && m.part != headerTime
		}
	}
	behead := isBeheaded(line)
	if !ok && !behead {
		return "", false, false
	}
	n, hasPRI := audit.ParseInt(words[pri])
	if hasPRI = hasPRI && 0 <= n && n <= syslog.MaxFacility<<3|syslog.MaxSeverity; !hasPRI {
		words[pri] = "13"
	}
	r.line = append(append(append(r.line[:0], '<'), words[pri]...), ">1"...)
	if behead && words[appName] == "CEF" {
		words[appName] = ""
	}
	for _, p := range [...]part{headerTime, host, appName, procID, msgID} {
		r.line = append(append(r.line, ' '), token(words[p])...)
	}
	sd := words[structuredData]
	if !strings.HasPrefix(sd, "[") {
		sd = "-"
	}
	r.line = append(append(append(r.line, ' '), sd...), ' ')
	if behead {
		r.line = append(r.line, "CEF:"...)
	}
	return string(append(r.line, line...)), hasPRI, true
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
