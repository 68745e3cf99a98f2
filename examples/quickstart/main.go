// Command quickstart runs the built collector with examples/quickstart.yaml,
// plays the corpus into its listener over TCP and UDP, and shows what a
// receiving syslog socket got: the lines as received, then the counts. It
// fails when a line is missing or came twice.
package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/corpus"
)

// paths are where things are.
type paths struct{ collector, config, corpus, log string }

// patience is how long nothing may happen before the run is given up.
const patience = 15 * time.Second

func main() {
	var p paths
	flag.StringVar(&p.collector, "collector", "build/otelcol-pam", "the collector's `binary`")
	flag.StringVar(&p.config, "config", "examples/quickstart.yaml", "its configuration `file`")
	flag.StringVar(&p.corpus, "corpus", "testdata", "`directory` of the lines to play")
	flag.StringVar(&p.log, "log", "build/quickstart.log", "`file` for the collector's log")
	flag.Parse()
	if err := run(p); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(p paths) error {
	lines, err := corpus.Load(p.corpus)
	if err != nil {
		return err
	}
	sinks, err := openSinks()
	if err != nil {
		return err
	}
	c, err := startCollector(p, sinks)
	if err != nil {
		return err
	}
	sent, err := play(lines, c.listen, sinks)
	if err == nil {
		err = sinks.wait(sent.total())
	}
	err = errors.Join(err, c.stop(), sinks.close(), sinks.report(os.Stdout, sent))
	if err != nil {
		c.showLog()
	}
	return err
}

// collector is the running collector.
type collector struct {
	paths
	cmd    *exec.Cmd
	listen string   // where it takes syslog
	out    *os.File // at paths.log
	exited chan error
}

func startCollector(p paths, sinks sinks) (*collector, error) {
	listen, err := endpoint("PAM_LISTEN", "127.0.0.1:5514")
	if err != nil {
		return nil, err
	}
	health, err := endpoint("PAM_HEALTH", "127.0.0.1:13133")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(p.log), 0o755); err != nil {
		return nil, err
	}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(p.collector, "--config", p.config)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), "PAM_LISTEN="+listen, "PAM_HEALTH="+health, "PAM_METRICS=none")
	for _, s := range sinks {
		cmd.Env = append(cmd.Env, s.env+"="+s.listener.Addr().String())
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &collector{paths: p, cmd: cmd, listen: listen, out: out, exited: make(chan error, 1)}
	go func() { c.exited <- cmd.Wait() }()
	if err := c.ready("http://" + health); err != nil {
		_ = c.cmd.Process.Kill()
		c.showLog()
		return nil, err
	}
	return c, nil
}

// ready waits until the health check says that all runs.
func (c *collector) ready(url string) error {
	client := http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case err := <-c.exited:
			return fmt.Errorf("%s ended at start: %w", c.collector, err)
		case <-time.After(20 * time.Millisecond):
		}
		if resp, err := client.Get(url); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("%s is not up after %v", c.collector, patience)
}

// stop ends the collector as a service manager does, and lets it send what it
// has.
func (c *collector) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-c.exited:
		if err != nil {
			return fmt.Errorf("%s ended badly: %w", c.collector, err)
		}
		return nil
	case <-time.After(patience):
		_ = c.cmd.Process.Kill()
		return fmt.Errorf("%s did not end within %v of SIGTERM", c.collector, patience)
	}
}

// showLog copies the collector's log to standard error.
func (c *collector) showLog() {
	c.out.Close()
	text, err := os.ReadFile(c.log)
	if err != nil {
		return
	}
	const most = 8 << 10
	os.Stderr.Write(text[max(0, len(text)-most):])
}

// endpoint returns what the environment says, or the default, or a free port
// where the default is taken.
func endpoint(env, fallback string) (string, error) {
	if s := os.Getenv(env); s != "" {
		return s, nil
	}
	if free(fallback) {
		return fallback, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// free reports whether a port is free for both TCP and UDP.
func free(endpoint string) bool {
	l, err := net.Listen("tcp", endpoint)
	if err != nil {
		return false
	}
	defer l.Close()
	p, err := net.ListenPacket("udp", endpoint)
	if err != nil {
		return false
	}
	p.Close()
	return true
}
