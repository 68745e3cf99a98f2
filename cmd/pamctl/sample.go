package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// sample is one made-up event, ready to be rendered.
type sample struct {
	kind                     *audit.Type
	edition                  audit.Edition
	product, version, sender string
	pri, pid                 int
	id, title, msg           string
	pairs                    []pair
}

type pair struct{ key, value string }

// person is somebody who acts.
type person struct {
	id          int
	login, name string
}

// people have names that escapes, quotes and character sets stumble over, and
// ids that are message types (SUID) as well.
var people = []person{
	{42, "stlee", "Stephen Lee"},
	{57, "jsilva", "José da Silva"},
	{153, "conceicao", "Conceição d’Ávila"},
	{8, `CORP\lwest`, "Leia West"},
	{15, "lukasz", "Łukasz Żółć"},
	{1024, "xiaolong", "李小龍"},
	{2048, "o'brien", `Miles "Chief" O'Brien`},
	{4096, "svc=backup", "Service | Backup = night"},
}

// devices are targets: a name and an address.
var devices = [][2]string{
	{"localhost", "127.0.0.1"},
	{"win2012", "192.168.10.156"},
	{"db01.example.com", "10.20.30.40"},
	{"são-paulo-01", "172.16.148.162"},
	{"core-router", "2001:db8:0:1::17"},
}

var accounts = []string{"root", "srv_admin", `CORP\administrator`, "cqss", "usuário.técnico"}

// sample makes up an event of a type in an edition.
func (s *simulator) sample(t *audit.Type, ed audit.Edition) *sample {
	e := &sample{kind: t, edition: ed, pid: 1000 + s.rand.IntN(30000)}
	e.product, e.version, e.sender = "Segura", "4.0.0-12", pick(s, "segura-01", "cofre-01")
	if ed == audit.EN3 {
		e.product, e.version, e.sender = "senhasegura", "3.27.0-4", pick(s, "vm-andrew-dev", "192.0.2.7")
	}
	severity, _ := t.Severity.Syslog()
	e.pri = 1*8 + int(severity)
	if len(t.IDs) > 0 {
		e.id = t.IDs[s.rand.IntN(len(t.IDs))]
	}
	e.title = t.Titles[ed]
	if e.title == "" || s.rand.IntN(4) == 0 && t.Listed[ed] != "" {
		e.title = t.Listed[ed]
	}
	s.fill(e)
	return e
}

// severity is the CEF Severity, now and then as a word.
func (e *sample) severity(s *simulator) string {
	severity, _ := e.kind.Severity.Syslog()
	if severity == 4 && s.rand.IntN(4) == 0 {
		return "Medium" // 6
	}
	return strconv.Itoa(10 - int(severity))
}

// fill gives e the keys that are documented for its type.
func (s *simulator) fill(e *sample) {
	who, device, account := people[s.rand.IntN(len(people))], devices[s.rand.IntN(len(devices))], accounts[s.rand.IntN(len(accounts))]
	if text := e.kind.Messages[e.edition]; text != "" {
		e.msg = retell(text, who, device, account)
	}
	for _, id := range e.kind.Keys {
		t := id.Row()
		value := s.value(e, id, who, device, account)
		if value == "" && id != audit.UserName {
			continue
		}
		switch {
		case t.CEF == "" && t.Slot == "cs6" && s.rand.IntN(2) == 0: // as the vendor's pages print it
			e.add("Cs6", e.label(t))
			e.add("Cs7", value)
		case t.CEF == "":
			e.add(t.Slot+"Label", e.label(t))
			e.add(t.Slot, value)
		case len(t.Aliases) > 0 && s.rand.IntN(3) == 0:
			e.add(t.Aliases[s.rand.IntN(len(t.Aliases))], value)
		default:
			e.add(t.CEF, value)
		}
	}
	if s.rand.IntN(16) == 0 {
		e.add("act", pick(s, "Incident", "Incidente")) // a second act, as for the master key
	}
}

func (e *sample) add(key, value string) { e.pairs = append(e.pairs, pair{key, value}) }

// label returns a label of a custom slot, in the edition's language where it
// is translated.
func (e *sample) label(t *audit.Term) string {
	if e.edition == audit.PT && len(t.Labels) > 0 {
		return t.Labels[len(t.Labels)-1]
	}
	return t.Label
}

// value makes up the value of a key; "" leaves the key away.
func (s *simulator) value(e *sample, id audit.TermID, who person, device [2]string, account string) string {
	switch id {
	case audit.Message:
		return e.msg
	case audit.SUID:
		return strconv.Itoa(s.numbered(e, e.kind.SUIDRole, who))
	case audit.SPID:
		return strconv.Itoa(s.numbered(e, e.kind.SPIDRole, who))
	case audit.UserName:
		if e.kind.Robot != 0 {
			return pick(s, "", "Not applicable", "Não se aplica")
		}
		return who.login
	case audit.UserFullName:
		if e.kind.Robot != 0 {
			return pick(s, "Asynchronous Script: ", "Script Assíncrono: ", "Asynchronous Script") + strconv.Itoa(e.kind.Robot)
		}
		return who.name
	case audit.DestinationAddress:
		return device[1]
	case audit.TargetHost:
		return device[0]
	case audit.CredentialUsername:
		return account
	case audit.Action:
		return s.action(e)
	}
	if values := samples[id]; len(values) > 0 {
		return values[s.rand.IntN(len(values))]
	}
	return strconv.Itoa(1 + s.rand.IntN(99999))
}

// numbered makes up what suid and spid hold.
func (s *simulator) numbered(e *sample, role audit.Role, who person) int {
	switch {
	case role == audit.UserRole:
		return who.id
	case role == audit.TypeRole && e.kind.SUID != 0:
		return e.kind.SUID
	case role == audit.ProcessRole:
		return e.pid
	}
	return 80000 + s.rand.IntN(9999)
}

// action is the title, or now and then a long value.
func (s *simulator) action(e *sample) string {
	if s.rand.IntN(12) == 0 {
		return strings.Repeat("a long value, with an é in it; ", 8+s.rand.IntN(60)) + "end"
	}
	if s.rand.IntN(6) == 0 {
		return "first line\nsecond line, a=b|c \\ d"
	}
	return e.title
}

// samples are values of keys that are no plain number.
var samples = map[audit.TermID][]string{
	audit.RequestMethod:          {"POST", "GET"},
	audit.Module:                 {"Backup", "Master Key", "Report Scheduling"},
	audit.UserPrivilege:          {"Administrator", "Administrador", "User", ""},
	audit.SourceAddress:          {"192.168.20.10", "2001:db8::25"},
	audit.OriginAddress:          {"172.16.148.162", "2001:db8::26"},
	audit.DeviceAddress:          {"192.168.20.30"},
	audit.DestinationPort:        {"22", "3389", "Not applicable"},
	audit.ProcessName:            {"master_key_guardian"},
	audit.GeoCountry:             {"Brazil"},
	audit.GeoState:               {"Sao Paulo", "São Paulo"},
	audit.GeoCity:                {"Taboao da Serra"},
	audit.GeoLatitude:            {"-23.6019"},
	audit.GeoLongitude:           {"-46.7526"},
	audit.MasterKeyPartsNeeded:   {"3"},
	audit.MasterKeyPartsSent:     {"2", "3"},
	audit.RequestChangeID:        {"CHG-1877", "GMUD 42"},
	audit.RequestValidityStart:   {"2017-01-19 10:41:00"},
	audit.RequestValidityEnd:     {"2017-01-19 11:41:00"},
	audit.RequestApprover:        {"Administrator", "José da Silva"},
	audit.RequestRequester:       {"Stephen Lee", "Maria da Conceição"},
	audit.RequestAction:          {"View password", "Visualizar senha"},
	audit.FileInitialChecksum:    {"f5751777b74f8e2f2…"},
	audit.FileFinalChecksum:      {"284f1555574548901…"},
	audit.ScheduleUser:           {"John Doe"},
	audit.ScheduleName:           {"My schedule", "Minha agenda"},
	audit.ScheduleAddedReports:   {"Settings ➔ Authentication ➔ Providers", "None"},
	audit.ScheduleRemovedReports: {"None", "Nenhum"},
	audit.ScheduleAddedUsers:     {"jdoe - John Doe"},
	audit.ScheduleRemovedUsers:   {"None"},
}

// retell puts the event's own people and devices into a documented sentence.
func retell(text string, who person, device [2]string, account string) string {
	return strings.NewReplacer(
		"(stlee)", "("+who.login+")", "(jsilva)", "("+who.login+")",
		"user stlee", "user "+who.login, "user jsilva", "user "+who.login, "usuário jsilva", "usuário "+who.login,
		"Stephen Lee", who.name, "Jose da Silva", who.name, "José da Silva", who.name,
		"localhost (127.0.0.1)", device[0]+" ("+device[1]+")",
		"- root", "- "+account, "- srv_admin", "- "+account,
		"win2012", device[0], "192.168.10.156", device[1],
	).Replace(text)
}

// secret makes up the pairs of an operation on a secret.
func (s *simulator) secret(e *sample, app string) []pair {
	pairs := []pair{
		{app, pick(s, "svc-web", "svc-batch", "pipeline-7")},
		{"action", s.literal(e.kind)},
		{"secret_id", fmt.Sprintf("db-prod-%d", s.rand.IntN(500))},
		{"status", pick(s, "success", "success", "success", "failure", "denied")},
		{"user", "svc-web01"},
		{"ip", pick(s, "10.1.2.3", "2001:db8::17")},
	}
	if app == "appid" {
		pairs = slices.Insert(pairs, 1, pair{"role", "prod-access"})
	}
	return pairs
}

// literal returns an action of t; an operation that no page names has one of
// its own.
func (s *simulator) literal(t *audit.Type) string {
	if len(t.Actions) == 0 {
		return pick(s, "secret_escrow", "vault_unsealed")
	}
	return pick(s, "secret_", "credential_") + t.Actions[s.rand.IntN(len(t.Actions))]
}

// pick returns one of the values.
func pick(s *simulator, values ...string) string { return values[s.rand.IntN(len(values))] }

// The escapes of each form, written here a second time on purpose.
var (
	cefHeader  = strings.NewReplacer(`\`, `\\`, `|`, `\|`, "\n", " ")
	cefValue   = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\n", `\n`)
	quoted     = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	jsonString = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	plain      = strings.NewReplacer("\n", " ")
)
