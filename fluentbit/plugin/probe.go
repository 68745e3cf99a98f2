package plugin

import (
	"fmt"
	"slices"
	"strings"
)

// Fluent Bit takes any key for a plugin like this one, and does not tell which
// were given: a value can only be asked for by its key's name. So the names that
// people write by mistake are asked for, one by one. What Fluent Bit keeps for
// itself, such as host and tls.ca_file, never has a value here.

// core are keys that Fluent Bit takes from a section for itself, of which the
// misspelt come to us (flb_output_set_property in src/flb_output.c).
var core = []string{
	"alias", "log_level", "log_suppress_interval", "match", "match_regex",
	"retry_limit", "storage.total_limit_size", "workers",
}

// known are names that other plugins and programs have for what our keys do, and
// what to do instead.
var known = []struct{ name, fix string }{
	// Fluent Bit's output syslog.
	{"mode", "use transport: tcp, tls or udp"},
	{"syslog_format", "use format, or header before CEF"},
	{"syslog_maxsize", "use max_message_size"},
	{"syslog_severity_key", "the line's own severity is sent; severity has another"},
	{"syslog_severity_preset", "the line's own severity is sent; severity has another"},
	{"syslog_facility_key", "the line's own facility is sent; facility has another"},
	{"syslog_facility_preset", "use facility with a name, such as local0"},
	{"syslog_hostname_key", "the line's own HOSTNAME is sent; hostname_rule has others"},
	{"syslog_hostname_preset", "use hostname, with hostname_rule: collector to have it always"},
	{"syslog_appname_key", "leave it out: the line's own APP-NAME is sent"},
	{"syslog_appname_preset", "leave it out: the line's own APP-NAME is sent"},
	{"syslog_procid_key", "leave it out: the line's own PROCID is sent"},
	{"syslog_procid_preset", "leave it out: the line's own PROCID is sent"},
	{"syslog_msgid_key", "leave it out: the line's own MSGID is sent"},
	{"syslog_msgid_preset", "leave it out: the line's own MSGID is sent"},
	{"syslog_sd_key", "leave it out: format: rfc5424 sends all fields; attributes has further ones"},
	{"syslog_message_key", "use message_key for the line as received"},
	{"allow_longer_sd_id", "leave it out"},
	// What looks like one of its names.
	{"syslog_framing", "use framing"},
	{"syslog_host", "use endpoint, host:port"},
	{"syslog_port", "use endpoint, host:port"},
	{"syslog_transport", "use transport"},
	{"syslog_mode", "use transport: tcp, tls or udp"},
	// Fluent Bit's TLS, which is not the plugin's, with an underscore.
	{"tls_verify", "use tls_insecure_skip_verify: true in the place of off; on is the default"},
	{"tls_verify_hostname", "leave it out: the name is always verified; tls_server_name_override has another"},
	{"tls_debug", "leave it out"},
	{"tls_ca_path", "use tls_ca_file, one file with all certificates"},
	{"tls_key_passwd", "leave it out, and give a tls_key_file without a passphrase"},
	{"tls_vhost", "use tls_server_name_override"},
	{"tls_ciphers", "use tls_cipher_suites"},
	{"tls_enabled", "use transport: tls"},
	{"use_tls", "use transport: tls"},
	{"ssl", "use transport: tls"},
	{"tls.verify_hostname", "leave it out: the name is always verified; tls_server_name_override has another"},
	{"tls.ciphers", "use tls_cipher_suites"},
	// The exporter's keys that the plugin has not.
	{"tls_insecure", "use transport: tcp to send in clear"},
	{"tls_ca_pem", "use tls_ca_file"},
	{"tls_cert_pem", "use tls_cert_file"},
	{"tls_key_pem", "use tls_key_file"},
	{"tls_curve_preferences", "leave it out"},
	{"tls_include_insecure_cipher_suites", "leave it out"},
	{"tls_reload_interval", "leave it out: files are read anew for each connection; max_connection_age bounds how long one lasts"},
	{"tls_tpm_enabled", "leave it out"},
	{"sending_queue", "leave it out: Fluent Bit has the queue; storage.type of the input puts it on disk"},
	{"queue_size", "leave it out: Fluent Bit has the queue; storage.total_limit_size bounds it on disk"},
	{"num_consumers", "leave it out"},
	{"storage", "leave it out: Fluent Bit has the queue; storage.type of the input puts it on disk"},
	{"retry_on_failure", "use Fluent Bit's retry_limit"},
	{"initial_interval", "use scheduler.base of Fluent Bit's service section"},
	{"max_interval", "use scheduler.cap of Fluent Bit's service section"},
	{"max_elapsed_time", "use Fluent Bit's retry_limit"},
	{"on_unknown", "leave it out: every event is sent"},
	// What else people call it.
	{"address", "use endpoint, host:port"},
	{"addr", "use endpoint, host:port"},
	{"server", "use endpoint, host:port"},
	{"servers", "use endpoints, host:port with commas between"},
	{"hosts", "use endpoints, host:port with commas between"},
	{"destination", "use endpoint, host:port"},
	{"target", "use endpoint, host:port"},
	{"url", "use endpoint, host:port"},
	{"uri", "use endpoint, host:port"},
	{"socket", "use endpoint, with transport: unix or unixgram"},
	{"path", "use endpoint, with transport: unix or unixgram"},
	{"protocol", "use transport"},
	{"network", "use transport"},
	{"siem", "use profile"},
	{"delimiter", "use framing: non_transparent or octet_counting"},
	{"octet_counting", "use framing: octet_counting"},
	{"retries", "use Fluent Bit's retry_limit"},
	{"max_retries", "use Fluent Bit's retry_limit"},
	{"total_limit_size", "use Fluent Bit's storage.total_limit_size"},
	{"log_key", "use message_key"},
	{"raw_key", "use message_key"},
	{"tz", "use source_location for what is read, location for what is sent"},
	{"time_zone", "use source_location for what is read, location for what is sent"},
	{"timezone", "use source_location for what is read, location for what is sent"},
	{"max_size", "use max_message_size"},
	{"maxsize", "use max_message_size"},
	{"app_name", "leave it out: the line's own APP-NAME is sent"},
	{"appname", "leave it out: the line's own APP-NAME is sent"},
	{"tls_ca", "use tls_ca_file"},
	{"tls_cert", "use tls_cert_file"},
	{"tls_crt", "use tls_cert_file"},
	{"tls_key", "use tls_key_file"},
	{"ca_file", "use tls_ca_file"},
	{"cert_file", "use tls_cert_file"},
	{"crt_file", "use tls_cert_file"},
	{"key_file", "use tls_key_file"},
	{"server_name_override", "use tls_server_name_override"},
	{"insecure_skip_verify", "use tls_insecure_skip_verify"},
	{"fingerprints", "use tls_fingerprints"},
	{"connect_timeout", "use timeout"},
	{"net_connect_timeout", "use timeout"},
	{"net_keepalive", "use keepalive_enabled"},
	{"keepalive", "use keepalive_enabled"},
	{"metrics_file", "use counters_file"},
}

// strangers returns an error for each name with a value that is not a key.
func strangers(get func(key string) string) (errs []error) {
	wrong := func(name, fix string) { errs = append(errs, fmt.Errorf("%s: is no key of this plugin: %s", name, fix)) }
	done := keyNames()
	for _, k := range known {
		if done[k.name] = true; get(k.name) != "" {
			wrong(k.name, k.fix)
		}
	}
	meant := map[string][]string{}
	var found []string
	search := func(key, fix string) {
		for _, name := range misspellings(key) {
			if get(name) == "" || done[name] {
				continue
			}
			if !slices.Contains(found, name) {
				found = append(found, name)
			}
			meant[name] = append(meant[name], fix)
		}
	}
	for _, k := range keys {
		search(k.name, k.name)
	}
	for _, name := range core {
		search(name, "Fluent Bit's "+name)
	}
	for _, name := range found {
		wrong(name, "use "+strings.Join(meant[name], " or "))
	}
	return errs
}

// misspellings returns what a name is easily mistaken for. None comes twice.
func misspellings(name string) []string { return append(joints(name), neighbours(name)...) }

// joints returns a name with others between its words, or between its group and
// the rest, than an underscore.
func joints(name string) (all []string) {
	if plain := strings.ReplaceAll(name, ".", "_"); plain != name {
		return slices.DeleteFunc(joints(plain), func(joined string) bool { return joined == name })
	}
	n := strings.Count(name, "_")
	if n > 1 {
		all = append(all, strings.ReplaceAll(name, "_", ""))
	}
	for _, joint := range []string{"-", ".", "::"} {
		if n > 0 {
			all = append(all, strings.ReplaceAll(name, "_", joint))
		}
		if n > 1 {
			all = append(all, strings.Replace(name, "_", joint, 1))
		}
	}
	return all
}

// letters are those of names.
const letters = "abcdefghijklmnopqrstuvwxyz0123456789_"

// neighbours returns what is one letter away from a name: one too many, one in
// another's place, one too few, or two that stand the wrong way round.
func neighbours(name string) (all []string) {
	for i := range len(name) + 1 {
		before, at := name[:i], name[i:]
		for _, letter := range strings.Split(letters, "") {
			if strings.HasPrefix(at, letter) {
				continue // the name itself, or what the next i gives
			}
			all = append(all, before+letter+at)
			if at != "" {
				all = append(all, before+letter+at[1:])
			}
		}
		if at != "" && !strings.HasSuffix(before, at[:1]) {
			all = append(all, before+at[1:])
		}
		if len(at) > 1 && at[0] != at[1] {
			all = append(all, before+at[1:2]+at[:1]+at[2:])
		}
	}
	return all
}
