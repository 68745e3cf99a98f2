package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// linesFile writes a chunk as the broken plugin takes it: lines.
func linesFile(t *testing.T, name string) (file string, lines []string) {
	t.Helper()
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("%s %d", name, i))
	}
	file = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, lines
}

// TestBroken has a plugin do everything that the tests look for: without a fault
// they find nothing, and of each fault they say what it is.
func TestBroken(t *testing.T) {
	f := func(fault, want string) {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			if got := faultOf(t, fault); !strings.Contains(got, want) || (want == "" && got != "") {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
	f("", "")
	f("writes-behind-definition", "wrote behind the definition: 32")
	f("uses-much-stack", "wrote below its stack")
	f("keeps-section", "signal: ")
	f("panics", "signal: ")
	f("trusts-context", "signal: ")
	f("keeps-chunk", "came that nobody sent")
	f("keeps-tag", "came that nobody sent")
	f("lies", "of 400 frames 400 did not come")
	f("sends-twice", "came more than once")
}

// faultOf returns what two flushes, an exit and an exit without a beginning show
// to be wrong with the plugin.
func faultOf(t *testing.T, fault string) string {
	t.Helper()
	s := newSink(t)
	one, sent := linesFile(t, "one")
	two, more := linesFile(t, "two")
	sent = append(sent, more...)

	h := startWith(t, []string{"BROKEN=" + fault}, fluentBit, "-c", "24576", "-o")
	for _, step := range []struct{ command, want string }{
		{"load " + broken.path(t), "pam, type 2, proxy 11, flags 0"},
		{"set 1 endpoint " + s.address, "OK"},
		{"init 1", "OK"},
		{"flush 1 " + one, "OK"},
		{"flush 1 " + two, "OK"},
		{"exit 1", "OK"},
		{"exitnull", "OK"},
		{"unload", "OK"},
	} {
		if got := h.do("%s", step.command); got != step.want {
			return got
		}
	}
	h.endWell()
	s.finish(t)
	return s.once(sent)
}
