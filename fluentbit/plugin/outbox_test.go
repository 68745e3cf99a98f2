package plugin

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

// siemd is a SIEM that takes messages, each in a line.
type siemd struct {
	net.Listener
	mu      sync.Mutex
	reading sync.Cond
	paused  bool
	lines   []string
}

func newSIEMD(t *testing.T, address string) *siemd {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &siemd{Listener: l}
	s.reading.L = &s.mu
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *siemd) serve(c net.Conn) {
	defer c.Close()
	for in := bufio.NewScanner(c); ; {
		s.mu.Lock()
		for s.paused {
			s.reading.Wait()
		}
		s.mu.Unlock()
		if !in.Scan() {
			return
		}
		s.mu.Lock()
		s.lines = append(s.lines, in.Text())
		s.mu.Unlock()
	}
}

// pause has the SIEM read nothing, or go on.
func (s *siemd) pause(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
	s.reading.Broadcast()
}

// count returns how often the SIEM has each line.
func (s *siemd) count() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := map[string]int{}
	for _, line := range s.lines {
		n[line]++
	}
	return n
}

// begin returns an instance, and what it logged so far.
func begin(t *testing.T, keys map[string]string) (i *Instance, logged func() string) {
	t.Helper()
	var mu sync.Mutex
	var log strings.Builder
	i, err := New("pam.0", func(key string) string { return keys[key] }, func(_ Level, text string) {
		mu.Lock()
		defer mu.Unlock()
		log.WriteString(text + "\n")
	})
	logged = func() string {
		mu.Lock()
		defer mu.Unlock()
		return log.String()
	}
	if err != nil {
		t.Fatal(err, logged())
	}
	return i, logged
}

// rawLines returns a chunk of n lines that begin so.
func rawLines(t *testing.T, begin string, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		b.WriteString(oneEvent(t, `{}`, fmt.Sprintf(`{"log":"%s %d"}`, begin, i)))
	}
	return b.String()
}

// long begins lines of which 16,000 are more than the kernels hold.
var long = strings.Repeat("x", 1000)

// flushUntil flushes a chunk again and again until the code comes.
func flushUntil(t *testing.T, i *Instance, chunk string, code int) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if i.Flush(chunk, "tag") == code {
			return
		}
	}
	t.Fatalf("no flush gave %d", code)
}

// holds tells that the counters add up.
func holds(t *testing.T, i *Instance) Counters {
	t.Helper()
	c := i.counters.total
	if c.Received != c.Confirmed+c.Retried+c.refused() {
		t.Errorf("%+v do not add up", c)
	}
	return c
}

// once tells that each of the lines is there just once.
func once(t *testing.T, s *siemd, begin string, n int) {
	t.Helper()
	count := s.count()
	for i := range n {
		if line := fmt.Sprintf("%s %d", begin, i); count[line] != 1 {
			t.Errorf("%q is there %d times", line, count[line])
		}
	}
}

func keysFor(s *siemd, more ...string) map[string]string {
	keys := map[string]string{"format": "raw", "endpoint": s.Addr().String()}
	for _, k := range more {
		name, value, _ := strings.Cut(k, "=")
		keys[name] = value
	}
	return keys
}

// TestStalled: while a SIEM takes nothing, Fluent Bit is told to retry, and what
// it hands over again is not sent again.
func TestStalled(t *testing.T) {
	t.Parallel()
	s := newSIEMD(t, "127.0.0.1:0")
	s.pause(true)
	i, _ := begin(t, keysFor(s, "flush_timeout=50ms"))
	const n = 16_000
	large := rawLines(t, long, n)
	small := rawLines(t, "small", 10)
	for range 3 {
		if code := i.Flush(large, "tag"); code != Retry {
			t.Errorf("large: %d", code)
		}
		if code := i.Flush(small, "tag"); code != Retry {
			t.Errorf("small: %d", code)
		}
	}
	s.pause(false)
	flushUntil(t, i, large, OK)
	flushUntil(t, i, small, OK)
	i.Close()
	if c := holds(t, i); c.Confirmed != n+10 || c.Sent != n+10 || c.Resent != 0 {
		t.Errorf("%+v", c)
	}
	once(t, s, long, n)
	once(t, s, "small", 10)
}

// TestTwins: chunks that are the same to the bit are two all the same.
func TestTwins(t *testing.T) {
	t.Parallel()
	s := newSIEMD(t, "127.0.0.1:0")
	s.pause(true)
	i, _ := begin(t, keysFor(s, "flush_timeout=200ms"))
	block := rawLines(t, long, 16_000)
	i.Flush(block, "tag")
	twin := rawLines(t, "twin", 3)
	var flushes sync.WaitGroup
	for range 2 {
		flushes.Go(func() { flushUntil(t, i, twin, OK) })
	}
	s.pause(false)
	flushes.Wait()
	flushUntil(t, i, block, OK)
	i.Close()
	holds(t, i)
	for n := range 3 {
		if line := fmt.Sprintf("twin %d", n); s.count()[line] != 2 {
			t.Errorf("%q is there %d times", line, s.count()[line])
		}
	}
}

// TestDown: what cannot be sent is given back at once, and goes when the SIEM is
// there.
func TestDown(t *testing.T) {
	t.Parallel()
	s := newSIEMD(t, "127.0.0.1:0")
	address := s.Addr().String()
	_ = s.Close()
	i, logged := begin(t, keysFor(s, "flush_timeout=50ms"))
	chunk := rawLines(t, "line", 100)
	for range 3 {
		if code := i.Flush(chunk, "tag"); code != Retry {
			t.Errorf("down: %d", code)
		}
	}
	s = newSIEMD(t, address)
	flushUntil(t, i, chunk, OK)
	i.Close()
	once(t, s, "line", 100)
	if c := holds(t, i); c.Confirmed != 100 || c.Failures == 0 {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{"nothing can be delivered", "refused", "delivered again", "counters: "} {
		if !strings.Contains(logged(), want) {
			t.Errorf("the log lacks %q:\n%s", want, logged())
		}
	}
}

// TestUID: a record has the uid it had when its chunk is handed over again, and no
// two have the same.
func TestUID(t *testing.T) {
	t.Parallel()
	r := newRendererOf(t, configured(t, map[string]string{"format": "cef", "header": "none"}))
	chunk := rawLines(t, "same", 1) + rawLines(t, "same", 1)
	render := func(tag string, limit int) (all delivery.Frames) {
		r.all(t, chunk, tag, limit, func(f delivery.Frames) { all = all.Append(f) })
		return all
	}
	first, again, other := render("tag", maxTogether), render("tag", 1), render("another", 1)
	if string(first.All()) != string(again.All()) {
		t.Errorf("%q\n%q", first.All(), again.All())
	}
	all := []string{string(first.Frame(0)), string(first.Frame(1)), string(other.Frame(0)), string(other.Frame(1))}
	slices.Sort(all)
	if len(slices.Compact(all)) != 4 {
		t.Errorf("%q", all)
	}
}

// TestUnsendable: a message that no datagram holds is counted, and the others go. A
// chunk of nothing else is an error.
func TestUnsendable(t *testing.T) {
	t.Parallel()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	i, logged := begin(t, map[string]string{"transport": "udp", "endpoint": c.LocalAddr().String()})
	f := func(want int, messages ...string) {
		t.Helper()
		p := &pending{done: make(chan struct{}), until: time.Now().Add(time.Minute)}
		for _, m := range messages {
			p.piece.Received++
			p.frames.Bytes = append(p.frames.Bytes, m...)
			p.frames.Ends = append(p.frames.Ends, len(p.frames.Bytes))
		}
		i.outbox.send(i.outbox.links[0], []*pending{p})
		if got := i.result(p, ""); got != want {
			t.Errorf("%d, want %d", got, want)
		}
	}
	over := strings.Repeat("x", 70_000)
	f(OK, "a", over, "b")
	for _, want := range []string{"a", "b"} {
		b := make([]byte, 100)
		n, _, err := c.ReadFrom(b)
		if string(b[:n]) != want {
			t.Errorf("%q, %v, want %q", b[:n], err, want)
		}
	}
	f(Error, over)
	i.Close()
	if c := holds(t, i); c.TooLong != 2 || c.Confirmed != 2 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(logged(), "1 of 3 records of a chunk are dropped") {
		t.Error(logged())
	}
}

// TestClose: what a SIEM does not take at the end is told.
func TestClose(t *testing.T) {
	t.Parallel()
	s := newSIEMD(t, "127.0.0.1:0")
	s.pause(true)
	i, logged := begin(t, keysFor(s, "flush_timeout=50ms"))
	chunk := rawLines(t, long, 16_000)
	if code := i.Flush(chunk, "tag"); code != Retry {
		t.Errorf("%d", code)
	}
	i.Close()
	if code := i.Flush(chunk, "tag"); code != Retry {
		t.Errorf("after the end: %d", code)
	}
	if !strings.Contains(logged(), "1 chunks are not delivered") {
		t.Error(logged())
	}
}

// TestPatience: a SIEM that comes within flush_timeout is waited for.
func TestPatience(t *testing.T) {
	t.Parallel()
	s := newSIEMD(t, "127.0.0.1:0")
	address := s.Addr().String()
	_ = s.Close()
	i, logged := begin(t, keysFor(s, "flush_timeout=4s"))
	back := make(chan *siemd, 1)
	time.AfterFunc(300*time.Millisecond, func() { back <- newSIEMD(t, address) })
	if code := i.Flush(rawLines(t, "line", 3), "tag"); code != OK {
		t.Errorf("%d\n%s", code, logged())
	}
	i.Close()
	once(t, <-back, "line", 3)
}

// TestAsk: who is waited for, and who is let in.
func TestAsk(t *testing.T) {
	t.Parallel()
	f := func(change func(*outbox), entered, patient bool) {
		t.Helper()
		o := newOutbox(time.Hour, &counters{}, newJournal(func(Level, string) {}, "pam.0"))
		change(o)
		p := o.enter("chunk", "tag")
		if (p != nil) != entered || entered && time.Until(p.until) > time.Minute != patient {
			t.Errorf("%+v", p)
		}
	}
	f(func(*outbox) {}, true, true)
	f(func(o *outbox) { o.stalled = true }, true, false)
	f(func(o *outbox) { o.size = maxInHand - 5 }, true, true)
	f(func(o *outbox) { o.size = maxInHand - 4 }, false, false)
	f(func(o *outbox) { o.fail(nil, errFault) }, false, false)                          // it is too soon
	f(func(o *outbox) { o.fail(nil, errFault); o.after = time.Unix(1, 0) }, true, true) // the first
	f(func(o *outbox) { o.after, o.size = time.Unix(1, 0), 1 }, true, false)            // another
	f(func(o *outbox) { o.fail(nil, errFault); o.recovered() }, true, true)
	f(func(o *outbox) { o.suspect() }, false, false)
	f(func(o *outbox) { o.suspect(); o.recovered() }, false, false)
	f(func(o *outbox) { o.stalled = true; o.recovered() }, true, true)
	f(func(o *outbox) { o.enter("chunk", "tag") }, true, true) // its twin
	f(func(o *outbox) { o.close(time.Now()) }, false, false)
}

// TestResume: what is remembered of a chunk that was given up.
func TestResume(t *testing.T) {
	t.Parallel()
	f := func(begin func(*pending), err error, want int) {
		t.Helper()
		o := newOutbox(time.Hour, &counters{}, newJournal(func(Level, string) {}, "pam.0"))
		p := o.enter("chunk", "tag")
		begin(p)
		o.settle(p, err)
		if o.wait(p, "chunk", "tag"); len(o.known) != want || o.size != 0 {
			t.Errorf("%d are known, %d bytes", len(o.known), o.size)
		}
	}
	failed := errors.New("connection reset")
	f(func(*pending) {}, failed, 0)
	f(func(p *pending) { p.total.Received = 1 }, failed, 1)
	f(func(p *pending) { p.passed = 1 }, failed, 1)
	f(func(p *pending) { p.written = 1 }, failed, 1)
	f(func(p *pending) { p.total.Received = 1 }, errFault, 0) // Fluent Bit drops it
	f(func(p *pending) { p.total.Received = 1 }, nil, 0)
}

// TestPause: the pauses between attempts grow, up to a limit.
func TestPause(t *testing.T) {
	t.Parallel()
	o := newOutbox(time.Hour, &counters{}, newJournal(func(Level, string) {}, "pam.0"))
	for want := firstPause; want < lastPause; want *= 2 {
		if o.pause != want {
			t.Errorf("%v, want %v", o.pause, want)
		}
		o.fail(nil, errFault)
		o.fail(nil, errFault) // of another link
		o.after = time.Unix(1, 0)
	}
	if o.fail(nil, errFault); o.pause != lastPause {
		t.Errorf("%v", o.pause)
	}
}

// TestIdle: of chunks that nobody asks for again the latest are remembered, however
// many others are delivered meanwhile.
func TestIdle(t *testing.T) {
	t.Parallel()
	o := newOutbox(time.Hour, &counters{}, newJournal(func(Level, string) {}, "pam.0"))
	over := func(chunk string, patient bool) *pending {
		p := o.enter(chunk, "tag")
		if !patient {
			p.until = time.Now()
			o.wait(p, chunk, "tag")
			o.stalled = false
		}
		o.waiting = nil
		o.settle(p, nil)
		if patient {
			o.wait(p, chunk, "tag")
		}
		return p
	}
	first := over("first", false)
	for range 2 * maxIdle {
		over("told at once", true)
	}
	if o.enter("first", "tag") != first {
		t.Error("the first is forgotten")
	}
	for n := range 2 * maxIdle {
		over(fmt.Sprint("others ", n), false)
	}
	if len(o.known) > maxIdle || len(o.idle) > maxIdle {
		t.Errorf("%d are known, %d idle", len(o.known), len(o.idle))
	}
}

// TestFault: a panic is told, and costs the chunk that it is in.
func TestFault(t *testing.T) {
	t.Parallel()
	s := newSIEMD(t, "127.0.0.1:0")
	i, logged := begin(t, keysFor(s))
	catalog := i.outbox.links[0].catalog
	i.outbox.links[0].catalog = nil
	if code := i.Flush(rawLines(t, "bad", 2), "tag"); code != Error {
		t.Errorf("%d", code)
	}
	i.outbox.links[0].catalog = catalog
	if code := i.Flush(rawLines(t, "good", 2), "tag"); code != OK {
		t.Errorf("%d", code)
	}
	i.Close()
	once(t, s, "good", 2)
	if c := holds(t, i); c.Fault != 2 || c.Confirmed != 2 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(logged(), "a fault of the plugin") || !strings.Contains(logged(), "render.go") {
		t.Error(logged())
	}
}

// TestReport: the counters are told now and then; of an instance with several
// endpoints that share the load each has a link.
func TestReport(t *testing.T) {
	t.Parallel()
	a, b := newSIEMD(t, "127.0.0.1:0"), newSIEMD(t, "127.0.0.1:0")
	i, logged := begin(t, map[string]string{
		"endpoints": a.Addr().String() + "," + b.Addr().String(), "load_balance": "round_robin", "counters_interval": "1s",
	})
	if n := len(i.outbox.links); n != 2 {
		t.Errorf("%d links", n)
	}
	for end := time.Now().Add(30 * time.Second); !strings.Contains(logged(), "counters: ") && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	if !strings.Contains(logged(), "counters: ") {
		t.Error(logged())
	}
	i.Close()
}

// TestDeadline: instances that end one after the other have one deadline.
func TestDeadline(t *testing.T) {
	t.Parallel()
	var d deadline
	first := d.begin(time.Hour)
	d.end()
	if second := d.begin(2 * time.Hour); !second.Equal(first) {
		t.Errorf("%v, want %v", second, first)
	}
	d.end()
	d.last = time.Time{}
	if again := d.begin(2 * time.Hour); again.Sub(first) < time.Minute {
		t.Errorf("%v behind %v", again, first)
	}
	d.end()
	if late := d.begin(0); late.Before(time.Now()) {
		t.Errorf("%v is over", late)
	}
}
