package siemexporter

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
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// lifetime is how long the certificates of the tests last.
const lifetime = 1000 * time.Hour

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	a := &authority{key: newKey(t)}
	a.certificate = a.sign(t, template, template, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(t *testing.T, template, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// issue returns a certificate for a name or an address.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(lifetime),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	key := newKey(t)
	leaf := a.sign(t, template, a.certificate, key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.certificate)
	return p
}

// write writes ca.pem, cert.pem and key.pem.
func write(t *testing.T, dir string, a *authority, client tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: a.certificate.Raw},
		"cert.pem": {Type: "CERTIFICATE", Bytes: client.Certificate[0]},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// listen listens on an address with a certificate. A clients that is not nil
// demands one of the client.
func listen(t *testing.T, address string, own tls.Certificate, clients *x509.CertPool) net.Listener {
	t.Helper()
	c := &tls.Config{Certificates: []tls.Certificate{own}}
	if clients != nil {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients
	}
	l, err := tls.Listen("tcp", address, c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func fingerprintOf(c tls.Certificate) string {
	return fmt.Sprintf("sha-256:%s", strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(c.Leaf.Raw)), " ", ":"))
}

// TestTLS sends a record, or demands to be told why not.
func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	dir := t.TempDir()
	write(t, dir, ours, ours.issue(t, "collector"))
	siem, named := ours.issue(t, "127.0.0.1"), ours.issue(t, "siem.example.com")
	f := func(own tls.Certificate, clients *x509.CertPool, keys, failure string) {
		t.Helper()
		s := serve(t, listen(t, "127.0.0.1:0", own, clients), syslog.OctetCounting)
		core, logged := observer.New(zap.WarnLevel)
		set := settings()
		set.Logger = zap.New(core)
		keys = strings.ReplaceAll(keys, "DIR", dir)
		e := start(t, set, &host{}, "format: raw\ntransport: tls\ntls: {"+keys+"}\nendpoint: "+s.address+fast)
		consume(t, e, lines("a"))
		if failure == "" {
			got, _ := s.wait(t, 1)
			equal(t, got, "a")
			return
		}
		until(t, func() bool { return logged.Len() > 0 })
		if text := fmt.Sprint(logged.All()[0].ContextMap()["error"]); !strings.Contains(text, failure) {
			t.Errorf("%s: got %s, want %s", keys, text, failure)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got, _ := s.wait(t, 0); len(got) > 0 {
			t.Errorf("%s: it came", keys)
		}
	}
	const ca = "ca_file: DIR/ca.pem"
	f(siem, nil, ca, "")
	f(theirs.issue(t, "127.0.0.1"), nil, ca, "certificate signed by unknown authority")
	f(siem, nil, "", "certificate signed by unknown authority")
	f(theirs.issue(t, "127.0.0.1"), nil, "insecure_skip_verify: true", "")
	// names
	f(named, nil, ca, "127.0.0.1")
	f(named, nil, ca+", server_name_override: siem.example.com", "")
	f(siem, nil, ca+", server_name_override: siem.example.com", "siem.example.com")
	// fingerprints
	other := fingerprintOf(named)
	f(siem, nil, ca+", fingerprints: ['"+other+"', '"+fingerprintOf(siem)+"']", "")
	f(siem, nil, ca+", fingerprints: ['"+strings.ToLower(fingerprintOf(siem))+"']", "")
	f(siem, nil, ca+", fingerprints: ['"+other+"']", "tls::fingerprints: none is "+fingerprintOf(siem))
	f(siem, nil, "insecure_skip_verify: true, fingerprints: ['"+fingerprintOf(siem)+"']", "")
	f(siem, nil, "insecure_skip_verify: true, fingerprints: ['"+other+"']", "tls::fingerprints: none is ")
	f(siem, nil, "fingerprints: ['"+fingerprintOf(siem)+"']", "certificate signed by unknown authority")
	// client certificates
	const mutual = ca + ", cert_file: DIR/cert.pem, key_file: DIR/key.pem"
	f(siem, ours.pool(), mutual, "")
	f(siem, ours.pool(), mutual+", max_version: '1.2'", "")
	f(siem, ours.pool(), ca, "certificate required")
	f(siem, theirs.pool(), mutual, "tls: ")
}

// TestTLSReplaced replaces all certificates while the exporter runs: the next
// connection has the new ones.
func TestTLSReplaced(t *testing.T) {
	dir, before := t.TempDir(), newAuthority(t)
	write(t, dir, before, before.issue(t, "collector"))
	s := serve(t, listen(t, "127.0.0.1:0", before.issue(t, "127.0.0.1"), before.pool()), syslog.OctetCounting)
	e := start(t, settings(), &host{}, strings.ReplaceAll(
		"format: raw\nreplay: 0\ntransport: tls\ntls: {ca_file: DIR/ca.pem, cert_file: DIR/cert.pem, key_file: DIR/key.pem}\nendpoint: ", "DIR", dir)+s.address+fast)
	consume(t, e, lines("a"))
	got, _ := s.wait(t, 1)
	equal(t, got, "a")

	s.close()
	after := newAuthority(t)
	write(t, dir, after, after.issue(t, "collector"))
	s = serve(t, listen(t, s.address, after.issue(t, "127.0.0.1"), after.pool()), syslog.OctetCounting)
	consume(t, e, lines("b"))
	got, _ = s.wait(t, 1)
	if got[len(got)-1] != "b" { // a may come again
		t.Errorf("got %q", got)
	}
}

// TestTLSFiles has files that are wrong at start: the error names the key.
func TestTLSFiles(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	write(t, dir, a, a.issue(t, "collector"))
	other := t.TempDir()
	write(t, other, a, a.issue(t, "other"))
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(keys, want string) {
		t.Helper()
		cfg, err := load(t, strings.NewReplacer("DIR", dir, "OTHER", other).Replace("{endpoint: 'localhost:1', transport: tls, tls: {"+keys+"}}"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := NewFactory().CreateLogs(t.Context(), settings(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = e.Start(t.Context(), &host{})
		if err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), dir, "DIR"), want) {
			t.Errorf("%s: got %v, want %s", keys, err, want)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	f("ca_file: DIR/none", "tls::ca_file: open DIR/none")
	f("ca_file: DIR/text", "tls::ca_file, tls::ca_pem: no certificate in PEM is in it")
	f("ca_pem: text", "tls::ca_file, tls::ca_pem: no certificate in PEM is in it")
	f("cert_file: DIR/none, key_file: DIR/key.pem", "tls::cert_file: open DIR/none")
	f("cert_file: DIR/cert.pem, key_file: DIR/none", "tls::key_file: open DIR/none")
	f("cert_file: DIR/cert.pem, key_file: DIR/text", "tls::cert_file, tls::key_file: ")
	f("cert_file: DIR/cert.pem, key_file: OTHER/key.pem", "tls::cert_file, tls::key_file: ")
}

// TestCertificateRemaining measures both certificates.
func TestCertificateRemaining(t *testing.T) {
	dir, a := t.TempDir(), newAuthority(t)
	write(t, dir, a, a.issue(t, "collector"))
	s := serve(t, listen(t, "127.0.0.1:0", a.issue(t, "127.0.0.1"), nil), syslog.OctetCounting)
	set, tel := measuredSettings()
	set.ID = component.NewID(metadata.Type)
	e := start(t, set, &host{}, strings.ReplaceAll(
		"{format: raw, transport: tls, tls: {ca_file: DIR/ca.pem, cert_file: DIR/cert.pem, key_file: DIR/key.pem}, endpoint: '", "DIR", dir)+s.address+"'}")
	consume(t, e, lines("a"))
	s.wait(t, 1)
	f := func(of string) {
		t.Helper()
		if got := gauges(tel, "otelcol_siem_exporter_certificate_remaining")[of]; got <= 0 || got > int64(lifetime.Seconds()) {
			t.Errorf("%s: %d seconds", of, got)
		}
	}
	f("certificate=client,exporter=siem")
	f("certificate=server,endpoint=" + s.address + ",exporter=siem")
}

// gauges returns a gauge's values by attributes, none before it is there.
func gauges(tel *componenttest.Telemetry, name string) map[string]int64 {
	all := map[string]int64{}
	m, err := tel.GetMetric(name)
	if err != nil {
		return all
	}
	for _, p := range m.Data.(metricdata.Gauge[int64]).DataPoints {
		all[p.Attributes.Encoded(attribute.DefaultEncoder())] = p.Value
	}
	return all
}
