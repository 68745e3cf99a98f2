package siemexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
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
	return request{f}
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
				first, _ := part.(request).Cut(1)
				if size(parts[i-1])+size(request{first}) <= maxSize {
					t.Fatalf("%s could be one more than %s", text(parts[i-1]), text(part))
				}
			}
		}
		if got, want := text(joined), text(request{a.Append(b.Frames)}); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		if text(a) != wantA || text(b) != wantB {
			t.Fatalf("%s and %s became %s and %s", wantA, wantB, text(a), text(b))
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
	_, rest := requestOf("a", "bb", "ccc").Cut(1)
	f(unsentError{errors.New("x"), rest}, "[bb ccc]")
	f(fmt.Errorf("wrapped: %w", unsentError{errors.New("x"), rest}), "[bb ccc]")
	f(errors.New("x"), "[a bb ccc]")
}

// TestCodec stores requests and reads them with the framing of another day.
func TestCodec(t *testing.T) {
	f := func(stored, today syslog.Framing, r request, want string) {
		t.Helper()
		b, err := codec{stored}.Marshal(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ctx, got, err := codec{today}.Unmarshal(b)
		if err != nil || ctx == nil {
			t.Fatal(err)
		}
		clear(b) // the store's own
		if text := text(got); text != want {
			t.Errorf("got %q, want %q", text, want)
		}
	}
	datagrams, lines, counted := requestOf("a b", "c\nd"), requestOf("a b\n", "cd\n"), requestOf("3 a b", "3 c\nd")
	f(syslog.Auto, syslog.Auto, datagrams, "[a b c\nd]")
	f(syslog.Auto, syslog.OctetCounting, datagrams, "[3 a b 3 c\nd]")
	f(syslog.Auto, syslog.NonTransparent, datagrams, "[a b\n c d\n]")
	f(syslog.OctetCounting, syslog.OctetCounting, counted, "[3 a b 3 c\nd]")
	f(syslog.OctetCounting, syslog.NonTransparent, counted, "[a b\n c d\n]")
	f(syslog.OctetCounting, syslog.Auto, counted, "[a b c\nd]")
	f(syslog.NonTransparent, syslog.NonTransparent, lines, "[a b\n cd\n]")
	f(syslog.NonTransparent, syslog.OctetCounting, lines, "[3 a b 2 cd]")
	f(syslog.Auto, syslog.OctetCounting, requestOf(), "[]")
	_, rest := datagrams.Cut(1)
	f(syslog.Auto, syslog.Auto, request{rest}, "[c\nd]")

	if _, err := (codec{}).Marshal(t.Context(), foreign{}); !errors.Is(err, errForeignRequest) {
		t.Errorf("got %v", err)
	}
}

func TestCodecVersion(t *testing.T) {
	b, err := codec{syslog.OctetCounting}.Marshal(t.Context(), requestOf("1 a", "2 bb"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%q", b), `"\x01\x01\x02\x03\x041 a2 bb"`; got != want {
		t.Errorf("stored as %s, want %s: another layout needs another version", got, want)
	}
	b[0]++
	if _, _, err := (codec{}).Unmarshal(b); !errors.Is(err, errStored) {
		t.Errorf("got %v", err)
	}
}

// FuzzCodec reads damaged requests: an error, or one that is stored and read
// back as it is.
func FuzzCodec(f *testing.F) {
	for _, framing := range []syslog.Framing{syslog.Auto, syslog.OctetCounting, syslog.NonTransparent} {
		b, _ := codec{framing}.Marshal(context.Background(), requestOf("1 a\n", "2 bb\n"))
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte{1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{1, 1, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 'a'})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := codec{syslog.OctetCounting}
		_, r, err := c.Unmarshal(bytes.Clone(b))
		if err != nil {
			return
		}
		again, err := c.Marshal(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		_, same, err := c.Unmarshal(again)
		if err != nil || text(same) != text(r) {
			t.Fatalf("%v: got %q, want %q", err, text(same), text(r))
		}
	})
}
