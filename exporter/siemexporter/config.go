package siemexporter

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // location works on machines without zone files, as in minimal images

	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Config is the configuration of the exporter.
type Config struct {
	// Endpoint is the SIEM's address, host:port.
	Endpoint string `mapstructure:"endpoint"`
	// Transport is tcp or udp.
	Transport string `mapstructure:"transport"`
	// Framing is how messages follow one another over TCP, RFC 6587:
	// octet_counting or non_transparent, which is the default.
	Framing string `mapstructure:"framing"`

	// Format is cef, rfc5424, sensage or raw.
	Format string `mapstructure:"format"`
	// Keys is vendor or standard: whose names the fields of CEF have.
	Keys string `mapstructure:"keys"`
	// CEFVersion is 0 or 1.
	CEFVersion int `mapstructure:"cef_version"`
	// Header is what stands before CEF and Sensage: rfc5424, rfc3164 or none.
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
	// Location is the time zone of the times in RFC 3164 headers, which cannot
	// say it, by its IANA name.
	Location string `mapstructure:"location"`
	// BOM puts a byte order mark before the MSG of format rfc5424.
	BOM bool `mapstructure:"bom"`
	// MaxMessageSize bounds a message in bytes, its frame aside; 0 is no limit
	// over TCP and what a datagram holds over UDP.
	MaxMessageSize int `mapstructure:"max_message_size"`
	// Attributes, of a record or its Resource, are sent although they are no
	// fields of the attribute model.
	Attributes []string `mapstructure:"attributes"`

	// Timeout bounds dialing, a write that makes no progress, and the wait for
	// the SIEM to close at shutdown.
	Timeout time.Duration `mapstructure:"timeout"`
	// KeepAlive is how an idle connection over TCP is probed.
	KeepAlive KeepAliveConfig `mapstructure:"keepalive"`

	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	Retry configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
}

// KeepAliveConfig is how an idle connection over TCP is probed.
type KeepAliveConfig struct {
	Enabled  bool          `mapstructure:"enabled"`
	Idle     time.Duration `mapstructure:"idle"`     // before the first probe
	Interval time.Duration `mapstructure:"interval"` // between probes
	Count    int           `mapstructure:"count"`    // unanswered probes that end the connection
}

func createDefaultConfig() *Config {
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.NumConsumers = 1
	queue.Sizer = exporterhelper.RequestSizerTypeBytes
	queue.QueueSize = 64 << 20
	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval = time.Second
	retry.MaxElapsedTime = 0
	return &Config{
		Transport:    "tcp",
		Format:       "cef",
		Keys:         "vendor",
		Message:      "text",
		Facility:     "source",
		Severity:     "source",
		Language:     "en",
		Edition:      4,
		EnterpriseID: 32473,
		Location:     "UTC",
		Timeout:      5 * time.Second,
		KeepAlive:    KeepAliveConfig{Enabled: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3},
		Queue:        configoptional.Some(queue),
		Retry:        retry,
	}
}

// maxDatagram is what a datagram of IPv4 holds: 65,535 bytes less the headers
// of IP and UDP.
const maxDatagram = 65_507

// Validate checks all keys and names each that is wrong.
func (c *Config) Validate() error {
	_, err := wire.NewEncoder(c.encoding())
	return errors.Join(
		c.checkEndpoint(),
		c.checkTransport(),
		c.checkHeader(),
		err,
		c.checkHostname(),
		c.checkLocation(),
		c.checkAttributes(),
		c.checkTimes(),
		c.checkQueue(),
	)
}

func (c *Config) checkEndpoint() error {
	host, port, err := net.SplitHostPort(c.Endpoint)
	switch {
	case c.Endpoint == "":
		return errors.New("endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514")
	case err != nil || host == "":
		return fmt.Errorf("endpoint: %q is no address to send to: use host:port, such as siem.example.com:514", c.Endpoint)
	}
	if strings.ContainsFunc(host, noHost) {
		return fmt.Errorf("endpoint: host %q is neither a name nor an address: use letters, digits, dots and hyphens", host)
	}
	if n, err := net.LookupPort(c.network(), port); err != nil || n == 0 {
		return fmt.Errorf("endpoint: %q has no valid port: use 1 to 65535", c.Endpoint)
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

func (c *Config) checkTransport() error {
	var errs []error
	udp := c.Transport == "udp"
	if c.Transport != "tcp" && !udp {
		errs = append(errs, fmt.Errorf("transport: %q is not one of tcp, udp", c.Transport))
	}
	if f, ok := syslog.ParseFraming(c.Framing); c.Framing != "" && (!ok || f == syslog.Auto) {
		errs = append(errs, fmt.Errorf("framing: %q is not one of octet_counting, non_transparent", c.Framing))
	} else if udp && c.Framing != "" {
		errs = append(errs, errors.New("framing: a datagram is a frame of its own: leave framing out with transport: udp"))
	}
	if udp && c.MaxMessageSize > maxDatagram {
		errs = append(errs, fmt.Errorf("max_message_size: %d is more than the %d bytes a datagram holds", c.MaxMessageSize, maxDatagram))
	}
	return errors.Join(errs...)
}

// checkHeader refuses a header that the format would pass over.
func (c *Config) checkHeader() error {
	if c.Format == "raw" && c.Header != "" || c.Format == "rfc5424" && c.Header != "" && c.Header != "rfc5424" {
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

func (c *Config) checkLocation() error {
	if _, err := time.LoadLocation(c.Location); err != nil {
		return fmt.Errorf("location: %q is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC", c.Location)
	}
	return nil
}

func (c *Config) checkAttributes() error {
	if slices.Contains(c.Attributes, "") {
		return errors.New("attributes: a name is empty: use names of attributes, such as k8s.pod.name")
	}
	return nil
}

func (c *Config) checkTimes() error {
	k := c.KeepAlive
	errs := []error{checkTime("timeout", c.Timeout)}
	if k.Enabled {
		errs = append(errs, checkTime("keepalive::idle", k.Idle), checkTime("keepalive::interval", k.Interval))
		if k.Count < 1 {
			errs = append(errs, fmt.Errorf("keepalive::count: %d is less than 1: use enabled: false for no probes", k.Count))
		}
	}
	return errors.Join(errs...)
}

// checkTime refuses a number without a unit, which is nanoseconds.
func checkTime(key string, d time.Duration) error {
	if d < time.Millisecond {
		return fmt.Errorf("%s: %v is less than 1ms: use a unit, such as 5s", key, d)
	}
	return nil
}

// minQueue is what a queue must hold, by what it counts. Smaller ones hardly
// hold a batch of receiver pam, which has up to 1,024 records.
var minQueue = map[exporterhelper.RequestSizerType]int64{
	exporterhelper.RequestSizerTypeBytes:    1 << 20,
	exporterhelper.RequestSizerTypeItems:    4096,
	exporterhelper.RequestSizerTypeRequests: 16,
}

// maxConsumers bounds the connections to one SIEM.
const maxConsumers = 64

func (c *Config) checkQueue() error {
	q := c.Queue.Get()
	if q == nil {
		return nil
	}
	var errs []error
	if least := minQueue[q.Sizer]; q.QueueSize > 0 && q.QueueSize < least { // the queue refuses 0 itself
		errs = append(errs, fmt.Errorf("sending_queue::queue_size: %d %s may hold no batch: use %d or more", q.QueueSize, q.Sizer.String(), least))
	}
	if q.NumConsumers > maxConsumers {
		errs = append(errs, fmt.Errorf("sending_queue::num_consumers: %d is more than %d: each has a connection of its own", q.NumConsumers, maxConsumers))
	}
	return errors.Join(errs...)
}

// encoding is what the keys mean to package wire.
func (c *Config) encoding() wire.Encoding {
	zone, _ := time.LoadLocation(c.Location) // Validate has seen it
	limit := c.MaxMessageSize
	if c.Transport == "udp" && limit == 0 {
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
		Location:       zone,
		ProcID:         strconv.Itoa(os.Getpid()),
		BOM:            c.BOM,
		MaxMessageSize: limit,
		Framing:        c.framing(),
	}
}

// framing returns Auto, which frames nothing here, for datagrams.
func (c *Config) framing() syslog.Framing {
	switch {
	case c.Transport == "udp":
		return syslog.Auto
	case c.Framing == "":
		return syslog.NonTransparent
	}
	framing, _ := syslog.ParseFraming(c.Framing) // Validate has seen it
	return framing
}

func (c *Config) hostname() string {
	if c.Hostname != "" {
		return c.Hostname
	}
	name, _ := os.Hostname() // without one HOSTNAME is NILVALUE
	return name
}

func (c *Config) destination() delivery.Config {
	k := c.KeepAlive
	return delivery.Config{
		Network:   c.Transport,
		Endpoints: []string{c.Endpoint},
		Timeout:   c.Timeout,
		KeepAlive: net.KeepAliveConfig{
			Enable: k.Enabled, Idle: k.Idle, Interval: k.Interval, Count: k.Count,
		},
	}
}
