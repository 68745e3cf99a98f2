package siemexporter

import (
	"fmt"
	"strings"
	"testing"
)

// ticketed returns a request of one frame that is its ticket.
func ticketed(ticket uint64) request {
	r := requestOf(fmt.Sprint(ticket, " "))
	r.ticket = ticket
	return r
}

// TestLane lets requests join in any order and takes them in that of their
// tickets, as far as these have come.
func TestLane(t *testing.T) {
	l := newLane(1)
	join := func(tickets ...uint64) {
		for _, ticket := range tickets {
			l.join(ticketed(ticket))
		}
	}
	f := func(want string) group {
		t.Helper()
		l.mu.Lock()
		n := l.ready()
		l.mu.Unlock()
		if n == 0 {
			if want != "" {
				t.Errorf("nothing is ready, want %q", want)
			}
			return nil
		}
		g := l.take()
		if got := string(g.frames().All()); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		return g
	}
	join(3, 1, 2)
	f("1 2 3 ")
	join(6, 5)
	f("")
	join(4)
	g := f("4 5 6 ")
	join(7)
	l.putBack(g[1:])
	f("5 6 7 ")
	join(9, 0)
	f("")
	l.skipGap() // 8 does not come
	f("9 0 ")
	join(8)
	f("8 ")
	join(11)
	l.close()
	f("11 ")
	if g := l.take(); g != nil {
		t.Errorf("%d requests when it is closed", len(g))
	}
}

// TestLaneBounded takes no more together than a write should have.
func TestLaneBounded(t *testing.T) {
	f := func(senders int, want string, sizes ...int) {
		t.Helper()
		l := newLane(senders)
		for _, size := range sizes {
			l.join(requestOf(strings.Repeat("x", size)))
		}
		var got []int
		for l.close(); ; {
			g := l.take()
			if g == nil {
				break
			}
			got = append(got, len(g))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("groups of %v, want %s", got, want)
		}
	}
	f(1, "[2 2 1 1]", maxGroup/2, maxGroup/2, maxGroup/2, maxGroup/2, maxGroup/2, 2*maxGroup)
	f(1, "[7]", 1, 1, 1, 1, 1, 1, 1)
	f(3, "[3 2 1 1]", 1, 1, 1, 1, 1, 1, 1)
}

// TestGroup passes frames over the borders of requests.
func TestGroup(t *testing.T) {
	l := newLane(1)
	a, b, c := l.join(requestOf("1", "2", "3")), l.join(requestOf("4", "5")), l.join(requestOf("6"))
	g := l.take()
	ended := func(want string) {
		t.Helper()
		got := ""
		for _, w := range []*waiting{a, b, c} {
			if len(w.done) > 0 {
				got += "x"
			} else {
				got += fmt.Sprint(w.Len())
			}
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	passed := 0
	done := func(all []origin) {
		for _, o := range all {
			passed += o.frames
		}
	}
	if n := g.written(4); n != 0 {
		t.Errorf("%d written again", n)
	}
	if n := g.written(5); n != 4 {
		t.Errorf("%d written again, want 4", n)
	}
	g = g.pass(0, done)
	ended("321")
	g = g.pass(4, done)
	ended("x11")
	if n := g.written(2); n != 1 {
		t.Errorf("%d written again, want 1", n)
	}
	g = g.pass(2, done)
	ended("xxx")
	if len(g) != 0 || passed != 6 {
		t.Errorf("%d are left, %d passed", len(g), passed)
	}
}

// TestLaneRefuses ends what waits, and what comes after.
func TestLaneRefuses(t *testing.T) {
	l := newLane(1)
	w := l.join(ticketed(2))
	if g := l.refuse(); len(g) != 1 || g[0] != w {
		t.Errorf("%d were refused", len(g))
	}
	if l.join(ticketed(3)) != nil {
		t.Error("one joined")
	}
	if l.leave(w) {
		t.Error("one left that does not wait")
	}
	l = newLane(1)
	if w := l.join(ticketed(1)); !l.leave(w) {
		t.Error("one that waits did not leave")
	}
}
