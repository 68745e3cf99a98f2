package audit

// Word is one word of a header: how its attribute is spelt and where Source
// keeps it. The words PRI is made of are numbers and have no row.
type Word struct {
	Attr     string
	Resource bool // says who the sender is, and so stands on the Resource
	Doc      string
	Text     func(*Source) *string
}

// The attributes of an event that neither Words nor Terms spell.
const (
	AttrUID          = "log.record.uid"
	AttrFormat       = "pam.format"
	AttrFacility     = "pam.syslog.facility"
	AttrSeverity     = "pam.syslog.severity"
	AttrRepairs      = "pam.repairs"
	AttrFault        = "pam.parse.error"
	AttrClassifiedBy = "pam.classified_by"
	AttrConflict     = "pam.classification.conflict"
	AttrClockSkew    = "pam.clock_skew"       // event time minus receipt in seconds, when more than an hour
	AttrUnknown      = "pam.unknown"          // true, where the processor is told to tag what it does not know
	AttrPeer         = "network.peer.address" // on the Resource
	AttrSubject      = "tls.client.subject"   // on the Resource
	AttrTenant       = "pam.tenant"           // on the Resource

	PrefixEventName = "pam."     // before a Type's name in EventName
	PrefixExt       = "pam.ext." // before a key that no Term spells
	PrefixSD        = "pam.sd."  // before SDID.PARAM-NAME
)

// Words is every header word that is text, sorted by attribute.
var Words = [...]Word{
	{"cef.device_event_class_id", false, "Device Event Class ID of the CEF header.", func(s *Source) *string { return &s.ClassID }},
	{"cef.name", false, "Name of the CEF header.", func(s *Source) *string { return &s.Name }},
	{"cef.severity", false, "Severity of the CEF header, as sent.", func(s *Source) *string { return &s.CEFSeverity }},
	{"host.name", true, "HOSTNAME of the syslog header.", func(s *Source) *string { return &s.Host }},
	{"pam.syslog.app_name", false, "APP-NAME, or the TAG of RFC 3164.", func(s *Source) *string { return &s.App }},
	{"pam.syslog.msg_id", false, "MSGID.", func(s *Source) *string { return &s.MsgID }},
	{"pam.syslog.proc_id", false, "PROCID.", func(s *Source) *string { return &s.ProcID }},
	{"pam.vendor", true, "Device Vendor of the CEF header.", func(s *Source) *string { return &s.Vendor }},
	{"service.name", true, "Device Product of the CEF header.", func(s *Source) *string { return &s.Product }},
	{"service.version", true, "Device Version of the CEF header.", func(s *Source) *string { return &s.Version }},
}
