package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Counters are numbers of records, unless they say else. Of what Fluent Bit
// handed over, again included: received = confirmed + retried + refused.
type Counters struct {
	Received  int64 `json:"received"`         // handed over by Fluent Bit
	Confirmed int64 `json:"confirmed"`        // delivered
	Retried   int64 `json:"retried"`          // given back, to be handed over again
	Empty     int64 `json:"refused_empty"`    // without a byte to send
	TooLong   int64 `json:"refused_too_long"` // for a datagram
	Fault     int64 `json:"refused_fault"`    // of the plugin

	Sent      int64 `json:"sent"`      // messages written, again included
	Resent    int64 `json:"resent"`    // those of them that were written again
	Bytes     int64 `json:"bytes"`     // written
	Doubtful  int64 `json:"doubtful"`  // messages that the SIEM had at the end, and may not have read
	Broken    int64 `json:"broken"`    // pieces of chunks that could not be read, and went on as they are
	Unknown   int64 `json:"unknown"`   // of a type that the catalog does not know
	Truncated int64 `json:"truncated"` // cut by a limit
	Flattened int64 `json:"flattened"` // with CR, LF or NUL that became spaces

	Connections int64 `json:"connections"`         // attempts
	Failures    int64 `json:"connection_failures"` // of them
}

// refused returns the number of records that cannot be sent.
func (c *Counters) refused() int64 { return c.Empty + c.TooLong + c.Fault }

// add adds the counters of records.
func (c *Counters) add(more Counters) {
	c.Received += more.Received
	c.Empty += more.Empty
	c.TooLong += more.TooLong
	c.Fault += more.Fault
	c.Broken += more.Broken
	c.Unknown += more.Unknown
	c.Truncated += more.Truncated
	c.Flattened += more.Flattened
}

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

// settle counts records that need not be handed over again.
func (c *counters) settle(t Counters) {
	c.add(func(total *Counters) {
		total.add(t)
		total.Confirmed += t.Received - t.refused()
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

// isReplaceable reports whether name is a regular file, or nothing yet.
func isReplaceable(name string) bool {
	info, err := os.Lstat(name)
	return err != nil || info.Mode().IsRegular()
}

// replaceFile writes a file that is never seen half written. It replaces none but
// regular files.
func replaceFile(name string, content []byte) error {
	if !isReplaceable(name) {
		return fmt.Errorf("%s is no regular file", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o644), f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
