package audit

// Evidence is how a type was decided.
type Evidence uint8

// The pieces of evidence, in the order Classify asks for them.
const (
	NoEvidence   Evidence = iota
	ByMarker              // the A2A APP-NAME; where nothing else speaks, the A2A keys
	ByName                // the CEF Name, a known title or our own MSGID
	ByClassID             // a Device Event Class ID of the catalogue
	BySecondVote          // the sentence in msg, outvoted by the SUID, the robot or the labels
	ByText                // the sentence in msg
	BySUID                // the SUID message type, corroborated
)

// evidenceNames are the values of attribute pam.classified_by.
var evidenceNames = [...]string{"", "marker", "name", "class_id", "second_vote", "text", "suid"}

// String returns the value of attribute pam.classified_by.
func (ev Evidence) String() string { return evidenceNames[ev] }

// ParseEvidence is the inverse of String; an unknown name is NoEvidence.
func ParseEvidence(name string) Evidence {
	for ev, n := range evidenceNames {
		if n == name {
			return Evidence(ev)
		}
	}
	return NoEvidence
}
