package siemexporter

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// TLSConfig is how connections are secured.
type TLSConfig struct {
	// Client has the keys that all of the collector's clients have.
	Client configtls.ClientConfig `mapstructure:",squash"`
	// Fingerprints of certificates, one of which the SIEM's must have, beside a
	// valid path and name. RFC 5425, section 4.2.2.
	Fingerprints []string `mapstructure:"fingerprints"`
}

func (c *Config) checkTLS() error {
	t := c.TLS.Get()
	switch {
	case t == nil:
		return nil
	case c.Transport != "tls":
		return errors.New("tls: is for transport: tls: set that, or leave tls out")
	}
	var errs []error
	if t.Client.Insecure {
		errs = append(errs, errors.New("tls::insecure: is not for syslog: use transport: tcp to send in clear"))
	}
	errs = append(errs,
		siem.CheckVersion("tls::min_version", t.Client.MinVersion),
		siem.CheckVersion("tls::max_version", t.Client.MaxVersion),
		t.checkNames())
	_, err := t.fingerprints()
	return errors.Join(append(errs, err)...)
}

// checkNames checks what needs no file.
func (t *TLSConfig) checkNames() error {
	var named configtls.ClientConfig
	named.CipherSuites = t.Client.CipherSuites
	named.CurvePreferences = t.Client.CurvePreferences
	named.IncludeInsecureCipherSuites = t.Client.IncludeInsecureCipherSuites
	if _, err := named.LoadTLSConfig(context.Background()); err != nil {
		return fmt.Errorf("tls::cipher_suites, tls::curve_preferences: %w", err)
	}
	return nil
}

func (t *TLSConfig) fingerprints() (siem.Fingerprints, error) {
	return siem.ParseFingerprints("tls::fingerprints", t.Fingerprints)
}

// security makes the configuration for each connection anew, so that a
// certificate that was replaced is used without a restart.
type security struct {
	client       configtls.ClientConfig
	fingerprints siem.Fingerprints
	loaded       func(notAfter time.Time) // has the client certificate's end
}

func (c *Config) security() *security {
	s := &security{}
	t := c.TLS.Get()
	if t == nil {
		return s
	}
	s.client = t.Client
	s.fingerprints, _ = t.fingerprints() // Validate has seen it
	return s
}

// load reads all files. Its error names the key whose file is wrong.
func (s *security) load() (*tls.Config, error) {
	if err := s.checkFiles(); err != nil {
		return nil, err
	}
	config, err := s.client.LoadTLSConfig(context.Background())
	if err != nil {
		return nil, fmt.Errorf("tls::cert_file, tls::key_file: %w", err)
	}
	config.DynamicRecordSizingDisabled = true
	s.fingerprints.Demand(config)
	return config, s.noteExpiry(config)
}

// checkFiles reads each file for the sake of an error that names its key.
func (s *security) checkFiles() error {
	c := &s.client
	ca, err := siem.ReadFile("tls::ca_file", c.CAFile)
	_, certErr := siem.ReadFile("tls::cert_file", c.CertFile)
	_, keyErr := siem.ReadFile("tls::key_file", c.KeyFile)
	if err := errors.Join(err, certErr, keyErr); err != nil {
		return err
	}
	ca = append(ca, c.CAPem...)
	if (c.CAFile != "" || len(ca) > 0) && !x509.NewCertPool().AppendCertsFromPEM(ca) {
		return errors.New("tls::ca_file, tls::ca_pem: no certificate in PEM is in it")
	}
	return nil
}

// noteExpiry tells when the client's certificate ends.
func (s *security) noteExpiry(config *tls.Config) error {
	if config.GetClientCertificate == nil || s.loaded == nil {
		return nil
	}
	certificate, err := config.GetClientCertificate(&tls.CertificateRequestInfo{})
	if err == nil && certificate.Leaf != nil {
		s.loaded(certificate.Leaf.NotAfter)
	}
	return err
}

// certificates knows when those that are in use end.
type certificates struct {
	id component.ID

	mu   sync.Mutex
	ends map[use]time.Time
}

// use is what a certificate is for.
type use struct{ certificate, endpoint string }

func newCertificates(id component.ID) *certificates {
	return &certificates{id: id, ends: map[use]time.Time{}}
}

func (c *certificates) client(end time.Time) { c.set(use{certificate: "client"}, end) }

func (c *certificates) server(endpoint string, end time.Time) { c.set(use{"server", endpoint}, end) }

func (c *certificates) set(u use, end time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ends[u] = end
}

func (c *certificates) observe(now time.Time, o metric.Int64Observer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for u, end := range c.ends {
		attributes := []attribute.KeyValue{attribute.String("certificate", u.certificate)}
		if u.endpoint != "" {
			attributes = append(attributes, attribute.String("endpoint", u.endpoint))
		}
		o.Observe(int64(end.Sub(now).Seconds()), measured(c.id, attributes...))
	}
}
