package suidprocessor

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // location works on machines without zone files, as in minimal images

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// Config is the configuration of the processor.
type Config struct {
	// Precedence says which evidence counts first: default or suid_first.
	Precedence string `mapstructure:"precedence"`
	// OnUnknown says what becomes of a record whose type is not found: keep,
	// drop or tag.
	OnUnknown string `mapstructure:"on_unknown"`
	// Location is the time zone of times that carry none, by its IANA name, in
	// lines that another receiver received.
	Location string `mapstructure:"location"`
}

func createDefaultConfig() *Config {
	return &Config{Precedence: "default", OnUnknown: "keep", Location: "UTC"}
}

// Validate checks all keys and names each that is wrong.
func (c *Config) Validate() error {
	var errs []error
	if _, err := audit.ParsePrecedence(c.Precedence); err != nil {
		errs = append(errs, fmt.Errorf("precedence: %w", err))
	}
	if c.OnUnknown != "keep" && c.OnUnknown != "drop" && c.OnUnknown != "tag" {
		errs = append(errs, fmt.Errorf("on_unknown: %q is not one of keep, drop, tag", c.OnUnknown))
	}
	if _, err := time.LoadLocation(c.Location); err != nil {
		errs = append(errs, fmt.Errorf("location: %q is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC", c.Location))
	}
	return errors.Join(errs...)
}
