package wire

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const siemDocs = "../../docs/siem"

// settings are what a profile sets, by the exporter's keys.
var settings = []struct {
	key   string
	value func(*Profile, *Encoding) string
}{
	{"transport", func(p *Profile, _ *Encoding) string { return p.Transport }},
	{"framing", func(p *Profile, _ *Encoding) string { return effectiveFraming(p) }},
	{"format", func(_ *Profile, c *Encoding) string { return c.Format }},
	{"keys", func(_ *Profile, c *Encoding) string { return c.Keys }},
	{"cef_version", func(_ *Profile, c *Encoding) string { return strconv.Itoa(c.CEFVersion) }},
	{"header", func(_ *Profile, c *Encoding) string { return c.Header }},
	{"facility", func(_ *Profile, c *Encoding) string { return c.Facility }},
	{"severity", func(_ *Profile, c *Encoding) string { return c.Severity }},
	{"hostname_rule", func(_ *Profile, c *Encoding) string { return c.HostnameRule }},
	{"time_format", func(_ *Profile, c *Encoding) string { return c.TimeFormat }},
	{"time_precision", func(_ *Profile, c *Encoding) string { return c.TimePrecision }},
	{"max_message_size", func(_ *Profile, c *Encoding) string { return strconv.Itoa(c.MaxMessageSize) }},
}

// raws are the settings that mean something to format raw.
var raws = []string{"transport", "framing", "format", "max_message_size"}

func effectiveFraming(p *Profile) string {
	switch {
	case p.Framing != "":
		return p.Framing
	case p.Transport == "tls":
		return "octet_counting"
	}
	return "non_transparent"
}

// cells returns the values of all settings as a table shows them: code, bold
// where it is not the default.
func cells(t *testing.T, p *Profile) (cells []string) {
	t.Helper()
	c, defaults := &newEncoder(t, p.Encoding).Encoding, &newEncoder(t, Encoding{}).Encoding
	for i := range settings {
		s := &settings[i]
		value := s.value(p, c)
		switch {
		case c.Format == "raw" && !slices.Contains(raws, s.key):
			value = "as received"
		case value == s.value(&Profiles[0], defaults):
			value = "`" + value + "`"
		default:
			value = "**`" + value + "`**"
		}
		cells = append(cells, value)
	}
	return cells
}

// TestProfileDocs holds the tables of docs/siem equal to Profiles.
func TestProfileDocs(t *testing.T) {
	var index bytes.Buffer
	varied := variedSettings(t)
	index.WriteString("| profile | SIEM |")
	for _, k := range varied {
		fmt.Fprintf(&index, " `%s` |", settings[k].key)
	}
	index.WriteString("\n" + strings.Repeat("|---", len(varied)+2) + "|\n")
	for i := range Profiles {
		p := &Profiles[i]
		values := cells(t, p)
		fmt.Fprintf(&index, "| [%s](%s.md) | %s |", p.Name, p.Name, p.Title)
		for _, k := range varied {
			index.WriteString(" " + values[k] + " |")
		}
		index.WriteString("\n")

		page := "| key | value |\n|---|---|\n"
		for k := range settings {
			page += "| `" + settings[k].key + "` | " + values[k] + " |\n"
		}
		holdTable(t, p.Name+".md", page)
	}
	holdTable(t, "README.md", index.String())
	pages, err := filepath.Glob(siemDocs + "/*.md")
	if err != nil || len(pages) != len(Profiles)+1 {
		t.Errorf("%d pages for %d profiles and an index (%v)", len(pages), len(Profiles), err)
	}
}

// variedSettings returns the settings in which some profile differs.
func variedSettings(t *testing.T) (varied []int) {
	t.Helper()
	for k := range settings {
		if slices.ContainsFunc(Profiles, func(p Profile) bool { return strings.HasPrefix(cells(t, &p)[k], "**") }) {
			varied = append(varied, k)
		}
	}
	return varied
}

// holdTable holds what stands between the marks of a page equal to table.
func holdTable(t *testing.T, name, table string) {
	t.Helper()
	const begin, end = "<!-- made by go generate ./internal/wire -->\n", "<!-- end -->\n"
	name = filepath.Join(siemDocs, name)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no place for the table", name)
	}
	want := head + begin + table + end + tail
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the profiles say; run go generate ./internal/wire", name)
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
