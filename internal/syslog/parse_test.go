package syslog

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var formNames = map[Form]string{NoHeader: "none", RFC5424: "RFC5424", RFC3164: "RFC3164", ISO: "ISO"}

// repairNames has one row per bit, in order of the bits.
var repairNames = [...]string{
	"bom", "pri_leading_zero", "pri_missing", "spaces", "version_missing", "time_form", "time_unreadable", "day_first",
	"leap_second", "year_assumed", "zone_assumed", "hostname_missing", "app_name_missing", "proc_id_missing",
	"msg_id_missing", "structured_data_missing", "param_value_not_escaped",
}

func repairsText(r Repairs) string {
	var names []string
	for i, name := range repairNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// render writes m as one line: what is there as name=value, then the repairs
// and the error, then MSG.
func render(m *Message) string {
	var b strings.Builder
	b.WriteString(formNames[m.Form])
	if m.HasPRI {
		fmt.Fprintf(&b, " pri=%d.%d", m.Facility, m.Severity)
	}
	if !m.Time.IsZero() {
		b.WriteString(" time=" + m.Time.Format(time.RFC3339Nano))
	}
	for _, f := range [][2]string{
		{"host", m.Hostname}, {"app", m.AppName}, {"proc", m.ProcID}, {"msgid", m.MsgID},
		{"sd", m.StructuredData}, {"repairs", repairsText(m.Repairs)},
	} {
		if f[1] != "" {
			b.WriteString(" " + f[0] + "=" + f[1])
		}
	}
	if m.Err != nil {
		fmt.Fprintf(&b, " err=%s@%d", m.Err.Part, m.Err.Offset)
	}
	return b.String() + " | " + m.Msg
}

func TestParse(t *testing.T) {
	var p Parser
	f := func(in, want string) {
		t.Helper()
		var m Message
		p.Parse(&m, in, now)
		if got := render(&m); got != want {
			t.Errorf("%q\n got %s\nwant %s", in, got, want)
		}
	}

	// The letter of RFC 5424: the examples of its section 6.5.
	f("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' failed for lonvick on /dev/pts/8",
		"RFC5424 pri=4.2 time=2003-10-11T22:14:15.003Z host=mymachine.example.com app=su msgid=ID47 | 'su root' failed for lonvick on /dev/pts/8")
	f(`<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.`,
		`RFC5424 pri=20.5 time=2003-08-24T05:14:15.000003-07:00 host=192.0.2.1 app=myproc proc=8710 | %% It's time to make the do-nuts.`)
	f(`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]`,
		`RFC5424 pri=20.5 time=2003-10-11T22:14:15.003Z host=mymachine.example.com app=evntslog msgid=ID47 sd=[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"] | `)
	f(`<0>1 - - - - - -`, `RFC5424 pri=0.0 | `)
	f(`<191>1 - - - - - [a] `, `RFC5424 pri=23.7 sd=[a] | `)
	f(`<13>1 - h a p m -  two spaces`, `RFC5424 pri=1.5 host=h app=a proc=p msgid=m |  two spaces`)
	f(`<13>1 - h a p m [x y="a\"b\\c\]d"] t`, `RFC5424 pri=1.5 host=h app=a proc=p msgid=m sd=[x y="a\"b\\c\]d"] | t`)

	// The vendor's published lines.
	f(`<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.`,
		`RFC5424 pri=1.5 time=2018-06-18T17:49:41-03:00 host=vm-andrew-dev app=senhasegura proc=1426 repairs=structured_data_missing | Successfully authenticated.`)
	f(`2018-06-18T17:49:41-03:00 vm-machine senhasegura 1426 - Successfully authenticated.`,
		`ISO time=2018-06-18T17:49:41-03:00 host=vm-machine app=senhasegura proc=1426 repairs=pri_missing,version_missing,structured_data_missing | Successfully authenticated.`)
	f(`1 2018-06-18T17:49:41-03:00 vm-machine senhasegura 1426 - Successfully authenticated.`,
		`RFC5424 time=2018-06-18T17:49:41-03:00 host=vm-machine app=senhasegura proc=1426 repairs=pri_missing,structured_data_missing | Successfully authenticated.`)
	f(`<134>1 2025-05-28T14:22:36Z segura a2a-event appid=svc-web role=prod-access action=secret_retrieval`,
		`RFC5424 pri=16.6 time=2025-05-28T14:22:36Z host=segura app=a2a-event repairs=proc_id_missing,msg_id_missing,structured_data_missing | appid=svc-web role=prod-access action=secret_retrieval`)
	f(`2025-05-28T14:22:36Z segura a2a-event appid=svc-web`,
		`ISO time=2025-05-28T14:22:36Z host=segura app=a2a-event repairs=pri_missing,version_missing | appid=svc-web`)

	// Other senders of this kind of event.
	f(`<5>1 2020-01-24T22:53:03Z REDACTEDHOSTNAME CEF:0|Cyber-Ark|Vault|10.9.0000|22|CPM Verify Password|5|`,
		`RFC5424 pri=0.5 time=2020-01-24T22:53:03Z host=REDACTEDHOSTNAME repairs=app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | CEF:0|Cyber-Ark|Vault|10.9.0000|22|CPM Verify Password|5|`)
	f(`2025-02-26T06:47:27.458Z DSS-01 CEF:0|Thycotic Software|`,
		`ISO time=2025-02-26T06:47:27.458Z host=DSS-01 repairs=pri_missing,version_missing,app_name_missing | CEF:0|Thycotic Software|`)
	f(`<190>Jul 27 23:31:58 VAULT CEF:0|Cyber-Ark|`,
		`RFC3164 pri=23.6 time=2026-07-27T23:31:58Z host=VAULT repairs=year_assumed,zone_assumed,app_name_missing | CEF:0|Cyber-Ark|`)
	f(`Oct 12 14:58:35 example_host BG: 1234:01:01:site=access.example.com;who=John`,
		`RFC3164 time=2026-10-12T14:58:35Z host=example_host app=BG repairs=pri_missing,year_assumed,zone_assumed | 1234:01:01:site=access.example.com;who=John`)
	f(`<0>2016-06-13T11:38:21Z 10.101.25.115 AgentId=Retina …`,
		`ISO pri=0.0 time=2016-06-13T11:38:21Z host=10.101.25.115 repairs=version_missing,app_name_missing | AgentId=Retina …`)

	// RFC 3164 and what resembles it.
	f(`<34>Oct 11 22:14:15 mymachine su: 'su root' failed`,
		`RFC3164 pri=4.2 time=2026-10-11T22:14:15Z host=mymachine app=su repairs=year_assumed,zone_assumed | 'su root' failed`)
	f(`<13>Feb  5 17:32:18 10.0.0.99 sshd[12]: Use the BFG!`,
		`RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=10.0.0.99 app=sshd proc=12 repairs=year_assumed,zone_assumed | Use the BFG!`)
	f(`<13>Feb 5 17:32:18 h sshd[12]:x`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h app=sshd proc=12 repairs=year_assumed,zone_assumed | x`)
	f(`<13>Feb 05 17:32:18 h a/b.c-d_e: x`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h app=a/b.c-d_e repairs=year_assumed,zone_assumed | x`)
	f(`<13>Feb 05 17:32:18.250 h x: y`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18.25Z host=h app=x repairs=year_assumed,zone_assumed | y`)
	f(`<13>Feb 05 17:32:18 sshd[12]: no host`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z app=sshd proc=12 repairs=year_assumed,zone_assumed,hostname_missing | no host`)
	f(`<13>Feb 05 17:32:18 fe80::1 a: x`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=fe80::1 app=a repairs=year_assumed,zone_assumed | x`)
	f(`<13>Feb 05 17:32:18 h the quick - fox`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h repairs=year_assumed,zone_assumed,app_name_missing | the quick - fox`)
	f(`<13>Feb 05 17:32:18 h http://x y`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h repairs=year_assumed,zone_assumed,app_name_missing | http://x y`)
	f(`<13>Feb 05 17:32:18 h app[12] y`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h app=app proc=12 repairs=year_assumed,zone_assumed | y`)
	f(`<13>Feb 05 17:32:18 h app[x] y`, `RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h repairs=year_assumed,zone_assumed,app_name_missing | app[x] y`)
	f(`<13>2018-06-18T17:49:41-03:00 vm senhasegura[1426] Successfully authenticated.`, `ISO pri=1.5 time=2018-06-18T17:49:41-03:00 host=vm app=senhasegura proc=1426 repairs=version_missing | Successfully authenticated.`)
	f(`<13>Sep 27 2025 14:57:06 h a: x`, `RFC3164 pri=1.5 time=2025-09-27T14:57:06Z host=h app=a repairs=zone_assumed | x`)
	f(`<13>26 Oct 2018 10:44:30 h a: x`, `RFC3164 pri=1.5 time=2018-10-26T10:44:30Z host=h app=a repairs=day_first,zone_assumed | x`)
	f(`1 Oct 10:44:30 h text`, `RFC3164 time=2026-10-01T10:44:30Z host=h repairs=pri_missing,day_first,year_assumed,zone_assumed,app_name_missing | text`)
	f(`<13>2018-06-18T17:49:41-03:00 host app[12]: text`, `ISO pri=1.5 time=2018-06-18T17:49:41-03:00 host=host app=app proc=12 repairs=version_missing | text`)
	f(`<13>1 Oct 12 14:58:35 h a 1 - - x`, `RFC5424 pri=1.5 time=2026-10-12T14:58:35Z host=h app=a proc=1 repairs=year_assumed,zone_assumed | x`)

	// Year by nearest past, no more than a day ahead.
	f(`Nov 23 11:59:59 h`, `RFC3164 time=2026-11-23T11:59:59Z host=h repairs=pri_missing,year_assumed,zone_assumed,app_name_missing | `)
	f(`Nov 23 12:00:01 h`, `RFC3164 time=2025-11-23T12:00:01Z host=h repairs=pri_missing,year_assumed,zone_assumed,app_name_missing | `)
	f(`Feb 29 00:00:00 h`, `RFC3164 time=2024-02-29T00:00:00Z host=h repairs=pri_missing,year_assumed,zone_assumed,app_name_missing | `)

	// Times.
	f(`<13>1 2018-06-18t17:49:41.5z h - - - -`, `RFC5424 pri=1.5 time=2018-06-18T17:49:41.5Z host=h repairs=time_form | `)
	f(`<13>1 2018-06-18T17:49:41,123456789+0530 h - - - -`, `RFC5424 pri=1.5 time=2018-06-18T17:49:41.123456789+05:30 host=h repairs=time_form | `)
	f(`<13>1 2018-06-18T17:49:41.123456789987Z h - - - -`, `RFC5424 pri=1.5 time=2018-06-18T17:49:41.123456789Z host=h repairs=time_form | `)
	f(`<13>1 2016-12-31T23:59:60Z h - - - -`, `RFC5424 pri=1.5 time=2016-12-31T23:59:59Z host=h repairs=leap_second | `)
	f(`<13>1 2018-06-18T17:49:41 h - - - -`, `RFC5424 pri=1.5 time=2018-06-18T17:49:41Z host=h repairs=zone_assumed | `)
	f(`<13>1 2018-06-18 17:49:41Z h - - - -`, `RFC5424 pri=1.5 time=2018-06-18T17:49:41Z host=h repairs=time_form | `)
	f(`<13>1 2018-02-29T17:49:41Z h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>1 2018-13-18T17:49:41Z h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>1 2018-00-18T17:49:41Z h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>1 2018-06-31T17:49:41Z h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>1 2018-06-00T17:49:41Z h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>1 2000-02-29T17:49:41Z h - - - -`, `RFC5424 pri=1.5 time=2000-02-29T17:49:41Z host=h | `)
	f(`<13>1 2018-06-18T17:49:41Zulu h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>1 2018-06-18T24:00:00Z h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=time_unreadable err=TIMESTAMP@6 | x`)
	f(`<13>Feb 30 17:32:18 h a: x`, `RFC3164 pri=1.5 host=h app=a repairs=time_unreadable err=TIMESTAMP@4 | x`)
	f(`<13>1 yesterday h a 1 - - x`, `none pri=1.5 err=TIMESTAMP@6 | 1 yesterday h a 1 - - x`)
	f(`<13>1 -`, `RFC5424 pri=1.5 repairs=hostname_missing,app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | `)
	f(`<13>1 - host app 7 - - x`, `RFC5424 pri=1.5 host=host app=app proc=7 | x`)

	// PRI and VERSION.
	f(`<013>1 - h a 1 - - x`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=pri_leading_zero | x`)
	f(`<192>1 2018-06-18T17:49:41Z h a 1 - - x`, `RFC5424 time=2018-06-18T17:49:41Z host=h app=a proc=1 err=PRI@0 | x`)
	f(`<>text`, `none err=PRI@0 | text`)
	f(`<9999999999999>text`, `none | <9999999999999>text`)
	f(`<13`, `none | <13`)
	f(`<Event xmlns="x">`, `none | <Event xmlns="x">`)
	f(`<13>2 2018-06-18T17:49:41Z h a 1 - - x`, `RFC5424 pri=1.5 time=2018-06-18T17:49:41Z host=h app=a proc=1 err=VERSION@4 | x`)
	f(`<13>  Oct 12 14:58:35  h  a: x`, `RFC3164 pri=1.5 time=2026-10-12T14:58:35Z host=h app=a repairs=spaces,year_assumed,zone_assumed | x`)
	f("\xEF\xBB\xBF<13>1 - h a 1 - - \xEF\xBB\xBFx", `RFC5424 pri=1.5 host=h app=a proc=1 repairs=bom | x`)

	// No header.
	f(``, `none | `)
	f(`-`, `none | -`)
	f(`1 - x`, `none | 1 - x`)
	f(`<13>`, `none pri=1.5 | `)
	f(`<13>text`, `none pri=1.5 | text`)
	f(`<13> 12 monkeys`, `none pri=1.5 |  12 monkeys`)
	f(`<13>{"a":1}`, `none pri=1.5 | {"a":1}`)
	f(`CEF:0|MT4|senhasegura|`, `none | CEF:0|MT4|senhasegura|`)
	f("\xEF\xBB\xBFCEF:0|MT4|", `none repairs=bom | CEF:0|MT4|`)
	f(`|CEF:0|MT4|Segura|`, `none | |CEF:0|MT4|Segura|`)
	f(`[{"timestamp":"2025-05-28T14:22:36Z"}]`, `none | [{"timestamp":"2025-05-28T14:22:36Z"}]`)
	f(`just some words`, `none | just some words`)
	f(`2018-06-18 was a Monday, all of it`, `none | 2018-06-18 was a Monday, all of it`)
	f(`<13>2018-06-18 1 of many days`, `none pri=1.5 | 2018-06-18 1 of many days`)
	f(`May 5 apples fell from the tree`, `none | May 5 apples fell from the tree`)

	// Words of a message are not swallowed.
	f(`<13>1 - h senhasegura Successfully authenticated now`, `RFC5424 pri=1.5 host=h app=senhasegura repairs=proc_id_missing,msg_id_missing,structured_data_missing | Successfully authenticated now`)
	f(`<13>1 - h senhasegura - Successfully authenticated`, `RFC5424 pri=1.5 host=h app=senhasegura repairs=msg_id_missing,structured_data_missing | Successfully authenticated`)
	f(`<13>1 - h senhasegura 1426 User logged in`, `RFC5424 pri=1.5 host=h app=senhasegura proc=1426 repairs=msg_id_missing,structured_data_missing | User logged in`)
	f(`<13>1 - h senhasegura`, `RFC5424 pri=1.5 host=h repairs=app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | senhasegura`)
	f(`<13>1 - h app[12]: text`, `RFC5424 pri=1.5 host=h app=app proc=12 repairs=msg_id_missing,structured_data_missing | text`)
	f(`<13>1 - h app Login user=x`, `RFC5424 pri=1.5 host=h app=app repairs=proc_id_missing,msg_id_missing,structured_data_missing | Login user=x`)
	f(`2018-06-18T17:49:41Z h senhasegura said hello`, `ISO time=2018-06-18T17:49:41Z host=h repairs=pri_missing,version_missing,app_name_missing | senhasegura said hello`)
	f("<13>1 - h app\nsecond line - - -", "RFC5424 pri=1.5 host=h repairs=app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | app\nsecond line - - -")
	f("<13>Feb 05 17:32:18 h Rebooting now\n", "RFC3164 pri=1.5 time=2026-02-05T17:32:18Z host=h repairs=year_assumed,zone_assumed,app_name_missing | Rebooting now\n")

	// A body ends the header even where its words could be counted out.
	f(`<13>1 - h CEF:0|a|b c - - x`, `RFC5424 pri=1.5 host=h repairs=app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | CEF:0|a|b c - - x`)
	f(`<13>1 - h |CEF:0|a|b c - - x`, `RFC5424 pri=1.5 host=h repairs=app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | |CEF:0|a|b c - - x`)
	f(`<13>1 - h app 1 evt CEF:0|a|b`, `RFC5424 pri=1.5 host=h app=app proc=1 msgid=evt repairs=structured_data_missing | CEF:0|a|b`)
	f(`<13>1 - h {"a": "b c - d"}`, `RFC5424 pri=1.5 host=h repairs=app_name_missing,proc_id_missing,msg_id_missing,structured_data_missing | {"a": "b c - d"}`)
	f(`<13>1 - h app [{"a": "b - d"}]`, `RFC5424 pri=1.5 host=h app=app repairs=proc_id_missing,msg_id_missing,structured_data_missing | [{"a": "b - d"}]`)
	f(`<13>1 - h app a=1 b=2 - [x y="z"]`, `RFC5424 pri=1.5 host=h app=app repairs=proc_id_missing,msg_id_missing,structured_data_missing | a=1 b=2 - [x y="z"]`)
	f(`<13>1 - h app act = x - - y`, `RFC5424 pri=1.5 host=h app=app repairs=proc_id_missing,msg_id_missing,structured_data_missing | act = x - - y`)

	// STRUCTURED-DATA.
	f(`<13>1 - h app [x y="z"] text`, `RFC5424 pri=1.5 host=h app=app sd=[x y="z"] repairs=proc_id_missing,msg_id_missing | text`)
	f(`<13>1 - h app [text] more`, `RFC5424 pri=1.5 host=h app=app repairs=proc_id_missing,msg_id_missing,structured_data_missing | [text] more`)
	f(`<13>1 - h app said this [x y="z"] text`, `RFC5424 pri=1.5 host=h app=app proc=said msgid=this sd=[x y="z"] | text`)
	long := strings.Repeat("t", 64) // an SD-ID of 33 and more bytes is none, unless it is a token
	f(`<13>1 - h a 1 - [`+long+`@41123][x y="z"] t`, `RFC5424 pri=1.5 host=h app=a proc=1 sd=[`+long+`@41123][x y="z"] | t`)
	f(`<13>1 - h a 1 - [`+long+`] t`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=structured_data_missing | [`+long+`] t`)
	f(`<13>1 - h a 1 - [`+long+`@a] t`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=structured_data_missing | [`+long+`@a] t`)
	f(`<13>1 - h a 1 - [`+long+long+long+long+`@41123] t`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=structured_data_missing | [`+long+long+long+long+`@41123] t`)
	f(`<13>1 - h a 1 - [x y="a]b"] t`, `RFC5424 pri=1.5 host=h app=a proc=1 sd=[x y="a]b"] repairs=param_value_not_escaped | t`)
	f(`<13>1 - h a 1 - [x y="z" t`, `RFC5424 pri=1.5 host=h app=a proc=1 err=STRUCTURED-DATA@26 | [x y="z" t`)
	f(`<13>1 - h a 1 - [x y="z"]t`, `RFC5424 pri=1.5 host=h app=a proc=1 err=STRUCTURED-DATA@25 | [x y="z"]t`)
	f(`<13>1 - h a 1 - [x y=z] t`, `RFC5424 pri=1.5 host=h app=a proc=1 err=STRUCTURED-DATA@20 | [x y=z] t`)
	f(`<13>1 - h a 1 - [{"a":1}]`, `RFC5424 pri=1.5 host=h app=a proc=1 repairs=structured_data_missing | [{"a":1}]`)
	f(`<13>1 - h a 1 - [x y="z"][`, `RFC5424 pri=1.5 host=h app=a proc=1 err=STRUCTURED-DATA@26 | [x y="z"][`)
	f(`2018-06-18T17:49:41Z h a 1 - [x y="z"] t`, `ISO time=2018-06-18T17:49:41Z host=h app=a proc=1 sd=[x y="z"] repairs=pri_missing,version_missing | t`)
}

func TestParams(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		var got []string
		Params(in, func(id, name, value string) bool {
			got = append(got, id+"."+name+"="+value)
			return len(got) < 4
		})
		if got := strings.Join(got, "|"); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(``, ``)
	f(`-`, ``)
	f(`[a]`, ``)
	f(`[a b="1" c=""][d][e f="2"]`, `a.b=1|a.c=|e.f=2`)
	f(`[a b="\"\\\]\n\x"]`, `a.b="\]\n\x`)
	f(`[a b="1" c]`, `a.b=1`)
	f(`[a b="1" c="`, `a.b=1`)
	f(`[a b="x\"]`, ``)
	f(`[a a="1" b="2" c="3" d="4" e="5"]`, `a.a=1|a.b=2|a.c=3|a.d=4`)
}

func TestParseLocation(t *testing.T) {
	f := func(offset int, in, want string) {
		t.Helper()
		p := Parser{Location: time.FixedZone("", offset*3600)}
		for range 2 { // the second time from memory
			var m Message
			p.Parse(&m, in, now)
			if got := m.Time.Format(time.RFC3339); got != want {
				t.Errorf("%s: got %s, want %s", in, got, want)
			}
		}
	}
	f(-3, `Oct 12 14:58:35 h`, `2026-10-12T14:58:35-03:00`)
	f(-3, `Nov 23 08:59:59 h`, `2026-11-23T08:59:59-03:00`)
	f(-3, `Nov 23 09:00:01 h`, `2025-11-23T09:00:01-03:00`)
	f(-3, `2018-06-18T17:49:41 h`, `2018-06-18T17:49:41-03:00`)
	f(-3, `2018-06-18T17:49:41Z h`, `2018-06-18T17:49:41Z`)
	f(+9, `2018-06-18T17:49:41-00:07 h`, `2018-06-18T17:49:41-00:07`)
}

// The clock turns over between reading two messages with the same words.
func TestParseNewYear(t *testing.T) {
	var p Parser
	for _, year := range []int{2025, 2026, 2025} {
		var m Message
		p.Parse(&m, `Dec 31 23:59:59 h`, time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC))
		if m.Time.Year() != year {
			t.Errorf("got %d, want %d", m.Time.Year(), year)
		}
	}
}

func TestParseErrorHidesMessage(t *testing.T) {
	var p Parser
	var m Message
	p.Parse(&m, `<13>1 - h a 1 - [secret password=hunter2`, now)
	if got, want := m.Err.Error(), "syslog: STRUCTURED-DATA: not of the form the standard gives"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseAllocates(t *testing.T) {
	for _, in := range []string{strict, vendor, bsd} {
		var p Parser
		var m Message
		if n := testing.AllocsPerRun(100, func() { p.Parse(&m, in, now) }); n != 0 {
			t.Errorf("%s: %v allocations", in, n)
		}
	}
}

const (
	strict = `<165>1 2026-10-11T22:14:15.003-03:00 vault01.example.com senhasegura 1426 session.started [pam@32473 suser="jose"] CEF:0|MT4|senhasegura|3.27.0-4|336.501|UPDATE INCIDENT|9|suser=jose`
	vendor = `<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.`
	bsd    = `<190>Jul 27 23:31:58 VAULT CEF:0|Cyber-Ark|Vault|9.20.0000|7|Logon|5|act="Logon" suser=user2`
)

func benchmarkParse(b *testing.B, in string) {
	var p Parser
	var m Message
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		p.Parse(&m, in, now)
	}
}

func BenchmarkParse5424(b *testing.B)   { benchmarkParse(b, strict) }
func BenchmarkParseVendor(b *testing.B) { benchmarkParse(b, vendor) }
func BenchmarkParse3164(b *testing.B)   { benchmarkParse(b, bsd) }

func FuzzParse(f *testing.F) {
	for _, in := range []string{strict, vendor, bsd,
		`<13>1 - h app [x y="a\]b" z="]"][w] text`, "\xEF\xBB\xBF<013> 26 Oct 2018 10:44:30 h a[1]: \xEF\xBB\xBFt",
		`2018-06-18 17:49:60,5+0530 h a 1 - [x y="z"] key = value`,
	} {
		f.Add(in)
	}
	var used Parser
	f.Fuzz(func(t *testing.T, in string) {
		var m, fresh Message
		used.Parse(&m, in, now)
		if in[m.Offset:] != m.Msg {
			t.Errorf("Offset %d: %q is not %q", m.Offset, in[m.Offset:], m.Msg)
		}
		new(Parser).Parse(&fresh, in, now)
		if got, want := render(&m), render(&fresh); got != want {
			t.Errorf("what was read before matters:\n%s\n%s", got, want)
		}
		for _, s := range []string{m.Hostname, m.AppName, m.ProcID, m.MsgID, m.StructuredData} {
			if !strings.Contains(in[:m.Offset], s) {
				t.Errorf("%q is not in the header", s)
			}
		}
		Params(m.StructuredData, func(_, name, _ string) bool { return name != "" })
		Params(in, func(_, _, _ string) bool { return true })
	})
}
