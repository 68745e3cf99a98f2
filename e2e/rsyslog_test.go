package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// rsyslog runs rsyslogd.
type rsyslog struct {
	within  []string // the command that runs it, as in another network namespace
	path    string
	modules string // their directory, where it is not the usual one
	env     []string
}

// newRsyslog finds rsyslogd, and skips the test when there is none.
func newRsyslog(t *testing.T) rsyslog {
	t.Helper()
	root := os.Getenv("RSYSLOG_ROOT")
	if dirs, _ := filepath.Glob(filepath.Join(root, "usr/lib/*/rsyslog")); root != "" && len(dirs) == 1 {
		return rsyslog{
			path:    filepath.Join(root, "usr/sbin/rsyslogd"),
			modules: dirs[0],
			env:     []string{"LD_LIBRARY_PATH=" + filepath.Dir(dirs[0])},
		}
	}
	for _, name := range []string{"rsyslogd", "/usr/sbin/rsyslogd"} {
		if path, err := exec.LookPath(name); err == nil {
			return rsyslog{path: path}
		}
	}
	t.Skip("rsyslogd is neither in the PATH nor unpacked in RSYSLOG_ROOT")
	return rsyslog{}
}

// start runs rsyslogd with a configuration behind the settings that all need:
// messages of any length, and no byte of them changed.
func (d rsyslog) start(t *testing.T, config string) *process {
	t.Helper()
	config = fmt.Sprintf(`
global(workDirectory=%q maxMessageSize="128k" parser.escapeControlCharactersOnReceive="off")
module(load="imtcp")
module(load="imudp")
module(load="mmpstrucdata")
template(name="json" type="string" string="%%jsonmesg%%\n")
template(name="raw" type="string" string="%%rawmsg%%")
`, t.TempDir()) + config
	args := append(slices.Clone(d.within), d.path, "-n", "-iNONE", "-f", writeFile(t, "rsyslog.conf", config))
	cmd := exec.Command(args[0], args[1:]...)
	if d.modules != "" {
		cmd.Args = append(cmd.Args, "-M", d.modules)
	}
	cmd.Env = append(os.Environ(), d.env...)
	return start(t, "rsyslogd", cmd)
}

// receive makes rsyslogd write what comes to each address to a file as JSON.
func (d rsyslog) receive(t *testing.T, way way, files map[string]string) *process {
	t.Helper()
	var config strings.Builder
	var endpoints []string
	for address, file := range files {
		fmt.Fprintf(&config, `
ruleset(name=%[1]q) {
  action(type="mmpstrucdata" sd_name.lowercase="off")
  action(type="omfile" file=%[2]q template="json")
}
%[3]s
`, port(address), file, d.input(t, way, address))
		endpoints = append(endpoints, way.network+"/"+address)
	}
	p := d.start(t, config.String())
	p.ready(t, endpoints...)
	return p
}

// input returns the statement that makes rsyslogd listen, for a ruleset whose
// name is the port.
func (rsyslog) input(t *testing.T, way way, address string) string {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	secure := ""
	if way.ca != nil {
		server, clients, mode := way.server(t), way.ca, "anon"
		if way.clients != nil {
			clients, mode = way.clients, "x509/certvalid"
		}
		secure = fmt.Sprintf(`StreamDriver.Name="ossl" StreamDriver.Mode="1" StreamDriver.AuthMode=%q
  StreamDriver.CAFile=%q StreamDriver.CertFile=%q StreamDriver.KeyFile=%q`, mode, clients.file, server.cert, server.key)
	}
	return fmt.Sprintf("input(type=\"im%s\" address=%q port=%q ruleset=%[3]q %s)", way.network, host, port, secure)
}

// store makes rsyslogd write what comes to an address to a file, byte for byte,
// and at its end all that it has taken.
func (d rsyslog) store(t *testing.T, way way, address, file string) *process {
	t.Helper()
	p := d.start(t, fmt.Sprintf(`
main_queue(queue.timeoutShutdown="60000")
template(name="line" type="string" string="%%rawmsg%%\n")
ruleset(name=%q) { action(type="omfile" file=%q template="line") }
%s
`, port(address), file, d.input(t, way, address)))
	p.ready(t, way.network+"/"+address)
	return p
}

// send makes rsyslogd pass on the lines that come to one address, byte for
// byte, to another.
func (d rsyslog) send(t *testing.T, way way, from, to string) *process {
	t.Helper()
	framing := map[bool]string{false: "traditional", true: "octet-counted"}[way.counted]
	secure := ""
	if way.ca != nil {
		secure = fmt.Sprintf(`StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/certvalid" StreamDriver.CAFile=%q`, way.ca.file)
	}
	p := d.start(t, fmt.Sprintf(`
input(type="imtcp" address="127.0.0.1" port=%q supportOctetCountedFraming="off")
action(type="omfwd" target="127.0.0.1" port=%q protocol=%q TCP_Framing=%q template="raw" %s)
`, port(from), port(to), way.network, framing, secure))
	p.ready(t, "tcp/"+from)
	return p
}

// read reads a line that receive wrote.
func (rsyslog) read(t *testing.T, line string, ours parts) (raw string, p parts) {
	t.Helper()
	var m struct {
		Msg, Rawmsg, Timereported, Hostname    string
		Syslogfacility, Syslogseverity, Procid string
		Msgid                                  string
		Version                                string `json:"protocol-version"`
		AppName                                string `json:"app-name"`
		StructuredData                         string `json:"structured-data"`
		JSON                                   struct {
			SD map[string]map[string]string `json:"rfc5424-sd"`
		} `json:"$!"`
	}
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
	p = parts{
		Facility: m.Syslogfacility, Severity: m.Syslogseverity,
		Host: word(m.Hostname), App: word(m.AppName), ProcID: word(m.Procid), MsgID: word(m.Msgid),
		StructuredData: word(m.StructuredData), Params: map[string]string{}, Msg: strings.TrimPrefix(m.Msg, "\uFEFF"), // which we take off
	}
	if at, err := time.Parse(time.RFC3339Nano, m.Timereported); err == nil {
		p.Time = at.UTC()
	}
	if ours.Time.Year() == 0 {
		p.Time = yearless(p.Time)
	}
	if m.Version == "0" { // of RFC 3164, the space behind TAG is its first byte here
		p.Msg = strings.TrimPrefix(p.Msg, " ")
	}
	for id, params := range m.JSON.SD {
		for name, value := range params {
			p.Params[id+" "+name] = value
		}
	}
	return m.Rawmsg, p
}
