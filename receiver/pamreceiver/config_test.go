package pamreceiver

import (
	"net"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-pam/otelcol-pam/internal/readmetest"
	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadata"
)

// load gives the configuration that a receivers entry has.
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
	cfg := createDefaultConfig()
	if err := conf.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg, confmap.Validate(cfg)
}

func TestConfigDefaults(t *testing.T) {
	pem := "{cert_file: server.pem, key_file: server.key}"
	for _, yaml := range []string{
		"protocols: {udp: , tcp: , tls: {tls: " + pem + "}}",
		"protocols: {udp: {}, tcp: {}, tls: {tls: " + pem + "}}",
	} {
		cfg, err := load(t, yaml)
		if err != nil {
			t.Fatal(err)
		}
		udp := UDPConfig{ListenerConfig{Endpoint: "localhost:5514", MaxMessageSize: 65536, Location: "UTC"}}
		if got := *cfg.Protocols.UDP.Get(); got != udp {
			t.Errorf("%s: got %+v, want %+v", yaml, got, udp)
		}
		stream := StreamConfig{udp.Listener, "auto", 5e9, 1024, 0}
		if got := cfg.Protocols.TCP.Get().Stream; got != stream {
			t.Errorf("%s: got %+v, want %+v", yaml, got, stream)
		}
		stream.Listener.Endpoint = "localhost:6514"
		secure := cfg.Protocols.TLS.Get()
		if got := secure.Stream; got != stream || secure.HandshakeTimeout != 10e9 {
			t.Errorf("%s: got %+v, want %+v", yaml, got, stream)
		}
	}
}

func TestConfig(t *testing.T) {
	cfg, err := load(t, `
protocols:
  tcp:
    endpoint: 0.0.0.0:514
    framing: octet_counting
    max_message_size: 1MiB
    location: America/Sao_Paulo
    tenant: acme
    frame_timeout: 250ms
    max_connections: 16
    idle_timeout: 24h
`)
	if err != nil {
		t.Fatal(err)
	}
	want := StreamConfig{ListenerConfig{"0.0.0.0:514", 1 << 20, "America/Sao_Paulo", "acme"}, "octet_counting", 250e6, 16, 24 * time.Hour}
	if got := cfg.Protocols.TCP.Get().Stream; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if cfg.Protocols.UDP.HasValue() || cfg.Protocols.TLS.HasValue() {
		t.Error("udp or tls is on, though it is not named")
	}
}

func TestConfigErrors(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		_, err := load(t, yaml)
		if err == nil {
			t.Fatalf("%s: no error, want %q", yaml, want)
		}
		if got := err.Error(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", yaml, got, want)
		}
	}
	// Nothing to listen on.
	f(`{}`,
		`protocols: nothing to listen on: add udp, tcp or tls, such as tcp: {endpoint: localhost:5514}`)
	f(`protocols: {}`,
		`protocols: nothing to listen on: add udp, tcp or tls, such as tcp: {endpoint: localhost:5514}`)
	f(`protocols: {tcp: {enabled: false}}`,
		`protocols: nothing to listen on: add udp, tcp or tls, such as tcp: {endpoint: localhost:5514}`)

	// Values.
	f(`protocols: {tcp: {endpoint: localhost}}`,
		`protocols::tcp: endpoint: "localhost" is no address to listen on: use host:port, such as localhost:5514`)
	f(`protocols: {tcp: {endpoint: ""}}`,
		`protocols::tcp: endpoint: "" is no address to listen on: use host:port, such as localhost:5514`)
	f(`protocols: {udp: {endpoint: "localhost:"}}`,
		`protocols::udp: endpoint: "localhost:" is no address to listen on: use host:port, such as localhost:5514`)
	// A service is looked up for the protocol.
	for _, protocol := range []string{"tcp", "udp"} {
		for _, service := range []string{"syslog", "ntp", "gopher", "domain"} {
			_, err := load(t, "protocols: {"+protocol+": {endpoint: 'localhost:"+service+"'}}")
			if _, want := net.LookupPort(protocol, service); (err == nil) != (want == nil) {
				t.Errorf("%s over %s: got %v, want %v", service, protocol, err, want)
			}
		}
	}
	f(`protocols: {udp: {endpoint: "localhost:70000"}}`,
		`protocols::udp: endpoint: "localhost:70000" has no valid port: use 0 to 65535, such as localhost:5514`)
	f(`protocols: {udp: {max_message_size: -1}}`,
		`protocols::udp: max_message_size: -1 is out of range: use 1 byte to 64MiB`)
	f(`protocols: {udp: {max_message_size: 0}}`,
		`protocols::udp: max_message_size: 0 is out of range: use 1 byte to 64MiB`)
	f(`protocols: {udp: {max_message_size: 65MiB}}`,
		`protocols::udp: max_message_size: 68157440 is out of range: use 1 byte to 64MiB`)
	f(`protocols: {udp: {max_message_size: 64k}}`,
		"decoding failed due to the following error(s):\n\n'protocols.udp' decoding failed due to the following error(s):\n\n'max_message_size' \"64k\" is no size: use bytes, or a number with KiB or MiB, such as 64KiB")
	f(`protocols: {udp: {location: Brasilia}}`,
		`protocols::udp: location: "Brasilia" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC`)
	f(`protocols: {tcp: {framing: newline}}`,
		`protocols::tcp: framing: "newline" is not one of auto, octet_counting, non_transparent`)
	f(`protocols: {tcp: {frame_timeout: 0s}}`,
		`protocols::tcp: frame_timeout: 0s is less than 1ms: use a unit, such as 5s`)
	f(`protocols: {tcp: {frame_timeout: 5}}`,
		`protocols::tcp: frame_timeout: 5ns is less than 1ms: use a unit, such as 5s`)
	f(`protocols: {tcp: {frame_timeout: -1s, location: Mars}}`,
		"protocols::tcp: location: \"Mars\" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC\nframe_timeout: -1s is less than 1ms: use a unit, such as 5s")

	f(`protocols: {tcp: {max_connections: 0}}`,
		`protocols::tcp: max_connections: 0 is out of range: use 1 or more`)
	f(`protocols: {tcp: {idle_timeout: 60}}`,
		`protocols::tcp: idle_timeout: 60ns is less than 1ms: use a unit, such as 24h, or 0 for none`)

	// TLS.
	f(`protocols: {tls: }`,
		`protocols::tls: tls: TLS configuration must include both certificate and key for server connections`)
	pem := "cert_file: server.pem, key_file: server.key"
	f(`protocols: {tls: {framing: newline, handshake_timeout: 10, tls: {`+pem+`}}}`,
		"protocols::tls: framing: \"newline\" is not one of auto, octet_counting, non_transparent\nhandshake_timeout: 10ns is less than 1ms: use a unit, such as 10s")
	f(`protocols: {tls: {tls: {reload_interval: 60, `+pem+`}}}`,
		`protocols::tls: tls: reload_interval: 60ns is less than 1ms: use a unit, such as 1h, or 0 for never`)
	f(`protocols: {tls: {tls: {ca_file: ca.pem, `+pem+`}}}`,
		`protocols::tls: tls: ca_file and ca_pem are for clients: use client_ca_file to demand certificates of senders`)
	f(`protocols: {tls: {tls: {client_ca_file_reload: true, `+pem+`}}}`,
		`protocols::tls: tls: client_ca_file_reload: there is no file to reload: add client_ca_file`)

	// Keys that do not exist, or not yet.
	f(`protocols: {tcp: {dialer: {timeout: 1s}}}`,
		"decoding failed due to the following error(s):\n\n'protocols.tcp' decoding failed due to the following error(s):\n\n'pamreceiver.TCPConfig' has invalid keys: dialer")
	f(`protocols: {udp: {framing: auto}}`,
		"decoding failed due to the following error(s):\n\n'protocols.udp' decoding failed due to the following error(s):\n\n'pamreceiver.UDPConfig' has invalid keys: framing")
	f(`protocols: {http: {}}`,
		"decoding failed due to the following error(s):\n\n'protocols' has invalid keys: http")
	f(`protocol: {tcp: {}}`,
		"decoding failed due to the following error(s):\n\n'pamreceiver.Config' has invalid keys: protocol")
}

func TestSize(t *testing.T) {
	f := func(text string, want Size) {
		t.Helper()
		cfg, err := load(t, "protocols: {udp: {max_message_size: "+text+"}}")
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Protocols.UDP.Get().Listener.MaxMessageSize; got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
	f("1", 1)
	f("8192", 8192)
	f("8192B", 8192)
	f(`"8192"`, 8192)
	f("64KiB", 65536)
	f("64 KiB", 65536)
	f("2MiB", 2<<20)
}

func TestReadme(t *testing.T) {
	readmetest.Run(t, "receivers", metadata.Type.String(), func() component.Config { return createDefaultConfig() })
}
