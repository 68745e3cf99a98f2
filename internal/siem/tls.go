package siem

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// CheckVersion refuses what RFC 8996 says must not be used.
func CheckVersion(key, version string) error {
	if version == "1.0" || version == "1.1" {
		return fmt.Errorf("%s: TLS %s must not be used (RFC 8996): use 1.2 or 1.3", key, version)
	}
	return nil
}

// ReadFile reads the file that a key has the path of; none without a path. Its
// error does not repeat what is no path, but what was to be in the file.
func ReadFile(key, path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	if strings.ContainsAny(path, "\r\n") || strings.HasPrefix(path, "-----BEGIN") {
		return nil, fmt.Errorf("%s: is the path of a file, not what is in it", key)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return content, nil
}

// Fingerprints of certificates, one of which the SIEM's must have, beside a
// valid path and name. RFC 5425, section 4.2.2.
type Fingerprints struct {
	key string // for errors
	all []fingerprint
}

// fingerprint is the SHA-256 of a certificate.
type fingerprint [sha256.Size]byte

// ParseFingerprints reads the value of a key. Its error tells all that are wrong.
func ParseFingerprints(key string, texts []string) (Fingerprints, error) {
	p := Fingerprints{key: key}
	var errs []error
	for _, text := range texts {
		f, err := parseFingerprint(text)
		if err != nil {
			err = fmt.Errorf("%s: %q %w", key, text, err)
		}
		p.all, errs = append(p.all, f), append(errs, err)
	}
	return p, errors.Join(errs...)
}

// parseFingerprint reads a fingerprint, whose digits may be of either case.
//
//	sha-256:E1:2D:53:2B:…	RFC 5425, section 4.2.2
func parseFingerprint(text string) (f fingerprint, err error) {
	hash, digits, _ := strings.Cut(text, ":")
	if strings.EqualFold(hash, "sha-1") {
		return f, errors.New("is one by SHA-1, which can be forged: use sha-256")
	}
	pairs := strings.Split(digits, ":")
	sum, err := hex.DecodeString(strings.Join(pairs, ""))
	noPair := func(p string) bool { return len(p) != 2 }
	if !strings.EqualFold(hash, "sha-256") || err != nil || len(pairs) != len(f) || slices.ContainsFunc(pairs, noPair) {
		return f, errors.New("is none: use sha-256: and 32 pairs of digits with colons between, as openssl x509 -fingerprint -sha256 writes them")
	}
	return fingerprint(sum), nil
}

// Demand has every handshake of c fail unless the SIEM's certificate has one of
// the fingerprints, if there are any.
func (p Fingerprints) Demand(c *tls.Config) {
	if len(p.all) > 0 {
		c.VerifyConnection = p.verify
	}
}

// verify wants one of the fingerprints. It is called for resumed sessions too.
func (p Fingerprints) verify(state tls.ConnectionState) error {
	sum := fingerprint(sha256.Sum256(state.PeerCertificates[0].Raw)) // a server has one
	if !slices.Contains(p.all, sum) {
		return fmt.Errorf("%s: none is %s, the SIEM's", p.key, sum)
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
