package pamreceiver

import (
	"container/list"
	"sync"
)

// maxLeaving is how many connections may be making room at a time, each for the
// time that the end of a connection takes.
const maxLeaving = 128

// room keeps the number of a listener's connections.
//
// When they are as many as there may be, one that has not proven itself makes
// room for the next: the one that has been there the longest without sending a
// message, or showing a certificate. So a flood of silent connections closes
// itself, and not the appliances; time makes no difference, as an appliance may
// connect when it boots and have nothing to say for hours. When all have proven
// themselves the new one is refused.
type room struct {
	max int

	mu      sync.Mutex
	open    int       // connections
	leaving int       // those of them that make room
	silent  list.List // of *tcpConn, those that have not proven themselves, in the order in which they came
}

// seat is a connection's place in a room. The room's lock guards it.
type seat struct {
	silent  *list.Element // nil: it has proven itself, or is leaving
	leaving bool
}

// enter gives c a seat and reports whether there is one, after another
// connection has made room if need be.
func (r *room) enter(c *tcpConn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open-r.leaving >= r.max && c.reading.Err() == nil && !r.makeRoom() {
		return false
	}
	r.open++
	c.seat.silent = r.silent.PushBack(c)
	return true
}

// makeRoom ends the connection that has been silent longest, if there is one.
func (r *room) makeRoom() bool {
	front := r.silent.Front()
	if front == nil {
		return false
	}
	c := r.silent.Remove(front).(*tcpConn)
	c.seat = seat{leaving: true}
	r.leaving++
	c.cancel(errEvicted)
	return true
}

// crowded reports whether so many connections are making room that the next
// has to wait.
func (r *room) crowded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.leaving >= maxLeaving
}

// prove notes that c has proven itself.
func (r *room) prove(c *tcpConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stand(c)
}

// leave gives the seat of c back.
func (r *room) leave(c *tcpConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stand(c)
	r.open--
	if c.seat.leaving {
		r.leaving--
	}
}

func (r *room) stand(c *tcpConn) {
	if c.seat.silent != nil {
		r.silent.Remove(c.seat.silent)
		c.seat.silent = nil
	}
}
