package main

import (
	"bytes"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

var update = flag.Bool("update", false, "rewrite what the corpus says of its lines")

const testdata = "../../testdata"

func loadCorpus(t *testing.T) []corpus.Case {
	t.Helper()
	cases, err := corpus.Load(testdata)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestCorpus holds what explain says of a line against the sections behind it
// in its file.
func TestCorpus(t *testing.T) {
	x, err := newExplainer(wire.Encoding{}, &reading{location: "UTC"}, func() time.Time { return corpus.Now })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range loadCorpus(t) {
		if c.File == "" {
			continue
		}
		text, err := os.ReadFile(c.File)
		if err != nil {
			t.Fatal(err)
		}
		head, want := split(text, c.Input)
		got := x.explain(nil, c.Input)
		if bytes.Equal(got, want) {
			continue
		}
		if !*update {
			t.Errorf("%s (-want +got):\n%s", c.File, cmp.Diff(string(want), string(got)))
			continue
		}
		if err := os.WriteFile(c.File, append(head, got...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// split cuts a file behind its input.
func split(text []byte, input string) (head, rest []byte) {
	mark := []byte("-- input --\n" + input + "\n")
	n := bytes.Index(text, mark) + len(mark)
	return text[:n:n], text[n:]
}

// TestConvertCorpus demands one line out for every line in, in each format.
func TestConvertCorpus(t *testing.T) {
	var in bytes.Buffer
	cases := loadCorpus(t)
	for _, c := range cases {
		in.WriteString(c.Input + "\n")
	}
	for _, to := range explained {
		out := runOK(t, in.String(), "convert", "--to", to)
		if n := bytes.Count([]byte(out), []byte("\n")); n != len(cases) {
			t.Errorf("%s: %d lines out for %d in", to, n, len(cases))
		}
		for _, b := range []byte("\r\x00") {
			if bytes.IndexByte([]byte(out), b) >= 0 {
				t.Errorf("%s: byte %#x on the wire", to, b)
			}
		}
	}
}
