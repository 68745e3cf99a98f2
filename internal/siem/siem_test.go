package siem

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// TestCheckStyle has the errors that are spelled as the program's configuration
// is. What else is checked is tested with the exporter.
func TestCheckStyle(t *testing.T) {
	f := func(style Style, change func(*Config), want string) {
		t.Helper()
		c := Default()
		c.Endpoint = "siem:514"
		change(&c)
		if got := fmt.Sprint(c.Check(style, "")); got != want {
			t.Errorf("\ngot  %s\nwant %s", got, want)
		}
	}
	unprobed := func(c *Config) { c.KeepAlive = KeepAlive{Enabled: true} }
	f(Nested, unprobed, "keepalive::idle: 0s is less than 1ms: use a longer time with a unit, such as 5s\n"+
		"keepalive::interval: 0s is less than 1ms: use a longer time with a unit, such as 5s\n"+
		"keepalive::count: 0 is less than 1: use enabled: false for no probes")
	f(Flat, unprobed, "keepalive_idle: 0s is less than 1ms: use a longer time with a unit, such as 5s\n"+
		"keepalive_interval: 0s is less than 1ms: use a longer time with a unit, such as 5s\n"+
		"keepalive_count: 0 is less than 1: use keepalive_enabled: false for no probes")
	sumo := func(c *Config) { c.Adopt(wire.ProfileByName("sumo")) }
	f(Nested, sumo, "token: Sumo Logic drops messages without one: set it, such as token: ${env:SUMO_TOKEN}, and see that the variable is there")
	f(Flat, sumo, "token: Sumo Logic drops messages without one: set it, such as token: ${SUMO_TOKEN}, and see that the variable is there")
	f(Flat, func(*Config) {}, "<nil>")
}

// TestSettle takes back what only the profile says.
func TestSettle(t *testing.T) {
	f := func(transport, format, set, want string) {
		t.Helper()
		c := Default()
		c.Adopt(wire.ProfileByName("qradar"))
		c.Transport, c.Format = transport, format
		c.Settle(func(key string) bool { return key == set })
		if got := c.Framing + " " + c.Header; got != want {
			t.Errorf("%s, %s, %s: got %q, want %q", transport, format, set, got, want)
		}
	}
	f("tcp", "cef", "", "non_transparent rfc5424")
	f("udp", "cef", "", " rfc5424")
	f("udp", "cef", "framing", "non_transparent rfc5424")
	f("tcp", "raw", "", "non_transparent ")
	f("tcp", "rfc5424", "header", "non_transparent rfc5424")
}

// TestRenderer appends frames and counts what happened to them.
func TestRenderer(t *testing.T) {
	f := func(transport, framing string, raw []string, want string) {
		t.Helper()
		c := Default()
		c.Transport, c.Framing, c.Format, c.MaxMessageSize = transport, framing, "raw", 1024
		r, err := NewRenderer(&c, "")
		if err != nil {
			t.Fatal(err)
		}
		var frames delivery.Frames
		var n Rendered
		for _, line := range raw {
			frames = r.Append(frames, &audit.Event{Raw: line}, &n)
		}
		got := fmt.Sprintf("%q %v %+v", frames.Bytes, frames.Ends, n)
		if got = strings.ReplaceAll(got, strings.Repeat("x", 1024), "X"); got != want {
			t.Errorf("%s, %s:\ngot  %s\nwant %s", transport, framing, got, want)
		}
	}
	lines := []string{"a", "", "b\nc"}
	f("tcp", "", lines, `"a\nb c\n" [2 6] {Truncated:0 Flattened:1 Empty:1}`)
	f("tls", "", lines, `"1 a3 b\nc" [3 8] {Truncated:0 Flattened:0 Empty:1}`)
	f("udp", "", lines, `"ab\nc" [1 4] {Truncated:0 Flattened:0 Empty:1}`)
	f("udp", "", []string{strings.Repeat("x", 1025)}, `"X" [1024] {Truncated:1 Flattened:0 Empty:0}`)

	c := Default()
	c.Format = "leef"
	if _, err := NewRenderer(&c, ""); err == nil {
		t.Error("a format that there is not has a renderer")
	}
}

// TestFingerprints reads fingerprints and holds a certificate against them.
func TestFingerprints(t *testing.T) {
	certificate := []byte("a certificate")
	const its = "sha-256:81:AC:D7:62:14:0F:A6:92:A1:42:82:2D:2F:BE:4D:C6:F5:4B:CA:A5:01:F6:8A:B3:7E:5A:EE:D0:BA:FE:4D:99"
	other := "sha-256" + strings.Repeat(":00", 32)
	f := func(want string, texts ...string) {
		t.Helper()
		p, err := ParseFingerprints("key", texts)
		var c tls.Config
		if p.Demand(&c); err == nil && c.VerifyConnection != nil {
			err = c.VerifyConnection(tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: certificate}}})
		}
		if got := fmt.Sprint(err); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", texts, got, want)
		}
	}
	const none = " is none: use sha-256: and 32 pairs of digits with colons between, as openssl x509 -fingerprint -sha256 writes them"
	f("<nil>")
	f("<nil>", other, strings.ToLower(its))
	f("key: none is "+its+", the SIEM's", other)
	f(`key: "E1"`+none+"\n"+`key: "SHA-1:E1" is one by SHA-1, which can be forged: use sha-256`, "E1", "SHA-1:E1")
	f(`key: "`+its+`:00"`+none, its+":00")
	f(`key: "sha-256:E1:"`+none, "sha-256:E1:")
}

// TestReadFile reads what has a path.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	f := func(path, want string) {
		t.Helper()
		content, err := ReadFile("tls_key_file", path)
		got := fmt.Sprintf("%s %v", content, err)
		if got = strings.ReplaceAll(got, dir, "DIR"); !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %s, want %s", path, got, want)
		}
	}
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	f("", " <nil>")
	f(path, "text <nil>")
	f(path+"s", " tls_key_file: open DIR/files: ")
	const none = " tls_key_file: is the path of a file, not what is in it"
	f("-----BEGIN PRIVATE KEY-----", none)
	f("-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n", none)
	f("MIGHAgEA\nBBMGByqG", none)
	f("MIGHAgEA\r", none)
}
