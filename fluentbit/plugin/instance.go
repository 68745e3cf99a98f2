package plugin

import (
	"errors"
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
	journal  *journal
	counters *counters
	outbox   *outbox
	ended    chan struct{} // closed when the end begins
	reports  sync.WaitGroup
}

// New begins an instance; name is what Fluent Bit calls it. Get returns the value of
// a key, "" when it is not set. What is wrong with the configuration is logged.
func New(name string, get func(key string) string, log Log) (*Instance, error) {
	i := &Instance{journal: newJournal(log, name), ended: make(chan struct{})}
	if err := i.begin(get); err != nil {
		i.journal.say(LevelError, "%v", err)
		i.journal.close()
		return nil, err
	}
	i.journal.drain()
	return i, nil
}

func (i *Instance) begin(get func(key string) string) error {
	c, err := readConfig(get)
	if err != nil {
		return err
	}
	catalog, err := audit.NewCatalog(nil, c.Precedence)
	if err != nil {
		return err
	}
	i.counters = &counters{file: c.CountersFile}
	i.outbox = newOutbox(c.FlushTimeout, i.counters, i.journal)
	i.journal.say(LevelInfo, "configuration: %v", c)
	if err := i.addSenders(c, catalog); err != nil {
		return err
	}
	if c.CountersInterval > 0 {
		i.reports.Go(func() { i.report(c.CountersInterval) })
	}
	return nil
}

// addSenders adds one sender, or one for each endpoint where the load is balanced,
// each of which begins with another.
func (i *Instance) addSenders(c *Config, catalog *audit.Catalog) error {
	d := c.Destination()
	n, endpoints := 1, d.Endpoints
	if c.LoadBalance == "round_robin" {
		n = len(endpoints)
	}
	for first := range n {
		events, err := siem.NewRenderer(&c.Config, c.Token)
		if err != nil {
			return err
		}
		d.Events = i.events(c)
		d.Endpoints = slices.Concat(endpoints[first:], endpoints[:first])
		i.outbox.add(link{delivery.NewSender(d), &renderer{reader: newReader(c, catalog), events: events, journal: i.journal}})
	}
	return nil
}

// manyResets is how many connections in a row are reset with everything unread
// when it is not a restart.
const manyResets = 3

// events returns what counts and logs the work of a sender.
func (i *Instance) events(c *Config) delivery.Events {
	connected := ""
	return delivery.Events{
		Dialed: func(endpoint string, err error) {
			i.counters.add(func(c *Counters) { c.Connections++ })
			if err != nil {
				i.counters.add(func(c *Counters) { c.Failures++ })
				i.journal.warn(endpoint, "no connection to %s: %v", endpoint, err)
			}
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
			i.journal.warn(endpoint, "%s ended the connection; %d messages that it may not have read go out again", endpoint, frames)
			if inARow >= manyResets {
				i.outbox.suspect()
				i.journal.warn(endpoint, "%s accepts connections and resets them unread, so no chunk is taken for %v: %s", endpoint, suspectPause, guess(c))
			}
		},
		Stalled: func(endpoint string) {
			i.journal.warn(endpoint, "%s takes nothing for %s, though it is alive", endpoint, c.Timeout)
		},
	}
}

// guess says why a SIEM may do so.
func guess(c *Config) string {
	if c.Transport == "tls" {
		return "does it not allow this address or certificate?"
	}
	return "is it a port for TLS, or does it not allow this address?"
}

// Flush sends a chunk, and waits for the SIEM to have it, as long as the
// configuration's flush_timeout. It returns OK, Retry, or Error when the chunk
// has nothing that can be sent. It may be called by several threads at a time.
func (i *Instance) Flush(chunk, tag string) int {
	defer i.journal.drain()
	p := i.outbox.enter(chunk, tag)
	if p == nil || !i.outbox.wait(p, chunk, tag) {
		return i.retry(chunk)
	}
	return i.result(p, chunk)
}

// result counts and returns what became of a chunk that is over.
func (i *Instance) result(p *pending, chunk string) int {
	switch {
	case errors.Is(p.err, errFault):
		lost := max(count(chunk)-p.total.Received, 0)
		p.total.Received, p.total.Fault = p.total.Received+lost, lost
		i.counters.settle(p.total)
		return Error
	case p.err != nil:
		return i.retry(chunk)
	}
	i.counters.settle(p.total)
	if long := p.total.TooLong; long > 0 {
		i.journal.say(LevelError, "%d of %d records of a chunk are dropped: they are longer than a datagram can be", long, p.total.Received)
		if long == p.total.Received {
			return Error
		}
	}
	return OK
}

// retry counts a chunk that is given back.
func (i *Instance) retry(chunk string) int {
	n := count(chunk)
	i.counters.add(func(c *Counters) { c.Received += n; c.Retried += n })
	return Retry
}

// report tells the counters at an interval.
func (i *Instance) report(every time.Duration) {
	for tick := time.NewTicker(every); ; {
		select {
		case <-tick.C:
			i.counters.tell(i.journal)
		case <-i.ended:
			tick.Stop()
			return
		}
	}
}

// Close ends the instance. No Flush is under way.
func (i *Instance) Close() {
	close(i.ended)
	i.reports.Wait()
	until := ending.begin(2 * i.outbox.patience)
	unsent, doubtful := i.outbox.close(until)
	ending.end()
	if unsent > 0 {
		i.journal.warn("", "at the end %d chunks are not delivered", unsent)
	}
	if doubtful > 0 {
		i.journal.warn("", "at the end %d messages are in doubt: the SIEM had them, and may not have read them", doubtful)
	}
	i.counters.add(func(c *Counters) { c.Doubtful += int64(doubtful) })
	i.counters.tell(i.journal)
	i.journal.close()
}

// ending is when the instances must have ended, which Fluent Bit ends one after the
// other.
var ending deadline

type deadline struct {
	mu   sync.Mutex
	at   time.Time
	last time.Time // when an instance ended
}

const (
	together = time.Second            // instances that end with no more between have one deadline
	least    = 100 * time.Millisecond // that each has in any case
)

// begin returns the deadline of an instance that may take so long if it is the first.
func (d *deadline) begin(most time.Duration) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if now.Sub(d.last) > together {
		d.at = now.Add(most)
	}
	if floor := now.Add(least); d.at.Before(floor) {
		return floor
	}
	return d.at
}

func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = time.Now()
}
