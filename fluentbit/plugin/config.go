package plugin

import (
	"cmp"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Config is the configuration of an instance.
type Config struct {
	siem.Config

	// Token is the SD-ID that some SIEMs want in each message.
	Token string

	// MessageKey has the names under which a record may hold the line as
	// received, the first that is there is taken.
	MessageKey []string
	// Precedence says which evidence counts first.
	Precedence audit.Precedence
	// FlushTimeout is how long Fluent Bit is kept waiting for a chunk.
	FlushTimeout time.Duration
	// CountersInterval is how often counters are told; 0 is at the end only.
	CountersInterval time.Duration
	// CountersFile is where they are told as well, if not empty.
	CountersFile string
}

func newConfig() *Config {
	return &Config{
		Config:       siem.Default(),
		MessageKey:   []string{"log", "message"},
		FlushTimeout: 2 * time.Second,
	}
}

// readConfig reads and checks all keys. Get returns the value of a key, "" when
// it is not set.
func readConfig(get func(key string) string) (*Config, error) {
	c := newConfig()
	if p := wire.ProfileByName(get("profile")); p != nil {
		c.Adopt(p)
	}
	c.Endpoint = get("endpoint")
	c.Format = cmp.Or(get("format"), c.Format)
	c.Transport = cmp.Or(get("transport"), c.Transport)
	c.Settle(func(key string) bool { return get(key) != "" })
	return c, c.Check(siem.Flat, c.Token)
}

// String returns all keys with their values, secrets masked.
func (c *Config) String() string { return "endpoint=" + c.Endpoint }
