package plugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
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
