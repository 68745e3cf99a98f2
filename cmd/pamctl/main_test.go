package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
)

// runIt runs a command line.
func runIt(in string, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	v := &env{strings.NewReader(in), &stdout, &stderr, func() time.Time { return corpus.Now }}
	code = run(v, args)
	return code, stdout.String(), stderr.String()
}

func runOK(t *testing.T, in string, args ...string) string {
	t.Helper()
	code, out, errs := runIt(in, args...)
	if code != exitOK || errs != "" {
		t.Fatalf("pamctl %q: exit %d, %s", args, code, errs)
	}
	return out
}

func TestExitCodes(t *testing.T) {
	f := func(want int, message string, args ...string) {
		t.Helper()
		code, out, errs := runIt("", args...)
		if code != want || !strings.Contains(out+errs, message) {
			t.Errorf("pamctl %q: exit %d, %s%s; want exit %d, %q", args, code, out, errs, want, message)
		}
		if code != exitOK && out != "" {
			t.Errorf("pamctl %q: an error, and yet output: %s", args, out)
		}
	}
	f(exitUsage, "pamctl convert")
	f(exitOK, "pamctl simulate", "help")
	f(exitOK, "-keys", "convert", "-h")
	f(exitUsage, "no such command", "transmogrify")
	f(exitUsage, "--to must be", "convert")
	f(exitUsage, "--to must be", "convert", "--to", "xml")
	f(exitUsage, "keys", "convert", "--to", "cef", "--keys", "own")
	f(exitUsage, "cef", "convert", "--to", "cef", "--cef-version", "2")
	f(exitUsage, "not defined", "convert", "--too", "cef")
	f(exitUsage, "--location", "convert", "--to", "cef", "--location", "Mars/Olympus")
	f(exitUsage, "--received", "convert", "--to", "cef", "--received", "yesterday")
	f(exitIO, "no such file", "convert", "--to", "cef", filepath.Join(t.TempDir(), "none"))
	f(exitOK, "", "convert", "--to", "cef")
	f(exitUsage, "no line", "explain")
	f(exitUsage, "quote", "explain", "a", "b")
	f(exitUsage, "--count", "simulate", "--count", "-1")
	f(exitOK, "", "simulate", "--count", "0")
}

// TestConvert gives lines and wants the types, a line each.
func TestConvert(t *testing.T) {
	const line = "CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|suser=stlee"
	f := func(in, want string) {
		t.Helper()
		var got []string
		for text := range strings.Lines(runOK(t, in, "convert", "--to", "json")) {
			got = append(got, readJSON(t, text).Type)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: %s, want %s", in, g, want)
		}
	}
	f("", "")
	f("\n", "unknown")
	f("\n\n \n", "unknown unknown unknown")
	f(line, "session.started")
	f(line+"\n", "session.started")
	f(line+"\r\n"+line+"\r\n", "session.started session.started")
	f("\n"+line+"\n\n", "unknown session.started unknown")
	f("\xff\xfe\n\x00\n"+line, "unknown unknown session.started")
	f(`[{"app_id":"a","action":"secret_retrieval","secret_id":"s"},{"app_id":"a","action":"secret_rotation","secret_id":"s"}]`,
		"unknown")
}

// jsonEvent is a line that convert --to json writes.
type jsonEvent struct {
	Time, Host, Type, Severity string
	ClassifiedBy               string `json:"classified_by"`
	Conflict                   string
	Repairs                    []string
	Fields, Resource           map[string]any
	Raw                        string
}

func readJSON(t *testing.T, text string) jsonEvent {
	t.Helper()
	var e jsonEvent
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return e
}

func TestConvertInvalidUTF8(t *testing.T) {
	out := runOK(t, "suser=\xff duser=root\n", "convert", "--to", "json")
	if !utf8.ValidString(out) {
		t.Errorf("%q is no UTF-8", out)
	}
	if e := readJSON(t, out); !strings.Contains(e.Raw, "\ufffd") {
		t.Errorf("raw is %q", e.Raw)
	}
}

// TestConvertLongLine demands that a line beyond the limit is cut, flagged,
// and does not swallow the next.
func TestConvertLongLine(t *testing.T) {
	f := func(length int, want string) {
		t.Helper()
		const head = "CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|msg="
		in := head + strings.Repeat("x", length-len(head)) + "\nsuser=stlee duser=root\n"
		var got []string
		for text := range strings.Lines(runOK(t, in, "convert", "--to", "json")) {
			e := readJSON(t, text)
			got = append(got, fmt.Sprint(len(e.Raw), strings.Contains(strings.Join(e.Repairs, ","), "frame_cut")))
		}
		if g := strings.Join(got, "; "); g != want {
			t.Errorf("%d: %s, want %s", length, g, want)
		}
	}
	f(maxLine-1, "1048575 false; 22 false")
	f(maxLine, "1048576 false; 22 false")
	f(maxLine+1, "1048576 true; 22 false")
	f(3*maxLine+12345, "1048576 true; 22 false")
}

func TestConvertFiles(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lines")
	if err := os.WriteFile(name, []byte("one\ntwo"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := runOK(t, "three\n", "convert", "--to", "json", name, "-", name)
	var got []string
	for text := range strings.Lines(out) {
		got = append(got, readJSON(t, text).Raw)
	}
	if g := strings.Join(got, " "); g != "one two three one two" {
		t.Errorf("read %s", g)
	}
}

func TestExplainFirstLine(t *testing.T) {
	const line = "CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|suser=stlee"
	want := runOK(t, "", "explain", line)
	if got := runOK(t, line+"\nanother\n", "explain"); got != want {
		t.Errorf("from standard input:\n%s\nwant:\n%s", got, want)
	}
}
