package plugin

import "strings"

//go:generate go test . -run TestKeyTables -update

// key is one that may be written in a section of the plugin. It is named as the
// exporter's, with _ between a group and a key in it, because Fluent Bit keeps
// names with dots for itself and has one level.
type key struct {
	table  string // begins a table of the README, as what stands above it
	name   string
	of     func(*Config) value
	usual  string // the default in words, where the value of newConfig does not say it
	doc    string // Markdown
	secret bool
}

// keys are all of them. The README's table, the reading, the effective
// configuration in the log and the search for misspelt names are made from it.
var keys = []key{
	{table: "Where to, and how:", name: "profile", of: func(c *Config) value { return (*asText)(&c.Profile) },
		doc: "What one SIEM wants, the defaults of `transport`, `framing` and what is sent: `generic`, `splunk_sc4s`, `qradar`, `arcsight`, `elastic`, `sentinel`, `google_secops`, `wazuh`, `graylog` or `sumo`. [docs/siem](../docs/siem) has a page for each. Every key that is given goes before it."},
	{name: "endpoint", of: func(c *Config) value { return (*asText)(&c.Endpoint) }, usual: "required, or `endpoints`",
		doc: "The SIEM's address, host:port; of `unix` and `unixgram` the absolute path of the socket."},
	{name: "endpoints", of: func(c *Config) value { return (*asList)(&c.Endpoints) }, usual: "none",
		doc: "Several in its place, the best first, in one value with commas between."},
	{name: "load_balance", of: func(c *Config) value { return (*asText)(&c.LoadBalance) },
		doc: "`none`: one endpoint at a time. `round_robin`: all of them, each with a connection of its own."},
	{name: "failover_after", of: func(c *Config) value { return (*asDuration)(&c.FailoverAfter) },
		doc: "How long an endpoint may take nothing, though alive, before the next one is used. One that cannot be reached is passed over at once."},
	{name: "failback_after", of: func(c *Config) value { return (*asDuration)(&c.FailbackAfter) },
		doc: "How long a better endpoint must have held a connection before it is used again."},
	{name: "transport", of: func(c *Config) value { return (*asText)(&c.Transport) }, usual: "the profile's, mostly `tcp`",
		doc: "`tcp`, `tls` (RFC 5425), `udp` (a message is a datagram, RFC 5426), `unix` or `unixgram`."},
	{name: "framing", of: func(c *Config) value { return (*asText)(&c.Framing) }, usual: "the profile's, else `octet_counting` over `tls` and `non_transparent` over `tcp` and `unix`",
		doc: "How messages follow one another in a stream (RFC 6587): `non_transparent`, each ends with LF, or `octet_counting`, its length stands before it. Not for `udp` and `unixgram`."},
	{name: "confirm", of: func(c *Config) value { return (*asText)(&c.Confirm) }, usual: "`kernel` on Linux, else `write`",
		doc: "When a message counts as delivered: `kernel`, the SIEM's kernel has acknowledged it, or `write`, this machine's has taken it."},
	{name: "replay", of: func(c *Config) value { return (*asReplay)(&c.Replay) },
		doc: "How many bytes of delivered messages go out again when a connection is reset, or closed right behind them: `auto`, as many as the SIEM's kernel may hold unread, a size, or `0` for none."},
	{name: "max_connection_age", of: func(c *Config) value { return (*asDuration)(&c.MaxConnectionAge) }, usual: "`0`, none",
		doc: "Ends a connection after this time, in good order, and makes a new one: with a name's new address, and new certificates."},
	{name: "timeout", of: func(c *Config) value { return (*asDuration)(&c.Timeout) },
		doc: "Bounds connecting, the handshake, the wait for the SIEM's kernel to answer at all, and the wait for the SIEM to close at the end. It may be longer than `flush_timeout`: Fluent Bit is not kept waiting for it."},
	{name: "keepalive_enabled", of: func(c *Config) value { return (*asToggle)(&c.KeepAlive.Enabled) },
		doc: "Probes an idle connection over TCP,"},
	{name: "keepalive_idle", of: func(c *Config) value { return (*asDuration)(&c.KeepAlive.Idle) },
		doc: "after this time,"},
	{name: "keepalive_interval", of: func(c *Config) value { return (*asDuration)(&c.KeepAlive.Interval) },
		doc: "then at this interval,"},
	{name: "keepalive_count", of: func(c *Config) value { return (*asNumber)(&c.KeepAlive.Count) },
		doc: "and ends it after so many unanswered probes."},

	{table: "What is sent:", name: "format", of: func(c *Config) value { return (*asText)(&c.Format) }, usual: "the profile's, mostly `cef`",
		doc: "`cef`: ArcSight CEF behind a header. `rfc5424`: the fields as STRUCTURED-DATA. `sensage`: `key=\"value\"` columns in a fixed order. `raw`: the line as received. CEF cuts values at the lengths of its dictionary (`act` at 63 bytes, `msg` at 1023), and counts the message as `truncated`; `rfc5424` and `raw` cut no value."},
	{name: "keys", of: func(c *Config) value { return (*asText)(&c.Keys) }, usual: "the profile's, else `vendor`",
		doc: "Names of the fields in CEF. `vendor`: those that the vendor sends. `standard`: those of the CEF dictionary; what has none goes to custom fields with labels."},
	{name: "cef_version", of: func(c *Config) value { return (*asNumber)(&c.CEFVersion) },
		doc: "`0` or `1`."},
	{name: "header", of: func(c *Config) value { return (*asText)(&c.Header) }, usual: "the profile's, else `rfc5424`; of `sensage` `rfc3164`",
		doc: "What stands before CEF and Sensage: `rfc5424`, `rfc3164`, `cef` (that of RFC 3164 without a TAG, as the CEF standard prints it) or `none`. The formats `rfc5424` and `raw` have their own."},
	{name: "message", of: func(c *Config) value { return (*asText)(&c.Message) },
		doc: "MSG of format `rfc5424`: `text`, the event's message, `key_value`, `cef` or `json`."},
	{name: "facility", of: func(c *Config) value { return (*asText)(&c.Facility) }, usual: "the profile's, else `source`",
		doc: "Facility in PRI. `source`: the source's; where it had none `user`, of A2A events `local0`. Or a name: `kern` … `local7`."},
	{name: "severity", of: func(c *Config) value { return (*asText)(&c.Severity) },
		doc: "Severity in PRI, in the CEF header and in Sensage. `source`: the source's, else that of the event's type. `catalog`: that of the event's type, where it is known."},
	{name: "language", of: func(c *Config) value { return (*asText)(&c.Language) },
		doc: "Language of titles where the source had none: `en` or `pt`."},
	{name: "edition", of: func(c *Config) value { return (*asNumber)(&c.Edition) },
		doc: "Edition of titles where the source had none: `3` or `4`."},
	{name: "enterprise_id", of: func(c *Config) value { return (*asNumber)(&c.EnterpriseID) },
		doc: "Private enterprise number in the SD-ID of format `rfc5424`. 32473 is the number for examples (RFC 5612): set your own."},
	{name: "hostname", of: func(c *Config) value { return (*asText)(&c.Hostname) }, usual: "this machine's",
		doc: "HOSTNAME where neither the source nor its address says it: 1 to 255 printable ASCII characters without a space."},
	{name: "hostname_rule", of: func(c *Config) value { return (*asText)(&c.HostnameRule) }, usual: "the profile's, else `source`",
		doc: "HOSTNAME: `source`, the source's name, else its address, else `hostname`; `source_dvchost`, that, and again in `dvchost`; `no_ipv6`, `hostname` in the place of an IPv6 address; `collector`, always `hostname`."},
	{name: "time_format", of: func(c *Config) value { return (*asText)(&c.TimeFormat) }, usual: "the profile's, else `epoch_ms`",
		doc: "`rt` in CEF: `epoch_ms`, milliseconds since 1970, or `cef_date`, such as `Jan 02 2026 03:04:05 UTC`."},
	{name: "time_precision", of: func(c *Config) value { return (*asText)(&c.TimePrecision) }, usual: "the profile's, else `source`",
		doc: "The fraction of a second in RFC 5424 headers: `source`, what the source gave, or `milliseconds`, always three digits."},
	{name: "location", of: func(c *Config) value { return (*asText)(&c.Location) },
		doc: "IANA name of the time zone in which times are written in RFC 3164 headers, which cannot say it. All other times that are sent say their zone. It has nothing to do with what is read: that is `source_location`."},
	{name: "bom", of: func(c *Config) value { return (*asToggle)(&c.BOM) },
		doc: "A byte order mark before MSG of format `rfc5424` (RFC 5424 section 6.4)."},
	{name: "max_message_size", of: func(c *Config) value { return (*asSize)(&c.MaxMessageSize) }, usual: "the profile's, else in a stream `0`, no limit, and for datagrams `65507`",
		doc: "Bytes of one message without its frame, at least 1024. A longer one is cut between characters and fields, stays valid and is counted. CEF cuts single values too: see `format`."},
	{name: "token", of: func(c *Config) value { return (*asText)(&c.Token) }, usual: "none", secret: true,
		doc: "A secret that some SIEMs want in each message: the SD-ID of an SD-ELEMENT of its own in RFC 5424 headers. Take it from the environment: `${SIEM_TOKEN}`. Fluent Bit gives a variable that is not there as no value."},
	{name: "attributes", of: func(c *Config) value { return (*asList)(&c.Attributes) }, usual: "none",
		doc: "Names of further attributes to send, with commas between; names, not accessors. They go out although they are no fields of the [attribute model](../docs/fields.md). What a format does not allow in a name becomes `_`."},

	{table: "For `transport: tls`:", name: "tls_ca_file", of: func(c *Config) value { return (*asText)(&c.TLS.CAFile) }, usual: "the system's",
		doc: "CAs that the SIEM's certificate may be signed by, in PEM."},
	{name: "tls_include_system_ca_certs_pool", of: func(c *Config) value { return (*asToggle)(&c.TLS.SystemCAs) },
		doc: "Trusts the system's CAs beside those of `tls_ca_file`."},
	{name: "tls_cert_file", of: func(c *Config) value { return (*asText)(&c.TLS.CertFile) }, usual: "none",
		doc: "Our own certificate, in PEM, for a SIEM that asks for one,"},
	{name: "tls_key_file", of: func(c *Config) value { return (*asText)(&c.TLS.KeyFile) }, usual: "none",
		doc: "and its key, in PEM and without a passphrase."},
	{name: "tls_server_name_override", of: func(c *Config) value { return (*asText)(&c.TLS.ServerName) }, usual: "the endpoint's host",
		doc: "The name that the SIEM's certificate must have."},
	{name: "tls_min_version", of: func(c *Config) value { return (*asText)(&c.TLS.MinVersion) },
		doc: "`1.2` or `1.3`. Those before are refused (RFC 8996)."},
	{name: "tls_max_version", of: func(c *Config) value { return (*asText)(&c.TLS.MaxVersion) }, usual: "the latest",
		doc: "`1.2` or `1.3`."},
	{name: "tls_cipher_suites", of: func(c *Config) value { return (*asList)(&c.TLS.CipherSuites) }, usual: "those of Go",
		doc: "Cipher suites of TLS 1.2 by their IANA names, with commas between."},
	{name: "tls_fingerprints", of: func(c *Config) value { return (*asList)(&c.TLS.Fingerprints) }, usual: "none",
		doc: "Fingerprints of certificates as RFC 5425 section 4.2.2 writes them, `sha-256:E1:2D:53:…`, with commas between, one of which the SIEM's certificate must have, beside a valid path and name."},
	{name: "tls_insecure_skip_verify", of: func(c *Config) value { return (*asToggle)(&c.TLS.SkipVerify) },
		doc: "Takes any certificate, whoever signed it. Only for trials, or with `tls_fingerprints`."},

	{table: "What only the plugin has:", name: "message_key", of: func(c *Config) value { return (*asPaths)(&c.MessageKey) },
		doc: "Where a record may hold the line as received: names, or accessors such as `$log['message']`, with commas between. The first that is there counts; a record with none is read as fields. While the key is not set, a map that has other keys which we know beside it is read as fields, and the line only as its `msg`; when it is set, the line goes first."},
	{name: "source_location", of: func(c *Config) value { return (*asText)(&c.SourceLocation) },
		doc: "IANA name of the time zone of times in what is read that do not say theirs, as in RFC 3164 headers: that of the appliance. The collector's receiver and processor call it `location`."},
	{name: "precedence", of: func(c *Config) value { return (*asPrecedence)(&c.Precedence) },
		doc: "Which evidence of an event's type counts first. `default`: the SUID last, since `suid` is a user's id in many events. `suid_first`: for sites where it is known to be the message type."},
	{name: "flush_timeout", of: func(c *Config) value { return (*asDuration)(&c.FlushTimeout) },
		doc: "How long Fluent Bit is kept waiting for a chunk to be delivered, at most `4s`. Then it is told to try again later; what is being sent goes on, and the next try waits for the same delivery."},
	{name: "counters_interval", of: func(c *Config) value { return (*asDuration)(&c.CountersInterval) }, usual: "`0`, at the end alone",
		doc: "How often the counters are told."},
	{name: "counters_file", of: func(c *Config) value { return (*asText)(&c.CountersFile) }, usual: "none",
		doc: "Path of a file that has the counters, beside the log; one for each section. It is replaced whole. The start is refused when it cannot be written."},
}

func (k *key) isForTLS() bool { return strings.HasPrefix(k.name, "tls_") }

// keyNames has the names of all keys.
func keyNames() map[string]bool {
	names := make(map[string]bool, len(keys))
	for _, k := range keys {
		names[k.name] = true
	}
	return names
}
