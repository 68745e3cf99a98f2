package siemexporter

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"

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
	// Severity is source or catalog: whose severity goes into PRI.
	Severity string `mapstructure:"severity"`
	// Language is that of titles where the source had none: en or pt.
	Language string `mapstructure:"language"`
	// Edition is that of titles where the source had none: 3 or 4.
	Edition int `mapstructure:"edition"`
	// EnterpriseID is the private enterprise number of the SD-ELEMENT.
	EnterpriseID int `mapstructure:"enterprise_id"`
	// Hostname stands where the source had none; empty is this machine's.
	Hostname string `mapstructure:"hostname"`
	// BOM puts a byte order mark before the MSG of format rfc5424.
	BOM bool `mapstructure:"bom"`
	// MaxMessageSize bounds a message in bytes, its frame aside; 0 is no limit
	// over TCP and what a datagram holds over UDP.
	MaxMessageSize int `mapstructure:"max_message_size"`
	// Attributes are sent although they are no part of the attribute model.
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
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		return fmt.Errorf("endpoint: %q has no valid port: use 1 to 65535", c.Endpoint)
	}
	return nil
}

// framings has the values of key framing.
var framings = map[string]syslog.Framing{
	"":                syslog.NonTransparent,
	"octet_counting":  syslog.OctetCounting,
	"non_transparent": syslog.NonTransparent,
}

func (c *Config) checkTransport() error {
	switch _, ok := framings[c.Framing]; {
	case c.Transport != "tcp" && c.Transport != "udp":
		return fmt.Errorf("transport: %q is not one of tcp, udp", c.Transport)
	case !ok:
		return fmt.Errorf("framing: %q is not one of octet_counting, non_transparent", c.Framing)
	case c.Transport == "udp" && c.Framing != "":
		return errors.New("framing: a datagram is a frame of its own: leave framing out with transport: udp")
	case c.Transport == "udp" && c.MaxMessageSize > maxDatagram:
		return fmt.Errorf("max_message_size: %d is more than the %d bytes a datagram holds", c.MaxMessageSize, maxDatagram)
	}
	return nil
}

// checkHeader refuses a header that the format would pass over.
func (c *Config) checkHeader() error {
	if c.Format == "raw" && c.Header != "" || c.Format == "rfc5424" && c.Header != "" && c.Header != "rfc5424" {
		return fmt.Errorf("header: format %s has its own: leave header out, or use format: cef", c.Format)
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
	switch {
	case c.Timeout <= 0:
		return fmt.Errorf("timeout: %v is out of range: use more than 0, such as 5s", c.Timeout)
	case k.Enabled && (k.Idle <= 0 || k.Interval <= 0 || k.Count <= 0):
		return errors.New("keepalive: idle, interval and count must be more than 0: or use enabled: false")
	}
	return nil
}

// minQueueBytes holds a batch of the receiver's, whatever the format.
const minQueueBytes = 1 << 20

func (c *Config) checkQueue() error {
	if !c.Queue.HasValue() {
		return nil
	}
	q := c.Queue.Get()
	if q.Sizer == exporterhelper.RequestSizerTypeBytes && q.QueueSize > 0 && q.QueueSize < minQueueBytes {
		return fmt.Errorf("sending_queue::queue_size: %d bytes may hold no batch: use %d or more, or sizer: requests", q.QueueSize, minQueueBytes)
	}
	return nil
}

// encoding is what the keys mean to package wire.
func (c *Config) encoding() wire.Encoding {
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
		ProcID:         strconv.Itoa(os.Getpid()),
		BOM:            c.BOM,
		MaxMessageSize: limit,
		Framing:        c.framing(),
	}
}

// framing returns Auto, which frames nothing here, for datagrams.
func (c *Config) framing() syslog.Framing {
	if c.Transport == "udp" {
		return syslog.Auto
	}
	return framings[c.Framing]
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
		Network: c.Transport,
		Address: c.Endpoint,
		Timeout: c.Timeout,
		KeepAlive: net.KeepAliveConfig{
			Enable: k.Enabled, Idle: k.Idle, Interval: k.Interval, Count: k.Count,
		},
	}
}
