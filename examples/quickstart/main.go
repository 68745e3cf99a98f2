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

var (
	binary = flag.String("collector", "build/otelcol-pam", "the collector's `binary`")
	config = flag.String("config", "examples/quickstart.yaml", "its configuration `file`")
	cases  = flag.String("corpus", "testdata", "`directory` of the lines to play")
	logs   = flag.String("log", "build/quickstart.log", "`file` for the collector's log")
)

// patience is how long nothing may happen before the run is given up.
const patience = 15 * time.Second

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run() error {
	lines, err := corpus.Load(*cases)
	if err != nil {
		return err
	}
	sinks, err := openSinks()
	if err != nil {
		return err
	}
	c, err := startCollector(sinks)
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
	cmd    *exec.Cmd
	listen string // where it takes syslog
	log    *os.File
	exited chan error
}

func startCollector(sinks sinks) (*collector, error) {
	listen, err := endpoint("PAM_LISTEN", "127.0.0.1:5514")
	if err != nil {
		return nil, err
	}
	health, err := endpoint("PAM_HEALTH", "127.0.0.1:13133")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(*logs), 0o755); err != nil {
		return nil, err
	}
	log, err := os.Create(*logs)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(*binary, "--config", *config)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "PAM_LISTEN="+listen, "PAM_HEALTH="+health, "PAM_METRICS=none")
	for _, s := range sinks {
		cmd.Env = append(cmd.Env, s.env+"="+s.listener.Addr().String())
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &collector{cmd: cmd, listen: listen, log: log, exited: make(chan error, 1)}
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
			return fmt.Errorf("%s ended at start: %w", *binary, err)
		case <-time.After(20 * time.Millisecond):
		}
		if resp, err := client.Get(url); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("%s is not up after %v", *binary, patience)
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
			return fmt.Errorf("%s ended badly: %w", *binary, err)
		}
		return nil
	case <-time.After(patience):
		_ = c.cmd.Process.Kill()
		return fmt.Errorf("%s did not end within %v of SIGTERM", *binary, patience)
	}
}

// showLog copies the collector's log to standard error.
func (c *collector) showLog() {
	c.log.Close()
	text, err := os.ReadFile(*logs)
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
