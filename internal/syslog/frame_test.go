package syslog

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// cut feeds stream to f in reads of the sizes that next gives, through a buffer
// of the size that is always enough, and renders the frames. Every byte is in a
// frame, passed over behind one that was cut, or part of a MSG-LEN or TRAILER.
func cut(t *testing.T, f *Framer, stream string, next func() int) (frames []string, left string, passed int) {
	t.Helper()
	buf := make([]byte, 0, f.MaxMessageSize+FrameOverhead)
	step := func(find func([]byte) (int, int, int, Flags, bool)) bool {
		over := passesOver(f, buf)
		passed += over
		i, j, n, flags, ok := find(buf)
		if over > i || i > j || j > n || n > len(buf) || j-i > f.MaxMessageSize {
			t.Fatalf("passed %d, frame %d:%d, n %d of %d", over, i, j, n, len(buf))
		} else if outside := string(buf[over:i]) + string(buf[j:n]); strings.Trim(outside, "\r\n\x00 0123456789") != "" {
			t.Fatalf("%q is in no frame", outside)
		}
		if ok {
			frames = append(frames, renderFrame(buf[i:j], flags))
		}
		buf = append(buf[:0], buf[n:]...)
		return ok
	}
	for len(stream) > 0 {
		if len(buf) == cap(buf) {
			t.Fatal("no step with a full buffer")
		}
		n := min(next(), len(stream), cap(buf)-len(buf))
		buf = append(buf, stream[:n]...)
		stream = stream[n:]
		for step(f.Next) {
		}
	}
	for step(f.Flush) {
	}
	return frames, string(buf), passed
}

// passesOver is how much of b belongs to a message that was cut.
func passesOver(f *Framer, b []byte) int {
	if !f.passing {
		return min(f.skip, len(b))
	}
	if i := f.trailer(b); i >= 0 {
		return i
	}
	return len(b)
}

func renderFrame(frame []byte, flags Flags) string {
	s := fmt.Sprintf("%q", frame)
	for i, name := range []string{"cut", "out_of_step", "no_trailer"} {
		if flags&(1<<i) != 0 {
			s += " " + name
		}
	}
	return s
}

func TestFramer(t *testing.T) {
	f := func(framing Framing, stream, want string) {
		t.Helper()
		for size := 1; size <= len(stream)+1; size++ {
			fr := Framer{Framing: framing, MaxMessageSize: 10}
			frames, left, passed := cut(t, &fr, stream, func() int { return size })
			if left != "" {
				frames = append(frames, "left "+left)
			}
			if passed > 0 {
				frames = append(frames, fmt.Sprint("passed ", passed))
			}
			if got := strings.Join(frames, ", "); got != want {
				t.Fatalf("%q in reads of %d:\n got %s\nwant %s", stream, size, got, want)
			}
		}
	}

	// Auto: decided by the first bytes.
	f(Auto, "", "")
	f(Auto, "5 <1>ab3 <2>", `"<1>ab", "<2>"`)
	f(Auto, "\n\r\x005 <1>ab", `"<1>ab"`)
	f(Auto, "5 CEF:03 x\n1", `"CEF:0", "x\n1"`)
	f(Auto, "6 |CEF:01 y", `"|CEF:0", "y"`)
	f(Auto, "2 {}2 []", `"{}", "[]"`)
	f(Auto, "4 \xEF\xBB\xBFx", `"\ufeffx"`)
	f(Auto, "<1>a\n<2>b\n", `"<1>a", "<2>b"`)
	f(Auto, "2018-06\n5 <1>\n", `"2018-06", "5 <1>"`)
	f(Auto, "1 2018\n5 <1>\n", `"1 2018", "5 <1>"`)
	f(Auto, "26 Oct\n", `"26 Oct"`)
	f(Auto, "05 <1>ab\n", `"05 <1>ab"`)
	f(Auto, "5  <1>ab\n", `"5  <1>ab"`)
	f(Auto, "5 CEF;\n", `"5 CEF;"`)
	f(Auto, "123456789\n", `"123456789"`)
	f(Auto, "1234567890\n", `"1234567890"`)
	f(Auto, "5 CE", `"5 CE" no_trailer`)
	f(Auto, "12", `"12" no_trailer`)

	// Lines.
	f(NonTransparent, "a\nb\r\nc\x00d", `"a", "b", "c", "d" no_trailer`)
	f(NonTransparent, "a\n\n\r\n\x00b\r", `"a", "b" no_trailer`)
	f(NonTransparent, "a\rb\n", `"a\rb"`)
	f(NonTransparent, "a\r\r\n", `"a\r"`)
	f(NonTransparent, "0123456789\nb\n", `"0123456789", "b"`)
	f(NonTransparent, "0123456789\r\nb\n", `"0123456789", "b"`)
	f(NonTransparent, "0123456789\r\x00b\n", `"0123456789", "b"`)
	f(NonTransparent, "0123456789\r", `"0123456789" no_trailer`)
	f(NonTransparent, "0123456789a\nb\n", `"0123456789" cut, "b", passed 1`)
	f(NonTransparent, "0123456789\rab\nb\n", `"0123456789" cut, "b", passed 3`)
	f(NonTransparent, "0123456789a\r\nb\n", `"0123456789" cut, "b", passed 2`)
	f(NonTransparent, "0123456789abcdefghijklmnopqrstuvwxyz\x00b", `"0123456789" cut, "b" no_trailer, passed 26`)
	f(NonTransparent, "0123456789abcdefghijklmnopqrstuvwxyz", `"0123456789" cut, passed 26`)
	f(NonTransparent, "5 <1>ab\n", `"5 <1>ab"`)

	// Counts.
	f(OctetCounting, "1 a2 bc10 0123456789", `"a", "bc", "0123456789"`)
	f(OctetCounting, "3 a\nb\n\r\x003 \n\nc", `"a\nb", "\n\nc"`)
	f(OctetCounting, "11 0123456789a1 b", `"0123456789" cut, "b", passed 1`)
	f(OctetCounting, "160 "+strings.Repeat("\n", 160)+"1 b", `"\n\n\n\n\n\n\n\n\n\n" cut, "b", passed 150`)
	f(OctetCounting, "161 abc\n1 b", `"161 abc" out_of_step, "b"`)
	f(OctetCounting, "x\x00y\r\n1 b", `"x\x00y" out_of_step, "b"`)
	f(OctetCounting, "0123456789\x00ab\n1 b", `"0123456789" cut out_of_step, "b", passed 3`)
	f(OctetCounting, "0 a\n1 b", `"0 a" out_of_step, "b"`)
	f(OctetCounting, "01 a\n1 b", `"01 a" out_of_step, "b"`)
	f(OctetCounting, "1  \n1 b", `" ", "b"`)
	f(OctetCounting, "9999999999 a\n1 b", `"9999999999" cut out_of_step, "b", passed 2`)
	f(OctetCounting, "1a\n1 b", `"1a" out_of_step, "b"`)
	f(OctetCounting, "5 ab", `"ab" no_trailer`)
	f(OctetCounting, "50 ab", `"ab" no_trailer`)
	f(OctetCounting, "1 a5 ", `"a", left 5 `)
	f(OctetCounting, "1 a55", `"a", left 55`)
	f(OctetCounting, "1 ax", `"a", "x" out_of_step no_trailer`)
}

// A pause in the middle of a message keeps step.
func TestFramerPause(t *testing.T) {
	f := func(framing Framing, want string, reads ...string) {
		t.Helper()
		fr := Framer{Framing: framing, MaxMessageSize: 10}
		var frames []string
		var buf []byte
		for _, read := range reads {
			buf = append(buf, read...)
			for {
				i, j, n, flags, ok := fr.Next(buf)
				if !ok {
					buf = buf[n:]
					i, j, n, flags, ok = fr.Flush(buf)
				}
				if ok {
					frames = append(frames, renderFrame(buf[i:j], flags))
				}
				if buf = buf[n:]; !ok {
					break
				}
			}
		}
		if got := strings.Join(frames, ", "); got != want {
			t.Errorf("%q:\n got %s\nwant %s", reads, got, want)
		}
	}
	f(OctetCounting, `"ab" no_trailer, "cde" no_trailer, "f"`, "5 ab", "cde1 f")
	f(OctetCounting, `"ab" no_trailer, "c" no_trailer, "\nd" no_trailer, "f"`, "5 ab", "c", "\nd1 f")
	f(OctetCounting, `"a" no_trailer, "bcdefghijk" cut no_trailer, "f"`, "20 a", "bcdefghijk", "lmnopqrst1 f")
	f(OctetCounting, `"0123456789"`, "1", "0", " ", "0123456789")
	f(NonTransparent, `"ab" no_trailer, "cd"`, "ab", "cd\n")
	f(NonTransparent, `"ab" no_trailer, "cd"`, "ab\r", "\ncd\n")
	f(NonTransparent, `"0123456789" cut, "b"`, "0123456789ab", "cd\nb\n")
	f(Auto, `"<1>a" no_trailer, "<1>b" no_trailer`, "<1>a", "<1>b")
}

func TestAppendFrame(t *testing.T) {
	f := func(framing Framing, msg, want string) {
		t.Helper()
		if got := string(AppendFrame([]byte("\n"), framing, []byte(msg))); got != "\n"+want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(OctetCounting, "a\nb\x00", "4 a\nb\x00")
	f(OctetCounting, "", "0 ")
	f(NonTransparent, "a\nb\r\x00", "a b  \n")
	f(Auto, "a\nb", "a b\n")
}

func TestParseFraming(t *testing.T) {
	f := func(name string, want Framing, ok bool) {
		t.Helper()
		if got, gotOK := ParseFraming(name); got != want || gotOK != ok {
			t.Errorf("%q: got %v, %v", name, got, gotOK)
		}
		if ok && want.String() != name {
			t.Errorf("%q becomes %q", name, want)
		}
	}
	f("auto", Auto, true)
	f("octet_counting", OctetCounting, true)
	f("non_transparent", NonTransparent, true)
	f("", Auto, false)
	f("Auto", Auto, false)
}

// FuzzFramer: the frames do not depend on the reads, and no byte is lost: each
// is in a frame, in a count, between frames, or behind a frame that was cut.
func FuzzFramer(f *testing.F) {
	f.Add("5 <1>ab\n12 0123456789ab3 <2>x\n1 y", byte(0), uint64(1))
	f.Add("<1>a\r\n0123456789abc\r\n\x00b", byte(2), uint64(2))
	f.Add("200 x\n160 "+strings.Repeat("z", 170), byte(1), uint64(3))
	f.Fuzz(func(t *testing.T, stream string, framing byte, seed uint64) {
		whole := Framer{Framing: Framing(framing % 3), MaxMessageSize: 10}
		parts := whole
		want, left, passed := cut(t, &whole, stream, func() int { return 1 << 20 })
		r := rand.New(rand.NewPCG(seed, 0))
		got, left2, passed2 := cut(t, &parts, stream, func() int { return 1 + r.IntN(7) })
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w || left != left2 || passed2 != passed {
			t.Errorf("%q:\n got %s, left %q, passed %d\nwant %s, left %q, passed %d",
				stream, g, left2, passed2, w, left, passed)
		}
	})
}

// FuzzFrame: what AppendFrame writes, Framer reads, one frame for each.
func FuzzFrame(f *testing.F) {
	f.Add("<1>a\nb\r\n\x00", "x")
	f.Add("5 <1>ab", "\n12 ")
	f.Fuzz(func(t *testing.T, one, two string) {
		one, two = one+".", two+"." // an empty frame is none
		for framing, want := range map[Framing]*strings.Replacer{
			OctetCounting:  strings.NewReplacer(),
			NonTransparent: strings.NewReplacer("\n", " ", "\r", " ", "\x00", " "),
		} {
			stream := AppendFrame(AppendFrame(nil, framing, []byte(one)), framing, []byte(two))
			fr := Framer{Framing: framing}
			for _, msg := range []string{one, two} {
				i, j, n, flags, ok := fr.Next(stream)
				if got := string(stream[i:j]); got != want.Replace(msg) || !ok || flags != 0 {
					t.Errorf("%v: got %q, ok %v, flags %v, want %q", framing, got, ok, flags, msg)
				}
				stream = stream[n:]
			}
			if len(stream) > 0 {
				t.Errorf("%v: %q is left", framing, stream)
			}
		}
	})
}

func BenchmarkFramer(b *testing.B) {
	for _, framing := range []Framing{OctetCounting, NonTransparent} {
		b.Run(framing.String(), func(b *testing.B) {
			msg := []byte(strict + strings.Repeat(" key=value", 24))
			var stream []byte
			for len(stream) < 60<<10 {
				stream = AppendFrame(stream, framing, msg)
			}
			f := Framer{Framing: framing}
			rest := stream
			b.ReportAllocs()
			b.SetBytes(int64(len(msg)))
			for b.Loop() {
				_, _, n, _, ok := f.Next(rest)
				if rest = rest[n:]; !ok {
					rest = stream
				}
			}
		})
	}
}
