package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// sinkConfig sends what a receiver takes through suid and siem.
const sinkConfig = `
receivers:
  %[1]s
processors:
  suid:
exporters:
  siem: {endpoint: %[2]q, format: rfc5424, framing: octet_counting, hostname: gw}
service:
  pipelines:
    logs: {receivers: [%[3]s], processors: [suid], exporters: [siem]}
`

// TestFileLog has the corpus read from a file, by the receiver of others. Left
// to itself it would drop the line that is a space.
func TestFileLog(t *testing.T) {
	cases := loadCorpus(t)
	file := filepath.Join(t.TempDir(), "pam.log")
	s := newSink(t, true)
	c := startCollector(t, fmt.Sprintf(sinkConfig, fmt.Sprintf(`file_log:
    include: [%q]
    start_at: beginning
    poll_interval: 50ms
    preserve_leading_whitespaces: true
    preserve_trailing_whitespaces: true`, file), s.address, "file_log"))
	text := ""
	for _, one := range cases {
		text += one.Input + "\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sameAsOurs(t, c, cases, s.wait(t, len(cases)))
}

// TestOTLP has the corpus sent as bare bodies over OTLP/HTTP.
func TestOTLP(t *testing.T) {
	cases := loadCorpus(t)
	address := freeAddress(t)
	s := newSink(t, true)
	c := startCollector(t, fmt.Sprintf(sinkConfig,
		fmt.Sprintf("otlp: {protocols: {http: {endpoint: %q}}}", address), s.address, "otlp"))
	resp, err := http.Post("http://"+address+"/v1/logs", "application/json", bytes.NewReader(otlpLogs(t, cases)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	sameAsOurs(t, c, cases, s.wait(t, len(cases)))
}

// otlpLogs returns an ExportLogsServiceRequest with a record for each line.
func otlpLogs(t *testing.T, cases []corpus.Case) []byte {
	t.Helper()
	type object = map[string]any
	var records []object
	for _, c := range cases {
		records = append(records, object{"body": object{"stringValue": c.Input}})
	}
	scope := object{"scope": object{"name": "another"}, "logRecords": records}
	body, err := json.Marshal(object{"resourceLogs": []object{{"scopeLogs": []object{scope}}}})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// sameAsOurs demands of each line that it leaves as it does by way of our
// receiver, so with the same type and fields; only that one gives a
// log.record.uid.
func sameAsOurs(t *testing.T, c *collector, cases []corpus.Case, got []string) {
	t.Helper()
	enc := newEncoder(t, wire.Encoding{Format: "rfc5424", Hostname: "gw", ProcID: c.pid()})
	sent := messages(cases)
	if len(got) != len(sent) {
		t.Fatalf("%d messages came of %d", len(got), len(sent))
	}
	for i, m := range sent {
		if want := render(t, enc, m, got[i]); got[i] != want {
			t.Errorf("%s:\ngot  %s\nwant %s", m.name, got[i], want)
		}
	}
}
