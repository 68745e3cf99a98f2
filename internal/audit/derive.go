package audit

import (
	"bytes"
	"strings"
)

// derive appends what the type says of the event.
func (d *decision) derive() {
	e, t := d.e, d.best
	d.deriveSUID()
	d.deriveSPID()
	if d.robot != 0 {
		e.addNew(Field{Term: RobotID, Num: int64(d.robot), IsNum: true})
	}
	if len(t.IDs) > 0 {
		e.addNew(Field{Term: CatalogueID, Text: t.id(e.Source.ClassID)})
	}
	if t.Alert != "" {
		e.addNew(Field{Term: AlertCategory, Text: t.Alert})
	}
	e.addNew(Field{Term: Outcome, Text: d.outcome().String()})
}

// id returns the catalogue number that classID spells, else the first.
func (t *Type) id(classID string) string {
	for _, id := range t.IDs[1:] {
		if len(classID) >= len(id)-1 && (classID == id || classID == strings.Replace(id, ".", "", 1)) {
			return id
		}
	}
	return t.IDs[0]
}

// deriveSUID appends what suid says. The number of the type itself is a
// message type whatever the page calls it.
func (d *decision) deriveSUID() {
	f, t := d.e.Field(SUID), d.best
	if f == nil {
		return
	}
	suid := *f
	n, ok := number(&suid)
	role := t.SUIDRole
	switch {
	case ok && (t.SUID != 0 && n == int64(t.SUID) || d.suid != nil && n == int64(d.suid.SUID)):
		role = TypeRole
	case role == TypeRole && d.robot == 0 && d.e.Has(UserName):
		role = UserRole // the syslog page's form
	case role == TypeRole:
		role = NoRole
	}
	d.addRole(role, &suid)
}

// deriveSPID appends what spid says.
func (d *decision) deriveSPID() {
	f := d.e.Field(SPID)
	if f == nil {
		return
	}
	spid, role := *f, d.best.SPIDRole
	if p := d.e.Source.ProcID; p != "" && same(&spid, &Field{Text: p}) {
		role = ProcessRole
	}
	if suid := d.e.Field(SUID); role == TypeRole && suid != nil && same(suid, &spid) {
		return // suid says it
	}
	d.addRole(role, &spid)
}

// addRole appends the Derived field that a role stands for.
func (d *decision) addRole(role Role, f *Field) {
	term := roleTerms[role]
	if term == TermUnknown || d.e.Has(term) {
		return
	}
	switch n, ok := number(f); {
	case term.Row().Kind != Int:
		d.e.Add(Field{Term: term, Text: f.String()})
	case ok:
		d.e.Add(Field{Term: term, Num: n, IsNum: true})
	case role == NotificationRole && f.Text != "":
		d.e.Add(Field{Term: term, Text: f.Text})
	}
}

// roleTerms are the Terms that the roles of suid and spid stand for.
var roleTerms = [...]TermID{UserRole: UserID, TypeRole: MessageType, NotificationRole: NotificationID, ProcessRole: ProcessID}

// number returns the value of f as a number.
func number(f *Field) (int64, bool) {
	if f.IsNum {
		return f.Num, true
	}
	return ParseInt(f.Text)
}

// same reports whether f and g have the same value.
func same(f, g *Field) bool {
	n, ok := number(f)
	m, also := number(g)
	return ok && also && n == m || !ok && !also && f.Text == g.Text
}

// outcome returns how it ended. A Name that is no title of the type and speaks
// of failure takes a success away.
func (d *decision) outcome() Result {
	r := d.result()
	if r == Success && d.evidence != ByName && saysFailure(d.e.Source.Name) {
		return Unknown
	}
	return r
}

// result returns how it ended: by the A2A status, by the sentence, by the
// type.
func (d *decision) result() Result {
	if f := d.e.Field(A2AStatus); f != nil && d.best.isA2A() {
		return statusResult(f.Text)
	}
	if s := d.sentence; s != nil && s.Outcome != Unknown && (s.typ == d.best || s.typ.Parent != "" && s.typ.Parent == d.best.Parent) {
		return s.Outcome
	}
	return d.best.Outcome
}

// saysFailure reports whether a Name has a word that begins like one for
// failure.
func saysFailure(name string) bool {
	if name == "" {
		return false
	}
	var buf [maxFolded]byte
	n, _ := fold(&buf, name, maxFolded)
	for i := range n {
		if i > 0 && buf[i-1]-'a' < 26 {
			continue
		}
		for _, word := range failureWords {
			if buf[i] == word[0] && bytes.HasPrefix(buf[i:n], []byte(word)) {
				return true
			}
		}
	}
	return false
}

// failureWords are the beginnings of the words for failure in a Name.
var failureWords = [...]string{"fail", "error", "denied", "denial", "reject", "refus", "invalid", "unsuccess", "falh", "erro", "negad", "rejeit", "recus", "reprov"}

// statusResult reads the status of an A2A operation, an open set.
func statusResult(status string) Result {
	for _, w := range statusWords {
		if strings.EqualFold(status, w.word) {
			return w.result
		}
	}
	return Unknown
}

// statusWords are the words for success and failure. Only success is
// published.
var statusWords = [...]struct {
	word   string
	result Result
}{
	{"success", Success}, {"successful", Success}, {"succeeded", Success}, {"ok", Success},
	{"allowed", Success}, {"granted", Success}, {"approved", Success}, {"completed", Success}, {"sucesso", Success},
	{"failure", Failure}, {"failed", Failure}, {"fail", Failure}, {"error", Failure}, {"denied", Failure},
	{"blocked", Failure}, {"rejected", Failure}, {"forbidden", Failure}, {"unauthorized", Failure},
	{"timeout", Failure}, {"expired", Failure}, {"falha", Failure}, {"erro", Failure}, {"negado", Failure},
}
