package otelcolpam_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// columns are what testdata/expect.tsv says of a line, in its order.
var columns = []struct {
	name string
	of   func(*audit.Event) string
}{
	{"type", func(e *audit.Event) string { return typeName(e.Type, "unknown") }},
	{"evidence", func(e *audit.Event) string { return e.Evidence.String() }},
	{"conflict", func(e *audit.Event) string { return typeName(e.Conflict, "") }},
	{"actor", func(e *audit.Event) string { return e.Text(audit.UserName) }},
	{"full_name", func(e *audit.Event) string { return e.Text(audit.UserFullName) }},
	{"robot", func(e *audit.Event) string { return number(e, audit.RobotID) }},
	{"host", func(e *audit.Event) string { return e.Text(audit.TargetHost) }},
	{"address", func(e *audit.Event) string { return e.Text(audit.DestinationAddress) }},
	{"credential", func(e *audit.Event) string { return e.Text(audit.CredentialUsername) }},
	{"time", func(e *audit.Event) string { return when(e.Time) }},
	{"severity", func(e *audit.Event) string { return e.Severity.String() }},
	{"outcome", func(e *audit.Event) string { return e.Text(audit.Outcome) }},
}

// TestCorpus reads every line of the corpus and holds what comes out against
// the table that was written by hand.
func TestCorpus(t *testing.T) {
	cases, want := loadCorpus(t), loadExpectations(t)
	catalog, parser := audit.Builtin(), wire.NewParser(nil)
	var e audit.Event
	for _, c := range cases {
		row, ok := want[c.Name]
		if !ok {
			t.Errorf("%s: no row in testdata/expect.tsv", c.Name)
			continue
		}
		delete(want, c.Name)
		parser.Parse(&e, c.Input, corpus.Now)
		catalog.Classify(&e)
		for i, col := range columns {
			got := col.of(&e)
			if got == "" {
				got = "-"
			}
			if got != row[i] {
				t.Errorf("%s: %s is %s, want %s", c.Name, col.name, got, row[i])
			}
		}
	}
	for name := range want {
		t.Errorf("testdata/expect.tsv has a row for %s, which is no case", name)
	}
}

// TestEveryTypeHasACase demands that the corpus shows every type.
func TestEveryTypeHasACase(t *testing.T) {
	loadCorpus(t)
	seen := map[string]bool{}
	for _, row := range loadExpectations(t) {
		seen[row[0]] = true
	}
	for i := range audit.Types {
		if name := audit.Types[i].Name; !seen[name] {
			t.Errorf("no line of the corpus is a %s", name)
		}
	}
}

// TestChain writes every line of the corpus and holds what the next collector
// makes of it against what this one did.
func TestChain(t *testing.T) {
	catalog, parser := audit.Builtin(), wire.NewParser(nil)
	var e audit.Event
	verdict := func(line string) string {
		parser.Parse(&e, line, corpus.Now)
		catalog.Classify(&e)
		return typeName(e.Type, "unknown") + ", outcome " + e.Text(audit.Outcome)
	}
	for _, format := range []string{"rfc5424", "cef"} {
		enc, err := wire.NewEncoder(wire.Encoding{Format: format})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range loadCorpus(t) {
			want := verdict(c.Input)
			out, _ := enc.Append(nil, &e)
			got := verdict(string(out))
			if got != want {
				t.Errorf("%s, then %s: %s, was %s\n%s", c.Name, format, got, want, out)
			}
		}
	}
}

func loadCorpus(t *testing.T) []corpus.Case {
	t.Helper()
	cases, err := corpus.Load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// loadExpectations returns the rows of testdata/expect.tsv by case.
func loadExpectations(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/expect.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	var head []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case head == nil:
			head = cells
			checkHead(t, head)
		case len(cells) != len(head) || rows[cells[0]] != nil:
			t.Errorf("testdata/expect.tsv: %s: wrong number of cells, or a second row", cells[0])
		default:
			rows[cells[0]] = cells[1:]
		}
	}
	return rows
}

func checkHead(t *testing.T, head []string) {
	t.Helper()
	want := "case"
	for _, c := range columns {
		want += "\t" + c.name
	}
	if got := strings.Join(head, "\t"); got != want {
		t.Fatalf("testdata/expect.tsv has the columns\n%s\nwant\n%s", got, want)
	}
}

func typeName(t *audit.Type, none string) string {
	if t == nil {
		return none
	}
	return t.Name
}

func number(e *audit.Event, id audit.TermID) string {
	f := e.Field(id)
	if f == nil {
		return ""
	}
	if f.IsNum {
		return strconv.FormatInt(f.Num, 10)
	}
	return f.Text
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
