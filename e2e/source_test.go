package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// source sends numbered records to the collector over one connection after the
// other.
type source struct {
	address string
	rate    int          // records a second; 0: as many as are taken
	sent    atomic.Int64 // the next record's number
	broken  []int64      // numbers that were next when a connection broke

	mu   sync.Mutex
	stop chan struct{} // nil while nothing is sent
	done chan struct{}
}

// record returns the line of a number. Its end shows that it was not cut.
func record(b []byte, n int64) []byte {
	return fmt.Appendf(b, "<134>1 2026-06-18T17:49:41Z pam senhasegura 1 - - "+
		"CEF:0|MT4|senhasegura|4.0|1|Password view|5|suser=alice src=192.0.2.7 dhost=db.example.com msg=record %010d of this trial\n", n)
}

// recordNumber finds the number in a record that is whole.
var recordNumber = regexp.MustCompile(`externalId=([0-9a-f-]+) .*msg=record (\d{10}) of this trial$`)

// start sends until pause.
func (s *source) start() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop, s.done = make(chan struct{}), make(chan struct{})
	go s.run(s.stop, s.done)
}

// pause returns when all that was sent is written.
func (s *source) pause() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		close(s.stop)
		<-s.done
		s.stop = nil
	}
}

func (s *source) next(records int) (b []byte) {
	for range records {
		b = record(b, s.sent.Add(1)-1)
	}
	return b
}

const tick = 10 * time.Millisecond

// run writes records until stop is closed. When a connection breaks the next
// one goes on behind what was written to it.
func (s *source) run(stop, done chan struct{}) {
	defer close(done)
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	var conn net.Conn
	for {
		select {
		case <-stop:
			if conn != nil {
				conn.Close()
			}
			return
		default:
		}
		if conn == nil {
			var err error
			if conn, err = net.Dial("tcp", s.address); err != nil {
				conn = nil
				<-ticks.C
				continue
			}
		}
		records := 500
		if s.rate > 0 {
			<-ticks.C
			records = max(1, s.rate*int(tick)/int(time.Second))
		}
		if _, err := conn.Write(s.next(records)); err != nil {
			s.broken = append(s.broken, s.sent.Load())
			conn.Close()
			conn = nil
		}
	}
}

// tally is what came of the records of a source, in the files of SIEMs.
type tally struct {
	files []*tail
	times []uint8           // how often each number came
	uids  map[int64]string  // of a record, for a few of them
	lines int               // whole records
	cut   int               // lines that are no whole record
	known int               // different numbers
	next  int64             // behind the highest number
	late  int               // numbers that came first behind a higher one
	other map[string]string // faults
}

// tail is a file that is read as it grows.
type tail struct {
	name string
	file *os.File
	rest []byte // a line that has no end yet
	next int64  // behind the highest number
}

func (y *tally) add(name string) *tail {
	f := &tail{name: name}
	y.files = append(y.files, f)
	return f
}

// read reads what the files have more than last time.
func (y *tally) read(t *testing.T) {
	t.Helper()
	for _, f := range y.files {
		f.lines(t, y.count)
	}
}

func (f *tail) lines(t *testing.T, count func(line []byte) int64) {
	t.Helper()
	if f.file == nil {
		file, err := os.Open(f.name)
		if os.IsNotExist(err) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		f.file = file
	}
	b := make([]byte, 1<<20)
	for {
		n, _ := f.file.Read(b)
		if n == 0 {
			return
		}
		f.rest = append(f.rest, b[:n]...)
		for {
			line, rest, ok := bytes.Cut(f.rest, []byte{'\n'})
			if !ok {
				break
			}
			f.next = max(f.next, count(line)+1)
			f.rest = rest
		}
	}
}

// sampled is how few records have their uid compared.
const sampled = 16

// count counts a line and returns its number, -1 of one that is no whole record.
func (y *tally) count(line []byte) int64 {
	m := recordNumber.FindSubmatch(line)
	if m == nil {
		y.cut++
		return -1
	}
	n, _ := strconv.ParseInt(string(m[2]), 10, 64)
	for int64(len(y.times)) <= n {
		y.times = append(y.times, 0)
	}
	y.lines++
	if y.times[n] == 0 {
		y.known++
		if n < y.next {
			y.late++
		}
		y.next = max(y.next, n+1)
	}
	y.times[n] = min(y.times[n], 254) + 1
	if n%sampled == 0 {
		y.sameUID(n, string(m[1]))
	}
	return n
}

// sameUID notes a record that came twice with different uids: a SIEM could not
// tell that it is one.
func (y *tally) sameUID(n int64, uid string) {
	if y.uids == nil {
		y.uids, y.other = map[int64]string{}, map[string]string{}
	}
	if had, ok := y.uids[n]; ok && had != uid {
		y.other[fmt.Sprint(n)] = had + " " + uid
	}
	y.uids[n] = uid
}

// missing returns the numbers below n that did not come, as ranges.
func (y *tally) missing(n int64) string {
	var ranges []string
	for i := int64(0); i < n; i++ {
		if y.has(i) {
			continue
		}
		first := i
		for i < n && !y.has(i) {
			i++
		}
		ranges = append(ranges, fmt.Sprintf("%d-%d", first, i-1))
	}
	return strings.Join(ranges, " ")
}

func (y *tally) has(n int64) bool { return n < int64(len(y.times)) && y.times[n] > 0 }
