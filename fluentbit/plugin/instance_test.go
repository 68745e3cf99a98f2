package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// newPress returns what turns chunks into frames.
func newPress(t testing.TB, c *Config) *press {
	t.Helper()
	renderer, err := siem.NewRenderer(&c.Config, c.Token)
	if err != nil {
		t.Fatal(err)
	}
	return &press{newReader(c, audit.Builtin()), renderer}
}

// FuzzPrint: whatever a chunk holds, each record leaves as one message, and a
// message is one frame.
func FuzzPrint(f *testing.F) {
	cases, err := corpus.Load("../../testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		body, _ := json.Marshal(map[string]string{"log": c.Input})
		f.Add(oneEvent(f, `{}`, string(body)))
	}
	for _, body := range []string{
		`{"pri":"13","host":"vm","ident":"CEF","extradata":"[a@1 b=\"c\"]","message":"0|MT4|senhasegura|3|8|Name|5|suser=bob\n"}`,
		`{"DeviceVendor":"MT4\n","DeviceProduct":"senhasegura","Name":"N|","Extensions":{"msg":"a = b","su ser":"bob\r\n"}}`,
		`{"pam.format":"cef","host.name":"v m","user.name":["a\nb","c"],"pam.ext.x y":"y","pam.sd.a@1.b":"c\u0000"}`,
		`{"fields":{"user.name":"bob"},"raw":"<13>x\n","type":"session.started"}`,
		`["a",{"b":1}]`,
	} {
		f.Add(oneEvent(f, `{"otlp":{"attributes":{"user.name":"x"},"event_name":"pam.session.started"}}`, body))
	}
	var presses []*Instance
	for _, format := range []string{"cef", "rfc5424", "sensage", "raw"} {
		i := &Instance{presses: make(chan *press, 1), journal: newJournal(func(Level, string) {}, "fuzz")}
		i.presses <- newPress(f, configured(f, map[string]string{"format": format}))
		presses = append(presses, i)
	}
	f.Fuzz(func(t *testing.T, chunk string) {
		for _, i := range presses {
			p := i.print(chunk, idOf(chunk, "tag"))
			if int64(p.frames.Len())+p.tally.Empty != p.tally.Received {
				t.Errorf("%d messages of %+v", p.frames.Len(), p.tally)
			}
			for n := range p.frames.Len() {
				frame := p.frames.Frame(n)
				if at := bytes.IndexAny(frame, "\r\n\x00"); at != len(frame)-1 || frame[at] != '\n' {
					t.Errorf("%q", frame)
				}
			}
		}
	})
}

// BenchmarkPrint turns chunks of 2 MB into CEF: maps of 13 keys, and lines.
func BenchmarkPrint(b *testing.B) {
	bench := func(name string, body func(i int) string) {
		var chunk strings.Builder
		records := 0
		for ; chunk.Len() < 2_000_000; records++ {
			chunk.WriteString(oneEvent(b, `{}`, body(records)))
		}
		c := configured(b, nil)
		i := &Instance{presses: make(chan *press, 1)}
		i.presses <- newPress(b, c)
		text := chunk.String()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				i.print(text, idOf(text, "tag"))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*records), "ns/record")
		})
	}
	bench("map", func(i int) string {
		user := fmt.Sprintf("user%04d", i%5000)
		return fmt.Sprintf(`{"suser":%q,"sname":"Maria Souza %s","src":"10.20.%d.%d","dhost":"srv-db-%03d","dst":"10.30.1.%d","dpt":"22","duser":"root","act":"session_start","msg":"Remote session started by user with credential root","suid":"57","spriv":"Administrator","dproc":"SSH","sourceServiceName":"Segura"}`,
			user, user, i/250%250, i%250, i%300, i%100)
	})
	bench("line", func(i int) string {
		return fmt.Sprintf(`{"log":"<13>1 2026-11-01T10:20:30Z vm senhasegura 1426 - - CEF:0|MT4|senhasegura|3.0|8|Session started|5|suser=user%04d src=10.20.%d.%d dhost=srv-db-%03d duser=root msg=Remote session started by user"}`,
			i%5000, i/250%250, i%250, i%300)
	})
}
