package main_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// field is a key with its value.
type field struct{ key, value string }

// appendString appends a str of MessagePack.
func appendString(b []byte, s string) []byte {
	switch n := len(s); {
	case n < 32:
		b = append(b, 0xa0|byte(n))
	case n < 256:
		b = append(b, 0xd9, byte(n))
	default:
		b = binary.BigEndian.AppendUint16(append(b, 0xda), uint16(n))
	}
	return append(b, s...)
}

// appendEvent appends an event as Fluent Bit since 2.1 has it:
// [[EventTime, metadata], body].
func appendEvent(b []byte, seconds, nanoseconds uint32, body ...field) []byte {
	b = append(b, 0x92, 0x92, 0xd7, 0x00)
	b = binary.BigEndian.AppendUint32(b, seconds)
	b = binary.BigEndian.AppendUint32(b, nanoseconds)
	b = append(b, 0x80, 0xde)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	for _, f := range body {
		b = appendString(appendString(b, f.key), f.value)
	}
	return b
}

// newChunk returns a chunk of so many lines under "log", and the lines. Names
// keep the lines of two chunks apart.
func newChunk(name string, lines, size int) (chunk []byte, sent []string) {
	for i := range lines {
		line := fmt.Sprintf("%s %06d ", name, i)
		for len(line) < size {
			line += "abcdefghijklmnopqrstuvwxyz"[:min(26, size-len(line))]
		}
		chunk = appendEvent(chunk, 1700000000, uint32(i), field{"log", line})
		sent = append(sent, line)
	}
	return chunk, sent
}

// chunkFile writes such a chunk to a file.
func chunkFile(t testing.TB, name string, lines, size int) (file string, sent []string) {
	t.Helper()
	chunk, sent := newChunk(name, lines, size)
	return writeFile(t, name, chunk), sent
}

func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
