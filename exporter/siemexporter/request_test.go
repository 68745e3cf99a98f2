package siemexporter

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

var (
	items = exporterhelper.RequestSizerTypeItems
	octet = exporterhelper.RequestSizerTypeBytes
)

func requestOf(frames ...string) request {
	var f delivery.Frames
	for _, frame := range frames {
		f.Bytes = append(f.Bytes, frame...)
		f.Ends = append(f.Ends, len(f.Bytes))
	}
	return newRequest(f, time.UnixMilli(1_767_323_045_678))
}

// text shows requests as [a bb] [ccc].
func text(requests ...xexporterhelper.Request) string {
	var all []string
	for _, r := range requests {
		var frames []string
		for i := range r.ItemsCount() {
			frames = append(frames, string(r.(request).Frame(i)))
		}
		all = append(all, "["+strings.Join(frames, " ")+"]")
	}
	return strings.Join(all, " ")
}

func TestMergeSplit(t *testing.T) {
	f := func(r, other xexporterhelper.Request, maxSize int, sizer exporterhelper.RequestSizerType, want string) {
		t.Helper()
		got, err := r.MergeSplit(t.Context(), maxSize, sizer, other)
		if err != nil {
			t.Fatal(err)
		}
		if text := text(got...); text != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
	ab, cd := requestOf("a", "bb"), requestOf("ccc", "d")
	f(ab, nil, 0, items, "[a bb]")
	f(ab, cd, 0, items, "[a bb ccc d]")
	f(ab, cd, 4, items, "[a bb ccc d]")
	f(ab, cd, 3, items, "[a bb ccc] [d]")
	f(ab, cd, 1, items, "[a] [bb] [ccc] [d]")
	f(ab, cd, 7, octet, "[a bb ccc d]")
	f(ab, cd, 6, octet, "[a bb ccc] [d]")
	f(ab, cd, 5, octet, "[a bb] [ccc d]")
	f(ab, cd, 2, octet, "[a] [bb] [ccc] [d]") // ccc is not cut
	f(requestOf(), nil, 5, octet, "[]")
	f(requestOf(), ab, 5, octet, "[a bb]")
	if _, err := ab.MergeSplit(t.Context(), 0, items, foreign{}); !errors.Is(err, errForeignRequest) {
		t.Errorf("got %v", err)
	}
}

type foreign struct{ xexporterhelper.Request }

// TestMergeSplitKeeps merges and splits at random: no frame is lost, doubled,
// moved or cut, no request but of a single frame is too large, none could have
// taken the frame behind it, and both requests stay as they were.
func TestMergeSplitKeeps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	some := func() request {
		var frames []string
		for range r.IntN(12) {
			frames = append(frames, fmt.Sprint(r.Uint64N(1<<r.IntN(60))))
		}
		return requestOf(frames...)
	}
	for range 5000 {
		a, b, maxSize, sizer := some(), some(), r.IntN(60), items
		if r.IntN(2) == 0 {
			sizer = octet
		}
		size := func(q xexporterhelper.Request) int {
			if sizer == items {
				return q.ItemsCount()
			}
			return q.BytesSize()
		}
		wantA, wantB := text(a), text(b)
		parts, err := a.MergeSplit(t.Context(), maxSize, sizer, b)
		if err != nil || len(parts) == 0 {
			t.Fatalf("%d parts: %v", len(parts), err)
		}
		joined := requestOf()
		for i, part := range parts {
			joined.Frames = joined.Append(part.(request).Frames)
			if maxSize > 0 && size(part) > maxSize && part.ItemsCount() > 1 {
				t.Fatalf("%s is larger than %d", text(part), maxSize)
			}
			if i > 0 {
				first, _ := part.(request).cut(1)
				if size(parts[i-1])+size(first) <= maxSize {
					t.Fatalf("%s could be one more than %s", text(parts[i-1]), text(part))
				}
			}
		}
		if got, want := text(joined), text(request{Frames: a.Append(b.Frames)}); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		checkOrigins(t, parts, a, b)
		if text(a) != wantA || text(b) != wantB {
			t.Fatalf("%s and %s became %s and %s", wantA, wantB, text(a), text(b))
		}
	}
}

// checkOrigins demands that each part knows of which request its frames are.
func checkOrigins(t *testing.T, parts []xexporterhelper.Request, a, b request) {
	t.Helper()
	of := map[*entry]int{}
	for _, p := range parts {
		n := 0
		for _, o := range p.(request).origins {
			n += o.frames
			of[o.entry] += o.frames
		}
		if n != p.ItemsCount() {
			t.Fatalf("%s has origins of %d frames", text(p), n)
		}
	}
	for _, r := range []request{a, b} {
		if of[r.origins[0].entry] != r.Len() {
			t.Fatalf("%d frames are of %s", of[r.origins[0].entry], text(r))
		}
	}
}

func TestOnError(t *testing.T) {
	f := func(err error, want string) {
		t.Helper()
		if got := text(requestOf("a", "bb", "ccc").OnError(err)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_, rest := requestOf("a", "bb", "ccc").cut(1)
	f(unsentError{errors.New("x"), rest}, "[bb ccc]")
	f(fmt.Errorf("wrapped: %w", unsentError{errors.New("x"), rest}), "[bb ccc]")
	f(errors.New("x"), "[a bb ccc]")
}
