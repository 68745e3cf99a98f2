package siemexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"

	"github.com/otelcol-pam/otelcol-pam/exporter/siemexporter/internal/metadata"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// TestCodec stores requests and reads them with the framing of another day.
func TestCodec(t *testing.T) {
	nobody := newTestAccount(t)
	f := func(stored, today syslog.Framing, r request, want string) {
		t.Helper()
		b, err := codec{stored, newRun(), nobody, new(atomic.Uint64)}.Marshal(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ctx, got, err := codec{today, newRun(), nobody, new(atomic.Uint64)}.Unmarshal(b)
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
	_, rest := datagrams.cut(1)
	f(syslog.Auto, syslog.Auto, rest, "[c\nd]")

	if _, err := (codec{account: nobody}).Marshal(t.Context(), foreign{}); !errors.Is(err, errForeignRequest) {
		t.Errorf("got %v", err)
	}
}

func TestCodecVersion(t *testing.T) {
	nobody := newTestAccount(t)
	b, err := codec{syslog.OctetCounting, runID{1, 2, 3}, nobody, new(atomic.Uint64)}.Marshal(t.Context(), requestOf("1 a", "2 bb"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%q", b), `"\x02\x01\x01\x02\x03\x00\x00\x00\x00\x00\xae\x9e\xa6\xe5\xb73\x02\x03\x041 a2 bb"`; got != want {
		t.Errorf("stored as %s, want %s: another layout needs another version", got, want)
	}
	b[0]++
	if _, _, err := (codec{account: nobody}).Unmarshal(b); !errors.Is(err, errStored) {
		t.Errorf("got %v", err)
	}
}

// TestRestored counts what an earlier run stored, and what is damaged.
func TestRestored(t *testing.T) {
	f := func(mine bool, damage func([]byte) []byte, want string) {
		t.Helper()
		c := codec{syslog.NonTransparent, newRun(), newTestAccount(t), new(atomic.Uint64)}
		b, err := codec{syslog.OctetCounting, newRun(), c.account, new(atomic.Uint64)}.Marshal(t.Context(), requestOf("1 a", "1 b", "1 c"))
		if err != nil {
			t.Fatal(err)
		}
		if mine {
			copy(b[2:], c.run[:])
			c.account.receive(3)
		}
		_, r, err := c.Unmarshal(damage(b))
		if err == nil && r.(request).born().UnixMilli() != 1_767_323_045_678 {
			t.Errorf("it came %v", r.(request).born())
		}
		n := c.account.total()
		if got := fmt.Sprintf("%d restored, %d damaged, %d queued", n.restored, n.refused[refusedDamaged], n.queued()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	whole := func(b []byte) []byte { return b }
	f(false, whole, "3 restored, 0 damaged, 3 queued")
	f(true, whole, "0 restored, 0 damaged, 3 queued")
	nothing := func([]byte) []byte { return nil }
	f(false, nothing, "0 restored, 0 damaged, 0 queued")
	f(true, nothing, "0 restored, 0 damaged, 3 queued")
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	f(false, cut, "3 restored, 3 damaged, 0 queued")
	f(true, cut, "0 restored, 3 damaged, 0 queued")
	f(false, func(b []byte) []byte { return b[:5] }, "1 restored, 1 damaged, 0 queued")
	f(false, func(b []byte) []byte { return append([]byte{9}, b[1:]...) }, "1 restored, 1 damaged, 0 queued")
	f(false, func(b []byte) []byte { return b[:codecHeader] }, "1 restored, 1 damaged, 0 queued")
	f(false, func(b []byte) []byte { return append(b, 'x') }, "3 restored, 3 damaged, 0 queued")
}

func newTestAccount(t testing.TB) *account {
	t.Helper()
	telemetry, err := metadata.NewTelemetryBuilder(componenttest.NewNopTelemetrySettings())
	if err != nil {
		t.Fatal(err)
	}
	return newAccount(telemetry, component.NewID(metadata.Type))
}

// FuzzCodec reads damaged requests: an error, or one that is stored and read
// back as it is.
func FuzzCodec(f *testing.F) {
	for _, framing := range []syslog.Framing{syslog.Auto, syslog.OctetCounting, syslog.NonTransparent} {
		b, _ := codec{framing, runID{}, newTestAccount(f), new(atomic.Uint64)}.Marshal(context.Background(), requestOf("1 a\n", "2 bb\n"))
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	header := []byte{2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	f.Add(append(header, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))
	f.Add(append(header, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 'a'))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := codec{syslog.OctetCounting, runID{}, newTestAccount(t), new(atomic.Uint64)}
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
