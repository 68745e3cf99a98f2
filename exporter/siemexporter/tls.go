package siemexporter

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
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
		checkVersion("tls::min_version", t.Client.MinVersion),
		checkVersion("tls::max_version", t.Client.MaxVersion),
		t.checkNames())
	for _, f := range t.Fingerprints {
		_, err := parseFingerprint(f)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkVersion refuses what RFC 8996 says must not be used.
func checkVersion(key, version string) error {
	if version == "1.0" || version == "1.1" {
		return fmt.Errorf("%s: TLS %s must not be used (RFC 8996): use 1.2 or 1.3", key, version)
	}
	return nil
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

// fingerprint is the SHA-256 of a certificate.
type fingerprint [sha256.Size]byte

// parseFingerprint reads a fingerprint, whose digits may be of either case.
//
//	sha-256:E1:2D:53:2B:…	RFC 5425, section 4.2.2
func parseFingerprint(text string) (f fingerprint, err error) {
	hash, digits, _ := strings.Cut(text, ":")
	if strings.EqualFold(hash, "sha-1") {
		return f, fmt.Errorf("tls::fingerprints: %q is one by SHA-1, which can be forged: use sha-256", text)
	}
	pairs := strings.Split(digits, ":")
	sum, err := hex.DecodeString(strings.Join(pairs, ""))
	pair := func(p string) bool { return len(p) == 2 }
	if !strings.EqualFold(hash, "sha-256") || err != nil || len(pairs) != len(f) || !allOf(pairs, pair) {
		return f, fmt.Errorf("tls::fingerprints: %q is none: use sha-256: and 32 pairs of digits with colons between, as openssl x509 -fingerprint -sha256 writes them", text)
	}
	return fingerprint(sum), nil
}

func allOf(all []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !ok(s) })
}

// security makes the configuration for each connection anew, so that a
// certificate that was replaced is used without a restart.
type security struct {
	client       configtls.ClientConfig
	fingerprints []fingerprint
	loaded       func(notAfter time.Time) // has the client certificate's end
}

func (c *Config) security() *security {
	s := &security{}
	t := c.TLS.Get()
	if t == nil {
		return s
	}
	s.client = t.Client
	for _, text := range t.Fingerprints {
		f, _ := parseFingerprint(text) // Validate has seen it
		s.fingerprints = append(s.fingerprints, f)
	}
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
	if len(s.fingerprints) > 0 {
		config.VerifyConnection = s.verify
	}
	return config, s.noteExpiry(config)
}

// checkFiles reads each file for the sake of an error that names its key.
func (s *security) checkFiles() error {
	ca := []byte(s.client.CAPem)
	files := []struct {
		key, path string
		text      *[]byte
	}{
		{"tls::ca_file", s.client.CAFile, &ca},
		{"tls::cert_file", s.client.CertFile, new([]byte)},
		{"tls::key_file", s.client.KeyFile, new([]byte)},
	}
	for _, f := range files {
		if f.path == "" {
			continue
		}
		var err error
		if *f.text, err = os.ReadFile(f.path); err != nil {
			return fmt.Errorf("%s: %w", f.key, err)
		}
	}
	if len(ca) > 0 && !x509.NewCertPool().AppendCertsFromPEM(ca) {
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

// verify wants one of the fingerprints. It is called for resumed sessions too.
func (s *security) verify(state tls.ConnectionState) error {
	sum := sha256.Sum256(state.PeerCertificates[0].Raw) // a server has one
	if !slices.Contains(s.fingerprints, sum) {
		return fmt.Errorf("tls::fingerprints: none is %s, the SIEM's", fingerprint(sum))
	}
	return nil
}

// String returns what parseFingerprint reads.
func (f fingerprint) String() string {
	text := "sha-256"
	for _, b := range f {
		text += fmt.Sprintf(":%02X", b)
	}
	return text
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
