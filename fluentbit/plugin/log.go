package plugin

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Level is how grave a line of the log is, as Fluent Bit numbers it
// (include/fluent-bit/flb_log.h).
type Level int

// The levels.
const (
	LevelError Level = 1 + iota
	LevelWarn
	LevelInfo
)

// Log writes a line of the log.
type Log func(level Level, text string)

// journal gathers lines, and has them written where Fluent Bit's own log is at
// hand: on a thread of Fluent Bit's, while it waits for the plugin. Those that
// find no such moment for a while are written all the same.
type journal struct {
	write Log
	name  string // of the instance

	mu      sync.Mutex
	lines   []logLine
	lost    int                  // lines that were left out
	warned  map[string]time.Time // when a warning was given last
	overdue *time.Timer
	closed  bool
}

type logLine struct {
	level Level
	text  string
}

const (
	maxLines = 64
	maxWait  = time.Second
	lull     = 10 * time.Second // between warnings of one kind
)

func newJournal(write Log, name string) *journal {
	return &journal{write: write, name: name, warned: map[string]time.Time{}}
}

// say adds lines.
func (j *journal) say(level Level, format string, values ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if level == LevelWarn {
		if time.Since(j.warned[format]) < lull {
			j.lost++
			return
		}
		j.warned[format] = time.Now()
	}
	for text := range strings.Lines(fmt.Sprintf(format, values...)) {
		if len(j.lines) == maxLines || j.closed {
			j.lost++
			continue
		}
		j.lines = append(j.lines, logLine{level, printable(text)})
	}
	if j.overdue == nil && !j.closed {
		j.overdue = time.AfterFunc(maxWait, j.drain)
	}
}

// drain writes what was gathered.
func (j *journal) drain() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.lost > 0 && len(j.lines) > 0 {
		j.lines = append(j.lines, logLine{LevelInfo, fmt.Sprintf("%d warnings of the same kind were left out before", j.lost)})
		j.lost = 0
	}
	for _, l := range j.lines {
		j.write(l.level, "[output:pam:"+j.name+"] "+l.text)
	}
	j.lines = nil
	if j.overdue != nil {
		j.overdue.Stop()
		j.overdue = nil
	}
}

// close is the last drain: behind it Fluent Bit's log is not to be used.
func (j *journal) close() {
	j.drain()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
}

// maxLine is what Fluent Bit writes of a line.
const maxLine = 3 << 10

// printable returns a line without what would be more than its text.
func printable(text string) string {
	line := []rune(strings.TrimSuffix(text[:min(len(text), maxLine)], "\n"))
	for i, r := range line {
		if r < ' ' || r == 0x7f {
			line[i] = ' '
		}
	}
	return string(line)
}
