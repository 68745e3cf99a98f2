package audit

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

func TestTypes(t *testing.T) {
	if !slices.IsSortedFunc(Types[:], func(a, b Type) int { return cmp.Compare(a.Name, b.Name) }) {
		t.Error("Types are not sorted by name")
	}
	if _, err := NewCatalog(nil, Default); err != nil {
		t.Fatal(err)
	}
	classIDs := map[string]string{}
	ids, kinds, pages := map[string]bool{}, map[string]int{}, map[Page]int{}
	for i := range Types {
		typ := &Types[i]
		if other := classIDs[typ.ClassID()]; other != "" {
			t.Errorf("%s and %s have the class id %s", typ.Name, other, typ.ClassID())
		}
		classIDs[typ.ClassID()] = typ.Name
		for _, id := range typ.IDs {
			ids[id] = true
		}
		kinds[typ.Alert]++
		pages[typ.Source]++
		if typ.Severity == NoSeverity || typ.Doc == "" || typ.Source == NoPage || typ.Title("en", "4") == typ.Name || typ.Title("pt", "4") == typ.Name || typ.ECS == (ECS{}) {
			t.Errorf("%s lacks a severity, title, Doc, ECS or Source", typ.Name)
		}
		if !strings.HasSuffix(typ.Doc, ".") || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(typ.Doc[0])) {
			t.Errorf("%s: Doc is no sentence", typ.Name)
		}
		if typ.Shape != NoShape && typ.Parent == "" && len(typ.Match) == 0 && typ.SUID == 0 {
			t.Errorf("%s has a Shape and nothing that tells it", typ.Name)
		}
	}
	for _, kind := range alerts[1:] {
		if kinds[kind] == 0 {
			t.Errorf("no type has the alert kind %s", kind)
		}
	}
	if len(ids) != 121 {
		t.Errorf("%d catalogue numbers, want 121", len(ids))
	}
	// 28 messages and 2 of the SUID table, 12 notifications, 6 A2A operations.
	if n := pages[SIEMPage] + pages[SIEMPage|SyslogPage]; n != 30 || pages[NotificationsPage] != 12 || pages[A2APage] != 6 {
		t.Errorf("pages: %v", pages)
	}
}

// Evidence that speaks for more than one Type is written down here as well as
// in the table, so that nobody adds some unawares.
func TestSharedEvidence(t *testing.T) {
	var got []string
	suids := map[int][]string{}
	for i := range Types {
		typ := &Types[i]
		if typ.SUID != 0 {
			suids[typ.SUID] = append(suids[typ.SUID], typ.Name)
		}
		for _, m := range typ.Match {
			if len(m.Also) > 0 {
				got = append(got, strconv.Quote(m.Text)+" is "+typ.Name+", and is printed for "+strings.Join(m.Also, ", "))
			}
			if m.Weak {
				got = append(got, strconv.Quote(m.Text)+" is "+typ.Name+" from the product alone")
			}
		}
	}
	for _, suid := range []int{8, 9, 15, 17, 153, 164} {
		line := "SUID " + strconv.Itoa(suid) + " is " + strings.Join(suids[suid], ", ")
		if other := Builtin().byID[strconv.Itoa(suid)]; other != nil {
			line += "; the catalogue's number is " + other.Name
		}
		got = append(got, line)
		delete(suids, suid)
	}
	if len(suids) > 0 {
		t.Errorf("other SUIDs: %v", suids)
	}
	want := strings.TrimSpace(`
"An audited command has been detected! Action: Notification sent and command allowed" is command.allowed, and is printed for command.blocked
"An audited command was detected! Action: Command notified and allowed" is command.allowed, and is printed for command.blocked
"Um comando auditado foi detectado! Ação: Comando notificado e permitido" is command.allowed, and is printed for command.blocked
"Password … changed by user " is credential.password.changed, and is printed for credential.password.viewed
"Password … changed by the user " is credential.password.changed, and is printed for credential.password.viewed
"Senha … alterada pelo " is credential.password.changed, and is printed for credential.password.viewed
"Access to … detected" is protected_information.viewed, and is printed for access_request.denied
"Information … viewed" is protected_information.viewed, and is printed for access_request.denied
"Informação … visualizada" is protected_information.viewed, and is printed for access_request.denied
"Session terminated for " is session.ended, and is printed for credential.password.rotated
"Session ended for " is session.ended, and is printed for credential.password.rotated, session.started
"Sessão finalizada para " is session.ended, and is printed for credential.password.rotated, session.started
SUID 8 is connectivity.changed, connectivity.lost, connectivity.restored; the catalogue's number is connectivity.lost
SUID 9 is credential.password.rotated; the catalogue's number is connectivity.restored
SUID 15 is backup.completed; the catalogue's number is access_request.denied
SUID 17 is credential.password.changed; the catalogue's number is session.ended
SUID 153 is session.changed, session.ended, session.started
SUID 164 is credential.password.viewed
`)
	want = strings.Replace(want, `"Password …`, `"Successfully authenticated" is authentication.message from the product alone
"Autenticado com sucesso" is authentication.message from the product alone
"Password …`, 1)
	want = sortedByType(want)
	if got := sortedByType(strings.Join(got, "\n")); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func sortedByType(lines string) string {
	s := strings.Split(lines, "\n")
	slices.Sort(s)
	return strings.Join(s, "\n")
}

// A sentence that the vendor's page prints for another Type is marked at both.
func TestCopiedMessages(t *testing.T) {
	for i := range Types {
		typ := &Types[i]
		for ed, msg := range typ.Messages {
			if msg == "" {
				continue
			}
			s, _ := Builtin().sentences.find(msg)
			if s == nil {
				t.Errorf("%s: %q is no sentence", typ.Name, msg)
				continue
			}
			marked := slices.Contains(typ.Copied, Edition(ed))
			if marked != (s.typ != typ) || marked != slices.Contains(s.Also, typ.Name) {
				t.Errorf("%s: %q is the sentence of %s", typ.Name, msg, s.typ.Name)
			}
		}
	}
}

func TestTerms(t *testing.T) {
	key := regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	name := regexp.MustCompile(`^[!#-<>-\\^-~]{1,32}$`) // SD-NAME, RFC 5424 section 6
	label := regexp.MustCompile(`^[^|=\r\n]+$`)
	rows := Terms[DestinationAddress:]
	if !slices.IsSortedFunc(rows, func(a, b Term) int { return cmp.Compare(a.Attr, b.Attr) }) {
		t.Error("Terms are not sorted by attribute")
	}
	seen := map[string]string{}
	once := func(vocabulary, name, attr string) {
		if name == "" {
			return
		}
		if other := seen[vocabulary+" "+name]; other != "" {
			t.Errorf("%s: %s and %s are both %q", vocabulary, other, attr, name)
		}
		seen[vocabulary+" "+name] = attr
	}
	for i := range rows {
		r := &rows[i]
		once("attribute", r.Attr, r.Attr)
		once("SD-PARAM", r.Param, r.Attr)
		once("A2A", r.A2A, r.Attr)
		once("JSON", r.JSON, r.Attr)
		for _, k := range append([]string{r.CEF}, r.Aliases...) {
			once("CEF", k, r.Attr)
			if k != "" && !key.MatchString(k) {
				t.Errorf("%s: %q is no CEF key", r.Attr, k)
			}
		}
		for _, l := range append([]string{r.Label}, r.Labels...) {
			once("label", l, r.Attr)
			if !label.MatchString(l) {
				t.Errorf("%s: %q is no label", r.Attr, l)
			}
		}
		if !name.MatchString(r.Param) {
			t.Errorf("%s: %q is no SD-NAME", r.Attr, r.Param)
		}
		if r.Standard != "" && cef.Lookup(r.Standard) == nil {
			t.Errorf("%s: %q is not in the CEF dictionary", r.Attr, r.Standard)
		}
		if !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("%s: Doc is no sentence", r.Attr)
		}
		if id := TermID(i) + DestinationAddress; Attributes.Lookup(r.Attr) != id || ParamKeys.Lookup(r.Param) != id || CEFKeys.Lookup(r.CEF) != id && r.CEF != "" {
			t.Errorf("%s is not found by its own names", r.Attr)
		}
	}
	if !slices.IsSortedFunc(Words[:], func(a, b Word) int { return cmp.Compare(a.Attr, b.Attr) }) {
		t.Error("Words are not sorted by attribute")
	}
	for _, w := range Words {
		once("attribute", w.Attr, w.Attr)
	}
}

func TestRepairTable(t *testing.T) {
	seen := map[string]bool{}
	for i, r := range RepairTable {
		if r.Name == "" || seen[r.Name] || !strings.HasSuffix(r.Doc, ".") {
			t.Errorf("repair %d: %q is a bad name, or Doc no sentence", i, r.Name)
		}
		seen[r.Name] = true
		if got := ParseRepairs(Repairs(1 << i).String()); got != 1<<i {
			t.Errorf("%s is read back as %s", r.Name, got)
		}
	}
}

func TestTitle(t *testing.T) {
	f := func(want, name, language, edition string) {
		t.Helper()
		if got := Builtin().ByName(name).Title(language, edition); got != want {
			t.Errorf("%s %s %s: %q, want %q", name, language, edition, got, want)
		}
	}
	f("Exchange performed", "credential.password.rotated", "en", "3")
	f("Exchange Executed", "credential.password.rotated", "en", "4")
	f("Troca executada", "credential.password.rotated", "pt", "3")
	f("Exchange Executed", "credential.password.rotated", "", "")
	f("New senhasegura.go version", "epm.version.available", "en", "3")
	f("New EPM version", "epm.version.available", "en", "4")
	f("Password daily summary", "credential.daily_summary", "pt", "4")
	f("Loss / Recovered Connectivity", "connectivity.changed", "en", "4")
}

func TestNewCatalog(t *testing.T) {
	c, err := NewCatalog([]Type{
		{Name: "site.door.opened", IDs: []string{"9001"}, Titles: Texts{EN4: "Door opened"}, Severity: Warning, Match: []Match{{Text: "Door … opened", Language: "en"}}},
		{Name: "session.started", Titles: Texts{EN4: "Session Begun"}, Severity: Critical},
	}, Default)
	if err != nil {
		t.Fatal(err)
	}
	f := func(want string, e *Event) {
		t.Helper()
		c.Classify(e)
		if got := verdict(e) + " " + e.Severity.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f("site.door.opened by name warning", event("MT4||door  OPENED.|"))
	f("site.door.opened by class_id alert", event("MT4|9001||9"))
	f("site.door.opened by text warning", event("", "msg=Door 7 opened"))
	f("session.started by name critical", event("MT4||Session Begun|"))
	f("unknown ", event("MT4||Session Started|"))
	if len(c.types) != len(Types)+1 || c.ByName("session.started").Severity != Critical || c.ByName("none") != nil {
		t.Error("the site's rows are not in the catalog")
	}
}

func TestNewCatalogErrors(t *testing.T) {
	f := func(want string, rows ...Type) {
		t.Helper()
		c, err := NewCatalog(rows, Default)
		if err == nil || c != nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	f(`type "Door": name: must be 1 to 32 bytes of a to z, 0 to 9 and _, in words joined by dots`, Type{Name: "Door"})
	f(`type "": name: must be 1 to 32 bytes of a to z, 0 to 9 and _, in words joined by dots`, Type{})
	f(`type "x.": name: must be 1 to 32 bytes of a to z, 0 to 9 and _, in words joined by dots`, Type{Name: "x."})
	f(`type "x": name: another row has it; leave one out`, Type{Name: "x"}, Type{Name: "x"})
	f(`type "x": ids: "16" is taken by type "session.started"; leave it out, or give a row of that name`, Type{Name: "x", IDs: []string{"16"}})
	f(`type "x": ids: "a|b" must be digits and dots`, Type{Name: "x", IDs: []string{"a|b"}})
	f(`type "x": titles: "backup" is taken by type "backup.completed"; leave it out, or give a row of that name`, Type{Name: "x", Titles: Texts{EN3: "BACKUP"}})
	f(`type "x": suid: "164" is taken by type "credential.password.viewed"; leave it out, or give a row of that name`, Type{Name: "x", SUID: 164})
	f(`type "x": match: "ab": the beginning must have 4 to 96 bytes; begin with … when the sentence has none`, Type{Name: "x", Match: []Match{{Text: "ab"}}})
	f(`type "x": match: "": the beginning must have 4 to 96 bytes; begin with … when the sentence has none`, Type{Name: "x", Match: []Match{{}}})
	f(`type "x": match: "Door … Opened": what stands behind … must be lower-case ASCII without quotes and dashes`, Type{Name: "x", Match: []Match{{Text: "Door … Opened"}}})
	f(`type "x": match: "backup sent to server …" is taken by type "backup.completed"; leave it out, or give a row of that name`, Type{Name: "x", Match: []Match{{Text: "Backup sent to server "}}})
	f(`type "x": match: also: "y" is no type`, Type{Name: "x", Match: []Match{{Text: "Door opened", Also: []string{"y"}}}})
	f(`type "x": parent: "y" must be a type without a parent of its own`, Type{Name: "x", Parent: "y"})
	f(`type "x": alert: must be one of authentication, remote_login, server_failure, password_expiration`, Type{Name: "x", Alert: "fire"})
	f(`type "x": severity: must be emergency, alert, critical, error, warning, notice, info or debug`, Type{Name: "x", Severity: 9})
	f(`type "x": actions: "rotate" is taken by type "a2a.secret.rotated"; leave it out, or give a row of that name`, Type{Name: "x", Actions: []string{"rotate"}})
	f(`type "x": keys: 0 is no Term`, Type{Name: "x", Keys: []TermID{0}})
	if _, err := ParsePrecedence("suid"); err == nil || err.Error() != `"suid" is not one of default, suid_first` {
		t.Error(err)
	}
	if p, err := ParsePrecedence("suid_first"); err != nil || p != SUIDFirst || p.String() != "suid_first" {
		t.Error(p, err)
	}
}
