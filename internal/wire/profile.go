package wire

// Profile is everything that one SIEM wants of the messages it is sent.
type Profile struct {
	Name      string
	Title     string // of the product, for people
	Transport string // tcp, tls, udp, unix or unixgram
	Framing   string // octet_counting, non_transparent; empty: the transport's default
	Encoding  Encoding
}

// Profiles has all of them; the first is the one without a SIEM in mind. Why
// each is as it is stands in docs/siem, with the public source of every reason.
var Profiles = []Profile{
	{
		Name: "generic", Title: "any SIEM", Transport: "tcp",
	},
	{
		Name: "splunk_sc4s", Title: "Splunk by Splunk Connect for Syslog", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Header: "rfc5424", TimeFormat: "cef_date", HostnameRule: "source_dvchost"},
	},
	{
		Name: "qradar", Title: "IBM QRadar", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Keys: "standard", Header: "rfc5424", TimePrecision: "milliseconds", MaxMessageSize: 4096},
	},
	{
		Name: "arcsight", Title: "OpenText ArcSight", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Keys: "standard", Header: "cef"},
	},
	{
		Name: "elastic", Title: "Elastic Security", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Keys: "standard", Header: "rfc5424"},
	},
	{
		Name: "sentinel", Title: "Microsoft Sentinel by the Azure Monitor Agent", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Keys: "standard", Header: "cef", Facility: "local5", MaxMessageSize: 8000},
	},
	{
		Name: "google_secops", Title: "Google Security Operations", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "raw"},
	},
	{
		Name: "wazuh", Title: "Wazuh", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Header: "rfc3164", HostnameRule: "no_ipv6", MaxMessageSize: 60_000},
	},
	{
		Name: "graylog", Title: "Graylog", Transport: "tcp", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Keys: "standard", Header: "cef"},
	},
	{
		Name: "sumo", Title: "Sumo Logic", Transport: "tls", Framing: "non_transparent",
		Encoding: Encoding{Format: "cef", Keys: "standard", Header: "rfc5424", MaxMessageSize: 64_000},
	},
}

// ProfileNames returns the names of all profiles, in their order.
func ProfileNames() []string {
	names := make([]string, len(Profiles))
	for i := range Profiles {
		names[i] = Profiles[i].Name
	}
	return names
}

// ProfileByName returns the profile of that name, nil when there is none.
func ProfileByName(name string) *Profile {
	for i := range Profiles {
		if Profiles[i].Name == name {
			return &Profiles[i]
		}
	}
	return nil
}
