package siemexporter

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/readmetest"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
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
	if err != nil || cfg.encoding().MaxMessageSize != 65_507 {
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
	f("endpoint: syslog@siem:514", "endpoint: a user has no place in it: use the SIEM's host:port, such as siem.example.com:514")
	f("{endpoint: siem:514, endpoints: [siem:515]}", "endpoint: endpoints is set too: leave one of them out")
	f("endpoints: []", "endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514")
	f("{transport: tls, endpoints: []}", "endpoint: is missing: use the SIEM's host:port, such as siem.example.com:6514")
	f("endpoints: [a:1, b, 'c:0']", `endpoints: "b" is no address to send to: use host:port, such as siem.example.com:514`+"\n"+
		`endpoints: "c:0" has no valid port: use 1 to 65535`)
	f("endpoints: [a:1, b:1, a:1]", `endpoints: "a:1" stands twice: leave one out`)
	f("{transport: unix, endpoints: []}", "endpoint: is missing: use the absolute path of a socket, such as /run/siem/socket")
	f("{transport: unixgram, endpoint: dev/log}", `endpoint: "dev/log" is no path to send to: use the absolute path of a socket, such as /run/siem/socket`)
	// profile
	f("profile: splunk", `profile: "splunk" is not one of `+strings.Join(wire.ProfileNames(), ", "))
	// delivery
	f("load_balance: random", `load_balance: "random" is not one of none, round_robin`)
	f("load_balance: round_robin", "load_balance: round_robin is for several endpoints: list them in endpoints, or leave load_balance out")
	f("confirm: never", `confirm: "never" is not one of kernel, write`)
	f("replay: -2", "replay: -2 is no number of bytes: use auto, or 0 for none")
	f("failover_after: 30", "failover_after: 30ns is less than 1ms: use a longer time with a unit, such as 5s")
	f("failback_after: 0s", "failback_after: 0s is less than 1ms: use a longer time with a unit, such as 5s")
	f("max_connection_age: 60", "max_connection_age: 60ns is less than 1ms: use a longer time with a unit, such as 5s")
	// tls
	f("tls: {}", "tls: is for transport: tls: set that, or leave tls out")
	f("{endpoint: siem:514, transport: tls, tls: {insecure: true}}", "tls::insecure: is not for syslog: use transport: tcp to send in clear")
	f("{endpoint: siem:514, transport: tls, tls: {min_version: '1.1'}}", "tls::min_version: TLS 1.1 must not be used (RFC 8996): use 1.2 or 1.3")
	f("{endpoint: siem:514, transport: tls, tls: {min_version: '1.0', max_version: '1.1'}}",
		"tls::min_version: TLS 1.0 must not be used (RFC 8996): use 1.2 or 1.3\ntls::max_version: TLS 1.1 must not be used (RFC 8996): use 1.2 or 1.3")
	f("{endpoint: siem:514, transport: tls, tls: {cipher_suites: [RC4]}}", `tls::cipher_suites, tls::curve_preferences: failed to load TLS config: invalid TLS cipher suite: "RC4"`)
	f("{endpoint: siem:514, transport: tls, tls: {fingerprints: ['sha-1:E1:2D']}}", `tls::fingerprints: "sha-1:E1:2D" is one by SHA-1, which can be forged: use sha-256`)
	for _, text := range []string{"E1:2D", "sha-256", "sha-256:E1:2D", "sha-512:E1", "sha-256" + strings.Repeat(":E1", 31) + ":E", "sha-256:" + strings.Repeat("E1", 32)} {
		f("{endpoint: siem:514, transport: tls, tls: {fingerprints: ['"+text+"']}}", `tls::fingerprints: "`+text+
			`" is none: use sha-256: and 32 pairs of digits with colons between, as openssl x509 -fingerprint -sha256 writes them`)
	}
	// transport and framing
	f("transport: https", `transport: "https" is not one of tcp, tls, udp, unix, unixgram`)
	f("framing: auto", `framing: "auto" is not one of octet_counting, non_transparent`)
	f("framing: newline", `framing: "newline" is not one of octet_counting, non_transparent`)
	f("{endpoint: siem:514, transport: udp, framing: octet_counting}",
		"framing: a datagram is a frame of its own: leave framing out with transport: udp")
	f("{endpoint: siem:514, transport: udp, max_message_size: 65508}",
		"max_message_size: 65508 is more than the 65507 bytes a datagram holds")
	f("{endpoint: /run/s, transport: unixgram, framing: octet_counting}",
		"framing: a datagram is a frame of its own: leave framing out with transport: unixgram")
	// what package wire checks
	f("format: leef", `format: "leef" is not one of cef, rfc5424, sensage, raw`)
	f("keys: ours", `keys: "ours" is not one of vendor, standard`)
	f("cef_version: 2", "cef_version: 2 is neither 0 nor 1")
	f("header: bsd", `header: "bsd" is not one of rfc5424, rfc3164, cef, none`)
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
	f("timeout: 0s", "timeout: 0s is less than 1ms: use a longer time with a unit, such as 5s")
	f("timeout: 5", "timeout: 5ns is less than 1ms: use a longer time with a unit, such as 5s")
	f("keepalive: {idle: 30}", "keepalive::idle: 30ns is less than 1ms: use a longer time with a unit, such as 5s")
	f("keepalive: {interval: 10}", "keepalive::interval: 10ns is less than 1ms: use a longer time with a unit, such as 5s")
	f("keepalive: {count: 0}", "keepalive::count: 0 is less than 1: use enabled: false for no probes")
	f("sending_queue: {queue_size: 5000}", "sending_queue::queue_size: 5000 bytes may hold no batch: use 1048576 or more")
	f("sending_queue: {queue_size: 1, sizer: items}", "sending_queue::queue_size: 1 items may hold no batch: use 4096 or more")
	f("sending_queue: {queue_size: 1, sizer: requests}", "sending_queue::queue_size: 1 requests may hold no batch: use 16 or more")
	f("sending_queue: {num_consumers: 1000000000}", "sending_queue::num_consumers: 1000000000 is more than 64: each has a connection of its own")
	f("sending_queue: {num_consumers: 0}", "sending_queue: `num_consumers` must be positive")
	f("retry_on_failure: {multiplier: -1}", "retry_on_failure: multiplier value must be greater than or equal to 0")
	// All are told at once.
	f("{endpoint: siem:514, transport: https, framing: lf, format: x, keys: x, cef_version: 7, timeout: -1s, keepalive: {idle: 1, count: 0}}",
		strings.Join([]string{
			`transport: "https" is not one of tcp, tls, udp, unix, unixgram`,
			`framing: "lf" is not one of octet_counting, non_transparent`,
			"cef_version: 7 is neither 0 nor 1",
			`format: "x" is not one of cef, rfc5424, sensage, raw`,
			`keys: "x" is not one of vendor, standard`,
			"timeout: -1s is less than 1ms: use a longer time with a unit, such as 5s",
			"keepalive::idle: 1ns is less than 1ms: use a longer time with a unit, such as 5s",
			"keepalive::count: 0 is less than 1: use enabled: false for no probes",
		}, "\n"))
	f("{endpoint: siem:514, transport: udp, framing: octet_counting, max_message_size: 65508}",
		"framing: a datagram is a frame of its own: leave framing out with transport: udp\n"+
			"max_message_size: 65508 is more than the 65507 bytes a datagram holds")
}

// TestProfile demands that a profile sets the encoding it has, and that every
// key that is given goes before it.
func TestProfile(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		c, err := load(t, "{endpoint: siem:514, "+yaml+"}")
		if err != nil {
			t.Fatal(err)
		}
		e := c.encoding()
		got := fmt.Sprintf("%s %s %s %s %s cef:%d %s %s %s %d",
			c.Transport, e.Framing, e.Format, e.Keys, e.Header, e.CEFVersion, e.HostnameRule, e.TimeFormat, e.TimePrecision, e.MaxMessageSize)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", yaml, got, want)
		}
	}
	const generic = "cef vendor  cef:0 source epoch_ms source 0"
	f("", "tcp non_transparent "+generic)
	f("profile: generic", "tcp non_transparent "+generic)
	f("transport: tls", "tls octet_counting "+generic)
	f("transport: tls, framing: non_transparent", "tls non_transparent "+generic)
	f("framing: octet_counting", "tcp octet_counting "+generic)
	f("profile: splunk_sc4s", "tcp non_transparent cef vendor rfc5424 cef:0 source_dvchost cef_date source 0")
	f("profile: sumo, token: x", "tls non_transparent cef standard rfc5424 cef:0 source epoch_ms source 64000")
	f("profile: sumo, transport: tcp, keys: vendor, cef_version: 1, header: rfc3164, max_message_size: 0, hostname_rule: collector, time_format: cef_date, time_precision: milliseconds",
		"tcp non_transparent cef vendor rfc3164 cef:1 collector cef_date milliseconds 0")
	// What a profile says is no mistake where it has no place.
	f("profile: graylog, transport: udp", "udp auto cef standard cef cef:0 source epoch_ms source 65507")
	f("profile: graylog, format: rfc5424", "tcp non_transparent rfc5424 standard  cef:0 source epoch_ms source 0")
	f("profile: google_secops, format: cef, header: cef", "tcp non_transparent cef vendor cef cef:0 source epoch_ms source 0")
	for _, p := range wire.Profiles {
		token := map[string]string{"sumo": ", token: x"}[p.Name]
		c, err := load(t, "{endpoint: siem:514, profile: "+p.Name+token+"}")
		if err != nil || c.Profile != p.Name || c.Transport != p.Transport {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// TestToken demands that the token is sent and never shown.
func TestToken(t *testing.T) {
	const secret = "s3cr3t@32473"
	c, err := load(t, "{endpoint: siem:514, token: "+secret+"}")
	if err != nil || c.encoding().Token != secret {
		t.Errorf("%q: %v", c.encoding().Token, err)
	}
	conf := confmap.New()
	if err := conf.Marshal(c); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(conf.ToStringMap()) + fmt.Sprintf("%+v %#v", c, c); strings.Contains(text, "s3cr3t") {
		t.Error("the token is shown")
	}
	for _, yaml := range []string{"token: s3cr3t=1", "token: s3cr3t, header: rfc3164", "token: s3cr3t, format: raw", "token: 's3cr3t]'"} {
		_, err := load(t, "{endpoint: siem:514, "+yaml+"}")
		if err == nil || !strings.HasPrefix(err.Error(), "token: ") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: got %v", yaml, err)
		}
	}
}

// TestReplay reads the two forms, and writes what it reads.
func TestReplay(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		c, err := load(t, "{endpoint: siem:514, replay: "+text+"}")
		if err != nil || c.Destination().Replay != want {
			t.Errorf("%s: %v", text, err)
		}
		var again siem.Replay
		if b, _ := c.Replay.MarshalText(); again.UnmarshalText(b) != nil || again != c.Replay {
			t.Errorf("%s is written as %s", text, b)
		}
	}
	f("auto", delivery.ReplayAuto)
	f("0", 0)
	f("'0'", 0)
	f("1048576", 1<<20)
	if _, err := load(t, "{endpoint: siem:514, replay: some}"); err == nil || !strings.Contains(err.Error(), `"some" is neither auto nor a number of bytes`) {
		t.Errorf("got %v", err)
	}
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
