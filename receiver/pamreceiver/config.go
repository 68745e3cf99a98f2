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
}

// ListenerConfig is what UDP and TCP have in common.
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

// TCPConfig is the configuration of the TCP listener.
type TCPConfig struct {
	Listener ListenerConfig `mapstructure:",squash"`
	// Framing is how messages are cut from the stream, RFC 6587: auto,
	// octet_counting or non_transparent.
	Framing string `mapstructure:"framing"`
	// FrameTimeout is how long a message that has begun may wait for more.
	FrameTimeout time.Duration `mapstructure:"frame_timeout"`
}

func createDefaultConfig() *Config {
	listener := ListenerConfig{Endpoint: "localhost:5514", MaxMessageSize: 64 << 10, Location: "UTC"}
	return &Config{Protocols: ProtocolsConfig{
		UDP: configoptional.Default(UDPConfig{Listener: listener}),
		TCP: configoptional.Default(TCPConfig{Listener: listener, Framing: "auto", FrameTimeout: 5 * time.Second}),
	}}
}

// Validate wants a listener.
func (c *ProtocolsConfig) Validate() error {
	if !c.UDP.HasValue() && !c.TCP.HasValue() {
		return errors.New("nothing to listen on: add udp or tcp, such as tcp: {endpoint: localhost:5514}")
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

// Validate names each key that is wrong.
func (c *TCPConfig) Validate() error {
	errs := []error{c.Listener.check("tcp")}
	if _, ok := syslog.ParseFraming(c.Framing); !ok {
		errs = append(errs, fmt.Errorf("framing: %q is not one of auto, octet_counting, non_transparent", c.Framing))
	}
	if c.FrameTimeout < time.Millisecond { // a number without a unit is nanoseconds
		errs = append(errs, fmt.Errorf("frame_timeout: %v is less than 1ms: use a unit, such as 5s", c.FrameTimeout))
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
