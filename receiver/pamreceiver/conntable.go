package pamreceiver

import (
	"container/list"
	"errors"
	"fmt"
	"sync"
)

// maxLeaving is how many evicted connections there may be at a time, each for
// as long as its end takes.
const maxLeaving = 128

var (
	errEvicted = errors.New("it had sent no message yet and made room for a new one")
	errRefused = errors.New("there are as many connections as there may be")
	errCrowded = fmt.Errorf("%w, and those that were evicted have not left yet", errRefused)
)

// connTable has the connections of a listener.
//
// When they are as many as there may be, one that has not proven itself is
// evicted for the next: the one that has been there the longest without sending
// a message, or showing a certificate. So a flood of silent connections closes
// itself, and not the appliances; time makes no difference, as an appliance may
// connect when it boots and have nothing to say for hours. When all have proven
// themselves the new one is refused.
type connTable struct {
	max int

	mu      sync.Mutex
	open    int       // connections
	leaving int       // those of them that were evicted, and have not proven themselves since
	silent  list.List // of *tcpConn, those that have not proven themselves, in the order in which they came
}

// slot is a connection's place in the table, whose lock guards it.
type slot struct {
	silent  *list.Element // nil: it has proven itself, or is leaving
	leaving bool
}

// add gives c a slot, after others have been evicted if need be. It returns
// errRefused when all have proven themselves, and errCrowded when the slot has to
// wait until one of those that are leaving has left.
//
// More than one is evicted when an evicted one has sent a message after all: what
// it completed is handed on however long that takes, and so it counts again.
func (t *connTable) add(c *tcpConn) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.reading.Err() == nil {
		if over := t.open - t.leaving - t.max + 1; over > t.silent.Len() {
			return errRefused
		}
		for t.open-t.leaving >= t.max {
			if t.leaving >= maxLeaving {
				return errCrowded
			}
			t.evict()
		}
	}
	t.open++
	c.slot.silent = t.silent.PushBack(c)
	return nil
}

// evict ends the connection that has been silent longest.
func (t *connTable) evict() {
	c := t.silent.Remove(t.silent.Front()).(*tcpConn)
	c.slot = slot{leaving: true}
	t.leaving++
	c.cancel(errEvicted)
}

// prove notes that c has proven itself.
func (t *connTable) prove(c *tcpConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear(c)
}

// isLeaving reports whether c was evicted, and has not proven itself since.
func (t *connTable) isLeaving(c *tcpConn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return c.slot.leaving
}

// remove takes the slot of c back.
func (t *connTable) remove(c *tcpConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clear(c)
	t.open--
}

// clear makes c one of those that are neither silent nor leaving.
func (t *connTable) clear(c *tcpConn) {
	if c.slot.silent != nil {
		t.silent.Remove(c.slot.silent)
	}
	if c.slot.leaving {
		t.leaving--
	}
	c.slot = slot{}
}
