//go:build linux

package e2e

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// storedConfig has a queue on disk, which is synchronized with every write.
const storedConfig = `
extensions:
  file_storage: {directory: %q, fsync: true}
service:
  extensions: [health_check, file_storage]
  pipelines:
    logs: {receivers: [pam], exporters: [siem]}
receivers:
  pam: {protocols: {tcp: {endpoint: %q}}}
exporters:
  siem:
    endpoint: %q
    format: raw
    sending_queue: {storage: file_storage, queue_size: 1073741824}
    retry_on_failure: {initial_interval: 50ms, max_interval: 200ms}
`

// stream is a sender of numbered lines over one connection. It can tell what
// the kernel took of it, and nothing more: plain TCP has no acknowledgement.
type stream struct {
	id    int
	conn  net.Conn
	taken atomic.Int64 // bytes
	lines atomic.Int64 // begun or written
}

// streamLine is how long a line is, with its LF.
const streamLine = 512

func (s *stream) line(i int) string {
	line := fmt.Sprintf("<13>1 - - - - - - %d %d ", s.id, i)
	return line + strings.Repeat("x", streamLine-1-len(line)) + "\n"
}

// write writes n more lines, a few at a time with a pause behind.
func (s *stream) write(n int, pause time.Duration) error {
	const few = 20
	for ; n > 0; n -= few {
		var b strings.Builder
		for range min(n, few) {
			b.WriteString(s.line(int(s.lines.Load())))
			s.lines.Add(1)
		}
		m, err := io.WriteString(s.conn, b.String())
		s.taken.Add(int64(m))
		if err != nil {
			return err
		}
		time.Sleep(pause)
	}
	return nil
}

// whole returns how many lines the kernel took.
func (s *stream) whole() int { return int(s.taken.Load() / streamLine) }

// streams are all that a test has, by id.
type streams []*stream

func (all *streams) dial(t *testing.T, address string) *stream {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &stream{id: len(*all), conn: conn}
	*all = append(*all, s)
	return s
}

// arrived demands that what came of each stream is its first lines, in their
// order; what came again is counted.
func (all streams) arrived(t *testing.T, got []string) (lines []int, again int) {
	t.Helper()
	lines = make([]int, len(all))
	for _, line := range got {
		words := strings.Fields(line)
		if len(words) != 10 {
			t.Fatalf("never sent: %.200q", line)
		}
		id, _ := strconv.Atoi(words[7])
		i, _ := strconv.Atoi(words[8])
		switch {
		case line+"\n" != all[id].line(i):
			t.Fatalf("never sent: %.200q", line)
		case i == lines[id]:
			lines[id]++
		case i < lines[id]:
			again++
		default:
			t.Fatalf("line %d of stream %d came, and %d of those before did not", i, id, i-lines[id])
		}
	}
	return lines, again
}

// wait waits until all has come that the last stream wrote, as long as something
// comes. Of the others it demands what the collector had taken: a stream whose
// connection it cut in being killed lacks at most a tail.
func (all streams) wait(t *testing.T, siem *sink) (came []int, again int) {
	t.Helper()
	last := len(all) - 1
	for {
		got := siem.come()
		if came, again = all.arrived(t, got); came[last] == all[last].whole() {
			break
		}
		waitFor(t, func() string {
			return unless(siem.count() > len(got), "line more than %d of %d", came[last], all[last].whole())
		})
		time.Sleep(100 * time.Millisecond)
	}
	for id, n := range came {
		if lost := (all[id].whole() - n) * streamLine; lost > unqueued(t) {
			t.Errorf("%d bytes of stream %d are lost, more than sockets and a batch hold: %d", lost, id, unqueued(t))
		}
	}
	return came, again
}

// unqueued is the most that a killed collector can lose of a connection over plain
// TCP: what the buffers of its two sockets hold, and a batch on its way into
// the queue.
func unqueued(t *testing.T) int {
	t.Helper()
	n := 1 << 20
	for _, name := range []string{"tcp_rmem", "tcp_wmem"} {
		text, err := os.ReadFile("/proc/sys/net/ipv4/" + name) // least, default, most
		if err != nil {
			t.Skip(err)
		}
		most, err := strconv.Atoi(strings.Fields(string(text))[2])
		if err != nil {
			t.Fatal(err)
		}
		n += most
	}
	return n
}

// open has the sink read what comes to its address, until it is closed with all
// connections. They are read at the same time, and count as long as they are.
func (s *sink) open(t *testing.T) (connected *atomic.Int64, closed func()) {
	t.Helper()
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	done := make(chan struct{})
	connected = &atomic.Int64{}
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
			connected.Add(1)
			go func() {
				defer connected.Add(-1)
				s.read(conn)
			}()
		}
	}()
	closed = sync.OnceFunc(func() {
		l.Close()
		<-done
		for _, conn := range conns {
			conn.Close()
		}
	})
	t.Cleanup(closed)
	return connected, closed
}

// come returns what the sink has. A killed collector may have cut its last line.
func (s *sink) come() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// dies kills the collector, which has not ended by itself.
func (c *collector) dies(t *testing.T) {
	t.Helper()
	if c.hasExited() {
		t.Fatalf("the collector ended by itself: %v", c.err)
	}
	c.kill(t)
}

// smallDisk mounts a file system that holds a few MiB.
func smallDisk(t *testing.T, size string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("no file system can be mounted here: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all room that is left on a disk, to the last byte.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "full")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		switch _, err := f.Write(make([]byte, size)); {
		case errors.Is(err, syscall.ENOSPC):
			size /= 2
		case err != nil:
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}

// TestDiskFull fills the disk of the queue while the SIEM is away, and takes the
// rest of it. The SIEM takes some, the disk is freed, and all that the sender
// could write arrives, in order. Then the collector is killed while the disk is
// full again, and started on the full disk.
func TestDiskFull(t *testing.T) {
	const lines, some = 60_000, 2000 // more than twice the disk
	dir := smallDisk(t, "12m")
	pam, siem := freeAddress(t), &sink{address: freeAddress(t), frame: readLine}
	config := fmt.Sprintf(storedConfig, dir, pam, siem.address)
	c := startCollector(t, config)
	var all streams

	s, done := all.dial(t, pam), make(chan error, 1)
	go func() { done <- s.write(lines, 0) }()
	waitForPause(t, &s.taken)
	free := fill(t, dir)
	t.Logf("%d lines fill disk and sockets", s.whole())
	_, away := siem.open(t)
	waitFor(t, func() string { return unless(siem.count() >= some, "line %d at the SIEM, %d came", some, siem.count()) })
	release := siem.hold()
	t.Logf("%d lines came while the disk was full", siem.count())
	free()
	release()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	_, again := all.wait(t, siem)
	t.Logf("all of %d lines came, and %d again", lines, again)

	away()
	s = all.dial(t, pam)
	go func() { done <- s.write(lines, 0) }()
	waitForPause(t, &s.taken)
	free = fill(t, dir)
	release = siem.hold()
	connected, _ := siem.open(t)
	waitFor(t, func() string { return unless(connected.Load() > 0, "connection to a SIEM that does not read") })
	time.Sleep(100 * time.Millisecond) // it is sent something
	c.dies(t)
	if err := <-done; err == nil {
		t.Fatal("all was taken although the disk was full")
	}
	release()
	waitFor(t, func() string { return unless(connected.Load() == 0, "end of the connection to the SIEM") })
	before := siem.count()
	startCollector(t, config)
	waitFor(t, func() string {
		return unless(siem.count() >= before+some, "line %d at the SIEM, %d came", before+some, siem.count())
	})
	free()
	s = all.dial(t, pam)
	if err := s.write(some, 0); err != nil {
		t.Fatal(err)
	}
	came, again := all.wait(t, siem)
	t.Logf("of %d lines %d came after the kill, and %d again", all[1].whole(), came[1], again)
}

// TestDiskFullAtFirst begins the queue's file on a full disk: the collector says
// so, and says what to do when the disk is not full any more.
func TestDiskFullAtFirst(t *testing.T) {
	dir := smallDisk(t, "1m")
	stored := strings.Replace(fmt.Sprintf(storedConfig, dir, freeAddress(t), freeAddress(t)), "health_check, ", "", 1)
	args := []string{
		"--config", writeFile(t, "config.yaml", stored),
		"--config", "yaml:service::telemetry::metrics::level: none",
	}
	f := func(left int64, first, then string) {
		t.Helper()
		free := fill(t, dir)
		if err := os.Truncate(filepath.Join(dir, "full"), 1<<20-left); err != nil {
			t.Fatal(err)
		}
		said, err := run(t, args...)
		if err == nil || !strings.Contains(said, first) {
			t.Errorf("%d bytes left: %v, and not %s:\n%s", left, err, first, said)
		}
		free()
		said, err = run(t, args...)
		if err == nil || !strings.Contains(said, then) || strings.Contains(said, "goroutine") {
			t.Errorf("%d bytes begun: %v, and not %s:\n%s", left, err, then, said)
		}
		if err := os.Remove(filepath.Join(dir, "exporter_siem__logs")); err != nil {
			t.Error(err)
		}
	}
	const noSpace, damaged = "no space left on device", "was begun on a full disk: move it away"
	f(4<<10, noSpace, "file size too small")
	f(8<<10, noSpace, damaged)
	f(12<<10, noSpace, damaged)
}

// TestDiskFullOften has others fill the disk and free it again while records
// come and go.
func TestDiskFullOften(t *testing.T) {
	const lines = 50_000
	dir := smallDisk(t, "12m")
	pam, siem := freeAddress(t), &sink{address: freeAddress(t), frame: readLine}
	startCollector(t, fmt.Sprintf(storedConfig, dir, pam, siem.address))
	siem.open(t)
	var all streams
	s, done, random := all.dial(t, pam), make(chan error, 1), rand.New(rand.NewPCG(1, 1))
	go func() { done <- s.write(lines, time.Millisecond) }()
	pause := func() { time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond) }
	for range 8 {
		release := siem.hold()
		pause()
		free := fill(t, dir)
		pause()
		release()
		pause()
		free()
		pause()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	_, again := all.wait(t, siem)
	t.Logf("all of %d lines came, and %d again", lines, again)
}

// TestDiskKill kills the collector again and again under steady load: of each
// connection, what came is its first lines, and what is lost is what was not
// yet in the queue. The SIEM is there, or away, or does not read, in turns. What
// it was sent it reads before the next collector begins: two connections that
// are read at the same time have no order.
func TestDiskKill(t *testing.T) {
	dir, pam, siem := t.TempDir(), freeAddress(t), &sink{address: freeAddress(t), frame: readLine}
	config := fmt.Sprintf(storedConfig, dir, pam, siem.address)
	connected, away := siem.open(t)
	var all streams
	random, kills := rand.New(rand.NewPCG(1, 1)), long(10, 200)
	for i := range kills {
		back := func() {}
		switch i % 3 {
		case 1:
			away()
			back = func() { connected, away = siem.open(t) }
		case 2:
			back = siem.hold()
		}
		c := startCollector(t, config)
		done := make(chan error, connections)
		for range connections {
			s := all.dial(t, pam)
			go func() { done <- s.write(1<<20, 50*time.Millisecond) }()
		}
		time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
		c.dies(t)
		for range connections {
			if err := <-done; err == nil {
				t.Fatal("all was taken of what has no end")
			}
		}
		back()
		waitFor(t, func() string { return unless(connected.Load() == 0, "end of the connections to the SIEM") })
	}
	startCollector(t, config)
	s := all.dial(t, pam)
	if err := s.write(1000, 0); err != nil {
		t.Fatal(err)
	}
	came, again := all.wait(t, siem)
	written, lost, most := 0, 0, 0
	for id, n := range came {
		written += all[id].whole()
		lost += all[id].whole() - n
		most = max(most, all[id].whole()-n)
	}
	t.Logf("%d kills: of %d lines %d were lost, of one connection at most %d, which is %d bytes; sockets and a batch may hold %d. %d lines came again",
		kills, written, lost, most, most*streamLine, unqueued(t), again)
}
