package suidprocessor

import (
	"strings"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-pam/otelcol-pam/internal/readmetest"
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
	f("precedence: suid", `precedence: "suid" is not one of default, suid_first`)
	f("on_unknown: discard", `on_unknown: "discard" is not one of keep, drop, tag`)
	f("location: Brasilia", `location: "Brasilia" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC`)
	f("{precedence: '', on_unknown: ''}", `precedence: "" is not one of default, suid_first`+"\n"+`on_unknown: "" is not one of keep, drop, tag`)
	if _, err := unmarshal(parse(t, "onunknown: keep")); err == nil || !strings.Contains(err.Error(), "onunknown") {
		t.Errorf("got %v, want an error that names onunknown", err)
	}
}

func TestReadme(t *testing.T) {
	readmetest.Run(t, "processors", metadata.Type.String(), func() component.Config { return createDefaultConfig() })
}
