package syslog_test

import (
	"fmt"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

func ExampleParser_Parse() {
	var p syslog.Parser
	var m syslog.Message
	p.Parse(&m, "<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.", time.Now())
	fmt.Println(m.Hostname, m.AppName, m.ProcID)
	fmt.Println(m.Msg)
	fmt.Println(m.Form == syslog.RFC5424, m.Repairs == syslog.RepairSDMissing)
	// Output:
	// vm-andrew-dev senhasegura 1426
	// Successfully authenticated.
	// true true
}

func ExampleFramer() {
	buf := []byte("8 <13>line11 <14>another3 <1")
	f := syslog.Framer{MaxMessageSize: 8}
	for more := true; more; {
		i, j, n, flags, ok := f.Next(buf)
		if ok {
			fmt.Printf("%s %v\n", buf[i:j], flags&syslog.Cut != 0)
		}
		buf, more = buf[n:], ok
	}
	i, j, _, flags, _ := f.Flush(buf)
	fmt.Printf("%s %v\n", buf[i:j], flags&syslog.NoTrailer != 0)
	// Output:
	// <13>line false
	// <14>anot true
	// <1 true
}

func ExampleAppendRFC5424() {
	h := syslog.Header{
		Facility: 1, Severity: 5,
		Time:     time.Date(2018, 6, 18, 20, 49, 41, 123456789, time.UTC),
		Hostname: "vault 01", AppName: "senhasegura", ProcID: "1426",
	}
	b := syslog.AppendRFC5424(nil, &h)
	b = syslog.AppendSDName(append(b, '['), "pam@32473")
	b = append(b, ` suser="`...)
	b = syslog.AppendParamValue(b, "a\"b\n")
	b = append(b, `"] Session started`...)
	fmt.Printf("%s\n", b)
	// Output:
	// <13>1 2018-06-18T20:49:41.123456Z vault_01 senhasegura 1426 - [pam@32473 suser="a\"b "] Session started
}
