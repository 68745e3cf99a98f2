package wire

// Profile is everything that one SIEM wants of the messages it is sent.
type Profile struct {
	Name      string
	Title     string // of the product, for people
	Transport string // tcp, tls or udp
	Framing   string // octet_counting, non_transparent; empty: the transport's default
	Encoding  Encoding
}

// Profiles has all of them; the first is the one without a SIEM in mind.
var Profiles = []Profile{
	{Name: "generic", Title: "any SIEM", Transport: "tcp"},
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
