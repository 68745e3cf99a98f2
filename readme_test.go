package otelcolpam_test

import (
	"os"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// TestReadmeExample holds what the README says becomes of a line against what
// does.
func TestReadmeExample(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "<134>") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(lines) != 2 {
		t.Fatalf("README.md has %d messages, want one and what becomes of it", len(lines))
	}
	enc, err := wire.NewEncoder(wire.Encoding{})
	if err != nil {
		t.Fatal(err)
	}
	var e audit.Event
	wire.NewParser(nil).Parse(&e, lines[0], corpus.Now)
	audit.Builtin().Classify(&e)
	if got, _ := enc.Append(nil, &e); string(got) != lines[1] {
		t.Errorf("got  %s\nwant %s", got, lines[1])
	}
}
