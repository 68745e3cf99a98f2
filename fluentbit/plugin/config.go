package plugin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Config is the configuration of an instance.
type Config struct {
	// Config is what any program that sends to a SIEM is told.
	siem.Config
	// Token is the SD-ID that some SIEMs want in each message.
	Token string
	// TLS is how connections of transport tls are secured.
	TLS security

	// MessageKey has where a record may hold the line as received; the first that
	// is there counts.
	MessageKey []path
	// LineFirst is set when message_key is: a record that has a line there is read
	// as that, whatever else it has.
	LineFirst bool
	// SourceLocation is the time zone of times in what is read that do not say
	// theirs, by its IANA name.
	SourceLocation string
	// Precedence says which evidence of a type counts first.
	Precedence audit.Precedence
	// FlushTimeout is how long Fluent Bit is kept waiting for a chunk.
	FlushTimeout time.Duration
	// CountersInterval is how often counters are told; 0 is at the end alone.
	CountersInterval time.Duration
	// CountersFile is the path of a file that has the counters too, or "".
	CountersFile string
}

func newConfig() *Config {
	return &Config{
		Config:         siem.Default(),
		TLS:            security{MinVersion: "1.2"},
		MessageKey:     []path{{"log"}, {"message"}, {"MESSAGE"}}, // the last is in_systemd's
		SourceLocation: "UTC",
		FlushTimeout:   2 * time.Second,
	}
}

// readConfig reads and checks all keys. Get returns the value of a key, "" when
// it is not set. The error tells all that is wrong, a line each, and how to mend
// it.
func readConfig(get func(key string) string) (*Config, error) {
	c := newConfig()
	if p := wire.ProfileByName(get("profile")); p != nil {
		c.Adopt(p) // first, so that every other key goes before it
	}
	isSet := func(key string) bool { return get(key) != "" }
	errs := strangers(get)
	for _, k := range keys {
		if text := get(k.name); text != "" {
			errs = append(errs, named(k.name, k.of(c).set(text)))
		}
	}
	c.LineFirst = isSet("message_key")
	c.Settle(isSet)
	errs = append(errs,
		c.Check(siem.Flat, c.Token),
		c.checkTLS(isSet),
		siem.CheckLocation("source_location", c.SourceLocation),
		c.checkTimes(),
		c.checkCountersFile(),
	)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

// sourceLocation returns the time zone of times in what is read that do not say
// theirs.
func (c *Config) sourceLocation() *time.Location {
	zone, _ := time.LoadLocation(c.SourceLocation) // readConfig has seen it
	return zone
}

// named puts a key's name before what is wrong with its value.
func named(key string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// String returns the keys and what is in effect of them in one line, secrets
// masked. A key that has no value, or is for another transport, is left out.
func (c *Config) String() string {
	effect := *c
	effect.Config = c.InEffect()
	var words []string
	for _, k := range keys {
		text := k.of(&effect).String()
		switch {
		case text == "", k.isForTLS() && c.Transport != "tls":
			continue
		case k.secret:
			text = "***"
		}
		words = append(words, k.name+"="+quoted(text))
	}
	return strings.Join(words, " ")
}

// maxFlush bounds flush_timeout: Fluent Bit waits 5 seconds for what it has in
// hand when it ends, unless its grace says otherwise.
const maxFlush = 4 * time.Second

func (c *Config) checkTimes() error {
	var errs []error
	if c.FlushTimeout < time.Millisecond || c.FlushTimeout > maxFlush {
		errs = append(errs, fmt.Errorf("flush_timeout: %v is not within 1ms and %v: a chunk that needs longer is tried again", c.FlushTimeout, maxFlush))
	}
	if c.CountersInterval != 0 && c.CountersInterval < time.Second {
		errs = append(errs, fmt.Errorf("counters_interval: %v is less than 1s: use a longer time, or 0 for the end alone", c.CountersInterval))
	}
	return errors.Join(errs...)
}

// checkCountersFile wants a file that can be written, and replaced.
func (c *Config) checkCountersFile() error {
	name := c.CountersFile
	if name == "" {
		return nil
	}
	if !isReplaceable(name) {
		return fmt.Errorf("counters_file: %q is no file: use the path of one, or of none yet", name)
	}
	trial, err := os.CreateTemp(filepath.Dir(name), ".counters")
	if err == nil {
		err = errors.Join(trial.Close(), os.Remove(trial.Name()))
	}
	if err != nil {
		return fmt.Errorf("counters_file: %w: use a file in a directory that is there and that Fluent Bit may write to", err)
	}
	return nil
}
