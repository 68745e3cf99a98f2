package msgpack

import (
	"strings"
	"testing"
)

// benchRecord is the body of a record as in_tail's JSON parser leaves it.
var benchRecord = "\x8d" +
	"\xa4time" + "\xbb2026-01-02T03:04:05.123456Z" +
	"\xa4host" + "\xb1pam01.example.com" +
	"\xa5ident" + "\xabsenhasegura" +
	"\xa3pid" + "\xcd\x04\xd2" +
	"\xa4user" + "\xb1alice@example.com" +
	"\xa3src" + "\xaa192.0.2.17" +
	"\xa3dst" + "\xac198.51.100.4" +
	"\xa6action" + "\xadsession_start" +
	"\xa3msg" + "\xd9\x30Session with a root credential begun by the user" +
	"\xa6device" + "\xa9srv-db-01" +
	"\xa7outcome" + "\xa7success" +
	"\xa4suid" + "\xcd\x01\xf4" +
	"\xa8duration" + "\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18"

// chunkOf returns 2 MB of a record.
func chunkOf(record string) (chunk string, n int64) {
	n = int64(2_000_000 / len(record))
	return strings.Repeat(record, int(n)), n
}

// walk reads all keys and values of all maps in chunk, and returns how many
// bytes their texts have.
func walk(chunk string) (size int, err error) {
	r := NewReader(chunk)
	for r.More() {
		m, err := r.Next()
		if err != nil {
			return size, err
		}
		for range m.Int {
			key, err := r.Next()
			if err != nil {
				return size, err
			}
			value, err := r.Next()
			if err != nil {
				return size, err
			}
			size += len(key.Text) + len(value.Text)
		}
	}
	return size, nil
}

func BenchmarkRecord(b *testing.B) {
	chunk, n := chunkOf(benchRecord)
	f := func(name string, read func() error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/record")
		})
	}
	f("walk", func() error {
		_, err := walk(chunk)
		return err
	})
	f("skip", func() error {
		r := NewReader(chunk)
		for r.More() {
			if err := r.Skip(); err != nil {
				return err
			}
		}
		return nil
	})
	var dst []byte
	f("json", func() error {
		r := NewReader(chunk)
		for r.More() {
			record, err := r.Raw()
			if err != nil {
				return err
			}
			dst = AppendJSON(dst[:0], record)
		}
		return nil
	})
}
