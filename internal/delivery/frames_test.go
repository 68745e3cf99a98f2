package delivery

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func frames(texts ...string) Frames {
	var f Frames
	for _, text := range texts {
		f.Bytes = append(f.Bytes, text...)
		f.Ends = append(f.Ends, len(f.Bytes))
	}
	return f
}

func text(f Frames) string {
	var list []string
	for i := range f.Len() {
		list = append(list, string(f.Frame(i)))
	}
	return strings.Join(list, " ")
}

func TestFrames(t *testing.T) {
	f := func(f Frames, want string) {
		t.Helper()
		if got := text(f); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := string(f.All()), strings.ReplaceAll(want, " ", ""); got != want || f.Size() != len(want) {
			t.Errorf("All is %q, want %q; Size is %d", got, want, f.Size())
		}
	}
	var none Frames
	all := frames("a", "bb", "ccc")
	first, rest := all.Cut(1)

	f(none, "")
	f(all, "a bb ccc")
	f(first, "a")
	f(rest, "bb ccc")
	f(none.Append(rest), "bb ccc")
	f(first.Append(rest), "a bb ccc")
	f(first.Append(frames("zzzz")), "a zzzz")
	f(rest, "bb ccc") // not overwritten
	_, none = rest.Cut(2)
	f(none, "")
	f(none.Append(first), "a")
}

func TestWhole(t *testing.T) {
	f := func(f Frames, n, want int) {
		t.Helper()
		if got := f.Whole(n); got != want {
			t.Errorf("%d bytes of %q hold %d whole frames, want %d", n, text(f), got, want)
		}
	}
	all := frames("a", "bb", "ccc")
	f(all, 0, 0)
	f(all, 1, 1)
	f(all, 2, 1)
	f(all, 3, 2)
	f(all, 6, 3)
	_, rest := all.Cut(1)
	f(rest, 1, 0)
	f(rest, 2, 1)
	f(rest, 5, 2)
}

// TestCutAppend cuts and joins at random: nothing is lost, doubled or moved.
func TestCutAppend(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		var f Frames
		for range r.IntN(8) {
			f = f.Append(frames(strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(5))))
		}
		want := text(f)
		first, rest := f.Cut(r.IntN(f.Len() + 1))
		middle, last := rest.Cut(r.IntN(rest.Len() + 1))
		if got := text(first.Append(middle).Append(last)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		if got := text(f); got != want {
			t.Fatalf("changed to %q, was %q", got, want)
		}
	}
}
