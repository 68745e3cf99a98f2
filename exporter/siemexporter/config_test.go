package siemexporter

import (
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
	"github.com/otelcol-pam/otelcol-pam/internal/readmetest"
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
	f("endpoint: 'a b:514'", `endpoint: host "a b" is neither a name nor an address: use letters, digits, dots and hyphens`)
	f(`endpoint: "siem\n:514"`, `endpoint: host "siem\n" is neither a name nor an address: use letters, digits, dots and hyphens`)
	f("endpoint: syslog@siem:514", `endpoint: host "syslog@siem" is neither a name nor an address: use letters, digits, dots and hyphens`)
	// transport and framing
	f("transport: tls", `transport: "tls" is not one of tcp, udp`)
	f("framing: auto", `framing: "auto" is not one of octet_counting, non_transparent`)
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
	f("enterprise_id: -1", "enterprise_id: -1 is no private enterprise number, 1 to 2147483647")
	f("max_message_size: 100", "max_message_size: 100 is less than 1024, which the headers may need; 0 is no limit")
	// header
	f("{endpoint: siem:514, format: raw, header: rfc3164}", "header: format raw has its own: leave header out, or use format: cef")
	f("{endpoint: siem:514, format: rfc5424, header: rfc3164}", "header: format rfc5424 has its own: leave header out, or use format: cef")
	// the rest
	f(`attributes: [a, ""]`, "attributes: a name is empty: use names of attributes, such as k8s.pod.name")
	f("hostname: a b", `hostname: "a b" is no HOSTNAME: use 1 to 255 printable ASCII characters without a space`)
	f("hostname: são-paulo", `hostname: "são-paulo" is no HOSTNAME: use 1 to 255 printable ASCII characters without a space`)
	f("hostname: "+strings.Repeat("h", 256), `hostname: "`+strings.Repeat("h", 256)+`" is no HOSTNAME: use 1 to 255 printable ASCII characters without a space`)
	f("location: Brasilia", `location: "Brasilia" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC`)
	f("timeout: 0s", "timeout: 0s is less than 1ms: use a unit, such as 5s")
	f("timeout: 5", "timeout: 5ns is less than 1ms: use a unit, such as 5s")
	f("keepalive: {idle: 30}", "keepalive::idle: 30ns is less than 1ms: use a unit, such as 5s")
	f("keepalive: {interval: 10}", "keepalive::interval: 10ns is less than 1ms: use a unit, such as 5s")
	f("keepalive: {count: 0}", "keepalive::count: 0 is less than 1: use enabled: false for no probes")
	f("sending_queue: {queue_size: 5000}", "sending_queue::queue_size: 5000 bytes may hold no batch: use 1048576 or more")
	f("sending_queue: {queue_size: 1, sizer: items}", "sending_queue::queue_size: 1 items may hold no batch: use 4096 or more")
	f("sending_queue: {queue_size: 1, sizer: requests}", "sending_queue::queue_size: 1 requests may hold no batch: use 16 or more")
	f("sending_queue: {num_consumers: 1000000000}", "sending_queue::num_consumers: 1000000000 is more than 64: each has a connection of its own")
	f("sending_queue: {num_consumers: 0}", "sending_queue: `num_consumers` must be positive")
	f("retry_on_failure: {multiplier: -1}", "retry_on_failure: multiplier value must be greater than or equal to 0")
	// All are told at once.
	f("{endpoint: siem:514, transport: tls, framing: lf, format: x, keys: x, cef_version: 7, timeout: -1s, keepalive: {idle: 1, count: 0}}",
		strings.Join([]string{
			`transport: "tls" is not one of tcp, udp`,
			`framing: "lf" is not one of octet_counting, non_transparent`,
			"cef_version: 7 is neither 0 nor 1",
			`format: "x" is not one of cef, rfc5424, sensage, raw`,
			`keys: "x" is not one of vendor, standard`,
			"timeout: -1s is less than 1ms: use a unit, such as 5s",
			"keepalive::idle: 1ns is less than 1ms: use a unit, such as 5s",
			"keepalive::count: 0 is less than 1: use enabled: false for no probes",
		}, "\n"))
	f("{endpoint: siem:514, transport: udp, framing: octet_counting, max_message_size: 65508}",
		"framing: a datagram is a frame of its own: leave framing out with transport: udp\n"+
			"max_message_size: 65508 is more than the 65507 bytes a datagram holds")
}

// TestEndpoint has hosts and ports of every kind. A service is looked up for
// the transport: syslog is one of UDP alone.
func TestEndpoint(t *testing.T) {
	f := func(endpoint string) {
		t.Helper()
		if _, err := load(t, "endpoint: '"+endpoint+"'"); err != nil {
			t.Error(err)
		}
	}
	f("siem:514")
	f("SIEM_1.example.com:6514")
	f("192.0.2.1:1")
	f("[2001:db8::5]:65535")
	f("[fe80::1%eth0]:514")
	f("siem:http")
	for _, transport := range []string{"tcp", "udp"} {
		for _, service := range []string{"syslog", "ntp", "gopher", "domain"} {
			_, err := load(t, "{endpoint: '192.0.2.1:"+service+"', transport: "+transport+"}")
			if _, want := net.LookupPort(transport, service); (err == nil) != (want == nil) {
				t.Errorf("%s over %s: got %v, want %v", service, transport, err, want)
			}
		}
	}
}

func TestConfigUnknownKey(t *testing.T) {
	_, err := load(t, "{endpoint: siem:514, formt: cef}")
	if err == nil || !strings.Contains(err.Error(), "formt") {
		t.Errorf("got %v, want an error that names formt", err)
	}
}

func TestReadme(t *testing.T) {
	readmetest.Run(t, "exporters", metadata.Type.String(), func() component.Config { return createDefaultConfig() })
}
