package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

// soak makes the trials long: outages of a minute, and loads of millions.
var soak = os.Getenv("SOAK") != ""

// long returns the first value, or under soak the second.
func long[T any](short, soaking T) T {
	if soak {
		return soaking
	}
	return short
}

// peer is a SIEM: a daemon that can be ended and started again, and that goes
// on in the same file.
type peer struct {
	*process
	daemon  daemon
	way     way
	address string
	file    *tail
}

func (p *peer) start(t *testing.T) {
	t.Helper()
	p.process = p.daemon.store(t, p.way, p.address, p.file.name)
}

// promise is what a trial holds the collector to.
type promise int

const (
	lossless promise = iota // every record arrives; some may come again
	exact                   // every record arrives once
	tailOnly                // only the last records before a connection broke may be lost
	measured                // nothing; what was lost is printed
)

// trial is a source that sends through a collector with a persistent queue to
// SIEMs, of which something fails.
type trial struct {
	name      string
	daemon    daemon
	way       way
	siems     int    // how many; 0 is one
	keys      string // of the exporter, behind those that all trials have
	rate      int    // of the source
	guarded   bool   // a resetter stands in front of the SIEM
	remote    bool   // the first SIEM runs on another host
	promise   promise
	fault     func(t *testing.T, r *trial)
	source    source
	config    string
	collector *collector
	peers     []*peer
	resetter  *resetter
	host      *host
	tally     tally
	runs      []figures // of the collector's runs that have ended
}

// trialConfig has the queue that the examples recommend, and retries that a
// test can wait for.
const trialConfig = `
extensions:
  file_storage: {directory: %q, create_directory: true, fsync: true}
receivers:
  pam: {protocols: {tcp: {endpoint: %q}}}
processors:
  suid:
exporters:
  siem: %s, sending_queue: {storage: file_storage%s}, retry_on_failure: {initial_interval: 100ms, max_interval: 1s}%s}
service:
  extensions: [health_check, file_storage]
  pipelines:
    logs: {receivers: [pam], processors: [suid], exporters: [siem]}
`

// run runs the trial and returns a row of figures for each run of the collector.
func (r *trial) run(t *testing.T) {
	r.start(t)
	r.source.start()
	r.fault(t, r)
	r.source.pause()
	r.settle(t)
	r.stopCollector(t)
	r.judge(t)
}

func (r *trial) start(t *testing.T) {
	t.Helper()
	r.way = r.way.certified(t)
	var addresses []string
	for i := range max(1, r.siems) {
		p := &peer{daemon: r.daemon, way: r.way, address: r.freshAddress(t)}
		if r.remote && i == 0 {
			r.move(t, p)
		}
		p.file = r.tally.add(filepath.Join(t.TempDir(), "received"))
		p.start(t)
		r.peers = append(r.peers, p)
		addresses = append(addresses, p.address)
	}
	if r.guarded {
		r.resetter = newResetter(t, addresses[0])
		addresses[0] = r.resetter.address
	}
	r.source.address, r.source.rate = freeAddress(t), r.rate
	keys, queue, _ := strings.Cut(r.keys, "queue:")
	r.config = fmt.Sprintf(trialConfig, filepath.Join(t.TempDir(), "queue"), r.source.address,
		r.way.exporter(t, addresses...), queue, keys)
	r.collector = startCollector(t, r.config)
}

// move moves a SIEM to another host.
func (r *trial) move(t *testing.T, p *peer) {
	t.Helper()
	r.host = newHost(t)
	d := p.daemon.(rsyslog)
	d.within = r.host.command()
	p.daemon, p.address = d, net.JoinHostPort(r.host.address, port(p.address))
	p.way.host = r.host.address
}

func (r *trial) freshAddress(t *testing.T) string {
	t.Helper()
	if r.way.network == "unix" {
		return filepath.Join(t.TempDir(), "siem")
	}
	return freeAddress(t)
}

// more waits until so many more records have arrived than now.
func (r *trial) more(t *testing.T, n int) {
	t.Helper()
	r.tally.read(t)
	r.arrive(t, r.tally.known+n)
}

// arrive waits until n different records have arrived. It fails when none has
// for too long.
func (r *trial) arrive(t *testing.T, n int) {
	t.Helper()
	last, since := r.tally.known, time.Now()
	for r.tally.known < n {
		r.tally.read(t)
		if r.tally.known > last {
			last, since = r.tally.known, time.Now()
		}
		if time.Since(since) > patience {
			t.Fatalf("%d of %d records have arrived, and none for %v: missing %.500s\n%v", last, n, patience,
				r.tally.missing(r.source.sent.Load()), r.collector.figures(t))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// settle waits until the collector has nothing left, and the SIEMs write
// nothing any more.
func (r *trial) settle(t *testing.T) {
	t.Helper()
	if r.promise == lossless || r.promise == exact {
		r.arrive(t, int(r.source.sent.Load()))
	}
	for lines, since := -1, time.Now(); time.Since(since) < time.Second; time.Sleep(20 * time.Millisecond) {
		r.tally.read(t)
		if now := r.tally.lines + r.tally.cut; now != lines {
			lines, since = now, time.Now()
		}
	}
	waitFor(t, func() string {
		f := r.collector.figures(t)
		return unless(f["queued"] == 0 && f.balanced(), "rest: %v", f)
	})
}

// endRun notes the figures of the collector's run, which must balance: what it
// was offered and what it found is what was confirmed, is queued or was refused.
func (r *trial) endRun(t *testing.T) {
	t.Helper()
	f := r.collector.figures(t)
	if !f.balanced() || f["received"]+f["restored"] == 0 {
		t.Errorf("received + restored is not confirmed + queued + refused: %v", f)
	}
	r.runs = append(r.runs, f)
}

// stopCollector stops a collector that is at rest. Its last line must say what
// its metrics said.
func (r *trial) stopCollector(t *testing.T) {
	t.Helper()
	r.endRun(t)
	r.collector.stop(t)
	said, f := r.collector.farewell(t), r.runs[len(r.runs)-1]
	for name, n := range said {
		if f[name] != n {
			t.Errorf("at shutdown it said %s: %d, the metric was %d", name, n, f[name])
		}
	}
}

// farewell returns the figures that the collector logs when it stops.
func (c *collector) farewell(t *testing.T) figures {
	t.Helper()
	_, text, ok := strings.Cut(c.logged(1<<20), "What became of the records of this run.")
	if !ok {
		t.Fatal("the collector did not say what became of the records")
	}
	var said struct {
		Received, Restored, Confirmed, Queued, Resent int
		Refused                                       map[string]int
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&said); err != nil {
		t.Fatal(err)
	}
	f := figures{"received": said.Received, "restored": said.Restored, "confirmed": said.Confirmed, "queued": said.Queued, "resent": said.Resent}
	for _, n := range said.Refused {
		f["refused"] += n
	}
	return f
}

// judge compares what was promised with what the SIEMs have.
func (r *trial) judge(t *testing.T) {
	t.Helper()
	sent := r.source.sent.Load()
	missing := r.tally.missing(sent)
	switch {
	case missing == "" || r.promise == measured:
	case r.promise == tailOnly && r.isTail(missing):
	default:
		t.Errorf("of %d records are lost: %.500s", sent, missing)
	}
	if again := r.tally.lines - r.tally.known; r.promise == exact && again+r.tally.cut > 0 {
		t.Errorf("%d records came again and %d lines were cut", again, r.tally.cut)
	}
	if len(r.tally.other) > 0 {
		t.Errorf("records came again with another uid: %v", r.tally.other)
	}
}

// isTail reports whether all ranges of numbers end where a connection to the
// collector broke.
func (r *trial) isTail(ranges string) bool {
	for one := range strings.FieldsSeq(ranges) {
		_, last, _ := strings.Cut(one, "-")
		ok := false
		for _, end := range r.source.broken {
			ok = ok || last == strconv.FormatInt(end-1, 10)
		}
		if !ok {
			return false
		}
	}
	return true
}

// figures are the exporter's own, by the name of the metric without its prefix.
type figures map[string]int

// balanced reports whether the equation of the exporter's README holds.
func (f figures) balanced() bool {
	return f["received"]+f["restored"] == f["confirmed"]+f["queued"]+f["refused"]
}

// figures returns the exporter's figures, all of one moment.
func (c *collector) figures(t *testing.T) figures {
	t.Helper()
	client := http.Client{Timeout: patience}
	resp, err := client.Get("http://" + c.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	f := figures{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		name, _, _ := strings.Cut(series, "{")
		name, ok := strings.CutPrefix(name, "otelcol_siem_exporter_")
		if n, err := strconv.ParseFloat(value, 64); err == nil && ok {
			f[name] += int(n)
		}
	}
	return f
}

// columns are the figures that the table shows.
var columns = []string{"received", "restored", "sent", "confirmed", "resent", "refused", "queued", "connection_attempts"}

// table collects the rows of trials that may run at the same time.
type table struct {
	mu   sync.Mutex
	rows []string
}

// add adds a row for each run of the collector; what the SIEMs have stands in
// the last.
func (b *table) add(r *trial) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sent := int(r.source.sent.Load())
	outcome := []int{sent, sent - r.tally.known, r.tally.lines - r.tally.known, r.tally.late, r.tally.cut}
	for i := range max(1, len(r.runs)) {
		row := []string{r.name, strconv.Itoa(i + 1)}
		for _, c := range columns {
			n := "-" // of a run that failed before its end
			if i < len(r.runs) {
				n = strconv.Itoa(r.runs[i][c])
			}
			row = append(row, n)
		}
		for _, n := range outcome {
			if i >= len(r.runs)-1 {
				row = append(row, strconv.Itoa(n))
			}
		}
		b.rows = append(b.rows, strings.Join(row, "\t"))
	}
}

func (b *table) String() string {
	var s strings.Builder
	w := tabwriter.NewWriter(&s, 0, 0, 2, ' ', tabwriter.AlignRight|tabwriter.StripEscape)
	fmt.Fprintf(w, "trial\trun\t%s\twritten\tlost\tagain\tlate\tcut\t\n", strings.Join(columns, "\t"))
	for _, row := range b.rows {
		fmt.Fprintf(w, "%s\t\n", row)
	}
	w.Flush()
	return s.String()
}
