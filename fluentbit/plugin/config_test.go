package plugin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

const minimal = "endpoint siem:514"

// TestConfigString holds what a configuration amounts to against the line that
// the log has of it.
func TestConfigString(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		c, err := readConfig(section(lines...))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.String(); !strings.Contains(" "+got+" ", " "+want+" ") {
			t.Errorf("%q:\ngot  %s\nwant %s", lines, got, want)
		}
	}
	confirm := "write"
	host, _ := os.Hostname()
	if runtime.GOOS == "linux" {
		confirm = "kernel"
	}
	f("profile=generic endpoint=siem:514 load_balance=none failover_after=30s failback_after=5m transport=tcp framing=non_transparent "+
		"confirm="+confirm+" replay=auto max_connection_age=0s timeout=5s "+
		"keepalive_enabled=true keepalive_idle=30s keepalive_interval=10s keepalive_count=3 "+
		"format=cef keys=vendor cef_version=0 header=rfc5424 message=text facility=source severity=source language=en edition=4 "+
		"enterprise_id=32473 hostname="+host+" hostname_rule=source time_format=epoch_ms time_precision=source location=UTC bom=false max_message_size=0 "+
		"message_key=log,message,MESSAGE source_location=UTC precedence=default flush_timeout=2s counters_interval=0s", minimal)
	f("endpoints=a:1,b:2 load_balance=round_robin failover_after=1m", "Endpoints a:1, b:2", "LOAD_BALANCE round_robin", "failover_after 60")
	f("token=***", minimal, "token s3cr3t@32473")
	spaced := filepath.Join(t.TempDir(), "pam counters")
	f(`counters_file="`+spaced+`"`, minimal, "counters_file "+spaced)
	f(`message_key="$log['a b']"`, minimal, "message_key $log[\"a b\"]")
	f("flush_timeout=4s counters_interval=24h", minimal, "flush_timeout 4", "counters_interval 1d")
	f("max_message_size=64000", minimal, "max_message_size 64k")
	f("attributes=pam.tenant,k8s.pod.name", minimal, "attributes pam.tenant, k8s.pod.name")
	// A profile, and what goes before it.
	f("profile=qradar", minimal, "profile qradar")
	f("transport=tcp framing=non_transparent", minimal, "profile qradar")
	f("header=rfc5424", minimal, "profile qradar")
	f("time_precision=source", minimal, "profile qradar", "time_precision source")
	f("transport=udp confirm="+confirm, minimal, "profile qradar", "transport udp")
	f("cef_version=0 header=rfc5424 message=text", minimal, "profile graylog", "format rfc5424") // its header is of CEF alone
	f("cef_version=0 message=text", minimal, "format raw")                                       // has none
	// What was not set.
	f("transport=tls framing=octet_counting", minimal, "transport tls")
	f("transport=udp confirm="+confirm, minimal, "transport udp") // no framing
	f("max_message_size=65507", minimal, "transport udp")
	f("header=rfc3164", minimal, "format sensage")
	f("hostname=relay", minimal, "hostname relay")
	f("max_message_size=0 tls_include_system_ca_certs_pool=false tls_min_version=1.2 tls_insecure_skip_verify=false", minimal, "transport tls")
}

// TestConfigReadBack reads the log's line as a configuration: it is the same.
func TestConfigReadBack(t *testing.T) {
	f := func(lines ...string) {
		t.Helper()
		var want, got string
		c, err := readConfig(section(append(lines, minimal)...))
		if err == nil {
			want = c.String()
			words := strings.Fields(want)
			for i, word := range words {
				words[i] = strings.Replace(word, "=", " ", 1)
			}
			c, err = readConfig(section(words...))
		}
		if err == nil {
			got = c.String()
		}
		if err != nil || got != want {
			t.Errorf("%q: %v\ngot  %s\nwant %s", lines, err, got, want)
		}
	}
	for _, transport := range []string{"tcp", "tls", "udp"} {
		for _, format := range []string{"cef", "rfc5424", "sensage", "raw"} {
			f("transport "+transport, "format "+format)
		}
		for _, name := range wire.ProfileNames() {
			if name != "sumo" { // whose token is masked
				f("transport "+transport, "profile "+name)
			}
		}
	}
}

// TestConfigErrors has what is wrong and how it is told.
func TestConfigErrors(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		if !strings.Contains(strings.Join(lines, "\n"), "endpoint") {
			lines = append(lines, minimal)
		}
		c, err := readConfig(section(lines...))
		if got := fmt.Sprint(err); got != want || c != nil {
			t.Errorf("%q:\ngot  %s\nwant %s", lines, got, want)
		}
	}
	f("endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514; if host and port are set: Fluent Bit keeps these for itself", "endpoint ")
	const noUser = ": a user has no place in it: use the SIEM's host:port, such as siem.example.com:514"
	f("endpoint"+noUser, "endpoint user:secret@siem:514")
	f("endpoints"+noUser+"\nendpoints"+noUser, "endpoints https://user:secret@siem, https://user:secret@siem")
	f("endpoint: a user has no place in it: use the absolute path of a socket, such as /run/siem/socket", "transport unix", "endpoint user:secret@siem:514")
	f(`profile: "splunk" is not one of `+strings.Join(wire.ProfileNames(), ", "), "profile splunk")
	f("token: Sumo Logic drops messages without one: set it, such as token: ${SUMO_TOKEN}, and see that the variable is there", "profile sumo")
	f("keepalive_count: 0 is less than 1: use keepalive_enabled: false for no probes", "keepalive_count 0")
	f(`keepalive_idle: "soon" is no time: use such as 500ms, 10s, 5m, 1h or 1d`, "keepalive_idle soon")
	f("keepalive_idle: 0s is less than 1ms: use a longer time with a unit, such as 5s", "keepalive_idle 0")
	f(`bom: "1" is neither on nor off`, "bom 1")
	f(`precedence: "suid" is not one of default, suid_first`, "precedence suid")
	f(`message_key: "$log[0]" cannot be read: use a name, or one like $log['message']`, "message_key log,$log[0]")
	f("flush_timeout: 5s is not within 1ms and 4s: a chunk that needs longer is tried again", "flush_timeout 5")
	f("flush_timeout: 0s is not within 1ms and 4s: a chunk that needs longer is tried again", "flush_timeout 0")
	f("counters_interval: 500ms is less than 1s: use a longer time, or 0 for the end alone", "counters_interval 500ms")
	f("attributes: a name is empty: use names of attributes, such as k8s.pod.name", "attributes a,,b")
	f(`endpoints: "" is no address to send to: use host:port, such as siem.example.com:514`, "endpoints a:1,")
	f("framing: a datagram is a frame of its own: leave framing out with transport: udp", "transport udp", "framing octet_counting")
	f("header: format raw has its own: leave header out, or use format: cef", "format raw", "header rfc3164")
	f(`source_location: "BRT" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC`, "source_location BRT")
	// All are told at once.
	f(`mode: is no key of this plugin: use transport: tcp, tls or udp
endpont: is no key of this plugin: use endpoint
edition: "four" is no number: use digits
endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514; if host and port are set: Fluent Bit keeps these for itself
format: "leef" is not one of cef, rfc5424, sensage, raw
tls_ca_file: is for transport: tls: set that, or leave tls_ca_file out
flush_timeout: 10s is not within 1ms and 4s: a chunk that needs longer is tried again`,
		"mode udp", "endpoint ", "endpont siem:514", "edition four", "format leef", "tls_ca_file ca.pem", "flush_timeout 10s")
}

// TestCheckCountersFile refuses, at the start, what cannot be written, and leaves
// nothing behind.
func TestCheckCountersFile(t *testing.T) {
	dir := t.TempDir()
	before := filepath.Join(dir, "before")
	if err := errors.Join(
		os.WriteFile(before, []byte("1"), 0o600),
		os.Symlink(before, filepath.Join(dir, "link")),
	); err != nil {
		t.Fatal(err)
	}
	f := func(name, want string) {
		t.Helper()
		_, err := readConfig(section(minimal, "counters_file "+filepath.Join(dir, name)))
		if got := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR"); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	f("new", "<nil>")
	f("before", "<nil>")
	f("link", `counters_file: "DIR/link" is no file: use the path of one, or of none yet`)
	f(".", `counters_file: "DIR" is no file: use the path of one, or of none yet`)
	f("none/new", "counters_file: open DIR/none/.counters")
	f("before/new", "counters_file: open DIR/before/.counters")
	if left, err := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left are %v (%v)", left, err)
	}
}

// TestLocations has the zone in which times are read, and that in which they are
// written.
func TestLocations(t *testing.T) {
	f := func(line, want string, lines ...string) {
		t.Helper()
		c, err := readConfig(section(append(lines, minimal, "header rfc3164")...))
		if err != nil {
			t.Fatal(err)
		}
		renderer, err := siem.NewRenderer(&c.Config, c.Token)
		if err != nil {
			t.Fatal(err)
		}
		ev := &event{time: time.Date(2026, 6, 18, 23, 0, 0, 0, time.UTC), body: fromJSON(t, strconv.Quote(line))}
		e := newReader(c, audit.Builtin()).read(ev, ev.time)
		var n siem.Rendered
		got := string(renderer.Append(delivery.Frames{}, e, &n).Bytes)
		if !strings.Contains(got, want) {
			t.Errorf("%q: got %s, want %s", lines, got, want)
		}
	}
	const local, utc = "<13>Jun 18 17:49:41 vault01 senhasegura: text", "<13>1 2026-06-18T17:49:41Z vault01 senhasegura - - - text"
	f(local, "<13>Jun 18 17:49:41 vault01 ")
	f(local, "rt=1781804981000 ")
	f(local, "<13>Jun 18 20:49:41 vault01 ", "source_location America/Sao_Paulo")
	f(local, "rt=1781815781000 ", "source_location America/Sao_Paulo")
	f(local, "<13>Jun 18 17:49:41 vault01 ", "source_location America/Sao_Paulo", "location America/Sao_Paulo")
	f(local, "<13>Jun 18 14:49:41 vault01 ", "location America/Sao_Paulo")
	f(local, "rt=1781804981000 ", "location America/Sao_Paulo")
	f(utc, "<13>Jun 18 17:49:41 vault01 ", "source_location America/Sao_Paulo")
}

// sections finds what the pages of docs/siem show of Fluent Bit.
var sections = regexp.MustCompile("(?s)\n```conf\n\\[OUTPUT\\]\n(.*?)```\n")

// TestSIEMDocs reads each section that docs/siem shows, of which every profile has
// one.
func TestSIEMDocs(t *testing.T) {
	t.Setenv("SUMO_TOKEN", "token@41123")
	for _, p := range wire.Profiles {
		page := "../../docs/siem/" + p.Name + ".md"
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		shown := false
		for _, block := range sections.FindAllStringSubmatch(string(text), -1) {
			var lines []string
			for line := range strings.Lines(os.ExpandEnv(block[1])) {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
			get := section(lines...)
			if _, err := readConfig(get); err != nil || get("name") != "pam" || get("match") == "" {
				t.Errorf("%s: %v in\n%s", page, err, block[1])
			}
			shown = shown || get("profile") == p.Name
		}
		if !shown {
			t.Errorf("%s shows no section with its profile", page)
		}
	}
}

// TestTokenSecret demands that no error and no line has the token.
func TestTokenSecret(t *testing.T) {
	for _, lines := range [][]string{
		{"token s3cr3t@1"}, {"token s3cr3t=1"}, {"token s3cr3t", "header rfc3164"}, {"token s3cr3t]"}, {"tokn s3cr3t"}, {"token s3cr3t@1", "bom x"},
	} {
		c, err := readConfig(section(append(lines, minimal)...))
		text := fmt.Sprint(err)
		if err == nil {
			text = c.String()
		}
		if strings.Contains(text, "s3cr3t") {
			t.Errorf("%q: %s", lines, text)
		}
	}
}

// TestDefaults demands that the keys say nothing that is not in the log's line.
func TestDefaults(t *testing.T) {
	c, err := readConfig(section(minimal))
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	if e := c.Encoding(c.Token); e.Hostname != host {
		t.Errorf("HOSTNAME is %q", e.Hostname)
	}
	if d := c.Destination(); d.Network != "tcp" || d.TLS != nil || d.Endpoints[0] != "siem:514" {
		t.Errorf("destination is %+v", d)
	}
}
