package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
	f(exitOK, "--keys names", "convert", "-h")
	f(exitUsage, "no such command", "transmogrify")
	f(exitUsage, "--to must be", "convert")
	f(exitUsage, "--to must be", "convert", "--to", "xml")
	f(exitUsage, `--profile: "splunk" is not one of generic, splunk_sc4s, `, "convert", "--profile", "splunk")
	f(exitUsage, `--time-format: "iso" is not one of epoch_ms, cef_date`, "convert", "--to", "cef", "--time-format", "iso")
	f(exitUsage, `--keys: "own" is not one of vendor, standard`, "convert", "--to", "cef", "--keys", "own")
	f(exitUsage, "--cef-version: 2 is ", "convert", "--to", "cef", "--cef-version", "2")
	f(exitUsage, "--max-message-size: 9 is ", "explain", "--max-message-size", "9", "line")
	f(exitUsage, "--language: \"es\" is not one of en, pt\n--edition: \"5\" is not one of 4, 3\n", "convert", "--to", "cef", "--edition", "5", "--language", "es")
	f(exitUsage, "not defined", "convert", "--too", "cef")
	f(exitUsage, "--location", "convert", "--to", "cef", "--location", "Mars/Olympus")
	f(exitUsage, "--received", "convert", "--to", "cef", "--received", "yesterday")
	f(exitIO, "no such file", "convert", "--to", "cef", filepath.Join(t.TempDir(), "none"))
	f(exitOK, "", "convert", "--to", "cef")
	f(exitUsage, "no line", "explain")
	f(exitUsage, "quote", "explain", "a", "b")
	f(exitUsage, "--count", "simulate", "--count", "-1")
	f(exitOK, "", "simulate", "--count", "0")
	f(exitUsage, "no arguments", "version", "x")
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

// TestConvertProfile gives flags and wants the line as the SIEM is sent it.
func TestConvertProfile(t *testing.T) {
	const line = "<13>1 2026-06-18T17:49:41Z 2001:db8::7 senhasegura 7 - - CEF:0|MT4|senhasegura|4.0|16|Session Started|5|suser=stlee"
	f := func(want string, args ...string) {
		t.Helper()
		args = append([]string{"convert", "--hostname", "gw"}, args...)
		if got := runOK(t, line+"\n", args...); got != want+"\n" {
			t.Errorf("%q\ngot  %swant %s", args, got, want)
		}
	}
	const cef, standard = "CEF:0|MT4|senhasegura|4.0|16|Session Started|5|", " suser=stlee cs1Label=Catalogue ID cs1=16 cs2Label=Alert Category cs2=remote_login outcome=success"
	f("<13>1 2026-06-18T17:49:41Z 2001:db8::7 senhasegura 7 session.started - "+cef+"rt=1781804981000 suser=stlee", "--profile", "generic")
	f("<13>1 2026-06-18T17:49:41Z 2001:db8::7 senhasegura 7 session.started - "+cef+"dvchost=2001:db8::7 rt=Jun 18 2026 17:49:41 UTC suser=stlee", "--profile", "splunk_sc4s")
	f("<173>Jun 18 17:49:41 2001:db8::7 "+cef+"rt=1781804981000"+standard, "--profile", "sentinel")
	f("<13>Jun 18 17:49:41 gw senhasegura[7]: "+cef+"dvchost=2001:db8::7 rt=1781804981000 suser=stlee", "--profile", "wazuh")
	f(line, "--profile", "google_secops")
	// A flag that is given goes before the profile, wherever it stands.
	f("<13>Jun 18 17:49:41 2001:db8::7 "+cef+"rt=1781804981000 suser=stlee", "--facility", "user", "--profile", "sentinel", "--keys", "vendor")
	f("<173>1 2026-06-18T17:49:41Z 2001:db8::7 senhasegura 7 session.started [pam@32473 deviceVendor=\"MT4\" deviceProduct=\"senhasegura\" deviceVersion=\"4.0\" deviceEventClassId=\"16\" name=\"Session Started\" severity=\"5\"] suser=stlee catalogue_id=16 alert_category=remote_login outcome=success", "--profile", "sentinel", "--to", "rfc5424")
	f("<13>Jun 18 17:49:41 gw senhasegura[7]: "+cef+"dvchost=2001:db8::7 rt=1781804981000 suser=stlee", "--profile", "generic", "--header", "rfc3164", "--hostname-rule", "no_ipv6")
	if out := runOK(t, line+" big="+strings.Repeat("x", 9000), "convert", "--profile", "qradar", "--max-message-size", "0", "--keys", "vendor"); len(out) < 9000 {
		t.Errorf("%d bytes under no limit", len(out))
	}
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

// TestConvertMissingFile demands what was converted before a file that is not
// there.
func TestConvertMissingFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "lines")
	if err := os.WriteFile(name, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runIt("", "convert", "--to", "json", name, filepath.Join(dir, "none"))
	if code != exitIO || strings.Count(errs, "no such file") != 1 || strings.Count(out, "\n") != 2 {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}

// broken takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestConvertBrokenOutput demands that a fault of the output is told once,
// whenever it is seen.
func TestConvertBrokenOutput(t *testing.T) {
	f := func(lines int) {
		t.Helper()
		var stderr bytes.Buffer
		v := &env{strings.NewReader(strings.Repeat("a line\n", lines)), broken{}, &stderr, time.Now}
		code := run(v, []string{"convert", "--to", "json"})
		if got := stderr.String(); code != exitIO || got != "pamctl convert: no space left\n" {
			t.Errorf("%d lines: exit %d, %s", lines, code, got)
		}
	}
	f(1)
	f(10_000)
}

// TestConvertLocation demands that times without a zone keep their local time,
// and that others are written in that of --location.
func TestConvertLocation(t *testing.T) {
	f := func(line, want string) {
		t.Helper()
		out := runOK(t, line+"\n", "convert", "--to", "cef", "--header", "rfc3164", "--location", "America/Sao_Paulo")
		if !strings.HasPrefix(out, want) {
			t.Errorf("%s: %s, want %s", line, out, want)
		}
	}
	f("<13>Jun 18 17:49:41 vault senhasegura[1426]: text", "<13>Jun 18 17:49:41 vault ")
	f("<13>1 2018-06-18T20:49:41Z vault senhasegura 1426 - - text", "<13>Jun 18 17:49:41 vault ")
}

func TestExplainInput(t *testing.T) {
	const line = "CEF:0|MT4|senhasegura|3.27.0-4|16|Session Started|5|suser=stlee"
	want := runOK(t, "", "explain", line)
	if got := runOK(t, line+"\n", "explain"); got != want {
		t.Errorf("from standard input:\n%s\nwant:\n%s", got, want)
	}
	if code, out, errs := runIt(line+"\nanother\n", "explain"); code != exitUsage || out != "" || !strings.Contains(errs, "give one line") {
		t.Errorf("two lines: exit %d, %s%s", code, out, errs)
	}
	for _, in := range []string{"\n", "\r\n"} {
		if got := runOK(t, in, "explain"); !strings.HasPrefix(got, "-- event --\nthe line is empty\n") {
			t.Errorf("of %q: %s", in, got)
		}
	}
	if strings.Contains(want, "empty") {
		t.Errorf("of a line with something in it:\n%s", want)
	}
}

// TestVersion demands the version of the collector that is built beside it.
func TestVersion(t *testing.T) {
	text, err := os.ReadFile("../../builder-config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^  version: (.+)$`).FindSubmatch(text)[1]
	if got := runOK(t, "", "version"); got != "pamctl version "+string(want)+"\n" {
		t.Errorf("%s, want %s", got, want)
	}
}
