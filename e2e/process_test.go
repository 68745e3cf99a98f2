// Package e2e tests the built collector as its users run it: as a process,
// between syslog daemons that others wrote. A test whose daemon or binary is
// not there skips and says so.
//
// The collector is build/otelcol-pam, as `make build` leaves it. syslog-ng is
// taken from the PATH. rsyslogd is taken from the PATH too, or from the
// directory RSYSLOG_ROOT into which its packages are unpacked, since Debian
// installs only one of the two.
package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// process is a program that a test started. It is ended by its own id.
type process struct {
	name   string
	log    string // file of its standard output and error
	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of Wait, once exited is closed
}

// start starts a program. When the test ends it is ended too, and when the
// test has failed the end of its log is shown.
func start(t *testing.T, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{name: name, log: filepath.Join(t.TempDir(), name+".log"), cmd: cmd, exited: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.logged(4<<10))
		}
	})
	return p
}

// signal sends the process a signal, if it has not ended.
func (p *process) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// kill ends the process without asking it.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	<-p.exited
}

// stop asks the process to end and waits until it has. One that is halted goes
// on for that.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	p.signal(t, syscall.SIGCONT)
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Errorf("%s did not end within %v of SIGTERM", p.name, patience)
		p.cmd.Process.Kill()
		<-p.exited
	}
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// logged returns the last n bytes of the log.
func (p *process) logged(n int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-n):])
}

// ready waits until all endpoints are listened on: "tcp/127.0.0.1:514".
func (p *process) ready(t *testing.T, endpoints ...string) {
	t.Helper()
	for _, e := range endpoints {
		network, address, _ := strings.Cut(e, "/")
		waitFor(t, func() string {
			if p.hasExited() {
				t.Fatalf("%s ended at start: %v", p.name, p.err)
			}
			return unless(listens(network, address), "%s on %s", p.name, e)
		})
	}
}

// listens reports whether there is a socket at a local address. That of UDP
// cannot be asked, so the kernel is.
func listens(network, address string) bool {
	if network != "udp" {
		conn, err := net.Dial(network, address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	}
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	table, _ := os.ReadFile("/proc/net/udp")
	table6, _ := os.ReadFile("/proc/net/udp6")
	return bytes.Contains(append(table, table6...), fmt.Appendf(nil, ":%04X ", n))
}

// waitFor waits until missing says that nothing is.
func waitFor(t *testing.T, missing func() string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for what := missing(); what != ""; what = missing() {
		if time.Now().After(deadline) {
			t.Fatalf("after %v there is still no %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// unless returns what is missing unless it is there.
func unless(there bool, format string, args ...any) string {
	if there {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// lastPort is the port that a test was given last. Ports are given from below
// those that the kernel gives to connections, which could else take one before
// its listener does.
var (
	lastPortMu sync.Mutex
	lastPort   = firstPort + rand.IntN(morePorts)
)

const firstPort, morePorts = 15000, 15000

// freeAddress returns a local address whose port neither TCP nor UDP uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	lastPortMu.Lock()
	defer lastPortMu.Unlock()
	syscall.ForkLock.RLock() // a process that starts now would hold the port for a moment
	defer syscall.ForkLock.RUnlock()
	for range morePorts {
		lastPort = firstPort + (lastPort+1-firstPort)%morePorts
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(lastPort))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		p, err := net.ListenPacket("udp", address)
		l.Close()
		if err == nil {
			p.Close()
			return address
		}
	}
	t.Fatal("no port is free for both TCP and UDP")
	return ""
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// writeFile writes a file of a test's own and returns its path.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
