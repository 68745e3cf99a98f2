package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

func TestSimulateSeed(t *testing.T) {
	one := runOK(t, "", "simulate", "--count", "500", "--seed", "7")
	if again := runOK(t, "", "simulate", "--count", "500", "--seed", "7"); again != one {
		t.Error("the same seed gave other lines")
	}
	if other := runOK(t, "", "simulate", "--count", "500", "--seed", "8"); other == one {
		t.Error("another seed gave the same lines")
	}
	if fewer := runOK(t, "", "simulate", "--count", "100", "--seed", "7"); !strings.HasPrefix(one, fewer) {
		t.Error("fewer lines are not the first of more")
	}
	if n := strings.Count(one, "\n"); n != 500 {
		t.Errorf("%d lines, want 500", n)
	}
}

// rounds are as many lines as show every type in every form and edition.
var rounds = len(audit.Types) * len(forms) * 3

// TestSimulateTypes reads back what was simulated: every line is of the type
// that it was made for, unless its sentence is a copy and nothing else speaks
// for the type.
func TestSimulateTypes(t *testing.T) {
	s, catalog, parser := newSimulator(1), audit.Builtin(), wire.NewParser(nil)
	var e audit.Event
	copied := 0
	for n := range rounds {
		line := string(s.line(nil))
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("line %d is more than one: %q", n, line)
		}
		parser.Parse(&e, line, corpus.Now)
		catalog.Classify(&e)
		want := &audit.Types[s.order[n%len(s.order)]]
		switch {
		case e.Type == nil:
			t.Errorf("line %d is unknown, want %s: %s", n, want.Name, line)
		case e.Type.Name == want.Name:
		case e.Source.Name == "" && (len(want.Copied) > 0 || want.Name == "command.blocked"):
			copied++
		default:
			t.Errorf("line %d is a %s, want %s: %s", n, e.Type.Name, want.Name, line)
		}
		if !e.Fault.IsZero() {
			t.Errorf("line %d: %s at %d: %s: %s", n, e.Fault.Part, e.Fault.Offset, e.Fault.Reason, line)
		}
	}
	if copied > rounds/100 {
		t.Errorf("%d of %d lines are of another type", copied, rounds)
	}
}

// TestSimulateForms demands every layout, and that what is hard to read is
// there.
func TestSimulateForms(t *testing.T) {
	s, parser := newSimulator(1), wire.NewParser(nil)
	seen := map[string]int{}
	var e audit.Event
	for range rounds {
		line := string(s.line(nil))
		parser.Parse(&e, line, corpus.Now)
		seen[e.Source.Format.String()]++
		for _, hard := range []string{`\=`, `\n`, `\\`, `\"`, "2001:db8", "José", "李", "’", "Cs7=", "dport", "Not applicable", "[{", `{"timestamp"`, "|CEF", "CEF:1", "Asynchronous Script"} {
			if strings.Contains(line, hard) {
				seen[hard]++
			}
		}
		if len(line) > 1024 {
			seen["long"]++
		}
	}
	want := []string{
		"cef", "cef_iso", "cef_rfc3164", "cef_rfc5424", "json", "key_value_rfc3164", "key_value_rfc5424",
		`\=`, `\n`, `\\`, `\"`, "2001:db8", "José", "李", "’", "Cs7=", "dport", "Not applicable", "[{", `{"timestamp"`, "|CEF", "CEF:1", "Asynchronous Script", "long",
	}
	for _, name := range want {
		if seen[name] == 0 {
			t.Errorf("no line has %s", name)
		}
		delete(seen, name)
	}
	for name := range seen {
		if !slices.Contains(want, name) {
			t.Errorf("a line is laid out as %s", name)
		}
	}
}

// TestSimulateConvert pipes one command into the other.
func TestSimulateConvert(t *testing.T) {
	lines := runOK(t, "", "simulate", "--count", "2000", "--seed", "3")
	for _, to := range explained {
		out := runOK(t, lines, "convert", "--to", to)
		if n := strings.Count(out, "\n"); n != 2000 {
			t.Errorf("%s: %d lines out for 2000 in", to, n)
		}
		if strings.Contains(out, `"type":"unknown"`) {
			t.Errorf("%s: a line of a known type is unknown", to)
		}
	}
}
