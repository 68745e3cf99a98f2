package delivery

import (
	"context"
	"time"
)

// maxSeek is the longest pause between two attempts to go back.
const maxSeek = 30 * time.Second

// failBack dials the endpoints before that of c, in their order, as long as c is
// in use. The first that holds a connection for FailbackAfter is used instead,
// from the next batch on.
func (s *Sender) failBack(c *conn) {
	for s.pauseUnless(c.gone, min(s.config.FailbackAfter, maxSeek)) {
		for i := range c.index {
			better, err := s.dial(s.life, i)
			if err != nil {
				continue
			}
			if s.held(better, c) && s.swap(c, better) {
				return
			}
			better.close()
		}
	}
}

// held reports whether both connections last for FailbackAfter.
func (s *Sender) held(better, c *conn) bool {
	ctx, cancel := context.WithCancel(better.life)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	return s.pauseUnless(ctx.Done(), s.config.FailbackAfter)
}

// pauseUnless reports whether d passed before other was closed, and before
// Close.
func (s *Sender) pauseUnless(other <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-other:
	case <-s.life.Done():
	}
	return false
}

// swap puts a connection in the place of c, unless c is in use no more.
func (s *Sender) swap(c, better *conn) bool {
	if s.begin(s.life) != nil {
		return false
	}
	defer s.done()
	if s.conn != c {
		return false
	}
	s.retire(s.life)
	s.use(better)
	return true
}
