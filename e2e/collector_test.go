package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// collector is a running otelcol-pam.
type collector struct {
	*process
	metrics string // address of its own metrics
}

// built returns the path of a program in build/, and skips the test when it
// was not built.
func built(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "build", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("build/%s is not there: run make build", name)
	}
	return path
}

// baseConfig is what the tests need of every collector: to know when it is up,
// and what it counted.
const baseConfig = `
extensions:
  health_check:
    endpoint: %s
service:
  extensions: [health_check]
  telemetry:
    metrics:
      level: normal
      readers:
        - pull:
            exporter:
              prometheus:
                host: 127.0.0.1
                port: %s
`

// startCollector starts a collector with a configuration and waits until it is
// up.
func startCollector(t *testing.T, config string) *collector {
	t.Helper()
	health, metrics := freeAddress(t), freeAddress(t)
	cmd := exec.Command(built(t, "otelcol-pam"),
		"--config", writeFile(t, "base.yaml", fmt.Sprintf(baseConfig, health, port(metrics))),
		"--config", writeFile(t, "config.yaml", config))
	c := &collector{process: start(t, "otelcol-pam", cmd), metrics: metrics}
	client := http.Client{Timeout: time.Second}
	waitFor(t, func() string {
		if c.hasExited() {
			t.Fatalf("the collector ended at start: %v", c.err)
		}
		resp, err := client.Get("http://" + health)
		if err != nil {
			return "collector: " + err.Error()
		}
		resp.Body.Close()
		return unless(resp.StatusCode == http.StatusOK, "healthy collector: %s", resp.Status)
	})
	return c
}

// pid is PROCID where the source had none.
func (p *process) pid() string { return strconv.Itoa(p.cmd.Process.Pid) }

// metric returns the sum of a metric of the collector's own over the series
// whose labels have all of the given texts.
func (c *collector) metric(t *testing.T, name string, labels ...string) (sum float64) {
	t.Helper()
	client := http.Client{Timeout: patience}
	resp, err := client.Get("http://" + c.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		rest, ok := strings.CutPrefix(series, name)
		if !ok || !strings.HasPrefix(rest, "{") {
			continue
		}
		for _, l := range labels {
			ok = ok && strings.Contains(rest, l)
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil && ok {
			sum += n
		}
	}
	return sum
}

// memory returns a figure of the process's memory in bytes, as the kernel has
// it: VmRSS is what it has now, VmHWM the most it had.
func (p *process) memory(t *testing.T, figure string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("no memory figures: ", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, figure+":"); ok {
			kb, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("/proc/%d/status has no %s", p.cmd.Process.Pid, figure)
	return 0
}
