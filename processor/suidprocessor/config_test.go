package suidprocessor

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-pam/otelcol-pam/processor/suidprocessor/internal/metadata"
)

func parse(t testing.TB, yaml string) *confmap.Conf {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

func unmarshal(conf *confmap.Conf) (*Config, error) {
	cfg := createDefaultConfig()
	if err := conf.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestConfig(t *testing.T) {
	f := func(yaml string, want Config) {
		t.Helper()
		cfg, err := unmarshal(parse(t, yaml))
		if err != nil || *cfg != want {
			t.Errorf("got %+v, %v", cfg, err)
		}
	}
	f("{}", Config{"default", "keep", "UTC"})
	f("{precedence: suid_first, on_unknown: tag, location: America/Sao_Paulo}", Config{"suid_first", "tag", "America/Sao_Paulo"})
	f("{precedence: default, on_unknown: drop}", Config{"default", "drop", "UTC"})
}

func TestConfigErrors(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		_, err := unmarshal(parse(t, yaml))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", yaml, err, want)
		}
	}
	f("precedence: suid", "precedence: must be one of default, suid_first")
	f("on_unknown: discard", `on_unknown: "discard" is not one of keep, drop, tag`)
	f("location: Brasilia", `location: "Brasilia" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC`)
	f("{precedence: '', on_unknown: ''}", "precedence: must be one of default, suid_first\n"+`on_unknown: "" is not one of keep, drop, tag`)
	if _, err := unmarshal(parse(t, "onunknown: keep")); err == nil || !strings.Contains(err.Error(), "onunknown") {
		t.Errorf("got %v, want an error that names onunknown", err)
	}
}

// TestReadme loads every example of the README, and wants every key and every
// metric in it.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		processors, err := parse(t, string(block[1])).Sub("processors")
		if err != nil {
			t.Fatal(err)
		}
		for name := range processors.ToStringMap() {
			var id component.ID
			if err := id.UnmarshalText([]byte(name)); err != nil || id.Type() != metadata.Type {
				continue
			}
			conf, err := processors.Sub(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := unmarshal(conf); err != nil {
				t.Errorf("%s of\n%s: %v", name, block[1], err)
			}
			n++
		}
	}
	if n < 2 {
		t.Errorf("%d examples in the README", n)
	}
	words := regexp.MustCompile("`[^`\n]+`").FindAllString(string(text), -1)
	for _, key := range []string{"precedence", "on_unknown", "location"} {
		if !slices.Contains(words, "`"+key+"`") {
			t.Errorf("the README has no %s", key)
		}
	}
	meta, err := os.ReadFile("metadata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^    (suid_\w+):`).FindAllSubmatch(meta, -1) {
		if !slices.Contains(words, "`otelcol_"+string(m[1])+"`") {
			t.Errorf("the README has no otelcol_%s", m[1])
		}
	}
}
