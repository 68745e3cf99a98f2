package main_test

import (
	"fmt"
	"slices"
	"testing"
)

// stockPam is the same plugin with the decoder of fluent-bit-go.
var stockPam = &product{file: "stock_out_pam.so", build: goBuild(".", "-tags=netgo,osusergo,fluent_bit_go")}

// BenchmarkFlush sends chunks of 2 MB to a sink that discards them, in this
// process, and tells the CPU time of the host's: with the plugin's own decoder
// and with fluent-bit-go's, in turns, the medians of the rounds.
func BenchmarkFlush(b *testing.B) {
	const rounds, seconds = 7, 1
	if !hasStockDecoder(b, stockPam) {
		b.Fatal("the plugin built with the tag fluent_bit_go does not have that decoder")
	}
	chunk, records := benchChunk(2_000_000)
	file := writeFile(b, "chunk", chunk)
	s := (&sink{discard: true}).listen(b, "127.0.0.1:0")
	begin := func(so *product) *host {
		h := start(b, fluentBit)
		h.load(so)
		h.begun(1, "endpoint %s", s.address)
		return h
	}
	own, stock := begin(outPam), begin(stockPam)
	var ownCPU, ownSystem, ownWall, stockCPU []float64
	for b.Loop() {
		for range rounds {
			user, system, wall := own.bench(file, seconds, records)
			ownCPU, ownSystem, ownWall = append(ownCPU, user+system), append(ownSystem, system), append(ownWall, wall)
			user, system, _ = stock.bench(file, seconds, records)
			stockCPU = append(stockCPU, user+system)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ownCPU), "cpu-ns/record")
	b.ReportMetric(median(ownSystem), "system-ns/record")
	b.ReportMetric(median(ownWall), "wall-ns/record")
	b.ReportMetric(median(stockCPU), "fluent-bit-go-cpu-ns/record")
	b.ReportMetric(median(stockCPU)/median(ownCPU), "times")
}

// bench returns nanoseconds per record.
func (h *host) bench(file string, seconds, records int) (user, system, wall float64) {
	h.t.Helper()
	answer := h.do("bench 1 %s %d", file, seconds)
	var flushes int
	_, err := fmt.Sscanf(answer, "OK, %d flushes, %f s user, %f s system, %f s wall", &flushes, &user, &system, &wall)
	if err != nil {
		h.t.Fatal("bench: ", answer)
	}
	each := 1e9 / float64(flushes*records)
	return user * each, system * each, wall * each
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// benchChunk returns a chunk of about so many bytes, of events with 13 of the
// vendor's keys, and how many they are.
func benchChunk(size int) (chunk []byte, records int) {
	for ; len(chunk) < size; records++ {
		user := fmt.Sprintf("user%04d", records%5000)
		chunk = appendEvent(chunk, 1_760_000_000+uint32(records)/100, uint32(records)*1000,
			field{"suser", user},
			field{"sname", "Maria Souza " + user},
			field{"src", fmt.Sprintf("10.20.%d.%d", records/250%250, records%250)},
			field{"dhost", fmt.Sprintf("srv-db-%03d", records%300)},
			field{"dst", fmt.Sprintf("10.30.%d.%d", records/100%100, records%100)},
			field{"dpt", "22"},
			field{"duser", "root"},
			field{"act", "session_start"},
			field{"msg", "Remote session started by user with credential root"},
			field{"suid", "57"},
			field{"spriv", "Administrator"},
			field{"dproc", "SSH"},
			field{"sourceServiceName", "Segura"},
		)
	}
	return chunk, records
}
