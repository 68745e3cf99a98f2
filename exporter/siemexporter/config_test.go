package siemexporter

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
)

// load gives the configuration that an exporters entry has.
func load(t testing.TB, yaml string) (*Config, error) {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		t.Fatal(err)
	}
	return unmarshal(conf)
}

func unmarshal(conf *confmap.Conf) (*Config, error) {
	cfg := createDefaultConfig()
	if err := conf.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestConfigDefaults(t *testing.T) {
	cfg, err := load(t, "endpoint: siem.example.com:514")
	if err != nil {
		t.Fatal(err)
	}
	q := cfg.Queue.Get()
	if q.NumConsumers != 1 || q.Sizer != exporterhelper.RequestSizerTypeBytes || q.QueueSize != 64<<20 {
		t.Errorf("queue is %+v", q)
	}
	if r := cfg.Retry; !r.Enabled || r.MaxElapsedTime != 0 || r.InitialInterval != time.Second {
		t.Errorf("retry is %+v", r)
	}
	host, _ := os.Hostname()
	if c := cfg.encoding(); c.Hostname != host || c.Format != "cef" || c.MaxMessageSize != 0 {
		t.Errorf("encoding is %+v", c)
	}
	cfg, err = load(t, "{endpoint: siem.example.com:514, transport: udp}")
	if err != nil || cfg.encoding().MaxMessageSize != maxDatagram {
		t.Errorf("over UDP a message may have %d bytes: %v", cfg.encoding().MaxMessageSize, err)
	}
}

func TestConfigErrors(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		if !strings.Contains(yaml, "endpoint") {
			yaml = "endpoint: siem.example.com:514\n" + yaml
		}
		_, err := load(t, yaml)
		if err == nil {
			t.Fatalf("%s: no error, want %q", yaml, want)
		}
		if got := err.Error(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", yaml, got, want)
		}
	}
	// endpoint
	f(`endpoint: ""`, "endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514")
	f("endpoint: siem.example.com", `endpoint: "siem.example.com" is no address to send to: use host:port, such as siem.example.com:514`)
	f("endpoint: :514", `endpoint: ":514" is no address to send to: use host:port, such as siem.example.com:514`)
	f("endpoint: siem:0", `endpoint: "siem:0" has no valid port: use 1 to 65535`)
	f("endpoint: siem:99999", `endpoint: "siem:99999" has no valid port: use 1 to 65535`)
	f("endpoint: siem:nosuchservice", `endpoint: "siem:nosuchservice" has no valid port: use 1 to 65535`)
	// transport and framing
	f("transport: tls", `transport: "tls" is not one of tcp, udp`)
	f("framing: newline", `framing: "newline" is not one of octet_counting, non_transparent`)
	f("{endpoint: siem:514, transport: udp, framing: octet_counting}",
		"framing: a datagram is a frame of its own: leave framing out with transport: udp")
	f("{endpoint: siem:514, transport: udp, max_message_size: 65508}",
		"max_message_size: 65508 is more than the 65507 bytes a datagram holds")
	// what package wire checks
	f("format: leef", `format: "leef" is not one of cef, rfc5424, sensage, raw`)
	f("keys: ours", `keys: "ours" is not one of vendor, standard`)
	f("cef_version: 2", "cef_version: 2 is neither 0 nor 1")
	f("header: bsd", `header: "bsd" is not one of rfc5424, rfc3164, none`)
	f("message: xml", `message: "xml" is not one of text, key_value, cef, json`)
	f("facility: local8", `facility: "local8" is not one of source, kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp, ntp, audit, alert, clock, local0, local1, local2, local3, local4, local5, local6, local7`)
	f("severity: high", `severity: "high" is not one of source, catalog`)
	f("language: es", `language: "es" is not one of en, pt`)
	f("edition: 2", `edition: "2" is not one of 4, 3`)
	f("enterprise_id: -1", "enterprise_id: must be a private enterprise number, 1 to 2147483647")
	f("max_message_size: 100", "max_message_size: 100 is less than the 480 bytes every syslog receiver takes; 0 is no limit")
	// header
	f("{endpoint: siem:514, format: raw, header: rfc3164}", "header: format raw has its own: leave header out, or use format: cef")
	f("{endpoint: siem:514, format: rfc5424, header: rfc3164}", "header: format rfc5424 has its own: leave header out, or use format: cef")
	// the rest
	f(`attributes: [a, ""]`, "attributes: a name is empty: use names of attributes, such as k8s.pod.name")
	f("timeout: 0s", "timeout: 0s is out of range: use more than 0, such as 5s")
	f("keepalive: {count: 0}", "keepalive: idle, interval and count must be more than 0: or use enabled: false")
	f("sending_queue: {queue_size: 5000}", "sending_queue::queue_size: 5000 bytes may hold no batch: use 1048576 or more, or sizer: requests")
	f("sending_queue: {num_consumers: 0}", "sending_queue: `num_consumers` must be positive")
	f("retry_on_failure: {multiplier: -1}", "retry_on_failure: multiplier value must be greater than or equal to 0")
	// Two at once are both told.
	f("{endpoint: siem:514, timeout: -1s, format: x}",
		"format: \"x\" is not one of cef, rfc5424, sensage, raw\ntimeout: -1s is out of range: use more than 0, such as 5s")
}

func TestConfigUnknownKey(t *testing.T) {
	_, err := load(t, "{endpoint: siem:514, formt: cef}")
	if err == nil || !strings.Contains(err.Error(), "formt") {
		t.Errorf("got %v, want an error that names formt", err)
	}
}

// TestReadme loads every example of the README, and wants every key and every
// metric in it.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1)
	for _, block := range blocks {
		for id, conf := range exporters(t, block[1]) {
			if _, err := unmarshal(conf); err != nil {
				t.Errorf("%s of\n%s: %v", id, block[1], err)
			}
		}
	}
	if len(blocks) < 3 {
		t.Errorf("%d examples in the README", len(blocks))
	}
	conf := confmap.New()
	if err := conf.Marshal(createDefaultConfig()); err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile("`[^`\n]+`").FindAllString(string(text), -1)
	for key := range conf.ToStringMap() {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Trim(w, "`") == key || strings.HasPrefix(w, "`"+key+"::") }) {
			t.Errorf("the README has no %s", key)
		}
	}
	meta, err := os.ReadFile("metadata.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^    (siem_\w+):`).FindAllSubmatch(meta, -1) {
		if !slices.Contains(words, "`otelcol_"+string(m[1])+"`") {
			t.Errorf("the README has no otelcol_%s", m[1])
		}
	}
}

// exporters returns the configurations of this exporter in a collector's.
func exporters(t *testing.T, yaml []byte) map[string]*confmap.Conf {
	t.Helper()
	retrieved, err := confmap.NewRetrievedFromYAML(yaml)
	if err != nil {
		t.Fatal(err)
	}
	conf, err := retrieved.AsConf()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*confmap.Conf{}
	sub, err := conf.Sub("exporters")
	if err != nil {
		t.Fatal(err)
	}
	for name := range sub.ToStringMap() {
		var id component.ID
		if err := id.UnmarshalText([]byte(name)); err != nil || id.Type() != metadata.Type {
			continue
		}
		if all[name], err = sub.Sub(name); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Errorf("no exporter in\n%s", yaml)
	}
	return all
}
