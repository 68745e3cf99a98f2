package otelcolpam_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// codeBlocks finds what the pages of docs/siem show. Our own configuration is
// marked yaml, that of other products in the same language yml.
var codeBlocks = regexp.MustCompile("(?ms)^ *```([a-z]*)\n(.*?)^ *```$")

// TestSIEMDocs loads each configuration that docs/siem shows, of which every
// profile has one, and reads each piece of XML.
func TestSIEMDocs(t *testing.T) {
	pages, err := filepath.Glob("docs/siem/*.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range codeBlocks.FindAllStringSubmatch(string(text), -1) {
			switch block[1] {
			case "yaml":
				for _, profile := range loadExporters(t, page, block[2]) {
					shown[profile] = shown[profile] || page == "docs/siem/"+profile+".md"
				}
			case "xml":
				if err := readXML(block[2]); err != nil {
					t.Errorf("%s: %v in\n%s", page, err, block[2])
				}
			}
		}
	}
	for _, p := range wire.Profiles {
		if !shown[p.Name] {
			t.Errorf("docs/siem/%s.md shows no configuration of its profile", p.Name)
		}
	}
}

// loadExporters loads the exporters of a configuration and returns their
// profiles.
func loadExporters(t *testing.T, page, yaml string) (profiles []string) {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(yaml))
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	exporters, err := conf.Sub("exporters")
	if err != nil || len(exporters.ToStringMap()) == 0 {
		t.Fatalf("%s: no exporters (%v) in\n%s", page, err, yaml)
	}
	for name := range exporters.ToStringMap() {
		entry, err := exporters.Sub(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := load(siemexporter.NewFactory(), entry); err != nil {
			t.Errorf("%s: %v in\n%s", page, err, yaml)
		}
		profile, _ := entry.Get("profile").(string)
		profiles = append(profiles, profile)
	}
	return profiles
}

// load reads a component's configuration on top of its defaults.
func load(factory component.Factory, conf *confmap.Conf) error {
	cfg := factory.CreateDefaultConfig()
	if err := conf.Unmarshal(cfg); err != nil {
		return err
	}
	return confmap.Validate(cfg)
}

// readXML reads text to its end.
func readXML(text string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
