package e2e

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the collector to its end, and returns what it said.
func run(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	out, err := exec.Command(built(t, "otelcol-pam"), args...).CombinedOutput()
	return string(out), err
}

func TestVersion(t *testing.T) {
	said, err := run(t, "--version")
	if err != nil || said != "otelcol-pam version 0.1.0\n" {
		t.Errorf("%q, %v", said, err)
	}
}

func TestComponents(t *testing.T) {
	said, err := run(t, "components")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string][]string{}
	kind := ""
	for line := range strings.Lines(said) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "- name: "); ok {
			kinds[kind] = append(kinds[kind], name)
		} else if line[0] != ' ' {
			kind = strings.TrimSuffix(line, ":\n")
		}
	}
	f := func(kind, want string) {
		t.Helper()
		if got := strings.Join(kinds[kind], " "); got != want {
			t.Errorf("%s: %s\nwant %s", kind, got, want)
		}
	}
	f("receivers", "file_log otlp pam")
	f("processors", "filter memory_limiter suid transform")
	f("exporters", "debug otlp_grpc otlp_http siem")
	f("extensions", "file_storage health_check")
}

func TestValidateExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "examples", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		if said, err := run(t, "validate", "--config", file); err != nil {
			t.Errorf("%s: %v\n%s", file, err, said)
		}
	}
}

// pipeline has the three components of a pipeline to configure.
const pipeline = `
receivers:
  pam: %s
processors:
  suid: %s
exporters:
  siem: %s
service:
  pipelines:
    logs: {receivers: [pam], processors: [suid], exporters: [siem]}
`

// TestBadConfig holds what a person reads who made a mistake: which key it is,
// and what to write instead.
func TestBadConfig(t *testing.T) {
	f := func(pam, suid, siem, want string) {
		t.Helper()
		config := fmt.Sprintf(pipeline, pam, suid, siem)
		said, err := run(t, "validate", "--config", writeFile(t, "config.yaml", config))
		if err == nil {
			t.Errorf("taken:%s", config)
		}
		if said = strings.TrimSpace(said); said != "Error: "+want {
			t.Errorf("%s\ngot  %s\nwant Error: %s", config, said, want)
		}
	}
	const tcp, siem = "{protocols: {tcp: }}", "{endpoint: 'siem:514'}"

	// A wrong value.
	f("{protocols: {tcp: {framing: lf}}}", "", siem,
		`receivers::pam::protocols::tcp: framing: "lf" is not one of auto, octet_counting, non_transparent`)
	f("{protocols: {udp: {endpoint: '5514'}}}", "", siem,
		`receivers::pam::protocols::udp: endpoint: "5514" is no address to listen on: use host:port, such as localhost:5514`)
	f("{protocols: {udp: {location: America/Brasilia}}}", "", siem,
		`receivers::pam::protocols::udp: location: "America/Brasilia" is unknown: use an IANA time zone name such as America/Sao_Paulo, or UTC`)
	f(tcp, "{on_unknown: discard}", siem,
		`processors::suid: on_unknown: "discard" is not one of keep, drop, tag`)
	f(tcp, "", "{endpoint: 'siem:514', format: leef}",
		`exporters::siem: format: "leef" is not one of cef, rfc5424, sensage, raw`)
	f(tcp, "", "{endpoint: 'siem:514', transport: udp, framing: octet_counting}",
		`exporters::siem: framing: a datagram is a frame of its own: leave framing out with transport: udp`)
	f(tcp, "", "{endpoint: siem.example.com}",
		`exporters::siem: endpoint: "siem.example.com" is no address to send to: use host:port, such as siem.example.com:514`)

	// One that is missing.
	f(tcp, "", "{format: cef}",
		`exporters::siem: endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514`)
	f("", "", siem,
		`receivers::pam::protocols: nothing to listen on: add udp, tcp or tls, such as tcp: {endpoint: localhost:5514}`)

	// A key that there is not, as the collector itself words it.
	f("{protocols: {tcp: {port: 514}}}", "", siem,
		unknownKey("receivers", "pam", "'protocols.tcp' decoding failed due to the following error(s):\n\n'pamreceiver.TCPConfig' has invalid keys: port"))
	f(tcp, "{onunknown: keep}", siem,
		unknownKey("processors", "suid", "'suidprocessor.Config' has invalid keys: onunknown"))
	f(tcp, "", "{endpoint: 'siem:514', formt: cef}",
		unknownKey("exporters", "siem", "'' decoding failed due to the following error(s):\n\n'siemexporter.Config' has invalid keys: formt"))

	// More than one.
	f("{protocols: {udp: {endpoint: x}, tcp: {frame_timeout: 0s}}}", "{precedence: last}", "{}", strings.Join([]string{
		`receivers::pam::protocols::udp: endpoint: "x" is no address to listen on: use host:port, such as localhost:5514`,
		`receivers::pam::protocols::tcp: frame_timeout: 0s is less than 1ms: use a unit, such as 5s`,
		`exporters::siem: endpoint: is missing: use the SIEM's host:port, such as siem.example.com:514`,
		`processors::suid: precedence: "last" is not one of default, suid_first`,
	}, "\n"))
}

func unknownKey(kind, id, rest string) string {
	return fmt.Sprintf("failed to get config: cannot unmarshal the configuration: decoding failed due to the following error(s):\n\n"+
		"'%s' error reading configuration for %q: decoding failed due to the following error(s):\n\n%s", kind, id, rest)
}

// TestPortTaken starts a collector on a port that another has.
func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	config := fmt.Sprintf(pipeline, fmt.Sprintf("{protocols: {tcp: {endpoint: %q}}}", l.Addr()), "", "{endpoint: 'localhost:1'}")
	said, err := run(t, "--config", writeFile(t, "config.yaml", config), "--set", "service.telemetry.metrics.level=none")
	want := fmt.Sprintf("protocols::tcp: endpoint: cannot listen on %q: listen tcp %s: bind: address already in use\n", l.Addr(), l.Addr())
	if err == nil || !strings.HasSuffix(said, want) {
		t.Errorf("%v\ngot  %s\nwant %s", err, said, want)
	}
}
