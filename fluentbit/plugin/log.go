package plugin

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
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

	writing sync.Mutex // held while lines are written, before mu
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

// warn adds a warning, unless one of its form about the same thing was given a short
// while ago.
func (j *journal) warn(about, format string, values ...any) {
	if !j.isRepeated(about + format) {
		j.say(LevelWarn, format, values...)
	}
}

func (j *journal) isRepeated(kind string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if time.Since(j.warned[kind]) < lull {
		j.lost++
		return true
	}
	if len(j.warned) >= maxLines {
		clear(j.warned)
	}
	j.warned[kind] = time.Now()
	return false
}

// say adds lines.
func (j *journal) say(level Level, format string, values ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	for text := range strings.Lines(fmt.Sprintf(format, values...)) {
		if len(j.lines) == maxLines {
			j.lost++
			continue
		}
		j.lines = append(j.lines, logLine{level, printable(text)})
	}
	if j.overdue == nil {
		j.overdue = time.AfterFunc(maxWait, j.drain)
	}
}

// drain writes what was gathered. It takes the lines out before, as Fluent Bit's log
// may be slow.
func (j *journal) drain() {
	j.writing.Lock()
	defer j.writing.Unlock()
	for _, l := range j.take() {
		j.write(l.level, "[output:pam:"+j.name+"] "+l.text)
	}
}

func (j *journal) take() []logLine {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.lost > 0 && len(j.lines) > 0 {
		j.lines = append(j.lines, logLine{LevelInfo, fmt.Sprintf("%d lines were left out", j.lost)})
		j.lost = 0
	}
	lines := j.lines
	j.lines = nil
	if j.overdue != nil {
		j.overdue.Stop()
		j.overdue = nil
	}
	return lines
}

// close is the last drain: behind it Fluent Bit's log is not to be used.
func (j *journal) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.drain()
}

// maxLine is less than Fluent Bit writes of a line, which is 4 KiB with what stands
// before it.
const maxLine = 3 << 10

// printable returns a line that has nothing but its text.
func printable(text string) string {
	text = strings.TrimSuffix(text, "\n")
	if len(text) > maxLine {
		text = text[:maxLine] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
