package main_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// The same with AddressSanitizer, which knows memory that is freed, and what lies
// beside memory. Leaks are not looked for: Fluent Bit's contexts are for ever.
var (
	asanPam    = &product{file: "asan_out_pam.so", build: goBuild(".", "-asan")}
	asanBroken = &product{file: "asan_broken.so", build: goBuild("./host/broken", "-asan")}
	asanHost   = &product{file: "host-asan", build: gcc("-rdynamic", "-fsanitize=address")}
)

func startASAN(t *testing.T, env ...string) *host {
	t.Helper()
	if out, err := exec.Command("gcc", "-print-file-name=libasan.so").Output(); err != nil || !strings.Contains(string(out), "/") {
		t.Skip("no libasan, of which gcc knows")
	}
	return startWith(t, append(env, "ASAN_OPTIONS=detect_leaks=0"), asanHost)
}

// TestASAN: all that an instance does, with the sanitizer.
func TestASAN(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	chunk, sent := chunkFile(t, "asan", 2000, 300)
	refused, _ := chunkFile(t, "refused", 100, 100)
	h := startASAN(t)
	h.load(asanPam)
	h.begun(1, raw, s.address)
	h.begun(2, "endpoint %s", refusedAddress(t))
	h.want("OK", "flush 1 %s", chunk)
	h.want("RETRY", "flush 2 %s", refused)
	h.want("RETRY", "flush 2 %s", refused)
	var workers []string
	for i := range 4 {
		file, lines := chunkFile(t, fmt.Sprint("worker", i), 500, 100)
		workers, sent = append(workers, file), append(sent, lines...)
	}
	h.want("4 OK, 0 RETRY, 0 ERROR", "flushes 1 %s", strings.Join(workers, " "))
	whole, _ := newChunk("hostile", 3, 40)
	for n := range len(whole) {
		if got := h.do("flush 2 %s", writeFile(t, "chunk", whole[:n])); strings.HasPrefix(got, "signal") || strings.HasPrefix(got, "exit") {
			t.Fatalf("cut at %d: %s", n, got)
		}
	}
	h.want("OK", "exit 1")
	h.want("OK", "exit 2")
	h.want("OK", "exitnull")
	h.want("OK", "unload")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestASANBites: the sanitizer notices a plugin that keeps a chunk behind the end of
// the call.
func TestASANBites(t *testing.T) {
	f := func(fault, want string) {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			one, _ := linesFile(t, "one")
			h := startASAN(t, "BROKEN="+fault)
			h.load(asanBroken)
			h.begun(1, "endpoint %s", s.address)
			h.want("OK", "flush 1 %s", one)
			h.do("flush 1 %s", one)
			h.end()
			if log := h.log.String(); want == "" && log != "" || !strings.Contains(log, want) {
				t.Errorf("logged %.2000s, want %q", log, want)
			}
		})
	}
	f("", "")
	f("keeps-chunk", "heap-use-after-free")
}
