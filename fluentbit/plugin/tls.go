package plugin

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// security is how connections are secured.
type security struct {
	CAFile       string // PEM; the system's CAs without it
	SystemCAs    bool   // beside those of CAFile
	CertFile     string // our own certificate, PEM
	KeyFile      string
	ServerName   string   // that the SIEM's certificate must have; the endpoint's host without it
	MinVersion   string   // 1.2 or 1.3
	MaxVersion   string   // the same, or "": the latest
	CipherSuites []string // of TLS 1.2, by name
	Fingerprints []string // one of which the SIEM's certificate must have
	SkipVerify   bool
}

// Destination is what the keys mean to package delivery, events aside.
func (c *Config) Destination() delivery.Config {
	d := c.Config.Destination()
	if c.Transport == "tls" {
		d.TLS = c.TLS.load
	}
	return d
}

// load reads all files, so that a certificate that was replaced is used without
// a restart. Its error names the key that is wrong.
func (t *security) load() (*tls.Config, error) {
	c := &tls.Config{
		MinVersion:                  versions[t.MinVersion],
		MaxVersion:                  versions[t.MaxVersion],
		ServerName:                  t.ServerName,
		InsecureSkipVerify:          t.SkipVerify,
		DynamicRecordSizingDisabled: true,
	}
	for _, name := range t.CipherSuites {
		c.CipherSuites = append(c.CipherSuites, cipherSuite(name))
	}
	fingerprints, _ := t.fingerprints() // check has seen them
	fingerprints.Demand(c)
	pool, poolErr := t.pool()
	own, ownErr := t.own()
	if err := errors.Join(poolErr, ownErr); err != nil {
		return nil, err
	}
	c.RootCAs, c.Certificates = pool, own
	return c, nil
}

// own returns our own certificate, if there is one.
func (t *security) own() ([]tls.Certificate, error) {
	certificate, err := siem.ReadFile("tls_cert_file", t.CertFile)
	key, keyErr := siem.ReadFile("tls_key_file", t.KeyFile)
	if err := errors.Join(err, keyErr); err != nil || t.CertFile == "" {
		return nil, err
	}
	own, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("tls_cert_file, tls_key_file: %w", err)
	}
	return []tls.Certificate{own}, nil
}

// pool returns the CAs that are trusted, nil for the system's.
func (t *security) pool() (*x509.CertPool, error) {
	pem, err := siem.ReadFile("tls_ca_file", t.CAFile)
	if t.CAFile == "" || err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if t.SystemCAs {
		if pool, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("tls_include_system_ca_certs_pool: %w", err)
		}
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("tls_ca_file: no certificate in PEM is in it")
	}
	return pool, nil
}

func (t *security) fingerprints() (siem.Fingerprints, error) {
	return siem.ParseFingerprints("tls_fingerprints", t.Fingerprints)
}

// versions are those that RFC 8996 leaves.
var versions = map[string]uint16{"": 0, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// cipherSuite returns 0 for one that is not known, or not secure.
func cipherSuite(name string) uint16 {
	for _, s := range tls.CipherSuites() {
		if s.Name == name {
			return s.ID
		}
	}
	return 0
}

// checkTLS checks all keys of TLS, and reads the files once, so that what is
// wrong with them is told at the start.
func (c *Config) checkTLS(isSet func(key string) bool) error {
	if c.Transport != "tls" {
		return misplaced(isSet)
	}
	t := &c.TLS
	errs := []error{
		checkVersion("tls_min_version", t.MinVersion),
		checkVersion("tls_max_version", t.MaxVersion),
		t.checkCipherSuites(),
	}
	if latest := cmp.Or(versions[t.MaxVersion], tls.VersionTLS13); versions[t.MinVersion] > latest {
		errs = append(errs, fmt.Errorf("tls_max_version: %s is before tls_min_version %s", t.MaxVersion, t.MinVersion))
	}
	if (t.CertFile == "") != (t.KeyFile == "") {
		errs = append(errs, errors.New("tls_cert_file, tls_key_file: one is missing: set both, or leave both out"))
	}
	if t.SystemCAs && t.CAFile == "" {
		errs = append(errs, errors.New("tls_include_system_ca_certs_pool: is for use beside tls_ca_file: leave it out"))
	}
	_, err := t.fingerprints()
	if err := errors.Join(append(errs, err)...); err != nil {
		return err
	}
	_, err = t.load()
	return err
}

// misplaced wants no key of TLS with another transport.
func misplaced(isSet func(key string) bool) error {
	var errs []error
	for _, k := range keys {
		if k.isForTLS() && isSet(k.name) {
			errs = append(errs, fmt.Errorf("%s: is for transport: tls: set that, or leave %[1]s out", k.name))
		}
	}
	return errors.Join(errs...)
}

func checkVersion(key, version string) error {
	if _, ok := versions[version]; ok {
		return nil
	}
	if err := siem.CheckVersion(key, version); err != nil {
		return err
	}
	return fmt.Errorf("%s: %q is not one of 1.2, 1.3", key, version)
}

func (t *security) checkCipherSuites() error {
	var errs []error
	for _, name := range t.CipherSuites {
		if cipherSuite(name) == 0 {
			errs = append(errs, fmt.Errorf("tls_cipher_suites: %q is not one of %s", name, strings.Join(choices(), ", ")))
		}
	}
	return errors.Join(errs...)
}

// choices are the cipher suites that can be chosen; those of TLS 1.3 cannot.
func choices() (names []string) {
	for _, s := range tls.CipherSuites() {
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			names = append(names, s.Name)
		}
	}
	return names
}
