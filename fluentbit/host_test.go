// Package main_test drives the built plugin over Fluent Bit's own calls. A C
// program, host/host.c, stands for Fluent Bit, in a process of its own: what
// crashes there fails a test and not all of them.
//
// The tests need a C compiler and are themselves without cgo. Where there is none
// they skip and say so.
package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// pluginFlags are those of `make plugin`.
var pluginFlags = []string{"build", "-buildmode=c-shared", "-tags=netgo,osusergo", "-trimpath", "-buildvcs=false"}

var hostFlags = []string{"-O1", "-g", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"}

// product is a file that tests use, and how it is built.
type product struct {
	file  string
	build func(file string) *exec.Cmd
	once  sync.Once
	err   error
}

// shared holds the products that were built, until the last test has ended.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "out_pam"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

func goBuild(pkg string, flags ...string) func(file string) *exec.Cmd {
	return func(file string) *exec.Cmd {
		args := append(append([]string{}, pluginFlags...), flags...)
		cmd := exec.Command("go", append(args, "-o", file, pkg)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
		return cmd
	}
}

func gcc(flags ...string) func(file string) *exec.Cmd {
	return func(file string) *exec.Cmd {
		args := append(append([]string{}, hostFlags...), flags...)
		return exec.Command("gcc", append(args, "-o", file, "host/host.c", "-ldl", "-lpthread")...)
	}
}

var (
	outPam     = &product{file: "out_pam.so", build: goBuild(".")}
	broken     = &product{file: "broken.so", build: goBuild("./host/broken")}
	fluentBit  = &product{file: "host", build: gcc("-rdynamic")} // has flb_log_print
	silentHost = &product{file: "host-silent", build: gcc()}     // has it not
)

// path builds the product, once, and returns where it is.
func (p *product) path(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no C compiler: ", err)
	}
	file := filepath.Join(shared, p.file)
	p.once.Do(func() {
		watchSources()
		if out, err := p.build(file).CombinedOutput(); err != nil {
			p.err = fmt.Errorf("%s: %w\n%s", p.file, err, out)
		}
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
	return file
}

// watchSources looks at what the products are made of, so that `go test` keeps no
// result of sources that have changed since.
func watchSources() {
	for _, dir := range []string{".", "../internal"} {
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, _ error) error {
			if ext := filepath.Ext(path); ext == ".go" || ext == ".c" {
				_, _ = os.Stat(path)
			}
			return nil
		})
	}
}

// host is a running host program.
type host struct {
	t       testing.TB
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers chan string // closed when the program has ended
	log     transcript
	status  string // how it ended, once answers is closed
}

// transcript is what was written so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start starts a host program that is to end well.
func start(t testing.TB, program *product, flags ...string) *host {
	t.Helper()
	return startWith(t, nil, program, flags...)
}

// startWith starts a host program with more variables in its environment.
func startWith(t testing.TB, env []string, program *product, flags ...string) *host {
	t.Helper()
	h := &host{t: t, cmd: exec.Command(program.path(t), flags...), answers: make(chan string)}
	h.cmd.Env = append(os.Environ(), env...)
	h.cmd.Stderr = &h.log
	var err error
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go h.read(out)
	t.Cleanup(func() {
		h.cmd.Process.Kill()
		for range h.answers {
		}
		if t.Failed() {
			t.Logf("the host ended with %s and logged:\n%.4000s", h.status, h.log.String())
		}
	})
	return h
}

func (h *host) read(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		h.answers <- lines.Text()
	}
	h.status = "exit status 0"
	if err := h.cmd.Wait(); err != nil {
		h.status = err.Error()
	}
	close(h.answers)
}

// do gives a command and returns the answer, or how the program ended.
func (h *host) do(format string, args ...any) string {
	h.t.Helper()
	command := fmt.Sprintf(format, args...)
	if _, err := io.WriteString(h.in, command+"\n"); err != nil && !errors.Is(err, fs.ErrClosed) {
		return h.end()
	}
	select {
	case answer, open := <-h.answers:
		if !open {
			return h.status
		}
		_, answer, _ = strings.Cut(answer, ": ")
		return answer
	case <-time.After(patience):
		h.cmd.Process.Kill()
		h.t.Fatalf("%s: no answer within %v", command, patience)
		return ""
	}
}

// want gives a command and compares the answer.
func (h *host) want(want, format string, args ...any) {
	h.t.Helper()
	if got := h.do(format, args...); got != want {
		h.t.Fatalf("%s: %s, want %s", fmt.Sprintf(format, args...), got, want)
	}
}

// load loads a plugin; what follows is of this load.
func (h *host) load(so *product) {
	h.t.Helper()
	h.want("pam, type 2, proxy 11, flags 0", "load %s", so.path(h.t))
}

// begin begins an instance. A line of the configuration is a key, a space and its
// value.
func (h *host) begin(n int, configuration string) string {
	h.t.Helper()
	for line := range strings.Lines(configuration) {
		if line = strings.TrimSpace(line); line != "" {
			h.want("OK", "set %d %s", n, line)
		}
	}
	return h.do("init %d", n)
}

// begun begins an instance that begins.
func (h *host) begun(n int, format string, args ...any) {
	h.t.Helper()
	if got := h.begin(n, fmt.Sprintf(format, args...)); got != "OK" {
		h.t.Fatalf("init %d: %s", n, got)
	}
}

// flushUntilOK flushes a chunk, as often as the answer is RETRY.
func (h *host) flushUntilOK(n int, chunk string) {
	h.t.Helper()
	answer := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if answer = h.do("flush %d %s", n, chunk); answer != "RETRY" {
			break
		}
	}
	if answer != "OK" {
		h.t.Fatalf("flush %d: %s, want OK in the end", n, answer)
	}
}

// end ends the program and returns how it ended.
func (h *host) end() string {
	h.t.Helper()
	h.in.Close()
	timeout := time.After(patience)
	for {
		select {
		case _, open := <-h.answers:
			if !open {
				return h.status
			}
		case <-timeout:
			h.cmd.Process.Kill()
			h.t.Fatalf("the host did not end within %v", patience)
		}
	}
}

// endWell ends the program, which has nothing to complain about.
func (h *host) endWell() {
	h.t.Helper()
	if got := h.end(); got != "exit status 0" {
		h.t.Errorf("the host ended with %s", got)
	}
}

// eventually waits until what is wrong is "".
func eventually(t testing.TB, wrong func() string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		text := wrong()
		if text == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatal(text)
		}
	}
}
