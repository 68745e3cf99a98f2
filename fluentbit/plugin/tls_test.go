package plugin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	a.certificate = template // signs itself
	a.certificate = a.sign(t, template, key)
	return a
}

func (a *authority) sign(t *testing.T, template *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue returns a certificate for a name.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// write writes ca.pem, and cert.pem and key.pem of a certificate of its own.
func (a *authority) write(t *testing.T, dir string) {
	t.Helper()
	own := a.issue(t, "agent")
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: a.certificate.Raw},
		"cert.pem": {Type: "CERTIFICATE", Bytes: own.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// shake does a handshake with a SIEM, and returns what either side says.
func shake(t *testing.T, load func() (*tls.Config, error), siem *tls.Config) (*tls.ConnectionState, error) {
	t.Helper()
	c, err := load()
	if err != nil {
		return nil, err
	}
	if c.ServerName == "" {
		c.ServerName = "siem.example.com" // as package delivery does
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", siem)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answer := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			defer conn.Close()
			err = conn.(*tls.Conn).Handshake()
		}
		answer <- err
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), c)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	state := conn.ConnectionState()
	return &state, <-answer
}

func fingerprintOf(c tls.Certificate) string {
	return "sha-256:" + strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(c.Leaf.Raw)), " ", ":")
}

// TestTLS connects, or demands to be told why not.
func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	ours.write(t, dir)
	const name = "siem.example.com"
	siem, other := ours.issue(t, name), ours.issue(t, "other.example.com")
	f := func(own tls.Certificate, clients *authority, failure string, lines ...string) {
		t.Helper()
		lines = append(lines, minimal, "transport tls")
		c, err := readConfig(section(strings.Split(strings.ReplaceAll(strings.Join(lines, "\n"), "DIR", dir), "\n")...))
		if err != nil {
			t.Fatal(err)
		}
		server := &tls.Config{Certificates: []tls.Certificate{own}}
		if clients != nil {
			server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
			server.ClientCAs.AddCert(clients.certificate)
		}
		_, err = shake(t, c.Destination().TLS, server)
		if got := fmt.Sprint(err); failure == "" && err != nil || !strings.Contains(got, failure) {
			t.Errorf("%q:\ngot  %s\nwant %s", lines, got, failure)
		}
	}
	const ca = "tls_ca_file DIR/ca.pem"
	const unknown = "certificate signed by unknown authority"
	f(siem, nil, "", ca)
	f(siem, nil, "", ca, "tls_include_system_ca_certs_pool on")
	f(theirs.issue(t, name), nil, unknown, ca)
	f(siem, nil, unknown)
	f(theirs.issue(t, name), nil, "", "tls_insecure_skip_verify on")
	f(other, nil, "not "+name, ca)
	f(other, nil, "", ca, "tls_server_name_override other.example.com")
	f(siem, nil, "", ca, "tls_fingerprints "+fingerprintOf(other)+", "+fingerprintOf(siem))
	f(siem, nil, "tls_fingerprints: none is "+fingerprintOf(siem), ca, "tls_fingerprints "+fingerprintOf(other))
	f(siem, nil, "tls_fingerprints: none is ", "tls_insecure_skip_verify on", "tls_fingerprints "+fingerprintOf(other))
	f(siem, nil, unknown, "tls_fingerprints "+fingerprintOf(siem))
	f(siem, ours, "", ca, "tls_cert_file DIR/cert.pem", "tls_key_file DIR/key.pem")
	f(siem, ours, "client didn't provide a certificate", ca)
	f(siem, theirs, unknown, ca, "tls_cert_file DIR/cert.pem", "tls_key_file DIR/key.pem")
}

// TestTLSVersions has what is agreed upon with a SIEM of certain versions.
func TestTLSVersions(t *testing.T) {
	own := newAuthority(t).issue(t, "siem.example.com")
	f := func(least, most uint16, want string, lines ...string) {
		t.Helper()
		c, err := readConfig(section(append(lines, minimal, "transport tls", "tls_insecure_skip_verify on")...))
		if err != nil {
			t.Fatal(err)
		}
		state, err := shake(t, c.Destination().TLS, &tls.Config{Certificates: []tls.Certificate{own}, MinVersion: least, MaxVersion: most})
		got := fmt.Sprint(err)
		if err == nil {
			got = tls.VersionName(state.Version)
			if state.Version == tls.VersionTLS12 {
				got += " " + tls.CipherSuiteName(state.CipherSuite)
			}
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: got %s, want %s", lines, got, want)
		}
	}
	const suite = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
	f(0, 0, "TLS 1.3")
	f(0, 0, "TLS 1.2", "tls_max_version 1.2")
	f(0, 0, "TLS 1.2 "+suite, "tls_max_version 1.2", "tls_cipher_suites "+suite)
	f(tls.VersionTLS10, tls.VersionTLS11, "protocol version")
	f(tls.VersionTLS12, tls.VersionTLS12, "protocol version", "tls_min_version 1.3")
}

// TestTLSErrors has what is wrong at the start: the error names the key.
func TestTLSErrors(t *testing.T) {
	dir, other, a := t.TempDir(), t.TempDir(), newAuthority(t)
	a.write(t, dir)
	a.write(t, other)
	for name, content := range map[string]string{"text": "no certificate", "empty": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := func(want string, lines ...string) {
		t.Helper()
		lines = append(lines, minimal, "transport tls")
		joined := strings.NewReplacer("DIR", dir, "OTHER", other).Replace(strings.Join(lines, "\n"))
		_, err := readConfig(section(strings.Split(joined, "\n")...))
		if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); !strings.HasPrefix(got, want) {
			t.Errorf("%q:\ngot  %s\nwant %s", lines, got, want)
		}
	}
	f("tls_ca_file: open DIR/none", "tls_ca_file DIR/none")
	f("tls_ca_file: is the path of a file, not what is in it", "tls_ca_file -----BEGIN CERTIFICATE-----")
	f("tls_key_file: is the path of a file, not what is in it", "tls_cert_file DIR/cert.pem", "tls_key_file -----BEGIN PRIVATE KEY-----")
	f("tls_ca_file: no certificate in PEM is in it", "tls_ca_file DIR/text")
	f("tls_ca_file: no certificate in PEM is in it", "tls_ca_file DIR/empty")
	f("tls_cert_file: open DIR/none", "tls_cert_file DIR/none", "tls_key_file DIR/key.pem")
	f("tls_key_file: open DIR/none", "tls_cert_file DIR/cert.pem", "tls_key_file DIR/none")
	f("tls_cert_file, tls_key_file: tls: ", "tls_cert_file DIR/cert.pem", "tls_key_file DIR/text")
	f("tls_cert_file, tls_key_file: tls: ", "tls_cert_file DIR/cert.pem", "tls_key_file OTHER/key.pem")
	f("tls_cert_file, tls_key_file: one is missing: set both, or leave both out", "tls_cert_file DIR/cert.pem")
	f("tls_cert_file, tls_key_file: one is missing: set both, or leave both out", "tls_key_file DIR/key.pem")
	f("tls_include_system_ca_certs_pool: is for use beside tls_ca_file: leave it out", "tls_include_system_ca_certs_pool on")
	f("tls_min_version: TLS 1.1 must not be used (RFC 8996): use 1.2 or 1.3", "tls_min_version 1.1")
	f("tls_max_version: TLS 1.0 must not be used (RFC 8996): use 1.2 or 1.3", "tls_max_version 1.0")
	f(`tls_min_version: "TLSv1.2" is not one of 1.2, 1.3`, "tls_min_version TLSv1.2")
	f("tls_max_version: 1.2 is before tls_min_version 1.3", "tls_min_version 1.3", "tls_max_version 1.2")
	f(`tls_cipher_suites: "RC4" is not one of TLS_`, "tls_cipher_suites RC4")
	f(`tls_fingerprints: "E1" is none: use sha-256: and 32 pairs of digits`, "tls_fingerprints E1")
}

// TestTLSReplaced replaces the CA: the next connection has the new one.
func TestTLSReplaced(t *testing.T) {
	dir, before, after := t.TempDir(), newAuthority(t), newAuthority(t)
	before.write(t, dir)
	c, err := readConfig(section(minimal, "transport tls", "tls_ca_file "+filepath.Join(dir, "ca.pem")))
	if err != nil {
		t.Fatal(err)
	}
	load := c.Destination().TLS
	f := func(a *authority, want bool) {
		t.Helper()
		_, err := shake(t, load, &tls.Config{Certificates: []tls.Certificate{a.issue(t, "siem.example.com")}})
		if (err == nil) != want {
			t.Errorf("got %v", err)
		}
	}
	f(before, true)
	f(after, false)
	after.write(t, dir)
	f(after, true)
	f(before, false)
}
