package plugin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestStrangers tells of names that are not keys.
func TestStrangers(t *testing.T) {
	f := func(want string, lines ...string) {
		t.Helper()
		var got []string
		for _, err := range strangers(section(lines...)) {
			got = append(got, err.Error())
		}
		want = strings.ReplaceAll(want, "!", ": is no key of this plugin: ")
		if g := strings.Join(got, "\n"); g != want {
			t.Errorf("%q:\ngot  %s\nwant %s", lines, g, want)
		}
	}
	f("")
	var all []string
	for _, k := range keys {
		all = append(all, k.name+" x")
	}
	f("", all...)
	// letters
	f("endpint!use endpoint", "endpint x")
	f("endpooint!use endpoint", "endpooint x")
	f("endpont!use endpoint", "Endpont x")
	f("endopint!use endpoint", "endopint x")
	f("emdpoint!use endpoint", "emdpoint x")
	f("endpointz!use endpoint or endpoints", "endpointz x")
	f("endpointss!use endpoints", "endpointss x")
	f("oken!use token", "oken x")
	f("tls_cafile!use tls_ca_file", "tls_cafile x")
	f("framing_!use framing", "framing_ x")
	f("7imeout!use timeout", "7imeout x")
	// between words
	f("tls.fingerprints!use tls_fingerprints", "tls.fingerprints x")
	f("tls.server_name_override!use tls_server_name_override", "tls.server_name_override x")
	f("keepalive::idle!use keepalive_idle", "keepalive::idle x")
	f("max-message-size!use max_message_size", "max-message-size x")
	f("maxmessagesize!use max_message_size", "maxMessageSize x")
	// names of others
	f("syslog_maxsize!use max_message_size", "syslog_maxsize 2048")
	f("tls_verify!use tls_insecure_skip_verify: true in the place of off; on is the default", "tls_verify off")
	f("tz!use source_location for what is read, location for what is sent", "tz x")
	f("address!use endpoint, host:port\nfomat!use format\nkey!use keys", "key x", "fomat x", "address x")
	// Fluent Bit's own
	f("retry_limt!use Fluent Bit's retry_limit", "retry_limt 5")
	f("retrylimit!use Fluent Bit's retry_limit", "retrylimit 5")
	f("worker!use Fluent Bit's workers", "worker 5")
	f("log-level!use Fluent Bit's log_level", "log-level debug")
	f("storage_total_limit_size!use Fluent Bit's storage.total_limit_size", "storage_total_limit_size 1G")
	f("storage.totallimit_size!use Fluent Bit's storage.total_limit_size", "storage.totallimit_size 1G")
	// What is farther away is not seen.
	f("", "nonsense x", "formatting x")
}

// TestKnownNeeded demands that no name is told of that is told of anyhow.
func TestKnownNeeded(t *testing.T) {
	for _, k := range known {
		for _, key := range keys {
			if k.fix == "use "+key.name && slices.Contains(misspellings(key.name), k.name) {
				t.Errorf("%s is a misspelling of %s", k.name, key.name)
			}
		}
	}
}

// TestNeighbours counts the neighbours of a name: of n letters of which k are as
// the one before, there are 37(n+1)-n with one more, n-k with one less, 36n with
// another one, and n-1-k with two turned round.
func TestNeighbours(t *testing.T) {
	f := func(name, some string, want int) {
		t.Helper()
		got := neighbours(name)
		sorted := slices.Clone(got)
		slices.Sort(sorted)
		if n := len(slices.Compact(sorted)); n != len(got) || n != want || slices.Contains(got, name) {
			t.Errorf("%s: %d names, %d of them different, want %d", name, len(got), n, want)
		}
		for _, s := range strings.Fields(some) {
			if !slices.Contains(got, s) {
				t.Errorf("%s: %s is not there", name, s)
			}
		}
	}
	f("a", "_a a9 aa b 7", 37*2-1+1+36)
	f("ab", "abb aab xab axb abx b a ba xb ax", 37*3-2+2+36*2+1)
	f("aab", "ab aa aba aaab", 37*4-3+2+36*3+1)
}

// TestJoints has every way to write an underscore.
func TestJoints(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		if got := strings.Join(joints(name), " "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	f("bom", "")
	f("cef_version", "cef-version cef.version cef::version")
	f("tls_ca_file", "tlscafile tls-ca-file tls-ca_file tls.ca.file tls.ca_file tls::ca::file tls::ca_file")
	f("storage.size", "storage-size storage::size")
}

// BenchmarkStrangers measures what the search costs, without Fluent Bit's part.
func BenchmarkStrangers(b *testing.B) {
	n := 0
	values := section(minimal)
	get := func(key string) string { n++; return values(key) }
	for b.Loop() {
		if errs := strangers(get); errs != nil {
			b.Fatal(fmt.Sprint(errs))
		}
	}
	b.ReportMetric(float64(n)/float64(b.N), "names/op")
}
