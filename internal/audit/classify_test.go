package audit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// event makes an Event of a header and fields. The header is the CEF header
// from Device Vendor on without product and version, "MT4|16|Session
// Started|5", or an APP-NAME; a field is a CEF key or an attribute, =, and
// the value.
func event(header string, fields ...string) *Event {
	e := new(Event)
	if parts := strings.Split(header, "|"); len(parts) == 4 {
		e.Source.Vendor, e.Source.ClassID, e.Source.Name, e.Source.CEFSeverity = parts[0], parts[1], parts[2], parts[3]
	} else {
		e.Source.App = header
	}
	for _, f := range fields {
		key, value, _ := strings.Cut(f, "=")
		term := CEFKeys.Lookup(key)
		if term == TermUnknown {
			term = Attributes.Lookup(key)
		}
		if term == TermUnknown {
			panic(key)
		}
		field := Field{Term: term, Text: value}
		if n, err := strconv.ParseInt(value, 10, 64); err == nil && term.Row().Kind == Int {
			field = Field{Term: term, Num: n, IsNum: true}
		}
		e.Add(field)
	}
	return e
}

// verdict is what Classify decided, in words.
func verdict(e *Event) string {
	if e.Type == nil {
		return "unknown"
	}
	s := e.Type.Name + " by " + e.Evidence.String()
	if e.Conflict != nil {
		s += ", not " + e.Conflict.Name
	}
	return s
}

// added lists the fields from the nth on, attribute=value.
func added(e *Event, n int) string {
	var out []string
	for _, f := range e.Fields[n:] {
		out = append(out, f.Term.Row().Attr+"="+f.String())
	}
	return strings.Join(out, "; ")
}

func TestDecisionOrder(t *testing.T) {
	f := func(want, header string, fields ...string) {
		t.Helper()
		e := event(header, fields...)
		Builtin().Classify(e)
		if got := verdict(e); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	const (
		ended   = "msg=Session ended for localhost (127.0.0.1) - Privileged Domain User - root by user Jose da Silva (jsilva)"
		changed = "msg=Password localhost (127.0.0.1) - Domain User - root changed by user jsilva"
		viewed  = "msg=Information 'test' viewed."
		command = "msg=An audited command was detected! Action: "
	)

	// The A2A marker is above everything.
	f("a2a.secret.retrieved by marker", "a2a-event", "action=secret_retrieval", "status=success")
	f("a2a.secret.retrieved by marker", "", "action=secret_retrieval", "secret_id=db-prod-123")
	f("a2a.secret.retrieved by marker", "A2A-EVENT", "action=credential-retrieved", ended)
	f("a2a.secret.injected by marker", "a2a-event", "action=secret_injection")
	f("a2a.secret.rotated by marker", "a2a-event", "action=Rotate Secret")
	f("a2a.secret.delivered by marker", "a2a-event", "action=secret.delivery")
	f("a2a.secret.requested by marker", "a2a-event", "action=credential_request")
	f("a2a.operation by marker", "a2a-event", "action=secret_destruction")
	f("a2a.operation by marker", "a2a-event", "action=retrieval")
	f("a2a.operation by marker", "a2a-event", "action=secret_")
	f("a2a.operation by marker", "a2a-event")
	f("unknown", "senhasegura", "action=secret_retrieval")
	f("unknown", "Other|1|A|5", "action=secret_retrieval", "appid=x")

	// Its keys alone, which a user can write, are below everything.
	f("session.started by name, not a2a.secret.retrieved", "MT4|16|Session Started|5", "msg=Session started, reason:", "action=secret_retrieval", "appid=svc")
	f("session.started by class_id, not a2a.secret.retrieved", "MT4|16||5", "action=secret_retrieval", "appid=svc")
	f("session.ended by text, not a2a.operation", "senhasegura", ended, "action=x", "appid=svc")
	f("a2a.secret.delivered by name, not a2a.secret.retrieved", "MT4||A2A Secret Delivered|5", "action=secret_retrieval", "appid=svc")
	f("a2a.secret.retrieved by marker", "MT4||A2A Operation|5", "action=secret_retrieval", "appid=svc")
	f("a2a.secret.retrieved by marker", "MT4|200|Something new|5", "msg=x", "action=secret_retrieval", "appid=svc")

	// The name, in any edition and spelling.
	f("session.started by name", "MT4|16|Session Started|5")
	f("session.started by name", "mt4|16|SESSAO  INICIADA.|5")
	f("session.started by name", "MT4||Sessa\u0303o Iniciada|5")
	f("epm.file.removed by name", "MT4|90|Verificação de diretório e arquivo \u2013 exclusão|5")
	f("mfa.enforced by name", "MT4||MFA won\u2019t be ignored for this user|5")
	f("epm.version.available by name", "MT4|45|New senhasegura.go version|5")
	f("session.started by name, not session.ended", "MT4|16|Session Started|5", ended)
	f("session.started by name, not session.ended", "MT4|17a|Session Started|5", ended)
	f("session.ended by name, not session.started", "MT4|16|Session Ended|5")

	// The dotted class id; 336.501 gives way to the guardian.
	f("user.login by class_id", "MT4|1695.001|Something|5")
	f("orbit.incident.reported by class_id", "MT4|336501|Anything|9")
	f("orbit.incident.reported by name", "MT4|336.501|UPDATE INCIDENT|9", "act=Incident")
	f("user.login by class_id, not session.ended", "MT4|1695.001||5", ended)
	f("master_key.guardian_inactive by text", "MT4|336.501|UPDATE INCIDENT|9", "msg=The master key guardian is currently inactive.")
	f("master_key.guardian_inactive by name", "MT4|336.501|Chave Mestra - Guardião inativo|9")
	f("connectivity.changed by class_id", "MT4|connectivity.changed||5")

	// The message text, with its votes.
	f("session.ended by text", "senhasegura", ended)
	f("session.ended by text", "", ended, "suid=153", "suser=jsilva")
	f("credential.password.changed by text", "", changed)
	f("credential.password.viewed by second_vote, not credential.password.changed", "", changed, "suid=164")
	f("credential.password.changed by text", "", changed, "suid=164", "suser=jsilva")
	f("credential.password.rotated by second_vote, not session.ended", "", ended, "suid=9")
	f("credential.password.rotated by second_vote, not session.ended", "", ended, "sname=Asynchronous Script: 17")
	f("session.ended by text", "", ended, "sname=Asynchronous Script: 9")
	f("session.ended by text", "", ended, "suid=9", "suser=jsilva")
	f("access_request.denied by second_vote, not protected_information.viewed", "", viewed, "pam.request.approver=a", "pam.request.requester=b")
	f("protected_information.viewed by text", "", viewed, "pam.request.approver=a")
	f("command.audited by text", "", command+"[Action taken]")
	f("command.blocked by text", "", command+"COMMAND BLOCKED")
	f("command.session_terminated by text", "", command+"Command blocked and session terminated")
	f("command.blocked by name, not command.allowed", "MT4|32|Detected Command - Block|5", command+"Command notified and allowed")
	f("command.blocked by text", "MT4||Audited Commands Executed|6", command+"Command blocked")
	f("command.blocked by name", "MT4|32|Detected Command - Block|5", command+"x")
	f("command.blocked by text", "", command+"Command blocked: 'shutdown # allowed'")
	f("command.blocked by text", "", command+"Command blocked Command: ls; echo Command allowed; terminated")
	f("command.audited by text", "", command+"\"sudo reboot\" Command: echo blocked")
	f("command.detected.low by name", "MT4|10|Command detected - Low Urgency|6", command+"x")
	f("protected_information.viewed by text", "", "msg=Information 'was changed' viewed.")
	f("protected_information.viewed by text", "", "msg=Information 'viewed changed' viewed.")
	f("protected_information.changed by text", "", "msg=Information 'the password used by user bob' changed.")

	// The name of who acted decides nothing; read as a part of the sentence it
	// is a conflict.
	const account = "msg=Password localhost (127.0.0.1) - Domain User - "
	f("credential.password.viewed by text", "", account+"root viewed by user Eve rotated (eve)")
	f("credential.password.viewed by text", "", account+"root viewed by the user Eve lost (x) lost SSH connectivity (eve)")
	f("credential.password.changed by text", "", account+"root viewed changed by user Eve viewed")
	f("credential.password.viewed by text", "", account+"root VIEWED BY USER Eve ROTATED")
	f("credential.password.viewed by text, not credential.password.changed", "", account+"root viewed by user Eve changed by user x (eve)")
	f("credential.password.viewed by text", "", "msg=Senha localhost (127.0.0.1) - Usuário Domínio - root visualizada pelo usuário Eva trocada (eva)")
	f("credential.password.viewed by text", "", "msg=Password db by user x (127.0.0.1) - Domain User - root viewed by user Eve rotated")
	f("unknown", "", account+"root reset by user Eve rotated (eve)")
	f("unknown", "", "msg=Something done by user Eve (x) lost SSH connectivity")
	f("authentication.message by text", "senhasegura", "msg=Successfully authenticated.")
	f("authentication.message by text", "Segura", "msg=Autenticado com sucesso.")
	f("unknown", "sshd", "msg=Successfully authenticated.")
	f("credential.password.expired by text", "senhasegura", "msg=Password Expired")
	f("unknown", "cron", "msg=Download")

	// The SUID, when the rest does not speak against a message type.
	f("connectivity.changed by suid", "", "suid=8", "spid=4711", "sname=Asynchronous Script: 9")
	f("connectivity.changed by suid", "senhasegura", "suid=8")
	f("credential.password.rotated by suid", "", "suid=9", "spid=1", "sname=Asynchronous Script: 17", "msg=???")
	f("backup.completed by suid", "MT4|900||5", "suid=15", "sname=Script Assíncrono: 8")
	f("credential.password.changed by suid", "", "suid=17", "spid=4711", "sname=Stephen Lee", "duser=root")
	f("credential.password.viewed by suid", "", "suid=164", "spid=4711", "sname=Stephen Lee", "duser=root")
	f("session.changed by suid", "", "suid=153", "spid=4711", "sname=Stephen Lee", "suser=stlee", "dst=127.0.0.1", "duser=root")
	f("session.started by class_id", "MT4|16||5", "suid=153")

	// The catalogue's plain numbers, from the product alone.
	f("session.started by class_id", "MT4|16||5", "suid=35", "suser=stlee")
	f("session.started by class_id", "MT4|16|Sesión iniciada|5")
	f("unknown", "MT4|64||5")
	f("unknown", "MT4|8||5")
	f("unknown", "MT4|9||5")
	f("unknown", "MT4|15||5")
	f("unknown", "MT4|17||5")

	// Other vendors' numbers, names and texts mean something else.
	f("unknown", "Cyber-Ark|7|Logon|5", "suid=153", ended)
	f("unknown", "Thycotic Software|336.501|Session Started|5", ended)
	f("unknown", "", "msg=nothing known")
	f("unknown", "")
}

func TestOwnMSGID(t *testing.T) {
	f := func(want, app, msgID string) {
		t.Helper()
		e := event(app)
		e.Source.MsgID = msgID
		Builtin().Classify(e)
		if got := verdict(e); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f("session.started by name", "senhasegura", "session.started")
	f("unknown", "other", "session.started")
	f("unknown", "senhasegura", "ID47")
}

// Users whose id is one of the SUID message types are users.
func TestPlainUserIDs(t *testing.T) {
	for _, id := range []string{"8", "9", "15", "17", "153", "164"} {
		f := func(want, header string, fields ...string) {
			t.Helper()
			e := event(header, append(fields, "suid="+id)...)
			Builtin().Classify(e)
			if got := verdict(e); got != want {
				t.Errorf("suid=%s: got %s, want %s", id, got, want)
			}
			if want != "unknown" && e.Text(UserID) != id {
				t.Errorf("suid=%s: user.id is %q", id, e.Text(UserID))
			}
		}
		person := []string{"suser=stlee", "sname=Stephen Lee", "spid=4711"}
		f("unknown", "MT4|200|Something new|5", person...)
		f("unknown", "senhasegura", append(person, "msg=Something new")...)
		f("unknown", "senhasegura", "sname=Stephen Lee", "requestMethod=POST", "act=Something", "dst=10.0.0.1", "duser=root", "suser=stlee")
		f("unknown", "auditd", "msg=x") // uid 8 is mail on Debian
		f("protected_information.viewed by text", "", append(person, "msg=Information 'x' viewed.")...)
		f("command.blocked by text", "", append(person, "dst=10.0.0.1", "duser=root", "msg=An audited command was detected! Action: blocked")...)
		f("master_key.recovery_failed by name", "MT4||Failed recovery attempt|7", "src=10.0.0.1")
		f("access_request.created by text", "", append(person, "dst=10.0.0.1", "duser=root", "msg=User 'x' created a request. Request details: y")...)
	}
}

func TestSUIDFirst(t *testing.T) {
	c, err := NewCatalog(nil, SUIDFirst)
	if err != nil {
		t.Fatal(err)
	}
	f := func(want, header string, fields ...string) {
		t.Helper()
		e := event(header, fields...)
		c.Classify(e)
		if got := verdict(e); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f("credential.password.changed by suid, not session.ended", "MT4||Session Ended|5", "suid=17")
	f("session.ended by name", "MT4||Session Ended|5", "suid=153")
	f("credential.password.viewed by suid", "senhasegura", "suid=164", "suser=stlee")
	f("unknown", "auditd", "suid=164")
	f("session.ended by name", "MT4||Session Ended|5", "suid=35")
}

// copies is what the sentence alone tells where the vendor's page prints that
// of another Type, and the second vote that puts it right.
var copies = map[string]struct{ alone, vote, voted string }{
	"credential.password.viewed":  {"credential.password.changed by text", "suid=164", "credential.password.viewed by second_vote, not credential.password.changed"},
	"credential.password.rotated": {"session.ended by text", "sname=Asynchronous Script: 17", "credential.password.rotated by second_vote, not session.ended"},
	"access_request.denied":       {"protected_information.viewed by text", "pam.request.requester=a; pam.request.approver=b", "access_request.denied by second_vote, not protected_information.viewed"},
	"session.started":             {"session.ended by text", "suid=153", "session.ended by text"},
	"command.blocked":             {"command.allowed by text", "spid=1", "command.allowed by text"},
}

// quotes3 are the quotes of the 3.x editions.
var quotes3 = strings.NewReplacer(`'`, "’", `"`, "”")

func TestDocumentedMessages(t *testing.T) {
	n := 0
	for i := range Types {
		typ := &Types[i]
		if typ.Source&SIEMPage == 0 || typ.Messages[EN3] == "" {
			continue
		}
		texts := append(typ.Messages[:], quotes3.Replace(typ.Messages[PT]))
		for j, msg := range texts {
			n++
			ed := Edition(min(j, int(PT)))
			copied := false
			for _, c := range typ.Copied {
				copied = copied || c == ed
			}
			want := verdict(classified(event("", "msg="+msg)))
			if alone := typ.Name + " by text"; !copied && want != alone {
				t.Errorf("%q is %s, want %s", msg, want, alone)
			}
			if copied {
				row := copies[typ.Name]
				if want != row.alone {
					t.Errorf("%q is %s, want %s", msg, want, row.alone)
				}
				fields := append([]string{"msg=" + msg}, strings.Split(row.vote, "; ")...)
				if got := verdict(classified(event("", fields...))); got != row.voted {
					t.Errorf("%q with %s is %s, want %s", msg, row.vote, got, row.voted)
				}
			}
			titled := verdict(classified(event("MT4||"+typ.Titles[ed]+"|5", "msg="+msg)))
			if want := typ.Name + " by name"; !copied && titled != want || copied && !strings.HasPrefix(titled, want+", not ") {
				t.Errorf("%q %q is %s, want %s", typ.Titles[ed], msg, titled, want)
			}
		}
	}
	if n != 28*4 {
		t.Errorf("%d messages, want 112", n)
	}
}

func classified(e *Event) *Event {
	Builtin().Classify(e)
	return e
}

// Every row is told by its title in the texts that exist, with and without its
// numbers, and by its numbers where these can tell it.
func TestTitlesAndNumbers(t *testing.T) {
	for i := range Types {
		typ := &Types[i]
		for title := range typ.titles {
			for _, id := range append([]string{""}, typ.IDs...) {
				if got, want := verdict(classified(event("MT4|"+id+"|"+title+"|5"))), typ.Name+" by name"; got != want {
					t.Errorf("%q %q: %s, want %s", id, title, got, want)
				}
			}
		}
		for _, id := range typ.IDs {
			want := typ.Name + " by class_id"
			switch id {
			case "8", "9", "15", "17":
				want = "unknown"
			}
			e := classified(event("MT4|" + id + "||5"))
			if got := verdict(e); got != want {
				t.Errorf("class id %s: %s, want %s", id, got, want)
			}
			if want != "unknown" && e.Text(CatalogueID) != id {
				t.Errorf("class id %s: catalogue id %s", id, e.Text(CatalogueID))
			}
			if got := verdict(classified(event("Other|" + id + "||5"))); got != "unknown" {
				t.Errorf("another vendor's class id %s: %s", id, got)
			}
		}
		if got := verdict(classified(event("MT4|" + typ.Name + "||5"))); got != typ.Name+" by class_id" {
			t.Errorf("class id %s: %s", typ.Name, got)
		}
	}
}

// patterns are the sentences as regular expressions, as broad as the literal
// rows must be.
var patterns = []struct{ name, re string }{
	{"access_request.approved", `^(?:(?:Application|Request) approved by |Solicitação aprovada por )`},
	{"access_request.created", `^(?:User .+ (?:has )?(?:made|created) a request\b|O usuário .+ criou uma )`},
	{"access_request.denied", `^(?:(?:Application|Request) (?:denied|disapproved|rejected|refused) by |Solicitação (?:reprovada|negada|rejeitada|recusada) por )`},
	{"authentication.message", `^(?:Successfully authenticated|Autenticado com sucesso)\.?$`},
	{"backup.completed", `^Backup (?:sent to server|enviado para (?:o )?servidor)\b`},
	{"command.allowed", `^(?:An audited command (?:has been|was) detected! Action|Um comando auditado foi detectado! Ação): (?:(?:Notification sent and c|C)ommand (?:notified and )?allowed|Comando (?:notificado e )?permitido)`},
	{"command.audited", `^(?:An audited command (?:has been|was) detected!|Um comando auditado foi detectado!)`},
	{"command.blocked", `^(?:An audited command (?:has been|was) detected! Action|Um comando auditado foi detectado! Ação): (?:(?:Command )?(?:blocked|denied)|(?:Comando )?bloqueado)`},
	{"command.session_terminated", `^(?:An audited command (?:has been|was) detected! Action|Um comando auditado foi detectado! Ação): (?:blocked the command and terminated the session|Command blocked and session (?:terminated|interrupted)|Comando bloqueado e sessão interrompida)`},
	{"connectivity.lost", `\(\S+\) (?:has )?lost .+ connectivity|perdeu a conectividade\b`},
	{"connectivity.restored", `\(\S+\) (?:has )?recovered .+ connectivity|recuperou a conectividade\b`},
	{"credential.password.change_error", `^(?:Error changing password|Erro ao trocar (?:a )?senha)\b`},
	{"credential.password.changed", `^(?:Password|Senha) .+ (?:changed by (?:the )?user|alterada pelo) \S+`},
	{"credential.password.rotated", `^(?:Password .+ (?:rotated|exchanged)|(?:Password )?(?:exchange|change|rotation) (?:performed|executed)|Troca (?:de senha )?executada|Senha .+ trocada)`},
	{"credential.password.viewed", `^(?:Password|Senha) .+ (?:viewed|visualized|displayed|visualizada)\b`},
	{"master_key.ceremony_completed", `^(?:Ceremony process completed|Processo de cerimônia finalizado)`},
	{"master_key.ceremony_started", `^(?:The key ceremony process started|Ceremony process started|Processo de cerimônia iniciado)`},
	{"master_key.guardian_inactive", `^(?:The master key guardian is currently inactive|Master ?key (?:- )?(?:Inactive Guardian|guardian inactive)|Chave Mestra - Guardião inativo)`},
	{"master_key.part_downloaded", `^(?:(?:The )?User downloaded the PDF with (?:his|her|their) part of the key|O usuário baixou o PDF com sua parte)`},
	{"master_key.part_viewed", `^(?:The user accessed (?:his|her|their) part of the key|(?:The )?User (?:has seen|viewed) (?:his|her|their) part of the key|O usuário viu sua parte)`},
	{"master_key.recovery_failed", `^(?:The recovery attempt has failed|Recovery attempt failed|Failed recovery attempt|Falha na tentativa de recuperação)`},
	{"master_key.recovery_succeeded", `^(?:Successful recovery attempt|Recovery attempt successful|Tentativa de recuperação bem-sucedida)`},
	{"protected_information.changed", `^(?:Information .+ (?:has been )?changed|Informação .+ alterada)`},
	{"protected_information.viewed", `^(?:Access detected to |Access to .+ detected|Information .+ viewed|Informação .+ visualizada)`},
	{"report_schedule.created", `^(?:Report scheduling ?- ?Creation|Agendamento de relatórios ?- ?Criação)`},
	{"report_schedule.deleted", `^(?:Report scheduling ?- ?Deletion|Agendamento de relatórios ?- ?Exclusão)`},
	{"report_schedule.updated", `^(?:Report scheduling ?- ?Update|Agendamento de relatórios ?- ?Atualização)`},
	{"session.ended", `^(?:Session (?:terminated|ended|finished) for|Sessão (?:finalizada|encerrada) para) `},
	{"session.file_modified", `^(?:A session file (?:has been|was) modified|Um arquivo de sessão foi modificado)`},
	{"session.started", `^(?:Session started for|Sessão iniciada para) `},
}

// The literal rows and the patterns say the same: every row is found by its
// own sentence in any case and with either accents, and its pattern agrees.
func TestPatterns(t *testing.T) {
	byName := map[string]*regexp.Regexp{}
	for _, p := range patterns {
		byName[p.name] = regexp.MustCompile("(?i)" + p.re)
	}
	plain := strings.NewReplacer("ç", "c", "ã", "a", "á", "a", "é", "e", "ô", "o")
	for i := range Types {
		typ := &Types[i]
		for _, m := range typ.Match {
			msg := strings.ReplaceAll(m.Text, "…", "his")
			if strings.HasPrefix(m.Text, "…") {
				msg = "Host (10.0.0.1" + strings.ReplaceAll(strings.TrimPrefix(m.Text, "…"), "…", "SSH")
			}
			if strings.HasSuffix(msg, " ") {
				msg += "x"
			}
			if re := byName[typ.Name]; re == nil || !re.MatchString(msg) {
				t.Errorf("%s: the pattern does not match %q", typ.Name, msg)
			}
			for _, spelt := range []string{msg, plain.Replace(msg), strings.ToUpper(msg), "  " + msg} {
				if s, _ := Builtin().sentences.find(spelt); s == nil || s.typ != typ {
					t.Errorf("%q is not %s", spelt, typ.Name)
				}
			}
		}
		for _, msg := range typ.Messages {
			s, _ := Builtin().sentences.find(msg)
			if s == nil {
				if msg != "" {
					t.Errorf("%q is nothing", msg)
				}
				continue
			}
			for _, p := range patterns {
				says := s.typ.Name == p.name || s.typ.Parent == p.name ||
					s.typ.Name == "command.session_terminated" && p.name == "command.blocked"
				if byName[p.name].MatchString(msg) != says {
					t.Errorf("%q is %s, but the pattern of %s says otherwise", msg, s.typ.Name, p.name)
				}
			}
		}
	}
	for _, p := range patterns {
		if typ := Builtin().ByName(p.name); typ == nil || len(typ.Match) == 0 {
			t.Errorf("%s has a pattern and no Match", p.name)
		}
	}
}

func TestRobots(t *testing.T) {
	f := func(name string, want int) {
		t.Helper()
		if got := robotID(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
	f("Asynchronous Script: 8", 8)
	f("Asynchronous Script9", 9)
	f("Script Assíncrono: 17", 17)
	f("SCRIPT ASSINCRONO 12", 12)
	f("Asynchronous Script:", 0)
	f("Asynchronous Script", 0)
	f("Stephen Lee", 0)
	f("Stephen Lee 8", 0)
	f("8", 0)
	f("", 0)
	f("Asynchronous Script: 99999999999999999999", 0)
	f(strings.Repeat("Asynchronous Script ", 100)+"8", 0)
}

func TestSeverity(t *testing.T) {
	f := func(want, cef string, pri int) {
		t.Helper()
		e := event("MT4|16|Session Started|" + cef)
		if pri >= 0 {
			e.Source.HasPRI, e.Source.Severity = true, uint8(pri)
		}
		if got := classified(e).Severity.String(); got != want {
			t.Errorf("CEF %q, PRI severity %d: %s, want %s", cef, pri, got, want)
		}
	}
	f("alert", "9", 5)
	f("emergency", "10", -1)
	f("debug", "0", -1)
	f("warning", "Medium", -1)
	f("critical", " high ", 3)
	f("error", "Unknown", 3)
	f("error", "11", 3)
	f("emergency", "", 0)
	f("notice", "", -1)
	e := event("Other|1||9")
	if classified(e).Severity != Alert {
		t.Error("the severity of another vendor's line is lost")
	}
}

func TestDerived(t *testing.T) {
	f := func(want, header string, fields ...string) {
		t.Helper()
		e := event(header, fields...)
		e.Source.ProcID = "1426"
		Builtin().Classify(e)
		if got := added(e, len(fields)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		first := verdict(e) + added(e, 0)
		Builtin().Classify(e)
		if again := verdict(e) + added(e, 0); again != first {
			t.Errorf("classified again: %s, was %s", again, first)
		}
	}
	f("pam.message_type=153; pam.notification.id=4711; pam.catalogue.id=16; pam.alert.category=remote_login; pam.outcome=success",
		"MT4||Session Started|5", "suid=153", "spid=4711")
	f("user.id=35; process.pid=1426; pam.catalogue.id=16; pam.alert.category=remote_login; pam.outcome=success",
		"MT4||Session Started|5", "suid=35", "suser=stlee", "spid=1426")
	f("pam.notification.id=99; pam.catalogue.id=2; pam.outcome=success", "MT4||Password changed|5", "suid=99")
	f("pam.message_type=8; pam.notification.id=n-1; pam.robot.id=9; pam.catalogue.id=8; pam.outcome=failure",
		"MT4||Lost Connectivity|6", "suid=8", "spid=n-1", "sname=Asynchronous Script9")
	f("pam.message_type=9; pam.robot.id=17; pam.catalogue.id=21; pam.outcome=success",
		"MT4||Exchange performed|5", "suid=9", "spid=9", "sname=Asynchronous Script: 17")
	f("user.id=0042; process.pid=77; pam.catalogue.id=13; pam.outcome=success", "MT4|13||5", "suid=0042", "spid=77")
	f("user.id=5; pam.message_type=31; pam.catalogue.id=31; pam.outcome=failure", "MT4|31||5", "suid=5", "spid=31")
	f("pam.catalogue.id=1695.012; pam.alert.category=authentication; pam.outcome=success", "MT4|1695012||5")
	f("pam.outcome=success", "a2a-event", "action=secret_retrieval", "status=Success")
	f("pam.outcome=failure", "MT4||A2A Secret Retrieved|5", "action=secret_retrieval", "appid=svc", "status=denied")
	f("pam.outcome=failure", "a2a-event", "action=secret_retrieval", "status=denied")
	f("pam.outcome=unknown", "a2a-event", "action=secret_retrieval", "status=pending")
	f("pam.catalogue.id=37; pam.alert.category=authentication; pam.outcome=success", "segura", "msg=Autenticado com sucesso.")
	f("pam.catalogue.id=37; pam.alert.category=authentication; pam.outcome=unknown", "MT4|37||5", "msg=Other.")
	f("pam.catalogue.id=32; pam.outcome=success", "MT4|32|Command Detected - Block|5",
		"msg=An audited command has been detected! Action: Notification sent and command allowed")
	f("", "MT4|200||5", "suid=35", "msg=x")

	// A Name that is in no catalog and speaks of failure.
	f("pam.catalogue.id=1695.002; pam.alert.category=authentication; pam.outcome=unknown", "MT4|1695.002|User login failed|5")
	f("pam.catalogue.id=1695.002; pam.alert.category=authentication; pam.outcome=unknown", "MT4|1695.002|Conexão: Erro de usuário|5")
	f("pam.catalogue.id=1695.002; pam.alert.category=authentication; pam.outcome=success", "MT4|1695.002|Login through Salto Ferro|5")
}

func FuzzClassify(f *testing.F) {
	for i := range Types {
		for _, msg := range Types[i].Messages {
			f.Add("MT4", "", "", msg, "153", "4711", "Stephen Lee", "stlee", uint8(0))
		}
		f.Add("", Types[i].ClassID(), Types[i].Title("en", "3"), "", "9", "9", "Asynchronous Script: 17", "", uint8(255))
	}
	f.Fuzz(func(t *testing.T, vendor, id, name, msg, suid, spid, sname, suser string, more uint8) {
		e := &Event{Source: Source{Vendor: vendor, ClassID: id, Name: name, App: "senhasegura", CEFSeverity: suid, MsgID: spid}}
		for _, x := range []Field{{Term: Message, Text: msg}, {Term: SUID, Text: suid}, {Term: SPID, Text: spid}, {Term: UserFullName, Text: sname}, {Term: UserName, Text: suser}} {
			if x.Text != "" {
				e.Add(x)
			}
		}
		for i, term := range []TermID{DestinationAddress, CredentialUsername, RequestApprover, RequestRequester, UserPrivilege, Action, A2AAction, A2ASecretID} {
			if more>>i&1 == 1 {
				e.Add(Field{Term: term, Text: name})
			}
		}
		c := Builtin()
		n := len(e.Fields)
		before := fmt.Sprint(e.Fields)
		c.Classify(e)
		if after := fmt.Sprint(e.Fields[:n]); after != before {
			t.Errorf("the source's fields became %s, were %s", after, before)
		}
		first := verdict(e) + e.Severity.String() + added(e, n)
		c.Classify(e)
		if again := verdict(e) + e.Severity.String() + added(e, n); again != first {
			t.Errorf("classified again: %s, was %s", again, first)
		}

		// No name of an actor and nothing typed makes another event of these.
		for text, want := range map[string]string{
			"Password localhost (127.0.0.1) - Domain User - root viewed by user ":        "credential.password.viewed",
			"Senha localhost (127.0.0.1) - Usuário Domínio - root trocada pelo usuário ": "credential.password.rotated",
			"An audited command was detected! Action: Command blocked: ":                 "command.blocked",
		} {
			if got := classified(event("", "msg="+text+msg)); got.Type == nil || got.Type.Name != want {
				t.Errorf("%q is %s, want %s", text+msg, verdict(got), want)
			}
		}
	})
}

// What an event is decides its form; keys that may be a user's words decide
// nothing before they were weighed.
func TestIsA2A(t *testing.T) {
	f := func(read, classified bool, header string, fields ...string) {
		t.Helper()
		e := event(header, fields...)
		if got := e.IsA2A(); got != read {
			t.Errorf("as read: %v", got)
		}
		Builtin().Classify(e)
		if got := e.IsA2A(); got != classified {
			t.Errorf("classified as %s: %v", verdict(e), got)
		}
	}
	keys := []string{"action=secret_retrieval", "appid=svc"}
	f(true, true, "A2A-event", "action=x")
	f(true, true, "", keys...)
	f(false, false, "", "action=x")
	f(false, true, "MT4||A2A Operation|5")
	f(false, true, "MT4|200|Something new|5", keys...)
	f(false, false, "MT4|16|Session Started|5", keys...)
	f(false, true, "", append(keys, "msg=x")...)
	f(false, false, "Other||A|5", keys...)
}

func TestParseInt(t *testing.T) {
	f := func(s string, want int64, ok bool) {
		t.Helper()
		if n, got := ParseInt(s); n != want || got != ok {
			t.Errorf("%q: %d, %v", s, n, got)
		}
	}
	f("0", 0, true)
	f("4711", 4711, true)
	f("-1", -1, true)
	f("9223372036854775807", 9223372036854775807, true)
	f("-9223372036854775808", -9223372036854775808, true)
	for _, s := range []string{"", "-", "-0", "007", "+1", "--1", "1_0", "0x1", " 1", "1.0", "٣"} {
		f(s, 0, false)
	}
	if n, ok := ParseInt("9223372036854775808"); ok {
		t.Errorf("too large: %d", n)
	}
}
