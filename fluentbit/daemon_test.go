package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/fluentbit/plugin"
)

// daemon is a real Fluent Bit with the plugin. It is ended by its own id.
type daemon struct {
	t      *testing.T
	cmd    *exec.Cmd
	log    transcript
	exited chan struct{}
	status string // how it ended, once exited is closed
	fails  bool   // it may crash at its end, by a fault of its own
}

// setting is a directory with a configuration, in which a Fluent Bit runs, perhaps
// one after another.
type setting struct {
	t      *testing.T
	binary string
	dir    string
	words  []string // {name} and what it stands for, by turns
}

// realFluentBit returns the path of one, or skips the test.
func realFluentBit(t *testing.T) string {
	t.Helper()
	path := os.Getenv("FLUENT_BIT_BIN")
	if path == "" {
		t.Skip("FLUENT_BIT_BIN is not set: the path of the fluent-bit to test with")
	}
	return path
}

// newSetting returns one with a file plugins.conf, for a real Fluent Bit. The words
// are names and values by turns; {dir} is the directory.
func newSetting(t *testing.T, words ...string) *setting {
	t.Helper()
	s := &setting{t: t, binary: realFluentBit(t), dir: t.TempDir()}
	words = append(words, "so", outPam.path(t), "dir", s.dir)
	for i, w := range words {
		if i%2 == 0 {
			w = "{" + w + "}"
		}
		s.words = append(s.words, w)
	}
	s.write("plugins.conf", "[PLUGINS]\n    path {so}\n")
	return s
}

// version is that of a Fluent Bit: major, minor and patch.
type version [3]int

func (v version) before(other version) bool { return slices.Compare(v[:], other[:]) < 0 }

// versionForm is what --version begins with.
var versionForm = regexp.MustCompile(`^Fluent Bit v(\d+)\.(\d+)\.(\d+)`)

func (s *setting) version() (v version) {
	s.t.Helper()
	out, err := exec.Command(s.binary, "--version").Output()
	if err != nil {
		s.t.Fatal(err)
	}
	m := versionForm.FindStringSubmatch(string(out))
	if m == nil {
		s.t.Fatalf("no version: %.80q", out)
	}
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1])
	}
	return v
}

// since skips the test when Fluent Bit is older than what is tested.
func (s *setting) since(first version, what string) {
	s.t.Helper()
	if v := s.version(); v.before(first) {
		s.t.Skipf("Fluent Bit %v has no %s, which is there since %v", v, what, first)
	}
}

// write writes a file, its words replaced.
func (s *setting) write(name, text string) (path string) {
	s.t.Helper()
	path = filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(strings.NewReplacer(s.words...).Replace(text)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// add appends lines to a file.
func (s *setting) add(name string, lines ...string) {
	s.t.Helper()
	f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(strings.Join(lines, "\n") + "\n"); err != nil {
		s.t.Fatal(err)
	}
}

// run starts Fluent Bit with a file that was written.
func (s *setting) run(config string, args ...string) *daemon {
	s.t.Helper()
	args = append(args, "-c", filepath.Join(s.dir, config))
	d := &daemon{t: s.t, cmd: exec.Command(s.binary, args...), exited: make(chan struct{})}
	d.cmd.Dir, d.cmd.Stdout, d.cmd.Stderr = s.dir, &d.log, &d.log
	d.cmd.WaitDelay = time.Second // its children may outlive it
	if err := d.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		d.status = "exit status 0"
		if err := d.cmd.Wait(); err != nil {
			d.status = err.Error()
		}
		close(d.exited)
	}()
	s.t.Cleanup(d.cleanup)
	return d
}

// crashed finds what no Fluent Bit should log.
var crashed = regexp.MustCompile(`panic:|fatal error:|SIGSEGV|SIGABRT|fault of the plugin|\[engine\] caught signal \(SIG(SEGV|ABRT|BUS)`)

func (d *daemon) cleanup() {
	_ = d.cmd.Process.Kill()
	<-d.exited
	log := d.log.String()
	if what := crashed.FindString(log); what != "" && !d.fails {
		d.t.Errorf("Fluent Bit crashed: %s", what)
	}
	if d.t.Failed() {
		d.t.Logf("Fluent Bit ended with %s and logged:\n%s", d.status, log[max(0, len(log)-8<<10):])
	}
}

// ready waits until n instances began: inputs begin before them.
func (d *daemon) ready(n int) {
	d.t.Helper()
	d.says(n, "configuration: ")
}

// says waits for a text in the log, n times.
func (d *daemon) says(n int, text string) {
	d.t.Helper()
	d.until(func() string {
		if strings.Count(d.log.String(), text) >= n {
			return ""
		}
		return fmt.Sprintf("Fluent Bit has not said %q %d times", text, n)
	})
}

// came waits for n frames, and returns all that came.
func (d *daemon) came(siem *sink, n int) []string {
	d.t.Helper()
	return d.frames(siem.frames, n)
}

func (d *daemon) frames(of func() []string, n int) []string {
	d.t.Helper()
	d.until(func() string {
		if got := len(of()); got < n {
			return fmt.Sprintf("%d frames came of %d", got, n)
		}
		return ""
	})
	return of()
}

// all waits until each line came, and returns how many came twice.
func (d *daemon) all(siem *sink, sent []string) (twice int) {
	d.t.Helper()
	d.until(func() (wrong string) {
		wrong, twice = account(sent, siem.frames())
		return wrong
	})
	return twice
}

// until waits until what is wrong is "". When Fluent Bit has ended that is not
// waited for.
func (d *daemon) until(wrong func() string) {
	d.t.Helper()
	eventually(d.t, func() string {
		ended := d.hasExited()
		text := wrong()
		if ended && text != "" {
			d.t.Fatalf("Fluent Bit ended with %s, and %s", d.status, text)
		}
		return text
	})
}

func (d *daemon) hasExited() bool {
	select {
	case <-d.exited:
		return true
	default:
		return false
	}
}

func (d *daemon) signal(sig syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(sig); err != nil {
		d.t.Fatalf("%v: %v", sig, err)
	}
}

// stop ends Fluent Bit as a service manager does.
func (d *daemon) stop() {
	d.t.Helper()
	d.signal(syscall.SIGTERM)
	if got := d.end(); got != "exit status 0" {
		d.t.Errorf("Fluent Bit ended with %s", got)
	}
}

// end waits until Fluent Bit has ended, and returns how.
func (d *daemon) end() string {
	d.t.Helper()
	select {
	case <-d.exited:
	case <-time.After(patience):
		d.t.Fatalf("Fluent Bit did not end within %v", patience)
	}
	return d.status
}

// counters returns those that the plugin told last.
func (d *daemon) counters() plugin.Counters {
	d.t.Helper()
	log := d.log.String()
	_, text, _ := strings.Cut(log[max(0, strings.LastIndex(log, "counters: ")):], "counters: ")
	text, _, _ = strings.Cut(text, "\n")
	var c plugin.Counters
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		d.t.Fatalf("counters: %v: %q", err, text)
	}
	return c
}

// freePort returns a port that neither TCP nor UDP uses.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		p, err := net.ListenPacket("udp", address)
		l.Close()
		if err == nil {
			p.Close()
			_, port, _ := net.SplitHostPort(address)
			return port
		}
	}
	t.Fatal("no port is free for both TCP and UDP")
	return ""
}

// send sends texts to a port of this machine, each by itself.
func send(t *testing.T, network, port string, texts ...string) {
	t.Helper()
	conn, err := net.Dial(network, net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, text := range texts {
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}
