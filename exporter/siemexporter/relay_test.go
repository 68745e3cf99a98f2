//go:build unix

package siemexporter

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// peerVariable makes TestPeer the SIEM of a benchmark.
const peerVariable = "SIEM_EXPORTER_PEER"

// TestPeer is a SIEM in a process of its own, whose work is not measured. It
// reads one connection, and ends with its standard input.
func TestPeer(t *testing.T) {
	if os.Getenv(peerVariable) == "" {
		return // it is no test
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(l.Addr())
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, struct{ io.Reader }{c})
		c.Close()
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// peer starts a SIEM and returns its address.
func peer(b *testing.B) string {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestPeer$")
	cmd.Env = append(os.Environ(), peerVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// BenchmarkRelay has the same batches written and confirmed in either way. To
// compare the two, take turns and use the medians of cpu-ns/record:
//
//	for i in 1 2 3 4 5 6 7; do go test -run '^$' -bench Relay ./exporter/siemexporter; done
func BenchmarkRelay(b *testing.B) {
	const records = 1024
	f := func(confirm string) {
		b.Run("confirm="+confirm, func(b *testing.B) {
			e := start(b, settings(), &host{}, "{confirm: "+confirm+", sending_queue: {block_on_overflow: true, queue_size: 8388608}, endpoint: '"+peer(b)+"'}")
			account := e.(*running).Logs.(*bounded).destination.account
			ld := received(records)
			before := cpu(b)
			for b.Loop() {
				consume(b, e, ld)
			}
			for account.total().queued() > 0 {
				time.Sleep(time.Millisecond)
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N*records), "cpu-ns/record")
			perRecord(b, records)
			if n := account.total(); n.confirmed != int64(b.N*records) {
				b.Errorf("%+v", n)
			}
		})
	}
	f("kernel")
	f("write")
}

// cpu returns the time that this process has worked.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
