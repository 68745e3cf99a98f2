package syslogtest

import (
	"strings"
	"testing"
)

func TestCheck5424(t *testing.T) {
	f := func(in string) {
		t.Helper()
		if err := Check5424([]byte(in)); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
	f("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' failed for lonvick on /dev/pts/8")
	f(`<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.`)
	f(`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3"][examplePriority@32473 class="high"]`)
	f(`<0>1 - - - - - -`)
	f(`<191>1 - - - - - - `)
	f(`<13>1 2024-02-29T23:59:59.999999+23:59 h a p m [a b="\"\\\]é"][c] x`)
	f("<13>1 - - - - - - any \xFF octets\x00")
	f(`<13>1 - ` + strings.Repeat("h", 255) + " " + strings.Repeat("a", 48) + " " + strings.Repeat("p", 128) + " " + strings.Repeat("m", 32) +
		` [` + strings.Repeat("n", 32) + ` ` + strings.Repeat("n", 32) + `=""]`)
}

// Everything here breaks one rule. The error begins with want.
func TestCheck5424Rejects(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if err := Check5424([]byte(in)); err == nil {
			t.Errorf("%q: no error", in)
		} else if got := err.Error(); !strings.HasPrefix(got, want+" at") {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	f(``, "PRI")
	f(`1 - - - - - -`, "PRI")
	f(`<>1 - - - - - -`, "PRIVAL")
	f(`<00>1 - - - - - -`, "PRIVAL")
	f(`<013>1 - - - - - -`, "PRIVAL")
	f(`<192>1 - - - - - -`, "PRIVAL")
	f(`<1000>1 - - - - - -`, "PRI")
	f(`<-1>1 - - - - - -`, "PRIVAL")
	f(`<13 >1 - - - - - -`, "PRI")
	f(`<13>0 - - - - - -`, "VERSION")
	f(`<13>2 - - - - - -`, "VERSION")
	f(`<13> - - - - - -`, "VERSION")
	f(`<13>10 - - - - - -`, "SP")
	f(`<13>1  - - - - - -`, "DATE-FULLYEAR")
	f(`<13>1 Oct 11 22:14:15 h a - - -`, "DATE-FULLYEAR")
	f(`<13>1 2003-1-11T22:14:15Z - - - - -`, "DATE-MONTH")
	f(`<13>1 2003-13-11T22:14:15Z - - - - -`, "DATE-MONTH")
	f(`<13>1 2003-00-11T22:14:15Z - - - - -`, "DATE-MONTH")
	f(`<13>1 2003-10-00T22:14:15Z - - - - -`, "DATE-MDAY")
	f(`<13>1 2003-10-32T22:14:15Z - - - - -`, "DATE-MDAY")
	f(`<13>1 2003-09-31T22:14:15Z - - - - -`, "DATE-MDAY")
	f(`<13>1 2003-02-29T22:14:15Z - - - - -`, "DATE-MDAY")
	f(`<13>1 1900-02-29T22:14:15Z - - - - -`, "DATE-MDAY")
	f(`<13>1 2003-10-11t22:14:15Z - - - - -`, "TIMESTAMP")
	f(`<13>1 2003-10-11 22:14:15Z - - - - -`, "TIMESTAMP")
	f(`<13>1 2003-10-11T24:14:15Z - - - - -`, "TIME-HOUR")
	f(`<13>1 2003-10-11T22:60:15Z - - - - -`, "TIME-MINUTE")
	f(`<13>1 2003-10-11T22:14:60Z - - - - -`, "TIME-SECOND")
	f(`<13>1 2003-10-11T22:14Z - - - - -`, "PARTIAL-TIME")
	f(`<13>1 2003-10-11T22:14:15.Z - - - - -`, "TIME-SECFRAC")
	f(`<13>1 2003-10-11T22:14:15,5Z - - - - -`, "TIME-NUMOFFSET")
	f(`<13>1 2003-10-11T22:14:15.1234567Z - - - - -`, "TIME-NUMOFFSET")
	f(`<13>1 2003-10-11T22:14:15z - - - - -`, "TIME-NUMOFFSET")
	f(`<13>1 2003-10-11T22:14:15 - - - - -`, "TIME-NUMOFFSET")
	f(`<13>1 2003-10-11T22:14:15+0100 - - - - -`, "TIME-NUMOFFSET")
	f(`<13>1 2003-10-11T22:14:15+24:00 - - - - -`, "TIME-HOUR")
	f(`<13>1 2003-10-11T22:14:15+01:60 - - - - -`, "TIME-MINUTE")
	f(`<13>1 2003-10-11T22:14:15ZZ - - - - -`, "SP")
	f(`<13>1 -  - - - -`, "HOSTNAME")
	f(`<13>1 - `+strings.Repeat("h", 256)+` - - - -`, "HOSTNAME")
	f(`<13>1 - José - - - -`, "SP")
	f("<13>1 - a\tb - - - -", "SP")
	f("<13>1 - a\x7F - - - -", "SP")
	f(`<13>1 - - `+strings.Repeat("a", 49)+` - - -`, "APP-NAME")
	f(`<13>1 - - - `+strings.Repeat("p", 129)+` - -`, "PROCID")
	f(`<13>1 - - - - `+strings.Repeat("m", 33)+` -`, "MSGID")
	f(`<13>1 - - - - é -`, "MSGID")
	f(`<13>1 - - - - -`, "SP")
	f(`<13>1 - - - - - `, "SD-ELEMENT")
	f(`<13>1 - - - - - text`, "SD-ELEMENT")
	f(`<13>1 - - - - - -text`, "SP")
	f(`<13>1 - - - - - []`, "SD-ID")
	f(`<13>1 - - - - - [ a]`, "SD-ID")
	f(`<13>1 - - - - - [a=b]`, "SD-ELEMENT")
	f(`<13>1 - - - - - [a"b]`, "SD-ELEMENT")
	f(`<13>1 - - - - - [é]`, "SD-ID")
	f(`<13>1 - - - - - [`+strings.Repeat("n", 33)+`]`, "SD-ID")
	f(`<13>1 - - - - - [a ]`, "PARAM-NAME")
	f(`<13>1 - - - - - [a  b="c"]`, "PARAM-NAME")
	f(`<13>1 - - - - - [a b]`, "SD-PARAM")
	f(`<13>1 - - - - - [a b=c]`, "SD-PARAM")
	f(`<13>1 - - - - - [a b =""]`, "SD-PARAM")
	f(`<13>1 - - - - - [a b=""c=""]`, "SD-ELEMENT")
	f(`<13>1 - - - - - [a b="]"]`, "SD-PARAM")
	f(`<13>1 - - - - - [a b="""]`, "SD-ELEMENT")
	f(`<13>1 - - - - - [a b="\"]`, "SD-PARAM")
	f(`<13>1 - - - - - [a b="\n"]`, "PARAM-VALUE")
	f("<13>1 - - - - - [a b=\"\xFF\"]", "PARAM-VALUE")
	f(`<13>1 - - - - - [a b="c"`, "SD-ELEMENT")
	f(`<13>1 - - - - - [a][b][a]`, "SD-ID")
	f("<13>1 - - - - - - \xEF\xBB\xBF\xFF", "MSG-UTF8")
}
