package audit

// Type is one kind of event: a row of Types, or one that a site adds.
type Type struct {
	Name     string   // dotted, at most 32 bytes, the MSGID and, behind "pam.", the EventName
	IDs      []string // numbers in the syslog catalogue: "16", "336.501"
	SUID     int      // SUID message type of the SIEM page; 0: none
	Origin   string   // four letters of the syslog catalogue, "COSS"
	Severity Severity // the catalogue's
	Doc      string   // one sentence
}

// Evidence is how a type was decided.
type Evidence uint8

// The pieces of evidence, in the order Classify asks for them.
const (
	NoEvidence Evidence = iota
	ByMarker            // the A2A APP-NAME, or the A2A keys
	ByName              // the CEF Name or a known title
	ByClassID           // a Device Event Class ID of the catalogue
	ByText              // the sentence in msg
	BySUID              // the SUID message type, corroborated
)

// Catalog is the types a site knows.
type Catalog struct{}

// evidenceNames are the values of attribute pam.classified_by.
var evidenceNames = [...]string{"", "marker", "name", "class_id", "text", "suid"}

// String returns the value of attribute pam.classified_by.
func (ev Evidence) String() string { return evidenceNames[ev] }
