package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// syslogNG runs syslog-ng.
type syslogNG struct{ path string }

// newSyslogNG finds syslog-ng, and skips the test when there is none.
func newSyslogNG(t *testing.T) syslogNG {
	t.Helper()
	for _, name := range []string{"syslog-ng", "/usr/sbin/syslog-ng"} {
		if path, err := exec.LookPath(name); err == nil {
			return syslogNG{path}
		}
	}
	t.Skip("syslog-ng is not in the PATH")
	return syslogNG{}
}

// start runs syslog-ng with a configuration behind the settings that all need.
func (d syslogNG) start(t *testing.T, config string) *process {
	t.Helper()
	config = `@version: 3.38
options {
  keep-hostname(yes); chain-hostnames(no); use-dns(no); dns-cache(no);
  log-msg-size(131072); stats-freq(0); time-reopen(1); frac-digits(6);
};
` + config
	dir := t.TempDir()
	return start(t, "syslog-ng", exec.Command(d.path, "-F", "--no-caps",
		"-f", writeFile(t, "syslog-ng.conf", config), "-R", filepath.Join(dir, "persist"),
		"-p", filepath.Join(dir, "pid"), "-c", filepath.Join(dir, "ctl")))
}

// receive makes syslog-ng write what comes to each address to a file as JSON.
func (d syslogNG) receive(t *testing.T, way way, files map[string]string) *process {
	t.Helper()
	var config strings.Builder
	var endpoints []string
	for address, file := range files {
		driver := fmt.Sprintf(`network(ip("127.0.0.1") port(%s) transport(%q) flags(syslog-protocol, store-raw-message))`, port(address), way.network)
		if way.counted {
			driver = fmt.Sprintf(`syslog(ip("127.0.0.1") port(%s) transport("tcp") flags(store-raw-message))`, port(address))
		}
		fmt.Fprintf(&config, `
log {
  source { %s; };
  destination { file(%q template("$(format-flat-json raw=$RAWMSG facility=$FACILITY_NUM severity=$LEVEL_NUM time=$S_ISODATE host=$HOST app=$PROGRAM procid=$PID msgid=$MSGID msg=$MSG .SDATA.*)\n")); };
};
`, driver, file)
		endpoints = append(endpoints, way.network+"/"+address)
	}
	p := d.start(t, config.String())
	p.ready(t, endpoints...)
	return p
}

// send makes syslog-ng pass on the lines that come to one address, byte for
// byte, to another. Its own octet counting comes with a header of its own, so
// the count is put into the template.
func (d syslogNG) send(t *testing.T, way way, from, to string) *process {
	t.Helper()
	template := map[string]string{"tcp": "$MSG\n", "udp": "$MSG"}[way.network]
	if way.counted {
		template = "$(length $MSG) $MSG"
	}
	p := d.start(t, fmt.Sprintf(`
log {
  source { network(ip("127.0.0.1") port(%s) transport("tcp") flags(no-parse)); };
  destination { network("127.0.0.1" port(%s) transport(%q) template(%q)); };
};
`, port(from), port(to), way.network, template))
	p.ready(t, "tcp/"+from)
	return p
}

// read reads a line that receive wrote.
func (syslogNG) read(t *testing.T, line string, ours parts) (raw string, p parts) {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
	p = parts{
		Facility: m["facility"], Severity: m["severity"],
		Host: m["host"], App: word(m["app"]), ProcID: m["procid"], MsgID: m["msgid"],
		StructuredData: ours.StructuredData, Params: map[string]string{}, Msg: m["msg"],
	}
	if at, err := time.Parse(time.RFC3339Nano, m["time"]); err == nil {
		p.Time = at.UTC()
	}
	if ours.Time.Year() == 0 {
		p.Time = yearless(p.Time)
	}
	for key, value := range m {
		if key, ok := strings.CutPrefix(key, "_SDATA."); ok {
			p.Params[strings.Replace(key, ".", " ", 1)] = value
		}
	}
	return m["raw"], p
}
