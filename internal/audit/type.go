package audit

import "strings"

// Type is one kind of event: a row of Types, or one that a site adds.
type Type struct {
	Name     string    // dotted, at most 32 bytes, the MSGID and, behind "pam.", the EventName
	Parent   string    // the more general Type; evidence for both speaks for this one
	IDs      []string  // numbers in the syslog catalogue: "16", "336.501"
	SUID     int       // SUID message type of the SIEM page; 0: none
	Origin   string    // four letters of the syslog catalogue, "COSS"
	Severity Severity  // the English catalogue's; ours where it has none
	SUIDRole Role      // what suid says
	SPIDRole Role      // what spid says
	Outcome  Result    // what the event's happening means
	Alert    string    // one of the four alert kinds, "" for none
	Robot    int       // number of the asynchronous script that does it; 0: people do
	Titles   Texts     // on the SIEM page, or where else the event is named
	Listed   Texts     // in the syslog catalogue
	Aliases  []string  // other titles: older editions, misprints
	Messages Texts     // the documented sentence
	Copied   []Edition // of Messages, those that the vendor copied from another Type
	Match    []Match   // sentences that tell the Type
	Actions  []string  // literals of an A2A action, without secret_ or credential_
	Shape    Shape     // what the sentence holds besides
	Keys     []TermID  // documented for the event
	OCSF     OCSF
	ECS      ECS
	ATTACK   []string // MITRE ATT&CK techniques that the event is context for
	Doc      string   // one sentence
	Source   Page
}

// Edition is one of the texts that the vendor's pages exist in.
type Edition uint8

// The editions. The Portuguese of 3.x and of 4.0 differ in quotes only.
const (
	EN3 Edition = iota // English, 3.x
	EN4                // English, 4.0
	PT                 // Portuguese
	numEditions
)

// Texts is one text in every edition; an empty one does not exist.
type Texts [numEditions]string

// Match is a sentence that tells a Type: literal text from the message's
// beginning, an ellipsis standing for anything. Case, accents, quotes and
// dashes do not count. A Match that begins with an ellipsis is tried last.
type Match struct {
	Text     string
	Language string   // en, pt
	Outcome  Result   // what the sentence itself says, Unknown for nothing
	Also     []string // other Types whose page carries the sentence: it is no proof against them
	Weak     bool     // decides only when the sender is known to be the product
}

// Role is what a number in suid or spid stands for.
type Role uint8

// The roles.
const (
	NoRole           Role = iota
	UserRole              // id of the acting user
	TypeRole              // SUID message type
	NotificationRole      // unique id of the notification
	ProcessRole           // process id on the appliance
)

// Result is how something ended.
type Result uint8

// The results.
const (
	Unknown Result = iota
	Success
	Failure
)

// The alert kinds that the product names. Which Types belong to which is our
// reading.
const (
	AlertAuthentication     = "authentication"
	AlertRemoteLogin        = "remote_login"
	AlertServerFailure      = "server_failure"
	AlertPasswordExpiration = "password_expiration"
)

// OCSF is the class and activity of the Open Cybersecurity Schema Framework
// 1.8.0; class 0 is its base event.
type OCSF struct{ Class, Activity int }

// ECS is event.category and event.type of the Elastic Common Schema.
type ECS struct{ Category, Type string }

// Page is a set of the vendor's pages.
type Page uint8

// The pages.
const (
	SIEMPage          Page = 1 << iota // docs.senhasegura.io/docs/siem
	SyslogPage                         // docs.senhasegura.io/docs/monitoring-syslog
	NotificationsPage                  // docs.senhasegura.io/docs/administration-notification-options
	A2APage                            // docs.senhasegura.io/docs/siemsoar-integration-for-a2a-secrets-operations
	NoPage            Page = 0         // our own reading
)

// isA2A reports whether the Type is an operation on a secret by an application.
func (t *Type) isA2A() bool { return len(t.Actions) > 0 || strings.HasPrefix(t.Name, "a2a.") }

// ClassID returns the Device Event Class ID of events that came without one:
// the first number in the catalogue, else the name.
func (t *Type) ClassID() string {
	if len(t.IDs) > 0 {
		return t.IDs[0]
	}
	return t.Name
}

// Title returns the title in a language ("en", "pt") and edition ("3", "4"),
// or in the next best.
func (t *Type) Title(language, edition string) string {
	order := [...]Edition{EN4, EN3, PT}
	switch {
	case language == "pt":
		order = [...]Edition{PT, EN4, EN3}
	case edition == "3":
		order = [...]Edition{EN3, EN4, PT}
	}
	for _, ed := range order {
		if s := t.Titles[ed]; s != "" {
			return s
		}
		if s := t.Listed[ed]; s != "" {
			return s
		}
	}
	return t.Name
}

// resultNames are the values of attribute pam.outcome.
var resultNames = [...]string{"unknown", "success", "failure"}

// String returns the value of attribute pam.outcome.
func (r Result) String() string { return resultNames[r] }
