package delivery

import (
	"context"
	"time"
)

// maxSeek is the longest pause between two attempts to go back.
const maxSeek = 30 * time.Second

// failBack dials the endpoints before that of c, in their order, as long as c is
// in use. The first that holds a connection for FailbackAfter is used instead,
// from the next batch on. One that is closed in good order meanwhile, as for
// being idle, and made anew counts as one.
func (s *Sender) failBack(c *conn) {
	ctx, cancel := context.WithCancel(s.life)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	for pause(ctx, min(s.config.FailbackAfter, maxSeek)) == nil {
		for i := range c.index {
			if better := s.hold(ctx, i); better != nil {
				if s.swap(c, better) {
					return
				}
				better.close()
			}
		}
	}
}

// hold returns a connection to endpoint i when it has been held for
// FailbackAfter, and nil when it could not be.
func (s *Sender) hold(ctx context.Context, i int) *conn {
	for begun := time.Now(); ; {
		better, err := s.dial(ctx, i)
		if err != nil {
			return nil
		}
		lost, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(better.life, cancel)
		err = pause(lost, time.Until(begun.Add(s.config.FailbackAfter)))
		stop()
		cancel()
		if err == nil {
			return better
		}
		idled := better.endedInOrder()
		better.close()
		if ctx.Err() != nil || !idled {
			return nil
		}
	}
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
