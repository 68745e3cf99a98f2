package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// newRendererOf returns what turns chunks into messages.
func newRendererOf(t testing.TB, c *Config) *renderer {
	t.Helper()
	events, err := siem.NewRenderer(&c.Config, c.Token)
	if err != nil {
		t.Fatal(err)
	}
	return &renderer{reader: newReader(c, audit.Builtin()), events: events, journal: newJournal(func(Level, string) {}, "test")}
}

// all renders a chunk, and hands on each of its pieces.
func (r *renderer) all(t testing.TB, text, tag string, limit int, piece func(delivery.Frames)) Counters {
	t.Helper()
	p := newRendering(tag)
	p.resume(text)
	for {
		if err := r.render(&p, limit); err != nil {
			t.Fatal(err)
		}
		n := p.frames.Len()
		if n == 0 {
			return p.total
		}
		piece(p.frames)
		p.pass(n, n)
	}
}

// FuzzRender: whatever a chunk holds, each record leaves as one message, and a
// message is one frame.
func FuzzRender(f *testing.F) {
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
	var renderers []*renderer
	for _, format := range []string{"cef", "rfc5424", "sensage", "raw"} {
		renderers = append(renderers, newRendererOf(f, configured(f, map[string]string{"format": format})))
	}
	f.Fuzz(func(t *testing.T, chunk string) {
		for _, r := range renderers {
			n := 0
			total := r.all(t, chunk, "tag", 1000, func(f delivery.Frames) {
				n += f.Len()
				for i := range f.Len() {
					frame := f.Frame(i)
					if at := bytes.IndexAny(frame, "\r\n\x00"); at != len(frame)-1 || frame[at] != '\n' {
						t.Errorf("%q", frame)
					}
				}
			})
			if int64(n)+total.Empty != total.Received || count(chunk) != total.Received {
				t.Errorf("%d messages of %+v", n, total)
			}
		}
	})
}

// BenchmarkRender turns chunks of 2 MB into CEF: maps of 13 keys, and lines.
func BenchmarkRender(b *testing.B) {
	bench := func(name string, body func(i int) string) {
		var chunk strings.Builder
		records := 0
		for ; chunk.Len() < 2_000_000; records++ {
			chunk.WriteString(oneEvent(b, `{}`, body(records)))
		}
		r := newRendererOf(b, configured(b, nil))
		text := chunk.String()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.all(b, text, "tag", maxTogether, func(delivery.Frames) {})
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

// TestRendering: a chunk is rendered a piece at a time, and goes on where it ended
// when it is handed over again.
func TestRendering(t *testing.T) {
	r := newRendererOf(t, configured(t, map[string]string{"format": "raw"}))
	chunk := rawLines(t, "line", 10)
	var want string
	r.all(t, chunk, "tag", maxTogether, func(f delivery.Frames) { want += string(f.All()) })
	f := func(limit int, passed ...int) {
		t.Helper()
		p := newRendering("tag")
		var got string
		for _, n := range passed {
			p.resume(chunk)
			if err := r.render(&p, limit); err != nil {
				t.Fatal(err)
			}
			if size := p.frames.Size(); size > limit+7 {
				t.Errorf("a piece of %d bytes", size)
			}
			first, _ := p.frames.Cut(min(n, p.frames.Len()))
			got += string(first.All())
			p.pass(0, first.Len())
			if p.end(); p.frames.Len() > 0 || p.begin.text != "" || p.after.text != "" {
				t.Errorf("it keeps %+v", p)
			}
		}
		if got != want || p.skip+int(p.total.Received) != 10 {
			t.Errorf("%q, then %+v", got, p.total)
		}
	}
	f(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	f(1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1)
	f(maxTogether, 3, 0, 4, 3)
	f(14, 2, 1, 1, 2, 2, 2)
}

// TestJournal: what is logged, and what is not.
func TestJournal(t *testing.T) {
	var log strings.Builder
	j := newJournal(func(level Level, text string) { fmt.Fprintln(&log, level, text) }, "splunk")
	j.say(LevelError, "two\nlines")
	j.say(LevelInfo, "%s", "a\x00b\u202ec\x1b[31m")
	for range 3 {
		j.warn("one", "%s is away", "one")
	}
	j.warn("another", "%s is away", "another")
	for range 2 * maxLines {
		j.say(LevelInfo, "many")
	}
	j.say(LevelInfo, "%s", strings.Repeat("x", 2*maxLine))
	j.close()
	j.say(LevelError, "late")
	j.drain()
	want := "1 [output:pam:splunk] two\n1 [output:pam:splunk] lines\n3 [output:pam:splunk] a b c [31m\n" +
		"2 [output:pam:splunk] one is away\n2 [output:pam:splunk] another is away\n" +
		strings.Repeat("3 [output:pam:splunk] many\n", maxLines-5) + "3 [output:pam:splunk] 72 lines were left out\n"
	if log.String() != want {
		t.Errorf("%s", log.String())
	}
	if line := printable(strings.Repeat("x", 2*maxLine)); line != strings.Repeat("x", maxLine)+"…" {
		t.Errorf("%q", line)
	}
}
