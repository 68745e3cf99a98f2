package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// panicking is the plugin with faults that it has not: New and Flush panic when they
// are asked to, Close always.
var panicking = &product{file: "panicking.so", build: func(file string) *exec.Cmd {
	overlay := overlayWith(filepath.Dir(file), map[string]string{
		"func New(":                 `if get("hostname") == "panic" { panic("new, on purpose") }`,
		"func (i *Instance) Flush(": `if tag == "panic" { panic("flush, on purpose") }`,
		"func (i *Instance) Close(": `panic("close, on purpose")`,
	})
	return goBuild(".", "-overlay="+overlay)(file)
}}

// overlayWith writes an overlay for the go command, in which functions of
// instance.go begin with a further statement. What fails here, the build says.
func overlayWith(dir string, statements map[string]string) (file string) {
	const name = "plugin/instance.go"
	source, _ := os.ReadFile(name)
	text := string(source)
	for function, statement := range statements {
		before, at, _ := strings.Cut(text, "\n"+function)
		signature, body, _ := strings.Cut(at, "{\n")
		text = before + "\n" + function + signature + "{\n" + statement + "\n" + body
	}
	changed := filepath.Join(dir, "instance.go")
	_ = os.WriteFile(changed, []byte(text), 0o600)
	absolute, _ := filepath.Abs(name)
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{absolute: changed}})
	file = filepath.Join(dir, "overlay.json")
	_ = os.WriteFile(file, overlay, 0o600)
	return file
}

// TestPanic: a panic does not cross the border. What Fluent Bit called answers
// ERROR, says why, and works again.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	chunk, sent := chunkFile(t, "after", 10, 100)
	h := start(t, fluentBit, "-c", "24576")
	h.load(panicking)
	if got := h.begin(1, "hostname panic"); got != "ERROR" {
		t.Errorf("init: %s, want ERROR", got)
	}
	h.begun(2, raw, s.address)
	h.want("ERROR", "flush 2 %s panic", chunk)
	h.want("OK", "flush 2 %s", chunk)
	h.want("ERROR", "exit 2")
	h.want("OK", "unload")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
	for _, reason := range []string{"new, on purpose", "flush, on purpose", "close, on purpose"} {
		if log := h.log.String(); !strings.Contains(log, reason) {
			t.Errorf("the log does not say %q:\n%s", reason, log)
		}
	}
}
