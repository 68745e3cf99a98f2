package plugin

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// What pack encodes, beside nil, bool, int, int64, float64, string and time.Time.
type (
	raw       string // these bytes
	list      []any
	dict      []any // keys and values in turn
	eventtime [2]uint32
)

// pack encodes values as Fluent Bit does.
func pack(values ...any) string {
	var b []byte
	for _, v := range values {
		b = appendPacked(b, v)
	}
	return string(b)
}

func appendPacked(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 0xc0)
	case bool:
		return append(b, map[bool]byte{false: 0xc2, true: 0xc3}[v])
	case raw:
		return append(b, v...)
	case int:
		return appendPacked(b, int64(v))
	case int64:
		if v >= -32 && v < 128 {
			return append(b, byte(v))
		}
		if v > 0 && v <= math.MaxUint16 {
			return binary.BigEndian.AppendUint16(append(b, 0xcd), uint16(v))
		}
		return binary.BigEndian.AppendUint64(append(b, 0xd3), uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(v))
	case string:
		return append(appendHead(b, 0xa0, 31, 0xda, len(v)), v...)
	case time.Time:
		return appendPacked(b, eventtime{uint32(v.Unix()), uint32(v.Nanosecond())})
	case eventtime:
		b = binary.BigEndian.AppendUint32(append(b, 0xd7, 0), v[0])
		return binary.BigEndian.AppendUint32(b, v[1])
	case list:
		return append(appendHead(b, 0x90, 15, 0xdc, len(v)), pack(v...)...)
	case dict:
		return append(appendHead(b, 0x80, 15, 0xde, len(v)/2), pack(v...)...)
	}
	panic(fmt.Sprintf("%T", v))
}

// appendHead appends a length or count n: into the byte short up to most, else
// behind the byte long, or the one after that.
func appendHead(b []byte, short byte, most int, long byte, n int) []byte {
	switch {
	case n <= most:
		return append(b, short|byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, long), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, long+1), uint32(n))
}

// record returns an event of Fluent Bit 2.1 and later with one pair.
func record(key string, value any) raw {
	return raw(pack(list{list{eventtime{1700000000, 5}, dict{}}, dict{key, value}}))
}

var (
	opened = list{list{eventtime{math.MaxUint32, 0}, dict{"schema", "otlp"}}, dict{"resource", dict{"host", "a"}}}
	closed = list{list{eventtime{math.MaxUint32 - 1, 0}, dict{}}, dict{}}
)

func (e *event) String() string {
	if e.fault != "" {
		return fmt.Sprintf("broken %.24q: %s", e.broken, e.fault)
	}
	var b strings.Builder
	b.WriteString("no time")
	if !e.time.IsZero() {
		b.Reset()
		b.WriteString(e.time.Format(time.RFC3339Nano))
	}
	for _, part := range []struct{ name, value string }{
		{"", e.body}, {" metadata", e.metadata}, {" group", e.group}, {" group metadata", e.groupMetadata},
	} {
		if part.value != "" {
			fmt.Fprintf(&b, "%s %s", part.name, msgpack.AppendJSON(nil, part.value))
		}
	}
	return b.String()
}

// tell returns the events of a chunk, a line each.
func tell(chunk string) string {
	var lines []string
	events(chunk, &layout{}, func(e *event) { lines = append(lines, e.String()) })
	return strings.Join(lines, "\n")
}

func TestEvents(t *testing.T) {
	f := func(chunk string, want ...string) {
		t.Helper()
		if got := tell(chunk); got != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
		checkEvents(t, chunk)
	}
	at := eventtime{1700000000, 5}
	body := dict{"log", "x"}

	// the forms
	f("")
	f(pack(list{list{at, dict{}}, body}), `2023-11-14T22:13:20.000000005Z {"log":"x"}`)
	f(pack(list{list{at, dict{"otlp", dict{"n", 9}}}, body}), `2023-11-14T22:13:20.000000005Z {"log":"x"} metadata {"otlp":{"n":9}}`)
	f(pack(list{at, body}), `2023-11-14T22:13:20.000000005Z {"log":"x"}`)
	f(pack(list{at, body}, list{list{at, dict{}}, dict{"log", "y"}}),
		`2023-11-14T22:13:20.000000005Z {"log":"x"}`,
		`2023-11-14T22:13:20.000000005Z {"log":"y"}`)
	f(pack(raw("\xdd\x00\x00\x00\x02\xdc\x00\x02"), at, dict{}, body), `2023-11-14T22:13:20.000000005Z {"log":"x"}`)
	f(pack(raw("\x92\xc7\x08\x00\x65\x53\xf1\x00\x00\x00\x00\x05"), body), `2023-11-14T22:13:20.000000005Z {"log":"x"}`)
	f(pack(list{list{raw("\xc7\x08\x00\x65\x53\xf1\x00\x00\x00\x00\x05"), dict{}}, body}), `2023-11-14T22:13:20.000000005Z {"log":"x"}`)

	// times in both forms
	when := func(v any, want string) {
		t.Helper()
		f(pack(list{v, body}), want+` {"log":"x"}`)
		f(pack(list{list{v, dict{}}, body}), want+` {"log":"x"}`)
	}
	when(1700000000, "2023-11-14T22:13:20Z")
	when(0, "1970-01-01T00:00:00Z")
	when(raw("\xce\x65\x53\xf1\x00"), "2023-11-14T22:13:20Z")
	when(raw("\xcf\x00\x00\x00\x00\x65\x53\xf1\x00"), "2023-11-14T22:13:20Z")
	when(1700000000.25, "2023-11-14T22:13:20.25Z")
	when(raw("\xca\x4e\xca\xa7\xe2"), "2023-11-14T22:13:20Z")
	when(253402300799, "9999-12-31T23:59:59Z")
	when(eventtime{0, 0}, "1970-01-01T00:00:00Z")
	when(eventtime{math.MaxUint32 - 2, 999_999_999}, "2106-02-07T06:28:13.999999999Z")
	when(253402300800, "no time")
	when(math.MaxInt64, "no time")
	when(raw("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "no time")
	when(-1, "no time")
	when(-1700000000, "no time")
	when(-0.5, "no time")
	when(1e300, "no time")
	when(math.NaN(), "no time")
	when(math.Inf(1), "no time")
	when(math.Inf(-1), "no time")
	when(eventtime{1700000000, 1_000_000_000}, "2023-11-14T22:13:20Z") // no nanoseconds
	ns := int64(1700000000_123456789)
	when(eventtime{1700000000, uint32(ns - 1700000000)}, "2023-11-14T22:13:20.123456789Z") // as in_opentelemetry of 4.2 tells it
	when(eventtime{math.MaxUint32, 1}, "no time")
	when(eventtime{math.MaxUint32 - 1, 1}, "no time")

	// groups
	f(pack(opened, record("a", 1), record("b", 2), closed, record("c", 3)),
		`2023-11-14T22:13:20.000000005Z {"a":1} group {"resource":{"host":"a"}} group metadata {"schema":"otlp"}`,
		`2023-11-14T22:13:20.000000005Z {"b":2} group {"resource":{"host":"a"}} group metadata {"schema":"otlp"}`,
		`2023-11-14T22:13:20.000000005Z {"c":3}`)
	f(pack(list{eventtime{math.MaxUint32, 0}, dict{"resource", "r"}}, record("a", 1), opened, record("b", 2)),
		`2023-11-14T22:13:20.000000005Z {"a":1} group {"resource":"r"}`,
		`2023-11-14T22:13:20.000000005Z {"b":2} group {"resource":{"host":"a"}} group metadata {"schema":"otlp"}`)
	f(pack(closed, closed))

	// bodies that are no maps, and values that are no events
	f(pack(list{list{at, dict{}}, "text"}), `2023-11-14T22:13:20.000000005Z "text"`)
	f(pack(list{at, list{1, nil}}), `2023-11-14T22:13:20.000000005Z [1,null]`)
	f(pack(list{at, nil}), `2023-11-14T22:13:20.000000005Z null`)
	f(pack(list{list{at, "m"}, body}), `2023-11-14T22:13:20.000000005Z {"log":"x"} metadata "m"`)
	f(pack(list{at, body, 1}), `no time [1700000000.000000005,{"log":"x"},1]`)
	f(pack(list{list{at, dict{}, 1}, body}), `no time [[1700000000.000000005,{},1],{"log":"x"}]`)
	f(pack(list{list{at}, body}), `no time [[1700000000.000000005],{"log":"x"}]`)
	f(pack(list{raw("\xd7\x05abcdefgh"), body}), `no time ["6162636465666768",{"log":"x"}]`)
	f(pack(list{raw("\xd6\x00abcd"), body}), `no time ["61626364",{"log":"x"}]`)
	f(pack(list{"t", body}), `no time ["t",{"log":"x"}]`)
	f(pack(list{}, body, record("a", 1)), `no time []`, `no time {"log":"x"}`, `2023-11-14T22:13:20.000000005Z {"a":1}`)

	// an event within another is a part of that one
	f(pack(list{list{at, dict{}}, record("a", 1)}), `2023-11-14T22:13:20.000000005Z [[1700000000.000000005,{}],{"a":1}]`)
	f(pack(record("a", record("b", 2))), `2023-11-14T22:13:20.000000005Z {"a":[[1700000000.000000005,{}],{"b":2}]}`)
	f(pack(record("a", string(record("b", 2)))), "2023-11-14T22:13:20.000000005Z {\"a\":\"\\ufffd\\ufffd\\ufffd\\u0000eS\\ufffd\\u0000\\u0000\\u0000\\u0000\\u0005\\ufffd\\ufffd\\ufffdb\\u0002\"}")
	deep := func(value string) string { return strings.Repeat("\x91", 140) + value }
	f(pack(record("a", raw(deep(pack(string(record("b", 2)))))), record("c", 3)),
		`2023-11-14T22:13:20.000000005Z {"a":`+strings.Repeat("[", 127)+"null"+strings.Repeat("]", 127)+"}",
		`2023-11-14T22:13:20.000000005Z {"c":3}`)

	// keys that are no text
	f(pack(record("a", dict{1, "x", nil, "y"})), `2023-11-14T22:13:20.000000005Z {"a":{"1":"x","null":"y"}}`)
	f(pack(record("a", dict{1, "x"}), record("b", 2)),
		`2023-11-14T22:13:20.000000005Z {"a":{"1":"x"}}`,
		`2023-11-14T22:13:20.000000005Z {"b":2}`)
}

func TestBroken(t *testing.T) {
	f := func(chunk string, want ...string) {
		t.Helper()
		if got := tell(chunk); got != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
		}
		checkEvents(t, chunk)
	}
	a, b := record("a", 1), record("b", 2)
	const isA, isB = `2023-11-14T22:13:20.000000005Z {"a":1}`, `2023-11-14T22:13:20.000000005Z {"b":2}`

	f(pack(raw("\xc1"), a), `broken "\xc1": the byte c1 begins no value, at byte 0 of the chunk`, isA)
	f(pack(a, raw("\xc1\xc1\xc1"), b), isA,
		`broken "\xc1\xc1\xc1": the byte c1 begins no value, at byte 17 of the chunk`, isB)
	f(pack(a, a[:9]), isA,
		`broken "\x92\x92\xd7\x00eS\xf1\x00\x00": a length or count goes beyond the end of the text, at byte 19 of the chunk`)
	f(pack(7, "text", nil, a), `broken "\a\xa4text\xc0": what stands there is no event, at byte 1 of the chunk`, isA)

	// Neither metadata nor a number in a text is an event.
	f(pack(list{list{eventtime{1700000000, 5}, dict{}}, raw("\xc1")}, b),
		`broken "\x92\x92\xd7\x00eS\xf1\x00\x00\x00\x00\x05\x80\xc1": the byte c1 begins no value, at byte 13 of the chunk`, isB)
	f(pack(raw("\xc1\x92\x05\x80"), b), `broken "\xc1\x92\x05\x80": the byte c1 begins no value, at byte 0 of the chunk`, isB)
	f(pack(raw("\xc1"), list{eventtime{1700000000, 5}, "text"}, b),
		`broken "\xc1\x92\xd7\x00eS\xf1\x00\x00\x00\x00\x05\xa4text": the byte c1 begins no value, at byte 0 of the chunk`, isB)
	f(pack(raw("\xc1"), list{1700000000.5, dict{"c", 3}}, b),
		`broken "\xc1": the byte c1 begins no value, at byte 0 of the chunk`, `2023-11-14T22:13:20.5Z {"c":3}`, isB)

	// Keys that are no text are doubtful when what follows is no event.
	f(pack(raw("\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x05\x82\xa3log\xb8one that is cut"), a, b),
		`broken "\x92\xd7\x00eS\xf1\x00\x00\x00\x00\x05\x82\xa3log\xb8one tha": keys are no text, and no event follows, at byte 43 of the chunk`, isA, isB)

	// A group ends where its mark may have been.
	f(pack(opened, a, raw("\xc1"), b), isA+` group {"resource":{"host":"a"}} group metadata {"schema":"otlp"}`,
		`broken "\xc1": the byte c1 begins no value, at byte 60 of the chunk`,
		isB+` group {"resource":{"host":"a"}} group metadata {"schema":"otlp"}`)
	f(pack(opened, a, raw(pack(closed)[:13]), raw("\xc1"), b), isA+` group {"resource":{"host":"a"}} group metadata {"schema":"otlp"}`,
		`broken "\x92\x92\xd7\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x80\xc1": the byte c1 begins no value, at byte 73 of the chunk`, isB)
}

// cutChunk has an event of each kind of value, between others.
func cutChunk() (before, cut, behind string) {
	cut = pack(list{list{eventtime{1700000000, 5}, dict{"m", dict{"severity", 9}}}, dict{
		"time", "2026-01-02T03:04:05.123456Z", "n", 12345, "f", 1.5, "ok", nil,
		"list", list{1, "two", dict{"three", 3}}, "log", strings.Repeat("several words ", 5), "last", "x",
	}})
	return pack(record("a", 1)), cut, pack(record("b", 2), record("c", "a longer text than that"), record("d", 4))
}

// An event that ends too early takes what its lengths and counts claim, which
// then is in its text, and not more: where reading falls out of step, it falls in
// again.
func TestCutEvent(t *testing.T) {
	before, cut, behind := cutChunk()
	for i := range cut {
		chunk := before + cut[:i] + strings.Repeat(behind, 8)
		checkEvents(t, chunk)
		got := tell(chunk)
		if want := "\n" + tell(strings.Repeat(behind, 3)); !strings.HasPrefix(got, tell(before)+"\n") || !strings.HasSuffix(got, want) {
			t.Errorf("cut after %d bytes: got\n%s", i, got)
		}
	}
}

// A chunk that ends too early loses no event that is whole.
func TestCutChunk(t *testing.T) {
	before, cut, behind := cutChunk()
	for i := range cut {
		chunk := before + behind + cut[:i]
		checkEvents(t, chunk)
		got := tell(chunk)
		if want := tell(before + behind); !strings.HasPrefix(got, want) || strings.Count(got, "\n") > strings.Count(want, "\n")+1 {
			t.Errorf("cut after %d bytes: got\n%s", i, got)
		}
	}
}

// What only looks like events is not read again and again, and hides no event.
func TestHostileChunks(t *testing.T) {
	const size = 2_000_000
	f := func(unit string) {
		t.Helper()
		chunk := strings.Repeat(unit, size/len(unit)) + "\xc1" + pack(record("last", 1))
		c := chunkOf(chunk)
		var e event
		for c.at < len(c.text) {
			c.read(&e)
		}
		if c.again > 6*len(chunk) {
			t.Errorf("%.40q: %d of %d bytes are read in vain", unit, c.again, len(chunk))
		}
		if got := e.String(); got != `2023-11-14T22:13:20.000000005Z {"last":1}` {
			t.Errorf("%.40q: the event behind it is lost: %s", unit, got)
		}
	}
	beginning := "\x92\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x05"
	f("\x92")
	f("\x92\x92\xd7\x00")
	f("\x92\xd7")
	f("\x91")
	f("\x81\xa1k")
	f("\xff")
	f("\xc1")
	f(beginning)
	f(beginning + "\x80")
	f(beginning + "\x80\x91")
	f(beginning + "\x80\x81\xa1k")
	f(beginning + "\x80\x82\xa1k")
	f(beginning + "\x91")
	f(beginning + "\x80\xdc\xff\xff")
	f(beginning + "\x80\xdd\x00\x00\x10\x00")
	f(beginning + "\x80\xde\xff\xff\xa1k")
	f(beginning + "\x80\xdb\x00\x0f\xff\xff")
	// Within bytes a beginning whose array goes on behind them.
	f("\xc4\x12" + beginning + "\x80\xdd\x00\x04\x00\x00")
	f("\xc4\x12" + beginning + "\x80\xdd\x00\x00\x40\x00")
	f("\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x05\xdd\x00\x04\x00\x00" + "\xc4\x0d" + pack(record("a", 1))[:13])
	f(pack(record("a", 1)) + beginning + "\x80\xdd\x00\x04\x00\x00")
}

func chunkOf(text string) chunk { return chunk{text: text} }

func TestEventsAllocate(t *testing.T) {
	chunk := strings.Repeat(pack(opened, record("a", 1), record("b", "text"), closed), 1000)
	n := testing.AllocsPerRun(3, func() {
		events(chunk, nil, func(*event) {})
	})
	if n > 1 {
		t.Errorf("%v allocations in a chunk", n)
	}
}

func FuzzEvents(f *testing.F) {
	before, cut, behind := cutChunk()
	f.Add(before + cut + behind)
	f.Add(before + cut[:40] + behind)
	f.Add(pack(opened, record("a", 1), raw("\xc1"), closed, list{1.5, "x"}, list{}))
	f.Add("\x92\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x05\x80\xdd\x00\x00\x00\x04\xc4\x0c\x92\xd7\x00\x65\x53\xf1\x00\x00\x00\x00\x05\x91")
	f.Fuzz(checkEvents)
}

// checkEvents checks that each byte of a chunk is in one event, mark or piece
// of broken bytes, and that none of it can be misread.
func checkEvents(t *testing.T, text string) {
	t.Helper()
	c := chunkOf(text)
	told, wasBroken := 0, false
	for c.at < len(text) {
		var e event
		from := c.at
		c.read(&e)
		if c.at <= from {
			t.Fatalf("nothing is read at %d of %q", from, text)
		}
		piece, broken := text[from:c.at], e.fault != ""
		if broken && (e.broken != piece || wasBroken) {
			t.Fatalf("%q of %q is broken", e.broken, piece)
		}
		if wasBroken = broken; !broken {
			checkEvent(t, &e, piece)
		}
		if e.mark == "" {
			told++
		}
	}
	if c.again > 6*len(text) {
		t.Fatalf("%d of %d bytes are read in vain", c.again, len(text))
	}
	events(text, &layout{}, func(*event) { told-- })
	if told != 0 {
		t.Fatalf("%d events are missing", told)
	}
}

// checkEvent checks an event that is encoded in piece.
func checkEvent(t *testing.T, e *event, piece string) {
	t.Helper()
	if !strings.HasSuffix(piece, e.body) || !strings.Contains(piece, e.metadata) {
		t.Fatalf("%q holds neither %q nor %q", piece, e.body, e.metadata)
	}
	for _, value := range []string{e.body, e.metadata, e.group, e.groupMetadata} {
		r := msgpack.NewReader(value)
		if value == "" && value != e.body {
			continue
		}
		if err := r.Skip(); err != nil || r.More() {
			t.Fatalf("%q is no value: %v", value, err)
		}
		if !json.Valid(msgpack.AppendJSON(nil, value)) {
			t.Fatalf("%q gives no JSON", value)
		}
	}
	if y := e.time.Year(); y > 9999 || e.broken != "" {
		t.Fatalf("year %d, broken %q", y, e.broken)
	}
}

// benchChunk returns 2 MB of records with 13 members, as in_tail's JSON parser
// leaves them, and how many there are.
func benchChunk() (chunk string, n int) {
	one := pack(list{list{eventtime{1700000000, 5}, dict{}}, dict{
		"time", "2026-01-02T03:04:05.123456Z", "host", "pam01.example.com", "ident", "senhasegura", "pid", 1234,
		"user", "alice@example.com", "src", "192.0.2.17", "dst", "198.51.100.4", "action", "session_start",
		"msg", "Session with a root credential begun by the user", "device", "srv-db-01", "outcome", "success",
		"suid", 500, "duration", 3.25,
	}})
	n = 2_000_000 / len(one)
	return strings.Repeat(one, n), n
}

func BenchmarkEvents(b *testing.B) {
	chunk, n := benchChunk()
	f := func(name string, read func(e *event)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				events(chunk, nil, read)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
		})
	}
	size := 0
	f("frames", func(e *event) { size += len(e.body) })
	f("members", func(e *event) {
		r := msgpack.NewReader(e.body)
		for r.More() {
			v, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			size += len(v.Text)
		}
	})
}
