package plugin

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

var update = flag.Bool("update", false, "rewrite the tables of keys in README.md")

// section returns what a section of Fluent Bit's configuration gives a plugin:
// its keys, whose names may be of either case, and none that is empty.
func section(lines ...string) func(string) string {
	values := map[string]string{}
	for _, line := range lines {
		key, value, _ := strings.Cut(line, " ")
		if lower := strings.ToLower(key); values[lower] == "" {
			values[lower] = value // a second one is not seen
		}
	}
	return func(key string) string { return values[strings.ToLower(key)] }
}

// reserved are the names that Fluent Bit takes from a section for itself, at any
// of its versions from 2.1 to 5.1 (flb_output_set_property in src/flb_output.c,
// configure_plugins_type in src/flb_config.c).
var reserved = []string{
	"name", "routes", "processors",
	"match", "match_regex", "alias", "log_level", "log_suppress_interval",
	"host", "port", "ipv6", "retry_limit", "workers", "storage.total_limit_size",
	"tls", "tls.verify", "tls.verify_hostname", "tls.debug", "tls.vhost",
	"tls.ca_path", "tls.ca_file", "tls.crt_file", "tls.key_file", "tls.key_passwd",
	"tls.min_version", "tls.max_version", "tls.ciphers",
	"tls.proxy.verify", "tls.proxy.verify_hostname", "tls.proxy.ca_path", "tls.proxy.ca_file",
	"tls.windows.certstore_name", "tls.windows.use_enterprise_store", "tls.windows.client_thumbprints",
}

// reservedPrefixes begin further ones.
var reservedPrefixes = []string{"net.", "oauth2", "_debug.http."}

func isReserved(name string) bool {
	return slices.Contains(reserved, name) ||
		slices.ContainsFunc(reservedPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// TestKeysReachUs demands that Fluent Bit leaves our names to us, that none
// stands twice, and that each has a place of its own in Config.
func TestKeysReachUs(t *testing.T) {
	for _, name := range core {
		if !isReserved(name) {
			t.Errorf("%s is not Fluent Bit's", name)
		}
	}
	seen, places := map[string]bool{}, map[uintptr]string{}
	c := newConfig()
	for _, k := range keys {
		place := reflect.ValueOf(k.of(c)).Pointer()
		if isReserved(k.name) || seen[k.name] || places[place] != "" {
			t.Errorf("%s is reserved, stands twice, or is what %s is", k.name, places[place])
		}
		seen[k.name], places[place] = true, k.name
		if k.doc == "" || strings.Contains(k.doc, "\n") || strings.Contains(k.doc+k.usual, "|") {
			t.Errorf("%s: %q has no place in a table", k.name, k.doc)
		}
	}
	for _, k := range known {
		if isReserved(k.name) && !strings.HasPrefix(k.name, "tls.") || seen[k.name] { // those with a dot were not, once
			t.Errorf("%s: asking for it is in vain", k.name)
		}
		seen[k.name] = true
	}
}

// TestKnownFix demands that what is told to use can be used.
func TestKnownFix(t *testing.T) {
	names := keyNames()
	for _, name := range []string{"retry_limit", "storage.type", "storage.total_limit_size", "scheduler.base", "scheduler.cap", "non_transparent", "octet_counting"} {
		names[name] = true
	}
	for _, k := range known {
		for _, word := range strings.FieldsFunc(k.fix, func(r rune) bool { return strings.ContainsRune(" ,:;", r) }) {
			if strings.ContainsAny(word, "_.") && !names[word] {
				t.Errorf("%s: there is no %s", k.name, word)
			}
		}
		if rest, ok := strings.CutPrefix(k.fix, "use "); ok && !strings.HasPrefix(rest, "Fluent Bit") {
			if word := strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" ,:", r) })[0]; !names[word] {
				t.Errorf("%s: there is no %s", k.name, word)
			}
		}
	}
}

// exporterOnly are keys of the exporter that the plugin has not; one that ends
// with _ is a whole group.
var exporterOnly = map[string]string{
	"sending_queue_":    "Fluent Bit has the queue",
	"retry_on_failure_": "Fluent Bit tries again",

	"tls_insecure":                       "refused: transport: tcp is what sends in clear",
	"tls_ca_pem":                         "a secret or a certificate of many lines has no place in a section",
	"tls_cert_pem":                       "the same",
	"tls_key_pem":                        "the same",
	"tls_curve_preferences":              "Go's are good, and change with it",
	"tls_include_insecure_cipher_suites": "nothing that receives syslog over TLS 1.2 needs them",
	"tls_reload_interval":                "files are read anew for each connection",
	"tls_tpm_":                           "needs a library that the plugin does not link",
}

// pluginOnly are keys of the plugin that the exporter has not.
var pluginOnly = map[string]string{
	"message_key":       "the collector's records have a Body",
	"source_location":   "location of the receiver and the processor",
	"precedence":        "the processor's",
	"flush_timeout":     "the exporter has a queue of its own",
	"counters_interval": "the collector has metrics",
	"counters_file":     "the same",
}

// TestKeysOfExporter holds our names equal to the exporter's.
func TestKeysOfExporter(t *testing.T) {
	ours, theirs := keyNames(), map[string]bool{}
	for _, name := range mapped(reflect.TypeFor[siemexporter.Config](), "") {
		theirs[name] = true
		alone := false
		for other := range exporterOnly {
			alone = alone || name == other || strings.HasSuffix(other, "_") && strings.HasPrefix(name, other)
		}
		if alone == ours[name] {
			t.Errorf("%s: the exporter has it; the plugin: %v; is it to be the exporter's alone: %v", name, ours[name], alone)
		}
	}
	for name := range ours {
		if theirs[name] == (pluginOnly[name] != "") {
			t.Errorf("%s: the plugin has it; the exporter: %v", name, theirs[name])
		}
	}
	for _, name := range mapped(reflect.TypeFor[siem.Config](), "") {
		if !ours[name] {
			t.Errorf("%s: package siem has it, the plugin does not", name)
		}
	}
	if !theirs["keepalive_idle"] || !theirs["tls_ca_file"] || !theirs["tls_fingerprints"] {
		t.Errorf("the exporter's keys were not found: %v", theirs)
	}
}

// mapped returns the keys of a configuration as ours are named.
func mapped(of reflect.Type, group string) (names []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		tag, rest, _ := strings.Cut(f.Tag.Get("mapstructure"), ",")
		in := f.Type
		if get, ok := reflect.PointerTo(in).MethodByName("Get"); ok && strings.Contains(in.Name(), "Optional") {
			in = get.Type.Out(0).Elem()
		}
		switch {
		case tag == "-" || !f.IsExported():
		case rest == "squash" && in.Kind() == reflect.Struct:
			names = append(names, mapped(in, group)...)
		case in.Kind() == reflect.Struct && in.NumField() > 0:
			names = append(names, mapped(in, group+tag+"_")...)
		case tag != "":
			names = append(names, group+tag)
		}
	}
	return names
}

// TestKeyTables holds the tables of README.md equal to keys.
func TestKeyTables(t *testing.T) {
	const name = "../README.md"
	const begin, end = "<!-- made by go generate ./fluentbit/plugin -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no place for the tables", name)
	}
	want := head + begin + tables() + end + tail
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the keys say; run go generate ./fluentbit/plugin", name)
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tables() string {
	var b strings.Builder
	c := newConfig()
	for _, k := range keys {
		if k.table != "" {
			fmt.Fprintf(&b, "\n%s\n\n| key | default | effect |\n|---|---|---|\n", k.table)
		}
		usual := k.usual
		if usual == "" {
			usual = "`" + k.of(c).String() + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.name, usual, k.doc)
	}
	return b.String() + "\n"
}
