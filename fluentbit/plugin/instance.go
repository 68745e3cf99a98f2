package plugin

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// What a flush tells Fluent Bit (include/fluent-bit/flb_output.h).
const (
	Error = 0 // the chunk is dropped
	OK    = 1
	Retry = 2 // the chunk is handed over again
)

// Instance is a section of Fluent Bit's configuration.
type Instance struct {
	number   int
	journal  *journal
	counters *counters
	outbox   *outbox
	presses  chan *press // those that have nothing to do
	told     chan struct{}
	reports  sync.WaitGroup
}

// press turns chunks into frames. It is for one goroutine at a time.
type press struct {
	*reader
	renderer *siem.Renderer
}

// New begins an instance. Get returns the value of a key, "" when it is not set.
// What is wrong with the configuration is logged.
func New(get func(key string) string, log Log) (*Instance, error) {
	i := &Instance{number: numbers.take()}
	i.journal = newJournal(log, fmt.Sprintf("pam.%d", i.number))
	defer i.journal.drain()
	if err := i.start(get); err != nil {
		numbers.giveBack(i.number)
		i.journal.say(LevelError, "%v", err)
		i.journal.close()
		return nil, err
	}
	return i, nil
}

func (i *Instance) start(get func(key string) string) error {
	c, err := readConfig(get)
	if err != nil {
		return err
	}
	catalog, err := audit.NewCatalog(nil, c.Precedence)
	if err != nil {
		return err
	}
	i.presses = make(chan *press, runtime.GOMAXPROCS(0))
	for range cap(i.presses) {
		renderer, err := siem.NewRenderer(&c.Config, c.Token)
		if err != nil {
			return err
		}
		i.presses <- &press{newReader(c, catalog), renderer}
	}
	i.counters = &counters{file: c.CountersFile}
	i.journal.say(LevelInfo, "configuration: %v", c)
	i.outbox = newOutbox(c.FlushTimeout, i.counters, i.journal, i.senders(c))
	i.told = make(chan struct{})
	if c.CountersInterval > 0 {
		i.reports.Go(func() { i.report(c.CountersInterval) })
	}
	return nil
}

// senders returns one sender, or one for each endpoint where the load is
// balanced, each of which begins with another.
func (i *Instance) senders(c *Config) (all []*delivery.Sender) {
	d := c.Destination()
	n, endpoints := 1, d.Endpoints
	if c.LoadBalance == "round_robin" {
		n = len(endpoints)
	}
	for first := range n {
		d.Events = i.events(c.Timeout)
		d.Endpoints = slices.Concat(endpoints[first:], endpoints[:first])
		all = append(all, delivery.NewSender(d))
	}
	return all
}

// manyResets is how many connections in a row are reset with everything unread
// when it is not a restart.
const manyResets = 3

// events returns what counts and logs the work of a sender.
func (i *Instance) events(timeout time.Duration) delivery.Events {
	connected := ""
	return delivery.Events{
		Dialed: func(_ string, err error) {
			i.counters.add(func(c *Counters) {
				c.Connections++
				if err != nil {
					c.Failures++
				}
			})
		},
		Connected: func(endpoint string) {
			if endpoint != connected {
				connected = endpoint
				i.journal.say(LevelInfo, "connected to %s", endpoint)
			}
		},
		Written: func(_ string, frames, size int) {
			i.counters.add(func(c *Counters) { c.Sent += int64(frames); c.Bytes += int64(size) })
		},
		Replayed: func(_ string, frames int) {
			i.counters.add(func(c *Counters) { c.Resent += int64(frames) })
		},
		Reset: func(endpoint string, frames, inARow int) {
			i.journal.say(LevelWarn, "%s ended the connection; %d messages that it may not have read go out again", endpoint, frames)
			if inARow == manyResets {
				i.journal.say(LevelWarn, "%s accepts connections and resets them unread: is it a port for TLS, or does it not allow this address?", endpoint)
			}
		},
		Stalled: func(endpoint string) {
			i.journal.say(LevelWarn, "%s takes nothing for %s, though it is alive", endpoint, timeout)
		},
	}
}

// Flush sends a chunk, and waits for the SIEM to have it, as long as the
// configuration's flush_timeout. It returns OK, Retry, or Error when the chunk
// has nothing that can be sent. It may be called by several threads at a time.
func (i *Instance) Flush(chunk, tag string) int {
	defer i.journal.drain()
	id := idOf(chunk, tag)
	p, passed, ok := i.outbox.claim(id)
	if !ok {
		i.counters.retry(count(chunk))
		return Retry
	}
	if p == nil {
		p = i.print(chunk, id)
		i.outbox.put(p, passed)
	}
	return i.result(p, i.outbox.wait(p))
}

// result counts and returns what became of a chunk.
func (i *Instance) result(p *parcel, over bool) int {
	if !over || p.err != nil {
		i.counters.retry(p.tally.Received)
		return Retry
	}
	i.counters.settle(p.tally)
	if long := p.tally.TooLong; long > 0 {
		i.journal.say(LevelError, "%d of %d records of a chunk are dropped: they are longer than a datagram can be", long, p.tally.Received)
		if long == p.tally.Received {
			return Error
		}
	}
	return OK
}

// print turns a chunk into frames.
func (i *Instance) print(chunk string, id chunkID) *parcel {
	with := <-i.presses
	defer func() { i.presses <- with }()
	p := &parcel{id: id, done: make(chan struct{})}
	p.frames.Bytes = make([]byte, 0, len(chunk)+len(chunk)/2)
	var n siem.Rendered
	with.each(chunk, time.Now(), func(ev *event, e *audit.Event) {
		p.tally.Received++
		if e == nil {
			n.Empty++
			return
		}
		if e.UID.IsZero() {
			e.UID = id.uid(uint32(p.tally.Received))
		}
		if ev.broken != "" {
			p.tally.Broken++
			i.journal.say(LevelWarn, "a part of a chunk cannot be read, and goes on as it is: %s", ev.fault)
		}
		if e.Type == nil {
			p.tally.Unknown++
		}
		p.frames = with.renderer.Append(p.frames, e, &n)
	})
	p.tally.Empty, p.tally.Truncated, p.tally.Flattened = int64(n.Empty), int64(n.Truncated), int64(n.Flattened)
	return p
}

// uid returns that of the n-th record of a chunk, which is the same whenever the
// chunk is sent.
func (id chunkID) uid(n uint32) (uid audit.UID) {
	binary.BigEndian.PutUint64(uid[:], id.content)
	binary.BigEndian.PutUint32(uid[8:], uint32(id.tag)^uint32(id.size))
	binary.BigEndian.PutUint32(uid[12:], n)
	return uid
}

// count returns how many records a chunk has.
func count(chunk string) (n int64) {
	events(chunk, nil, func(*event) { n++ })
	return n
}

// report tells the counters at an interval.
func (i *Instance) report(every time.Duration) {
	for tick := time.NewTicker(every); ; {
		select {
		case <-tick.C:
			i.counters.tell(i.journal)
		case <-i.told:
			tick.Stop()
			return
		}
	}
}

// Close ends the instance. No Flush is under way.
func (i *Instance) Close() {
	defer i.journal.close()
	close(i.told)
	i.reports.Wait()
	unsent, doubtful := i.outbox.close()
	if unsent+doubtful > 0 {
		i.journal.say(LevelWarn, "at the end %d messages are unsent, and %d may be unread by the SIEM", unsent, doubtful)
	}
	i.counters.tell(i.journal)
	numbers.giveBack(i.number)
}

// numbers are those of the instances, which Fluent Bit counts from 0 too.
var numbers taken

type taken struct {
	mu  sync.Mutex
	all []bool
}

// take returns the first number that is free.
func (t *taken) take() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := slices.Index(t.all, false)
	if n < 0 {
		n = len(t.all)
		t.all = append(t.all, false)
	}
	t.all[n] = true
	return n
}

func (t *taken) giveBack(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[n] = false
}
