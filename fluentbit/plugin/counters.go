package plugin

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
)

// Counters are numbers of records, unless they say else. Of what Fluent Bit
// handed over, again included: received = confirmed + retried + refused.
type Counters struct {
	Received  int64 `json:"received"`  // handed over by Fluent Bit
	Confirmed int64 `json:"confirmed"` // delivered
	Retried   int64 `json:"retried"`   // given back, to be handed over again
	Empty     int64 `json:"refused_empty"`
	TooLong   int64 `json:"refused_too_long"`

	Sent      int64 `json:"sent"`      // messages written, again included
	Resent    int64 `json:"resent"`    // those of them that were written again
	Bytes     int64 `json:"bytes"`     // written
	Broken    int64 `json:"broken"`    // pieces of chunks that could not be read, and went on as they are
	Unknown   int64 `json:"unknown"`   // of a type that the catalog does not know
	Truncated int64 `json:"truncated"` // cut by a limit
	Flattened int64 `json:"flattened"` // with CR, LF or NUL that became spaces

	Connections int64 `json:"connections"`         // attempts
	Failures    int64 `json:"connection_failures"` // of them
}

// refused returns the number of records that cannot be sent.
func (c *Counters) refused() int64 { return c.Empty + c.TooLong }

// counters are those of an instance.
type counters struct {
	file string // where they are told as well; "": nowhere

	mu    sync.Mutex
	total Counters
}

func (c *counters) add(change func(*Counters)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.total)
}

// retry counts records that are given back.
func (c *counters) retry(n int64) {
	c.add(func(total *Counters) { total.Received += n; total.Retried += n })
}

// settle counts the records of a chunk that is over.
func (c *counters) settle(t Counters) {
	c.add(func(total *Counters) {
		total.Received += t.Received
		total.Confirmed += t.Received - t.refused()
		total.Empty += t.Empty
		total.TooLong += t.TooLong
		total.Broken += t.Broken
		total.Unknown += t.Unknown
		total.Truncated += t.Truncated
		total.Flattened += t.Flattened
	})
}

// tell tells the counters in the log, and in the file if there is one.
func (c *counters) tell(j *journal) {
	c.mu.Lock()
	total := c.total
	c.mu.Unlock()
	text, _ := json.Marshal(total) // numbers only
	j.say(LevelInfo, "counters: %s", text)
	if c.file == "" {
		return
	}
	if err := replaceFile(c.file, append(text, '\n')); err != nil {
		j.say(LevelError, "counters_file: %v", err)
	}
}

// replaceFile writes a file that is never seen half written.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), name)
}
