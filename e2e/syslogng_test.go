package e2e

import (
	"encoding/json"
	"fmt"
	"net"
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
		fmt.Fprintf(&config, `
log {
  source { %s; };
  destination { file(%q template("$(format-flat-json raw=$RAWMSG facility=$FACILITY_NUM severity=$LEVEL_NUM time=$S_ISODATE host=$HOST app=$PROGRAM procid=$PID msgid=$MSGID msg=$MSG .SDATA.*)\n")); };
};
`, d.source(t, way, address), file)
		endpoints = append(endpoints, way.network+"/"+address)
	}
	p := d.start(t, config.String())
	p.ready(t, endpoints...)
	return p
}

// source returns the driver that makes syslog-ng listen.
func (syslogNG) source(t *testing.T, way way, address string) string {
	t.Helper()
	if way.network == "unix" {
		return fmt.Sprintf("unix-stream(%q flags(syslog-protocol, store-raw-message))", address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	transport, secure := way.network, ""
	if way.ca != nil {
		server := way.server(t)
		transport = "tls"
		secure = fmt.Sprintf("tls(key-file(%q) cert-file(%q) peer-verify(optional-untrusted))", server.key, server.cert)
		if way.clients != nil {
			secure = fmt.Sprintf("tls(key-file(%q) cert-file(%q) ca-file(%q) peer-verify(required-trusted))", server.key, server.cert, way.clients.file)
		}
	}
	driver, flags := "network", "syslog-protocol, store-raw-message"
	if way.counted {
		driver, flags = "syslog", "store-raw-message"
	}
	return fmt.Sprintf("%s(ip(%q) port(%s) transport(%q) flags(%s) %s)", driver, host, port, transport, flags, secure)
}

// store makes syslog-ng write what comes to an address to a file, byte for
// byte, and read no more than it can write.
func (d syslogNG) store(t *testing.T, way way, address, file string) *process {
	t.Helper()
	p := d.start(t, fmt.Sprintf(`
log {
  source { %s; };
  destination { file(%q template("$RAWMSG\n")); };
  flags(flow-control);
};
`, d.source(t, way, address), file))
	p.ready(t, way.network+"/"+address)
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
	transport, secure := way.network, ""
	if way.ca != nil {
		transport, secure = "tls", fmt.Sprintf("tls(ca-file(%q) peer-verify(required-trusted))", way.ca.file)
	}
	p := d.start(t, fmt.Sprintf(`
log {
  source { network(ip("127.0.0.1") port(%s) transport("tcp") flags(no-parse)); };
  destination { network("127.0.0.1" port(%s) transport(%q) template(%q) %s); };
};
`, port(from), port(to), transport, template, secure))
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
