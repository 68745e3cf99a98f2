package pamreceiver

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // location works on machines without zone files, as in minimal images

	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configtls"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// Config is the configuration of the receiver.
type Config struct {
	Protocols ProtocolsConfig `mapstructure:"protocols"`
}

// ProtocolsConfig has the listeners. One that is not named is not started;
// one that is named without a value has its defaults.
type ProtocolsConfig struct {
	UDP configoptional.Optional[UDPConfig] `mapstructure:"udp"`
	TCP configoptional.Optional[TCPConfig] `mapstructure:"tcp"`
	TLS configoptional.Optional[TLSConfig] `mapstructure:"tls"`
}

// ListenerConfig is what all listeners have in common.
type ListenerConfig struct {
	// Endpoint is the address to listen on, host:port.
	Endpoint string `mapstructure:"endpoint"`
	// MaxMessageSize bounds one message; what is longer is cut and flagged.
	MaxMessageSize Size `mapstructure:"max_message_size"`
	// Location is the time zone of times that carry none, by its IANA name.
	Location string `mapstructure:"location"`
	// Tenant goes to the resource as pam.tenant when it is not empty.
	Tenant string `mapstructure:"tenant"`
}

// UDPConfig is the configuration of the UDP listener.
type UDPConfig struct {
	Listener ListenerConfig `mapstructure:",squash"`
}

// StreamConfig is what TCP and TLS have in common.
type StreamConfig struct {
	Listener ListenerConfig `mapstructure:",squash"`
	// Framing is how messages are cut from the stream, RFC 6587: auto,
	// octet_counting or non_transparent.
	Framing string `mapstructure:"framing"`
	// FrameTimeout is how long a message that has begun may wait for more.
	FrameTimeout time.Duration `mapstructure:"frame_timeout"`
	// MaxConnections bounds the connections.
	MaxConnections int `mapstructure:"max_connections"`
	// IdleTimeout is how long a connection may be without a byte; 0 is forever.
	IdleTimeout time.Duration `mapstructure:"idle_timeout"`
}

// TCPConfig is the configuration of the TCP listener.
type TCPConfig struct {
	Stream StreamConfig `mapstructure:",squash"`
}

// TLSConfig is the configuration of the TLS listener.
type TLSConfig struct {
	Stream StreamConfig `mapstructure:",squash"`
	// HandshakeTimeout is how long a connection may take to shake hands.
	HandshakeTimeout time.Duration `mapstructure:"handshake_timeout"`
	// TLS has the certificates.
	TLS configtls.ServerConfig `mapstructure:"tls"`
}

func createDefaultConfig() *Config {
	plain := StreamConfig{
		Listener:       ListenerConfig{Endpoint: "localhost:5514", MaxMessageSize: 64 << 10, Location: "UTC"},
		Framing:        "auto",
		FrameTimeout:   5 * time.Second,
		MaxConnections: 1024,
	}
	secure := plain
	secure.Listener.Endpoint = "localhost:6514"
	return &Config{Protocols: ProtocolsConfig{
		UDP: configoptional.Default(UDPConfig{Listener: plain.Listener}),
		TCP: configoptional.Default(TCPConfig{Stream: plain}),
		TLS: configoptional.Default(TLSConfig{
			Stream: secure, HandshakeTimeout: 10 * time.Second, TLS: configtls.NewDefaultServerConfig(),
		}),
	}}
}

// Validate wants a listener.
func (c *ProtocolsConfig) Validate() error {
	if !c.UDP.HasValue() && !c.TCP.HasValue() && !c.TLS.HasValue() {
		return errors.New("nothing to listen on: add udp, tcp or tls, such as tcp: {endpoint: localhost:5514}")
	}
	return nil
}

// maxSize bounds max_message_size: a message is held in memory whole.
const maxSize = 64 << 20

// check names each key that is wrong.
func (c *ListenerConfig) check(transport string) error {
	var errs []error
	if err := checkEndpoint(transport, c.Endpoint); err != nil {
		errs = append(errs, fmt.Errorf("endpoint: %q %w, such as localhost:5514", c.Endpoint, err))
	}
	if c.MaxMessageSize < 1 || c.MaxMessageSize > maxSize {
		errs = append(errs, fmt.Errorf("max_message_size: %d is out of range: use 1 byte to 64MiB", c.MaxMessageSize))
	}
	if _, err := time.LoadLocation(c.Location); err != nil {
		errs = append(errs, fmt.Errorf("location: %q is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC", c.Location))
	}
	return errors.Join(errs...)
}

// checkEndpoint wants host:port, where host may be empty, which is every
// address, and port may be 0, which is any free one.
func checkEndpoint(transport, endpoint string) error {
	_, port, err := net.SplitHostPort(endpoint)
	if err != nil || port == "" {
		return errors.New("is no address to listen on: use host:port")
	}
	if _, err := net.LookupPort(transport, port); err != nil {
		return errors.New("has no valid port: use 0 to 65535")
	}
	return nil
}

// Validate names each key that is wrong.
func (c *UDPConfig) Validate() error { return c.Listener.check("udp") }

// check names each key that is wrong.
func (c *StreamConfig) check() error {
	errs := []error{c.Listener.check("tcp")}
	if _, ok := syslog.ParseFraming(c.Framing); !ok {
		errs = append(errs, fmt.Errorf("framing: %q is not one of auto, octet_counting, non_transparent", c.Framing))
	}
	errs = append(errs, checkDuration("frame_timeout", c.FrameTimeout, "5s"))
	if c.MaxConnections < 1 {
		errs = append(errs, fmt.Errorf("max_connections: %d is out of range: use 1 or more", c.MaxConnections))
	}
	if c.IdleTimeout != 0 {
		errs = append(errs, checkDuration("idle_timeout", c.IdleTimeout, "24h, or 0 for none"))
	}
	return errors.Join(errs...)
}

// checkDuration wants a time that is no number of nanoseconds, which one
// without a unit is.
func checkDuration(key string, d time.Duration, such string) error {
	if d < time.Millisecond {
		return fmt.Errorf("%s: %v is less than 1ms: use a unit, such as %s", key, d, such)
	}
	return nil
}

// Validate names each key that is wrong.
func (c *TCPConfig) Validate() error { return c.Stream.check() }

// Validate names each key that is wrong. The keys of configtls are its own
// matter, but for those that would be without effect.
func (c *TLSConfig) Validate() error {
	errs := []error{c.Stream.check(), checkDuration("handshake_timeout", c.HandshakeTimeout, "10s")}
	if c.TLS.ReloadInterval != 0 {
		errs = append(errs, checkDuration("tls: reload_interval", c.TLS.ReloadInterval, "1h, or 0 for never"))
	}
	if c.TLS.CAFile != "" || c.TLS.CAPem != "" {
		errs = append(errs, errors.New("tls: ca_file and ca_pem are for clients: use client_ca_file to demand certificates of senders"))
	}
	if c.TLS.ReloadClientCAFile && c.TLS.ClientCAFile == "" {
		errs = append(errs, errors.New("tls: client_ca_file_reload: there is no file to reload: add client_ca_file"))
	}
	return errors.Join(errs...)
}

// Size is a number of bytes. In the configuration it is a number, or a number
// with a unit: 65536, 64KiB.
type Size int64

// units has the units of a Size, the long ones first.
var units = []struct {
	name string
	size Size
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"B", 1},
}

// UnmarshalText reads a number with or without a unit.
func (s *Size) UnmarshalText(text []byte) error {
	number, unit := string(text), Size(1)
	for _, u := range units {
		if n, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = n, u.size
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
	if err != nil {
		return fmt.Errorf("%q is no size: use bytes, or a number with KiB or MiB, such as 64KiB", text)
	}
	*s = Size(n) * unit
	return nil
}
