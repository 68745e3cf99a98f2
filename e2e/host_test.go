package e2e

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// host is another machine: a network namespace behind a cable.
type host struct {
	name    string // of the namespace
	address string // of the host
	nearby  string // our end of the cable
	far     string // its end
}

// newHost makes a host, and skips the test where that is not permitted. Its
// address is of those for tests of network devices (RFC 2544).
func newHost(t *testing.T) *host {
	t.Helper()
	n := rand.IntN(1 << 14)
	net := fmt.Sprintf("198.18.%d.", n>>6)
	first := n & 63 * 4
	h := &host{
		name:    fmt.Sprintf("pam%d", n),
		address: fmt.Sprintf("%s%d", net, first+2),
		nearby:  fmt.Sprintf("pamn%d", n),
		far:     fmt.Sprintf("pamf%d", n),
	}
	if err := ip("netns", "add", h.name); err != nil {
		t.Skip("no network namespace: ", err)
	}
	t.Cleanup(func() {
		if err := ip("netns", "del", h.name); err != nil {
			t.Error(err)
		}
	})
	for _, args := range [][]string{
		{"link", "add", h.nearby, "type", "veth", "peer", "name", h.far, "netns", h.name},
		{"addr", "add", fmt.Sprintf("%s%d/30", net, first+1), "dev", h.nearby},
		{"link", "set", h.nearby, "up"},
		{"-n", h.name, "addr", "add", h.address + "/30", "dev", h.far},
		{"-n", h.name, "link", "set", h.far, "up"},
	} {
		if err := ip(args...); err != nil {
			t.Skip("no network between namespaces: ", err)
		}
	}
	return h
}

// cable pulls the cable out of the host, or puts it in again.
func (h *host) cable(t *testing.T, state string) {
	t.Helper()
	if err := ip("-n", h.name, "link", "set", h.far, state); err != nil {
		t.Fatal(err)
	}
}

// command runs another one on the host.
func (h *host) command() []string { return []string{"ip", "netns", "exec", h.name} }

// ip runs ip of iproute2.
func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
