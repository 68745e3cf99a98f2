package siem

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
	_ "time/tzdata" // location works on machines without zone files, as in minimal images

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Config is a SIEM and what it is sent. Secrets and certificates are not in it,
// as each program has its own way to keep them.
type Config struct {
	// Profile is what one SIEM wants: the defaults of the keys from Transport to
	// MaxMessageSize.
	Profile string `mapstructure:"profile"`

	// Endpoint is the SIEM's address: host:port, or the path of a socket.
	Endpoint string `mapstructure:"endpoint"`
	// Endpoints are the addresses of a SIEM that has several, the best first.
	Endpoints []string `mapstructure:"endpoints"`
	// LoadBalance is none, where one endpoint is used at a time, or round_robin.
	LoadBalance string `mapstructure:"load_balance"`
	// FailoverAfter is how long an endpoint may take nothing before the next one
	// is used.
	FailoverAfter time.Duration `mapstructure:"failover_after"`
	// FailbackAfter is how long a better endpoint must have held a connection
	// before it is used again.
	FailbackAfter time.Duration `mapstructure:"failback_after"`

	// Transport is tcp, tls, udp, unix or unixgram.
	Transport string `mapstructure:"transport"`
	// Framing is how messages follow one another in a stream, RFC 6587:
	// octet_counting, the default over TLS, or non_transparent, that of the others.
	Framing string `mapstructure:"framing"`
	// Confirm is kernel or write: when a message counts as delivered.
	Confirm string `mapstructure:"confirm"`
	// Replay is how many bytes of delivered messages go out again after a reset.
	Replay Replay `mapstructure:"replay"`
	// MaxConnectionAge ends a connection in good order; 0 is never.
	MaxConnectionAge time.Duration `mapstructure:"max_connection_age"`

	// Format is cef, rfc5424, sensage or raw.
	Format string `mapstructure:"format"`
	// Keys is vendor or standard: whose names the fields of CEF have.
	Keys string `mapstructure:"keys"`
	// CEFVersion is 0 or 1.
	CEFVersion int `mapstructure:"cef_version"`
	// Header is what stands before CEF and Sensage: rfc5424, rfc3164, cef or none.
	Header string `mapstructure:"header"`
	// Message is the MSG of format rfc5424: text, key_value, cef or json.
	Message string `mapstructure:"message"`
	// Facility is source or the name of a facility.
	Facility string `mapstructure:"facility"`
	// Severity is source or catalog: whose severity goes into PRI and the CEF
	// header.
	Severity string `mapstructure:"severity"`
	// Language is that of titles where the source had none: en or pt.
	Language string `mapstructure:"language"`
	// Edition is that of titles where the source had none: 3 or 4.
	Edition int `mapstructure:"edition"`
	// EnterpriseID is the private enterprise number of the SD-ELEMENT.
	EnterpriseID int `mapstructure:"enterprise_id"`
	// Hostname stands where neither the source nor its address gave one; empty
	// is this machine's.
	Hostname string `mapstructure:"hostname"`
	// HostnameRule is source, source_dvchost, no_ipv6 or collector: whose name
	// HOSTNAME is.
	HostnameRule string `mapstructure:"hostname_rule"`
	// TimeFormat is epoch_ms or cef_date: the form of rt in CEF.
	TimeFormat string `mapstructure:"time_format"`
	// TimePrecision is source or milliseconds: the fraction of a second in RFC
	// 5424 headers.
	TimePrecision string `mapstructure:"time_precision"`
	// Location is the time zone of the times in RFC 3164 headers, which cannot
	// say it, by its IANA name.
	Location string `mapstructure:"location"`
	// BOM puts a byte order mark before the MSG of format rfc5424.
	BOM bool `mapstructure:"bom"`
	// MaxMessageSize bounds a message in bytes, its frame aside; 0 is no limit
	// in a stream, and what a datagram holds.
	MaxMessageSize int `mapstructure:"max_message_size"`
	// Attributes, of a record or what it came with, are sent although they are
	// no fields of the attribute model.
	Attributes []string `mapstructure:"attributes"`

	// Timeout bounds connecting, the wait for the SIEM's kernel to acknowledge
	// what is on its way, and the wait for the SIEM to close at the end.
	Timeout time.Duration `mapstructure:"timeout"`
	// KeepAlive is how an idle connection over TCP is probed.
	KeepAlive KeepAlive `mapstructure:"keepalive"`
}

// KeepAlive is how an idle connection over TCP is probed.
type KeepAlive struct {
	Enabled  bool          `mapstructure:"enabled"`
	Idle     time.Duration `mapstructure:"idle"`     // before the first probe
	Interval time.Duration `mapstructure:"interval"` // between probes
	Count    int           `mapstructure:"count"`    // unanswered probes that end the connection
}

// Replay is a number of bytes, or delivery.ReplayAuto.
type Replay int

// MarshalText returns what UnmarshalText reads.
func (r Replay) MarshalText() ([]byte, error) {
	if r == delivery.ReplayAuto {
		return []byte("auto"), nil
	}
	return strconv.AppendInt(nil, int64(r), 10), nil
}

// UnmarshalText reads auto, or a number.
func (r *Replay) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	switch {
	case string(text) == "auto":
		n = delivery.ReplayAuto
	case err != nil:
		return fmt.Errorf("%q is neither auto nor a number of bytes", text)
	}
	*r = Replay(n)
	return nil
}

// Default returns the defaults, those of the first profile among them.
func Default() Config {
	c := Config{
		LoadBalance:   "none",
		FailoverAfter: 30 * time.Second,
		FailbackAfter: 5 * time.Minute,
		Confirm:       "write",
		Replay:        delivery.ReplayAuto,

		Format:        "cef",
		Keys:          "vendor",
		Message:       "text",
		Facility:      "source",
		Severity:      "source",
		Language:      "en",
		Edition:       4,
		EnterpriseID:  32473,
		HostnameRule:  "source",
		TimeFormat:    "epoch_ms",
		TimePrecision: "source",
		Location:      "UTC",
		Timeout:       5 * time.Second,
		KeepAlive:     KeepAlive{Enabled: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3},
	}
	if delivery.CanConfirm {
		c.Confirm = "kernel"
	}
	c.Adopt(&wire.Profiles[0])
	return c
}

// Adopt sets what the profile says; what it does not say stays. It comes before
// the other keys are read, so that each of them goes before the profile.
func (c *Config) Adopt(p *wire.Profile) {
	e := &p.Encoding
	c.Profile, c.Transport, c.Framing = p.Name, p.Transport, p.Framing
	c.Format = cmp.Or(e.Format, c.Format)
	c.Keys = cmp.Or(e.Keys, c.Keys)
	c.CEFVersion = cmp.Or(e.CEFVersion, c.CEFVersion)
	c.Header = cmp.Or(e.Header, c.Header)
	c.Message = cmp.Or(e.Message, c.Message)
	c.Facility = cmp.Or(e.Facility, c.Facility)
	c.Severity = cmp.Or(e.Severity, c.Severity)
	c.Language = cmp.Or(e.Language, c.Language)
	c.HostnameRule = cmp.Or(e.HostnameRule, c.HostnameRule)
	c.TimeFormat = cmp.Or(e.TimeFormat, c.TimeFormat)
	c.TimePrecision = cmp.Or(e.TimePrecision, c.TimePrecision)
	c.BOM = cmp.Or(e.BOM, c.BOM)
	c.MaxMessageSize = cmp.Or(e.MaxMessageSize, c.MaxMessageSize)
}

// Settle takes back what the profile says of framing and header where it has no
// place. It comes after all keys are read; isSet says which were.
func (c *Config) Settle(isSet func(key string) bool) {
	if c.datagrams() && !isSet("framing") {
		c.Framing = "" // the profile's, for streams
	}
	if c.ownHeader() && !isSet("header") {
		c.Header = "" // the profile's, for other formats
	}
}

// Encoding is what the keys mean to package wire.
func (c *Config) Encoding(token string) wire.Encoding {
	zone, _ := time.LoadLocation(c.Location) // Check has seen it
	limit := c.MaxMessageSize
	if c.datagrams() && limit == 0 {
		limit = maxDatagram
	}
	return wire.Encoding{
		Format:         c.Format,
		Keys:           c.Keys,
		CEFVersion:     c.CEFVersion,
		Header:         c.Header,
		Message:        c.Message,
		Facility:       c.Facility,
		Severity:       c.Severity,
		Language:       c.Language,
		Edition:        strconv.Itoa(c.Edition),
		EnterpriseID:   c.EnterpriseID,
		Hostname:       c.hostname(),
		HostnameRule:   c.HostnameRule,
		Location:       zone,
		TimeFormat:     c.TimeFormat,
		TimePrecision:  c.TimePrecision,
		ProcID:         strconv.Itoa(os.Getpid()),
		Token:          token,
		BOM:            c.BOM,
		MaxMessageSize: limit,
		Framing:        c.framing(),
	}
}

// InEffect returns the keys with what those that are not set come to.
func (c Config) InEffect() Config {
	c.Hostname = c.hostname()
	e, err := wire.NewEncoder(c.Encoding(""))
	if err != nil {
		return c // Check refuses it
	}
	c.MaxMessageSize = e.MaxMessageSize
	if c.Format != "raw" {
		c.Header = e.Header
	}
	if !c.datagrams() {
		c.Framing = c.framing().String()
	}
	return c
}

// datagrams reports whether each message is a datagram of its own.
func (c *Config) datagrams() bool { return c.Transport == "udp" || c.Transport == "unixgram" }

// ownHeader reports whether the format has a header of its own.
func (c *Config) ownHeader() bool { return c.Format == "raw" || c.Format == "rfc5424" }

// sockets reports whether endpoints are paths.
func (c *Config) sockets() bool { return c.Transport == "unix" || c.Transport == "unixgram" }

// framing returns Auto, which frames nothing here, for datagrams.
func (c *Config) framing() syslog.Framing {
	switch {
	case c.datagrams():
		return syslog.Auto
	case c.Framing == "" && c.Transport == "tls":
		return syslog.OctetCounting
	case c.Framing == "":
		return syslog.NonTransparent
	}
	framing, _ := syslog.ParseFraming(c.Framing) // Check has seen it
	return framing
}

func (c *Config) hostname() string {
	if c.Hostname != "" {
		return c.Hostname
	}
	name, _ := os.Hostname() // without one HOSTNAME is NILVALUE
	return name
}

// Addresses returns the list of endpoints, which Endpoint is a short way to
// write.
func (c *Config) Addresses() []string {
	if c.Endpoint != "" {
		return []string{c.Endpoint}
	}
	return c.Endpoints
}

var confirmations = map[string]delivery.Confirm{
	"kernel": delivery.ConfirmKernel,
	"write":  delivery.ConfirmWrite,
}

// Destination is what the keys mean to package delivery, events and TLS aside.
func (c *Config) Destination() delivery.Config {
	k := c.KeepAlive
	network := c.Transport
	if network == "tls" {
		network = "tcp"
	}
	return delivery.Config{
		Network:   network,
		Endpoints: c.Addresses(),
		Timeout:   c.Timeout,
		KeepAlive: net.KeepAliveConfig{
			Enable: k.Enabled, Idle: k.Idle, Interval: k.Interval, Count: k.Count,
		},
		Confirm:       confirmations[c.Confirm],
		Replay:        int(c.Replay),
		MaxAge:        c.MaxConnectionAge,
		FailoverAfter: c.FailoverAfter,
		FailbackAfter: c.FailbackAfter,
	}
}
