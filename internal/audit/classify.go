package audit

import "strings"

// The types that Classify itself speaks of.
const (
	a2aOperation   = "a2a.operation"
	sessionChanged = "session.changed"
)

// Classify finds the event's type and adds what the type says of the event:
// Type, Evidence, Conflict and Severity are set, Derived fields and those that
// only the message text holds are appended, and nothing else is touched.
// Doing it twice is doing it once.
func (c *Catalog) Classify(e *Event) {
	e.Type, e.Evidence, e.Conflict = nil, NoEvidence, nil
	e.Severity = e.SourceSeverity()
	if e.Source.IsForeign() {
		return // another product's line: its numbers and names mean something else
	}
	d := decision{e: e}
	c.decide(&d)
	if d.best == nil {
		return
	}
	e.Type, e.Evidence, e.Conflict = d.best, d.evidence, d.conflict
	if e.Severity == NoSeverity {
		e.Severity = e.Type.Severity
	}
	d.extract()
	d.derive()
}

// decision is one event on its way through Classify.
type decision struct {
	e        *Event
	best     *Type
	evidence Evidence
	conflict *Type
	sentence *sentence // that the message text is
	rival    *sentence // that it is when a part of a name is none
	robot    int       // number of the acting asynchronous script
	suid     *Type     // whose message type suid carries
	spoken   bool      // the product's own keys or words are there, so suid is the product's
}

// consider hears a piece of evidence, best first. Evidence for a Type and its
// Parent speaks for the Type; other evidence is a conflict.
func (d *decision) consider(t *Type, ev Evidence) {
	switch {
	case t == nil || t == d.best || d.best != nil && d.best.Parent == t.Name:
	case d.best == nil, t.Parent == d.best.Name:
		d.best, d.evidence = t, ev
	case d.conflict == nil:
		d.conflict = t
	}
}

// decide asks every witness in the order of their credit.
func (c *Catalog) decide(d *decision) {
	e := d.e
	if e.Source.isA2A() {
		d.consider(c.a2a(e), ByMarker)
		return
	}
	ours := isOurs(&e.Source)
	text := e.Text(Message)
	if text != "" {
		d.sentence, d.rival = c.sentences.find(text)
	}
	if d.sentence != nil && d.sentence.Weak && !ours {
		d.sentence, d.rival = nil, nil
	}
	d.robot = robotID(e.Text(UserFullName))
	d.spoken = ours || e.Has(SPID) || d.robot != 0
	if c.precedence == SUIDFirst {
		d.considerSUID(c.suidType(e))
	}
	d.consider(c.named(&e.Source, ours), ByName)
	id := c.byID[e.Source.ClassID]
	dotted := id != nil && !isShort(e.Source.ClassID)
	if dotted {
		d.consider(id, ByClassID)
	}
	d.considerText(c)
	if d.sentence == nil && ours && text != "" && e.Source.Name == "" {
		d.consider(c.titled(text), ByText)
	}
	if d.best == nil {
		if t := c.suidType(e); t != nil && d.carriesType(t) {
			d.considerSUID(t)
		}
	}
	if id != nil && !dotted && e.Source.Vendor != "" && c.bySUID[e.Source.ClassID] == nil {
		d.consider(id, ByClassID)
	}
	if e.hasA2AKeys() { // which a user can write into any text that is read as keys
		d.consider(c.a2a(e), ByMarker)
	}
}

// considerText hears the message text. Where the vendor's page prints the
// sentence for other Types too, the SUID, the robot or the request's labels
// can outvote it.
func (d *decision) considerText(c *Catalog) {
	s := d.sentence
	if s == nil {
		return
	}
	for _, name := range s.Also {
		switch t := c.byName[name]; {
		case t == c.suidType(d.e) && t.SUID != s.typ.SUID && d.unsigned(t):
			d.suid = t
			d.consider(t, BySecondVote)
		case t.Robot != 0 && t.Robot == d.robot, t.Shape == Decision && hasLabels(d.e):
			d.consider(t, BySecondVote)
		}
	}
	d.consider(s.typ, ByText)
	if d.rival != nil {
		d.consider(d.rival.typ, ByText)
	}
}

// hasLabels reports whether the event carries the labelled fields of an
// access request.
func hasLabels(e *Event) bool {
	n := 0
	for _, t := range [...]TermID{RequestChangeID, RequestValidityStart, RequestValidityEnd, RequestApprover, RequestRequester} {
		if e.Has(t) {
			n++
		}
	}
	return n >= 2
}

// unsigned reports whether suid can be a message type, which stands where no
// person signs: the vendor's pages have suser "Not applicable" there. A
// decision that was made before is kept.
func (d *decision) unsigned(t *Type) bool {
	if f := d.e.Field(MessageType); f != nil && f.IsNum && f.Num == int64(t.SUID) {
		return true
	}
	return d.robot != 0 || !d.e.Has(UserName)
}

// carriesType reports whether suid is the message type of t rather than the id
// of a user, who may well have one of these numbers. requestMethod and spriv
// are keys of the syslog page's form, in which suid is always a user. Only the
// messages about sessions have a message type and suser; they have a target
// too.
func (d *decision) carriesType(t *Type) bool {
	e := d.e
	switch {
	case e.Has(RequestMethod) || e.Has(UserPrivilege):
		return false
	case d.unsigned(t):
		return t.Robot == 0 || d.robot != 0 || !e.Has(UserFullName)
	}
	return t.Name == sessionChanged && !e.Has(Action) &&
		e.Has(DestinationAddress) && e.Has(CredentialUsername)
}

// a2a returns the type of an A2A operation.
func (c *Catalog) a2a(e *Event) *Type {
	var buf [maxFolded]byte
	n, _ := fold(&buf, e.Text(A2AAction), maxFolded)
	for i := range buf[:n] {
		if buf[i] == '-' || buf[i] == ' ' || buf[i] == '.' {
			buf[i] = '_'
		}
	}
	if t := c.byAction[string(verb(buf[:n]))]; t != nil {
		return t
	}
	return c.byName[a2aOperation]
}

// verb cuts what was acted on from an action: secret_retrieval is retrieval,
// and so is retrieval of a credential.
func verb(action []byte) []byte {
	for _, noun := range [...]string{"secret", "credential"} {
		n := len(noun) + 1
		switch {
		case len(action) <= n:
		case string(action[:n-1]) == noun && action[n-1] == '_':
			return action[n:]
		case string(action[len(action)-n+1:]) == noun && action[len(action)-n] == '_':
			return action[:len(action)-n]
		}
	}
	return nil
}

// isOurs reports whether the header names the product. Any Device Vendor will
// do, since Classify has sent the foreign ones away.
func isOurs(s *Source) bool {
	return s.Vendor != "" || strings.EqualFold(s.App, Product) || strings.EqualFold(s.App, "segura")
}

// named returns the type that the event's Name is a title of, or that our own
// MSGID names.
func (c *Catalog) named(s *Source, ours bool) *Type {
	if s.Name != "" {
		return c.titled(s.Name)
	}
	if ours && s.MsgID != "" {
		return c.byName[s.MsgID]
	}
	return nil
}

func (c *Catalog) titled(s string) *Type {
	var buf [maxFolded]byte
	if title, ok := foldTitle(&buf, s); ok {
		return c.byTitle[string(title)]
	}
	return nil
}

// isShort reports whether a class id is one of the catalogue's plain numbers,
// which other numberings share.
func isShort(id string) bool {
	return len(id) <= 3 && !strings.Contains(id, ".")
}

// considerSUID hears suid, if it is the product's: audit records of other
// systems have the key too.
func (d *decision) considerSUID(t *Type) {
	if t != nil && d.spoken {
		d.suid = t
		d.consider(t, BySUID)
	}
}

// suidType returns the type that suid is the message type of, if it is one.
func (c *Catalog) suidType(e *Event) *Type {
	if f := e.Field(SUID); f != nil && len(f.Text) <= 3 {
		return c.bySUID[f.Text]
	}
	return nil
}

// robotID returns the number of the asynchronous script that a full name is,
// 0 when it is a person's: "Asynchronous Script: 8", "Asynchronous Script9",
// "Script Assíncrono: 8".
func robotID(name string) int {
	n, scale, i := 0, 1, len(name)
	for ; i > 0 && name[i-1]-'0' <= 9; i-- {
		if scale > 1e8 {
			return 0
		}
		n += int(name[i-1]-'0') * scale
		scale *= 10
	}
	if i == len(name) || i > maxFolded {
		return 0
	}
	var buf [maxFolded]byte
	if fold(&buf, name, 2); string(buf[:2]) != "as" && string(buf[:2]) != "sc" {
		return 0 // so it goes for nearly all names
	}
	title, _ := foldTitle(&buf, strings.TrimRight(name[:i], ": "))
	switch string(title) {
	case "asynchronous script", "script assincrono":
		return n
	}
	return 0
}
