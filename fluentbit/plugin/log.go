package plugin

import (
	"fmt"
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
	lost    int // lines for which there was no room
	overdue *time.Timer
}

type logLine struct {
	level Level
	text  string
}

const (
	maxLines = 64
	maxWait  = time.Second
)

func newJournal(write Log, name string) *journal { return &journal{write: write, name: name} }

// say adds a line.
func (j *journal) say(level Level, format string, values ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.lines) == maxLines {
		j.lost++
		return
	}
	j.lines = append(j.lines, logLine{level, printable(fmt.Sprintf(format, values...))})
	if j.overdue == nil {
		j.overdue = time.AfterFunc(maxWait, j.drain)
	}
}

// drain writes what was gathered.
func (j *journal) drain() {
	j.mu.Lock()
	lines, lost := j.lines, j.lost
	j.lines, j.lost = nil, 0
	if j.overdue != nil {
		j.overdue.Stop()
		j.overdue = nil
	}
	j.mu.Unlock()
	for _, l := range lines {
		j.write(l.level, "[output:pam:"+j.name+"] "+l.text)
	}
	if lost > 0 {
		j.write(LevelWarn, fmt.Sprintf("[output:pam:%s] %d more lines were left out", j.name, lost))
	}
}

// printable returns text as one line.
func printable(text string) string {
	line := []rune(text)
	for i, r := range line {
		if r < ' ' || r == 0x7f {
			line[i] = ' '
		}
	}
	return string(line)
}
