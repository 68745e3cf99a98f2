// Package readmetest holds a component's README against the component, for its
// tests.
package readmetest

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Run reads README.md and metadata.yaml of the package under test, whose
// component stands under kind, such as receivers, with the type id. Every
// example of it must be valid on top of newConfig, and the first columns of
// the tables must name all keys and metrics and none that there is not. A key
// is written with as much of what it stands under as tells it from others, as
// in keepalive::idle; one that names a whole group stands for all in it.
func Run(t *testing.T, kind, id string, newConfig func() component.Config) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	keys := marshal(t, newConfig()).AllKeys()
	examples := 0
	for _, block := range yamlBlock.FindAllSubmatch(text, -1) {
		for _, conf := range entries(t, block[1], kind, id) {
			cfg := newConfig()
			if err := conf.Unmarshal(cfg); err != nil {
				t.Errorf("%s%v", block[1], err)
			} else if err := confmap.Validate(cfg); err != nil {
				t.Errorf("%s%v", block[1], err)
			}
			keys = append(keys, marshal(t, cfg).AllKeys()...)
			examples++
		}
	}
	if examples == 0 {
		t.Errorf("no example of %s", id)
	}
	for _, m := range metrics(t) {
		keys = append(keys, "otelcol_"+m)
	}
	compare(t, rows(text), keys)
}

var (
	yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	tableRow  = regexp.MustCompile("(?m)^\\| `([a-z0-9_:]+)` \\|")
)

// rows returns the first columns of the tables that are code.
func rows(text []byte) (names []string) {
	for _, m := range tableRow.FindAllSubmatch(text, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

// compare wants a row for each key, and a key for each row.
func compare(t *testing.T, rows, keys []string) {
	t.Helper()
	names := func(row, key string) bool { return strings.Contains("::"+key+"::", "::"+row+"::") }
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		group := func(k string) bool { return strings.HasPrefix(k, key+"::") } // that is off in another example
		if !slices.ContainsFunc(keys, group) && !slices.ContainsFunc(rows, func(row string) bool { return names(row, key) }) {
			t.Errorf("no row for %s", key)
		}
	}
	for _, row := range rows {
		if !slices.ContainsFunc(keys, func(key string) bool { return names(row, key) }) {
			t.Errorf("a row for %s, which there is not", row)
		}
	}
}

// entries returns what a collector's configuration has under kind for id.
func entries(t *testing.T, yaml []byte, kind, id string) (all []*confmap.Conf) {
	t.Helper()
	conf, err := parse(t, yaml).Sub(kind)
	if err != nil {
		t.Fatal(err)
	}
	for name := range conf.ToStringMap() {
		if component, _, _ := strings.Cut(name, "/"); component != id {
			continue
		}
		entry, err := conf.Sub(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry)
	}
	return all
}

// metrics returns the names of the metrics in metadata.yaml.
func metrics(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("metadata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	conf, err := parse(t, text).Sub("telemetry::metrics")
	if err != nil {
		t.Fatal(err)
	}
	for name := range conf.ToStringMap() {
		names = append(names, name)
	}
	return names
}

func parse(t *testing.T, yaml []byte) *confmap.Conf {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML(yaml)
	if err != nil {
		t.Fatal(err)
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

func marshal(t *testing.T, cfg component.Config) *confmap.Conf {
	t.Helper()
	conf := confmap.New()
	if err := conf.Marshal(cfg); err != nil {
		t.Fatal(err)
	}
	return conf
}
