//go:build cgo

package plugin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/otelcol-pam/otelcol-pam/internal/msgpack"
)

// This file compares with the decoder of fluent-bit-go, which most plugins
// written in Go use. It needs cgo.

// decoded returns the events that fluent-bit-go finds in a chunk, a line each,
// up to the first that it cannot read.
func decoded(chunk string) string {
	if chunk == "" {
		return ""
	}
	data := []byte(chunk)
	dec := output.NewDecoder(unsafe.Pointer(&data[0]), len(data))
	var lines []string
	for {
		code, ts, body := output.GetRecord(dec)
		if code == -1 { // the end, or an error
			break
		}
		if code != 0 {
			lines = append(lines, fmt.Sprint("code ", code))
			continue
		}
		lines = append(lines, decodedTime(ts)+" "+jsonOf(plain(body)))
	}
	return strings.Join(lines, "\n")
}

func decodedTime(ts any) string {
	if t, ok := ts.(output.FLBTime); ok {
		return t.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%T %v", ts, ts)
}

// plain returns v with texts as strings, and maps as encoding/json wants them.
func plain(v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[any]any:
		m := map[string]any{}
		for key, value := range v {
			m[fmt.Sprint(plain(key))] = plain(value)
		}
		return m
	}
	return v
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// ours returns what decoded returns, of the events that we find.
func ours(chunk string) string {
	var lines []string
	events(chunk, &layout{}, func(e *event) {
		dec := json.NewDecoder(strings.NewReader(string(msgpack.AppendJSON(nil, e.body))))
		dec.UseNumber()
		var body any
		if err := dec.Decode(&body); err != nil {
			body = err.Error()
		}
		lines = append(lines, e.time.Format(time.RFC3339Nano)+" "+jsonOf(body))
	})
	return strings.Join(lines, "\n")
}

func TestLikeFluentBitGo(t *testing.T) {
	f := func(values ...any) {
		t.Helper()
		chunk := pack(values...)
		if got, want := ours(chunk), decoded(chunk); got != want || got == "" {
			t.Errorf("got\n%s\nfluent-bit-go gets\n%s", got, want)
		}
	}
	at := eventtime{1700000000, 123456789}
	body := dict{"log", "a line", "n", 12345, "small", -7, "f", 0.1, "none", nil, "deep", dict{"list", list{1, "x", dict{}}}}
	f(list{list{at, dict{}}, body})
	f(list{list{at, dict{"otlp", dict{"severity_number", 9}}}, body})
	f(list{at, body})
	f(list{list{eventtime{0, 0}, dict{}}, dict{}})
	f(list{list{eventtime{1<<32 - 3, 999_999_999}, dict{}}, dict{}})
	f(raw("\xdc\x00\x02\xdd\x00\x00\x00\x02\xc7\x08\x00\x65\x53\xf1\x00\x00\x00\x00\x05\xde\x00\x00"), body)
	f(list{at, body}, list{list{at, dict{}}, body}, record("a", 1), record("b", strings.Repeat("long ", 100)))
	f(record("bin", raw("\xc4\x04text")), record("true", raw("\xc3")), record("false", raw("\xc2")))
	f(record("u", raw("\xcf\xff\xff\xff\xff\xff\xff\xff\xff")), record("i", raw("\xd3\x80\x00\x00\x00\x00\x00\x00\x00")))
	f(record("s16", raw("\xda\x00\x01x")), record("m32", raw("\xdf\x00\x00\x00\x01\xa1k\xca\x3f\xc0\x00\x00")))
	_, cut, _ := cutChunk()
	f(raw(cut))
}

// What fluent-bit-go gives and should not, or does not give.
func TestUnlikeFluentBitGo(t *testing.T) {
	f := func(chunk, want, theirs string) {
		t.Helper()
		if got := tell(chunk); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if got := decoded(chunk); got != theirs {
			t.Errorf("fluent-bit-go gets\n%s\nwhich was\n%s", got, theirs)
		}
	}
	// Marks are events of the year 2106.
	f(pack(opened, closed), "",
		`2106-02-07T06:28:15Z {"resource":{"host":"a"}}`+"\n"+`2106-02-07T06:28:14Z {}`)
	// A time that is no EventTime is an error without metadata, and left to the
	// caller with metadata.
	f(pack(list{1.5, dict{}}), `1970-01-01T00:00:01.5Z {}`, "code -5")
	f(pack(list{1700000000, dict{}}), `2023-11-14T22:13:20Z {}`, "code -5")
	f(pack(list{list{1.5, dict{}}, dict{}}), `1970-01-01T00:00:01.5Z {}`, "float64 1.5 {}")
	// A body that is no map, and a value that is no event, are errors.
	f(pack(list{eventtime{1, 0}, "text"}), `1970-01-01T00:00:01Z "text"`, "code -3")
	f(pack(dict{"log", "x"}), `no time {"log":"x"}`, "code -2")
	// What cannot be read is like the end of the chunk.
	f("\xc1"+string(record("a", 1)), `broken "\xc1": the byte c1 begins no value, at byte 0 of the chunk`+"\n"+
		`2023-11-14T22:13:20.000000005Z {"a":1}`, "")
}

func BenchmarkFluentBitGo(b *testing.B) {
	chunk, n := benchChunk()
	data := []byte(chunk)
	for b.Loop() {
		dec := output.NewDecoder(unsafe.Pointer(&data[0]), len(data))
		for code := 0; code == 0; {
			code, _, _ = output.GetRecord(dec)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
}
