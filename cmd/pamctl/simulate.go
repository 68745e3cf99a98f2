package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// simulate writes test traffic: the same lines for the same seed. It renders
// from the catalog's texts by code of its own, never through the code that
// the pipeline writes with, so that a mistake there shows.
func simulate(v *env, args []string) error {
	fs := flag.NewFlagSet("simulate", flag.ContinueOnError)
	count := fs.Int("count", 100, "`lines` to write; 0 writes none")
	seed := fs.Uint64("seed", 1, "`number` that the lines follow from")
	if err := v.flags(fs, args); err != nil {
		return err
	}
	if *count < 0 || fs.NArg() > 0 {
		return usageError("--count must be 0 or more, and there are no arguments")
	}
	out := bufio.NewWriterSize(v.stdout, 64<<10)
	s := newSimulator(*seed)
	var line []byte
	for range *count {
		line = append(s.line(line[:0]), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// simulator makes one line after the other. Line n is of a type, a form and an
// edition that follow from n alone: every type comes once in as many lines as
// there are types, then again in the next form. The seed decides the order of
// the types and all values.
type simulator struct {
	n     int
	order []int // of audit.Types
	rand  *rand.Rand
	now   time.Time
}

func newSimulator(seed uint64) *simulator {
	r := rand.New(rand.NewPCG(seed, 0x70616d))
	return &simulator{
		order: r.Perm(len(audit.Types)),
		rand:  r,
		now:   time.Date(2026, time.June, 18, 17, 49, 41, 0, time.UTC),
	}
}

// form is one way in which the product sends an event.
type form func(*simulator, []byte, *sample) []byte

// forms are those of what the SIEM and syslog pages document, secretForms
// those of operations on secrets.
var (
	forms       = []form{cefRFC5424, keyValue, cefRFC3164, sensage, cefISO, cefBare}
	secretForms = []form{secretLine, secretObject, secretArray}
)

func (s *simulator) line(dst []byte) []byte {
	place := s.n % len(s.order)
	round := s.n/len(s.order) + place
	s.n++
	s.now = s.now.Add(time.Duration(1+s.rand.IntN(4000)) * time.Millisecond)
	t := &audit.Types[s.order[place]]
	if t.Source == audit.A2APage {
		e := s.sample(t, audit.EN4)
		return secretForms[round%len(secretForms)](s, dst, e)
	}
	e := s.sample(t, edition(t, round/len(forms)))
	f := forms[round%len(forms)]
	if round%len(forms) == 1 && e.msg == "" {
		f = cefRFC5424 // without a sentence key=value would not say what happened
	}
	return f(s, dst, e)
}

// edition returns the nth edition that t has a title in.
func edition(t *audit.Type, n int) audit.Edition {
	var have []audit.Edition
	for _, ed := range []audit.Edition{audit.EN3, audit.EN4, audit.PT} {
		if t.Titles[ed] != "" || t.Listed[ed] != "" {
			have = append(have, ed)
		}
	}
	return have[n%len(have)]
}

// The header forms: what edition 3.x documents, RFC 3164, an ISO time alone,
// and none.

func cefRFC5424(s *simulator, dst []byte, e *sample) []byte {
	sd := pick(s, " -", "", ` [origin ip="192.0.2.1" software="relay\]"]`)
	dst = fmt.Appendf(dst, "<%d>1 %s %s %s %d -%s ", e.pri, stamp(s), e.sender, e.product, e.pid, sd)
	return s.cef(dst, e)
}

func cefRFC3164(s *simulator, dst []byte, e *sample) []byte {
	return s.cef(appendRFC3164(s, dst, e), e)
}

func cefISO(s *simulator, dst []byte, e *sample) []byte {
	return s.cef(fmt.Appendf(dst, "%s %s ", stamp(s), e.sender), e)
}

func cefBare(s *simulator, dst []byte, e *sample) []byte {
	return s.cef(append(dst, pick(s, "", "", "|", "\ufeff")...), e)
}

func appendRFC3164(s *simulator, dst []byte, e *sample) []byte {
	return fmt.Appendf(dst, "<%d>%s %s %s[%d]: ", e.pri, s.now.Format(time.Stamp), e.sender, e.product, e.pid)
}

// stamp is the time as RFC 5424 has it, in one of the zones of Brazil.
func stamp(s *simulator) string {
	zone := time.FixedZone("", -3600*(2+s.rand.IntN(3)))
	return s.now.In(zone).Format(pick(s, time.RFC3339, "2006-01-02T15:04:05.000Z07:00"))
}

// cef appends the CEF header, whose fields escape | and \, and the extension,
// whose values escape = and \ and write line breaks as \n.
func (s *simulator) cef(dst []byte, e *sample) []byte {
	dst = fmt.Appendf(dst, "CEF:%d|MT4|%s|%s|%s|%s|%s|", s.rand.IntN(2), e.product, e.version,
		e.id, cefHeader.Replace(e.title), e.severity(s))
	return appendPairs(dst, e.pairs, func(dst []byte, v string) []byte {
		return append(dst, cefValue.Replace(v)...)
	})
}

// keyValue is "key = value format, separated by spaces. The keys have the same
// name as CEF" of docs.senhasegura.io/docs/monitoring-syslog.
func keyValue(s *simulator, dst []byte, e *sample) []byte {
	dst = fmt.Appendf(dst, "<%d>1 %s %s %s %d - ", e.pri, stamp(s), e.sender, e.product, e.pid)
	return appendPairs(dst, e.pairs, func(dst []byte, v string) []byte {
		return append(dst, plain.Replace(v)...)
	})
}

// sensage is our reading of the setting of that name: quoted columns.
func sensage(s *simulator, dst []byte, e *sample) []byte {
	dst = appendRFC3164(s, dst, e)
	columns := append([]pair{
		{"time", stamp(s)}, {"vendor", "MT4"}, {"product", e.product}, {"version", e.version},
		{"id", e.id}, {"name", e.title}, {"severity", e.severity(s)},
	}, e.pairs...)
	return appendPairs(dst, columns, func(dst []byte, v string) []byte {
		return append(append(append(dst, '"'), quoted.Replace(v)...), '"')
	})
}

func appendPairs(dst []byte, pairs []pair, value func([]byte, string) []byte) []byte {
	for i, p := range pairs {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = value(append(append(dst, p.key...), '='), p.value)
	}
	return dst
}

// secretLine is the syslog line of the page on operations on secrets.
func secretLine(s *simulator, dst []byte, e *sample) []byte {
	dst = fmt.Appendf(dst, "<134>1 %s segura a2a-event ", s.now.Format(time.RFC3339))
	return appendPairs(dst, s.secret(e, "appid"), func(dst []byte, v string) []byte { return append(dst, v...) })
}

// secretObject is a record of the answer of its audit API.
func secretObject(s *simulator, dst []byte, e *sample) []byte {
	dst = fmt.Appendf(dst, `{"timestamp":"%s"`, s.now.Format(time.RFC3339))
	for _, p := range s.secret(e, "app_id") {
		dst = fmt.Appendf(dst, `,"%s":"%s"`, p.key, jsonString.Replace(p.value))
	}
	return append(dst, '}')
}

// secretArray is such an answer with one record.
func secretArray(s *simulator, dst []byte, e *sample) []byte {
	return append(secretObject(s, append(dst, '['), e), ']')
}
