package pamreceiver

import (
	"container/list"
	"sync"
)

// maxLeaving is how many connections may be making room at a time, each for the
// time that the end of a connection takes.
const maxLeaving = 128

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
	leaving int       // those of them that were evicted
	silent  list.List // of *tcpConn, those that have not proven themselves, in the order in which they came
}

// slot is a connection's place in the table, whose lock guards it.
type slot struct {
	silent  *list.Element // nil: it has proven itself, or is leaving
	leaving bool
}

// add gives c a slot and reports whether there is one, after another connection
// has been evicted if need be.
func (t *connTable) add(c *tcpConn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open-t.leaving >= t.max && c.reading.Err() == nil && !t.evict() {
		return false
	}
	t.open++
	c.slot.silent = t.silent.PushBack(c)
	return true
}

// evict ends the connection that has been silent longest, if there is one.
func (t *connTable) evict() bool {
	front := t.silent.Front()
	if front == nil {
		return false
	}
	c := t.silent.Remove(front).(*tcpConn)
	c.slot = slot{leaving: true}
	t.leaving++
	c.cancel(errEvicted)
	return true
}

// crowded reports whether so many connections are leaving that the next has to
// wait.
func (t *connTable) crowded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.leaving >= maxLeaving
}

// prove notes that c has proven itself.
func (t *connTable) prove(c *tcpConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unlist(c)
}

// remove takes the slot of c back.
func (t *connTable) remove(c *tcpConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unlist(c)
	t.open--
	if c.slot.leaving {
		t.leaving--
	}
}

// unlist takes c from those that may be evicted.
func (t *connTable) unlist(c *tcpConn) {
	if c.slot.silent != nil {
		t.silent.Remove(c.slot.silent)
		c.slot.silent = nil
	}
}
