package siem

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// maxDatagram is what a datagram of IPv4 holds: 65,535 bytes less the headers
// of IP and UDP.
const maxDatagram = 65_507

// Check checks all keys and the token that goes with them, and names each that
// is wrong.
func (c *Config) Check(style Style, token string) error {
	_, err := wire.NewEncoder(c.Encoding(token))
	return errors.Join(
		c.checkProfile(style, token),
		c.checkEndpoints(style),
		c.checkTransport(),
		c.checkDelivery(),
		c.checkHeader(),
		err,
		c.checkHostname(),
		CheckLocation("location", c.Location),
		c.checkAttributes(),
		c.checkTimes(style),
	)
}

func (c *Config) checkProfile(style Style, token string) error {
	if wire.ProfileByName(c.Profile) == nil {
		return fmt.Errorf("profile: %q is not one of %s", c.Profile, strings.Join(wire.ProfileNames(), ", "))
	}
	if c.Profile == "sumo" && token == "" && c.Header == "rfc5424" {
		return fmt.Errorf("token: Sumo Logic drops messages without one: set it, such as token: %s, and see that the variable is there", style.variable("SUMO_TOKEN"))
	}
	return nil
}

func (c *Config) checkEndpoints(style Style) error {
	switch {
	case c.Endpoint != "" && len(c.Endpoints) > 0:
		return errors.New("endpoint: endpoints is set too: leave one of them out")
	case c.Endpoint == "" && len(c.Endpoints) == 0:
		return errors.New("endpoint: is missing: use " + c.address() + style.hostAndPort())
	case c.Endpoint != "":
		return c.checkEndpoint("endpoint", c.Endpoint)
	}
	var errs []error
	for i, e := range c.Endpoints {
		err := c.checkEndpoint("endpoints", e)
		if err == nil && slices.Contains(c.Endpoints[:i], e) {
			err = fmt.Errorf("endpoints: %q stands twice: leave one out", e)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// address says what an endpoint looks like.
func (c *Config) address() string {
	switch {
	case c.sockets():
		return "the absolute path of a socket, such as /run/siem/socket"
	case c.Transport == "tls":
		return "the SIEM's host:port, such as siem.example.com:6514"
	}
	return "the SIEM's host:port, such as siem.example.com:514"
}

func (c *Config) checkEndpoint(key, endpoint string) error {
	if c.sockets() && filepath.IsAbs(endpoint) {
		return nil
	}
	if strings.Contains(endpoint, "@") { // a password may stand before it
		return fmt.Errorf("%s: a user has no place in it: use %s", key, c.address())
	}
	if c.sockets() {
		return fmt.Errorf("%s: %q is no path to send to: use %s", key, endpoint, c.address())
	}
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil || host == "" {
		return fmt.Errorf("%s: %q is no address to send to: use %s", key, endpoint, strings.TrimPrefix(c.address(), "the SIEM's "))
	}
	if strings.ContainsFunc(host, noHost) {
		return fmt.Errorf("%s: host %q is neither a name nor an address: use letters, digits, dots and hyphens", key, host)
	}
	if n, err := net.LookupPort(c.network(), port); err != nil || n == 0 {
		return fmt.Errorf("%s: %q has no valid port: use 1 to 65535", key, endpoint)
	}
	return nil
}

// noHost reports whether a character stands neither in a host name nor in an
// address with its zone.
func noHost(r rune) bool {
	letter := 'a' <= r|0x20 && r|0x20 <= 'z'
	return !letter && (r < '0' || r > '9') && !strings.ContainsRune("-._:%", r)
}

// network is where the endpoint's port is looked up, should it be a service.
func (c *Config) network() string {
	if c.Transport == "udp" {
		return "udp"
	}
	return "tcp" // of a wrong transport too, which has its own error
}

// transports are the values of transport.
var transports = []string{"tcp", "tls", "udp", "unix", "unixgram"}

func (c *Config) checkTransport() error {
	var errs []error
	if !slices.Contains(transports, c.Transport) {
		errs = append(errs, fmt.Errorf("transport: %q is not one of %s", c.Transport, strings.Join(transports, ", ")))
	}
	if f, ok := syslog.ParseFraming(c.Framing); c.Framing != "" && (!ok || f == syslog.Auto) {
		errs = append(errs, fmt.Errorf("framing: %q is not one of octet_counting, non_transparent", c.Framing))
	} else if c.datagrams() && c.Framing != "" {
		errs = append(errs, fmt.Errorf("framing: a datagram is a frame of its own: leave framing out with transport: %s", c.Transport))
	}
	if c.datagrams() && c.MaxMessageSize > maxDatagram {
		errs = append(errs, fmt.Errorf("max_message_size: %d is more than the %d bytes a datagram holds", c.MaxMessageSize, maxDatagram))
	}
	return errors.Join(errs...)
}

// checkDelivery checks what package delivery is told.
func (c *Config) checkDelivery() error {
	var errs []error
	switch {
	case c.LoadBalance != "none" && c.LoadBalance != "round_robin":
		errs = append(errs, fmt.Errorf("load_balance: %q is not one of none, round_robin", c.LoadBalance))
	case c.LoadBalance == "round_robin" && len(c.Endpoints) < 2:
		errs = append(errs, errors.New("load_balance: round_robin is for several endpoints: list them in endpoints, or leave load_balance out"))
	}
	switch _, ok := confirmations[c.Confirm]; {
	case !ok:
		errs = append(errs, fmt.Errorf("confirm: %q is not one of kernel, write", c.Confirm))
	case c.Confirm == "kernel" && !delivery.CanConfirm:
		errs = append(errs, errors.New("confirm: this system cannot tell what the SIEM's kernel has acknowledged: use write"))
	}
	if c.Replay < delivery.ReplayAuto {
		errs = append(errs, fmt.Errorf("replay: %d is no number of bytes: use auto, or 0 for none", c.Replay))
	}
	return errors.Join(errs...)
}

// checkHeader refuses a header that the format would pass over.
func (c *Config) checkHeader() error {
	if c.ownHeader() && c.Header != "" && c.Header != c.Format {
		return fmt.Errorf("header: format %s has its own: leave header out, or use format: cef", c.Format)
	}
	return nil
}

// checkHostname refuses what a header could not hold as it is.
//
//	HOSTNAME = NILVALUE / 1*255PRINTUSASCII    ; RFC 5424, section 6
func (c *Config) checkHostname() error {
	other := func(r rune) bool { return r <= ' ' || r > '~' }
	if len(c.Hostname) > 255 || strings.ContainsFunc(c.Hostname, other) {
		return fmt.Errorf("hostname: %q is no HOSTNAME: use 1 to 255 printable ASCII characters without a space", c.Hostname)
	}
	return nil
}

// CheckLocation wants a time zone that is known.
func CheckLocation(key, name string) error {
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("%s: %q is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC", key, name)
	}
	return nil
}

func (c *Config) checkAttributes() error {
	if slices.Contains(c.Attributes, "") {
		return errors.New("attributes: a name is empty: use names of attributes, such as k8s.pod.name")
	}
	return nil
}

func (c *Config) checkTimes(style Style) error {
	k := c.KeepAlive
	errs := []error{
		checkTime("timeout", c.Timeout),
		checkTime("failover_after", c.FailoverAfter),
		checkTime("failback_after", c.FailbackAfter),
	}
	if c.MaxConnectionAge != 0 {
		errs = append(errs, checkTime("max_connection_age", c.MaxConnectionAge))
	}
	if k.Enabled {
		errs = append(errs,
			checkTime(style.Key("keepalive", "idle"), k.Idle),
			checkTime(style.Key("keepalive", "interval"), k.Interval))
		if k.Count < 1 {
			errs = append(errs, fmt.Errorf("%s: %d is less than 1: use %s: false for no probes",
				style.Key("keepalive", "count"), k.Count, style.beside("keepalive", "enabled")))
		}
	}
	return errors.Join(errs...)
}

// checkTime refuses what is no time for a network, as a number without a unit,
// which the collector takes for nanoseconds.
func checkTime(key string, d time.Duration) error {
	if d < time.Millisecond {
		return fmt.Errorf("%s: %v is less than 1ms: use a longer time with a unit, such as 5s", key, d)
	}
	return nil
}
