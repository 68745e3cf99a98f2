package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// raw is the configuration of an instance that sends lines as they are.
const raw = "endpoint %s\nformat raw\n"

// TestInstances: instances in one load, each with a destination and a framing of
// its own.
func TestInstances(t *testing.T) {
	t.Parallel()
	lf, counted := newSink(t), newSink(t)
	chunk := writeFile(t, "chunk", appendEvent(appendEvent(nil, 1, 2, field{"log", "one"}), 1, 3, field{"log", "two, too"}))
	h := start(t, fluentBit)
	h.load(outPam)
	h.begun(1, raw, lf.address)
	h.begun(2, raw+"FRAMING octet_counting", counted.address) // keys are in any case
	h.want("OK", "flush 1 %s", chunk)
	h.want("OK", "flush 2 %s a.tag", chunk)
	h.want("OK", "flush 2 %s", chunk)
	h.want("OK", "exit 1")
	h.want("OK", "exit 2")
	h.want("OK", "unload")
	h.endWell()
	lf.finish(t)
	counted.finish(t)
	if got, want := lf.text(), "one\ntwo, too\n"; got != want {
		t.Errorf("with LF came %q, want %q", got, want)
	}
	if got, want := counted.text(), "3 one8 two, too3 one8 two, too"; got != want {
		t.Errorf("with octet counting came %q, want %q", got, want)
	}
}

// TestWorkers: flushes of one instance from several threads at once.
func TestWorkers(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	var files, sent []string
	for i := range 8 {
		file, lines := chunkFile(t, fmt.Sprint("worker", i), 500, 200)
		files, sent = append(files, file), append(sent, lines...)
	}
	h := start(t, fluentBit, "-c", "24576")
	h.load(outPam)
	h.begun(1, raw, s.address)
	h.want("8 OK, 0 RETRY, 0 ERROR", "flushes 1 %s", strings.Join(files, " "))
	h.want("OK", "exit 1")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestRetry: a destination that refuses, and then listens.
func TestRetry(t *testing.T) {
	t.Parallel()
	address := refusedAddress(t)
	chunk, sent := chunkFile(t, "retry", 1000, 200)
	h := start(t, fluentBit)
	h.load(outPam)
	h.begun(1, raw, address)
	h.want("RETRY", "flush 1 %s", chunk)
	h.want("RETRY", "flush 1 %s", chunk)
	s := new(sink).listen(t, address)
	h.flushUntilOK(1, chunk)
	h.want("OK", "exit 1")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestStall: a destination that connects and then reads nothing, for a while.
func TestStall(t *testing.T) {
	t.Parallel()
	s := (&sink{gate: make(chan struct{})}).listen(t, "127.0.0.1:0")
	chunk, sent := chunkFile(t, "stall", 6000, 350)
	h := start(t, fluentBit)
	h.load(outPam)
	h.begun(1, raw, s.address)
	h.want("RETRY", "flush 1 %s", chunk)
	close(s.gate)
	h.flushUntilOK(1, chunk)
	h.want("OK", "exit 1")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestWorkersStall: the same with workers.
func TestWorkersStall(t *testing.T) {
	t.Parallel()
	s := (&sink{gate: make(chan struct{})}).listen(t, "127.0.0.1:0")
	one, sent := chunkFile(t, "one", 3000, 350)
	two, more := chunkFile(t, "two", 3000, 350)
	sent = append(sent, more...)
	h := start(t, fluentBit, "-c", "24576")
	h.load(outPam)
	h.begun(1, raw, s.address)
	h.want("0 OK, 2 RETRY, 0 ERROR", "flushes 1 %s %s", one, two)
	h.want("0 OK, 2 RETRY, 0 ERROR", "flushes 1 %s %s", one, two)
	close(s.gate)
	h.flushUntilOK(1, two)
	h.flushUntilOK(1, one)
	h.want("OK", "exit 1")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestStallAtExit: an instance ends although its destination reads nothing. That
// it takes longer than patience would fail.
func TestStallAtExit(t *testing.T) {
	t.Parallel()
	s := (&sink{gate: make(chan struct{})}).listen(t, "127.0.0.1:0")
	t.Cleanup(func() { close(s.gate) })
	chunk, _ := chunkFile(t, "stall", 6000, 350)
	h := start(t, fluentBit)
	h.load(outPam)
	h.begun(1, raw, s.address)
	h.want("RETRY", "flush 1 %s", chunk)
	h.want("OK", "exit 1")
	h.want("OK", "unload")
	h.endWell()
}

// TestFailover: the first endpoint refuses, the second does not.
func TestFailover(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	chunk, sent := chunkFile(t, "failover", 100, 100)
	h := start(t, fluentBit)
	h.load(outPam)
	h.begun(1, "endpoints %s, %s\nformat raw", refusedAddress(t), s.address)
	h.flushUntilOK(1, chunk)
	h.want("OK", "exit 1")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestCut: the receiver ends its first connection after any number of bytes, by FIN
// or RST. Nothing is lost; how much comes twice is told.
func TestCut(t *testing.T) {
	const lines, frame = 1500, 201 // bytes, with its LF
	t.Parallel()
	chunk, sent := chunkFile(t, "cut", lines, frame-1)
	f := func(rst bool, cut int64) (twice int) {
		t.Helper()
		s := (&sink{cut: cut, rst: rst}).listen(t, "127.0.0.1:0")
		h := start(t, fluentBit)
		h.load(outPam)
		h.begun(1, raw, s.address)
		h.flushUntilOK(1, chunk)
		eventually(t, func() (wrong string) {
			wrong, twice = account(sent, s.frames())
			return wrong
		})
		h.want("OK", "exit 1")
		h.endWell()
		return twice
	}
	for _, rst := range []bool{false, true} {
		var twice []int
		for _, cut := range []int64{
			1, frame - 1, frame, frame + 1, 4096, 65535, 65536, 120_000, 200_000,
			(lines-1)*frame + 1, lines*frame - 1, lines * frame,
		} {
			twice = append(twice, f(rst, cut))
		}
		t.Logf("RST %v: of %d frames came twice: %d", rst, lines, twice)
	}
}

// TestTLS: a CA that is right, and one that is not.
func TestTLS(t *testing.T) {
	t.Parallel()
	ca, certificate := newAuthority(t)
	other, _ := newAuthority(t)
	chunk, sent := chunkFile(t, "tls", 100, 200)
	s := (&sink{tls: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}}).listen(t, "127.0.0.1:0")
	const secret = "the-secret@32473"
	const secured = raw + "transport tls\nframing non_transparent\ntls_ca_file %s\n"
	h := start(t, fluentBit)
	h.load(outPam)
	h.begun(1, secured, s.address, ca)
	h.begun(2, "endpoint %s\ntransport tls\ntls_ca_file %s\ntoken %s", s.address, other, secret)
	h.flushUntilOK(1, chunk)
	h.want("RETRY", "flush 2 %s", chunk)
	h.want("OK", "exit 1")
	h.want("OK", "exit 2")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
	if log := h.log.String(); !strings.Contains(log, "unknown authority") {
		t.Errorf("the log does not say that the CA is unknown:\n%s", log)
	}
	if strings.Contains(h.log.String(), secret) {
		t.Error("the secret is in the log")
	}
}

// newAuthority makes a CA, in a file, and a certificate for this machine.
func newAuthority(t *testing.T) (file string, certificate tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "CA of a test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file = writeFile(t, "ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return file, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// TestHostile: chunks that end early, hold what they should not, or hold nothing.
// What can be read of them comes; nothing of them stops what comes after.
func TestHostile(t *testing.T) {
	t.Parallel()
	whole, _ := newChunk("hostile", 3, 40)
	end := appendEvent(nil, 1, 2, field{"log", "the end"})
	s := newSink(t)
	h := start(t, fluentBit, "-c", "24576")
	h.load(outPam)
	h.begun(1, raw, s.address)
	f := func(name, chunk string) {
		t.Helper()
		if got := h.do("flush 1 %s", writeFile(t, "chunk", []byte(chunk))); got != "OK" && got != "ERROR" {
			t.Fatalf("%s: %s", name, got)
		}
	}
	f("nothing", "")
	for n := range len(whole) {
		f(fmt.Sprint("cut at ", n), string(whole[:n]))
	}
	f("a length beyond the chunk", "\xdf\xff\xff\xff\xff")
	f("an array that never ends", "\xdd\xff\xff\xff\xff"+strings.Repeat("\xc0", 1000))
	f("deep", strings.Repeat("\x91", 1<<20))
	f("deeper in a body", "\x92\x92\xd7\x00\x00\x00\x00\x01\x00\x00\x00\x01\x80\x81\xa3log"+strings.Repeat("\x81\xa1a", 1<<18))
	f("no MessagePack", strings.Repeat("\xc1", 1000))
	f("text", strings.Repeat("<134>1 - - - - - - text\n", 100))
	f("not UTF-8", string(appendEvent(nil, 1, 2, field{"log", "\xff\xfe"})))
	f("the end", string(end))
	h.want("OK", "exit 1")
	h.endWell()
	s.finish(t)
	frames := s.frames()
	// Each whole event was there at each cut behind it.
	for i, line := range []string{"hostile 000000", "hostile 000001"} {
		n := 0
		for _, frame := range frames {
			if strings.HasPrefix(frame, line) && len(frame) == 40 {
				n++
			}
		}
		if want := len(whole) * (2 - i) / 3; n < want {
			t.Errorf("%q came %d times, want at least %d", line, n, want)
		}
	}
	if frames[len(frames)-1] != "the end" {
		t.Errorf("the last that came is %q", frames[len(frames)-1])
	}
}

// TestStack: a flush on the small stacks of Fluent Bit's coroutines, the first of
// all flushes and later ones, that succeed, fail and log, while memory is
// collected all the time.
func TestStack(t *testing.T) {
	f := func(program *product, flags ...string) {
		t.Helper()
		t.Run(program.file+strings.Join(flags, ""), func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			chunk, sent := chunkFile(t, "stack", 1000, 200)
			other, _ := chunkFile(t, "refused", 1000, 200)
			noise := writeFile(t, "noise", slices.Repeat([]byte("\xc1"), 5000))
			h := startWith(t, []string{"GOGC=1", "GODEBUG=clobberfree=1"}, program, flags...)
			h.load(outPam)
			h.begun(1, raw, s.address)
			h.begun(2, raw, refusedAddress(t))
			h.want("RETRY", "flush 2 %s", other)
			h.want("OK", "flush 1 %s", chunk)
			for range 20 {
				h.want("RETRY", "flush 2 %s", other)
				if got := h.do("flush 1 %s", noise); got != "OK" && got != "ERROR" {
					t.Fatal("noise: ", got)
				}
			}
			t.Log("a flush uses at most ", h.do("stack"))
			h.want("OK", "exit 1")
			h.want("OK", "exit 2")
			h.want("OK", "unload")
			h.endWell()
			s.finish(t)
			var came []string
			for _, frame := range s.frames() {
				if strings.HasPrefix(frame, "stack ") {
					came = append(came, frame)
				}
			}
			if wrong, twice := account(sent, came); wrong != "" || twice > 0 {
				t.Errorf("%s, %d came twice", wrong, twice)
			}
		})
	}
	f(fluentBit, "-c", "24576")
	f(fluentBit, "-c", "65536")
	f(fluentBit, "-c", "24576", "-o")
	f(fluentBit, "-o")
	f(silentHost, "-c", "24576")
}

// TestDryRun: instances end that never began, and none begins.
func TestDryRun(t *testing.T) {
	t.Parallel()
	h := start(t, fluentBit)
	h.load(outPam)
	h.want("OK", "exitnull")
	h.want("OK", "exitnull")
	h.want("OK", "unload")
	h.endWell()
}

// TestReload: Fluent Bit loads the plugin again, before and after the first
// instances end. The library itself stays.
func TestReload(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	var sent []string
	h := start(t, fluentBit)
	flush := func(n int, name string) {
		t.Helper()
		chunk, lines := chunkFile(t, name, 100, 100)
		sent = append(sent, lines...)
		h.want("OK", "flush %d %s", n, chunk)
	}
	h.load(outPam)
	h.begun(1, raw, s.address)
	flush(1, "first")
	h.load(outPam)
	h.begun(2, raw, s.address)
	flush(1, "first-still")
	flush(2, "second")
	h.want("OK", "exit 1")
	h.want("OK", "unload")
	flush(2, "second-alone")
	h.want("OK", "exit 2")
	h.want("OK", "unload")
	h.load(outPam)
	h.begun(3, raw, s.address)
	flush(3, "third")
	h.want("OK", "exit 3")
	h.want("OK", "unload")
	h.endWell()
	s.finish(t)
	if wrong := s.once(sent); wrong != "" {
		t.Error(wrong)
	}
}

// TestEnds: an instance that has ended holds no connection and no file.
func TestEnds(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	chunk, _ := chunkFile(t, "ends", 10, 100)
	h := start(t, fluentBit)
	h.load(outPam)
	open := func() int {
		t.Helper()
		h.begun(1, raw, s.address)
		h.want("OK", "flush 1 %s", chunk)
		h.want("OK", "exit 1")
		files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", h.cmd.Process.Pid))
		if err != nil {
			t.Skip("no /proc: ", err)
		}
		return len(files)
	}
	before := open()
	for range 10 {
		if now := open(); now > before {
			t.Fatalf("%d files are open, and %d were after the first instance", now, before)
		}
	}
	h.endWell()
}

// TestRefused: a configuration with an error ends the start of Fluent Bit, and the
// reason is in its log. What comes for such an instance is not taken.
func TestRefused(t *testing.T) {
	t.Parallel()
	chunk, _ := chunkFile(t, "refused", 10, 100)
	h := start(t, silentHost)
	h.load(outPam)
	if got := h.begin(1, "endpoint 127.0.0.1:1\nformat no_such_format"); got != "ERROR" {
		t.Errorf("init: %s, want ERROR", got)
	}
	h.want("ERROR", "flush 1 %s", chunk)
	h.want("OK", "exit 1")
	h.endWell()
	if log := h.log.String(); !strings.Contains(log, "[error]") || !strings.Contains(log, "format") {
		t.Errorf("the log does not name the key:\n%s", log)
	}
}
