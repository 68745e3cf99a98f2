package siemexporter

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// codec stores requests in a persistent queue, and reads them after a restart,
// when the framing may be another:
//
//	VERSION FRAMING RUN TIME COUNT COUNT*LENGTH COUNT*FRAME
//
// VERSION and FRAMING are a byte each. RUN has 8 bytes: which run of the process
// stored the request. TIME, when it came, in milliseconds since 1970, COUNT and
// LENGTH are varints.
type codec struct {
	framing syslog.Framing
	run     runID
	account *account
	tickets *atomic.Uint64 // the last that was given; the queue reads requests one by one
}

// runID tells the runs of the process apart.
type runID [8]byte

// newRun returns one that no other run has.
func newRun() (r runID) {
	_, _ = rand.Read(r[:]) // which never fails
	return r
}

var _ exporterhelper.QueueBatchEncoding[xexporterhelper.Request] = codec{}

const (
	codecVersion = 2
	codecHeader  = 2 + len(runID{}) // bytes in front of TIME
)

// errStored is the fault of a request that cannot be read back.
var errStored = errors.New("stored request is damaged, or of another version")

// Marshal returns the request as it is stored.
func (c codec) Marshal(_ context.Context, req xexporterhelper.Request) ([]byte, error) {
	r, ok := req.(request)
	if !ok {
		return nil, errForeignRequest
	}
	b := make([]byte, 0, codecHeader+binary.MaxVarintLen64+(r.Len()+1)*binary.MaxVarintLen32+r.Size())
	b = append(b, codecVersion, byte(c.framing))
	b = append(b, c.run[:]...)
	b = binary.AppendUvarint(b, uint64(max(r.born().UnixMilli(), 0)))
	b = binary.AppendUvarint(b, uint64(r.Len()))
	for i := range r.Len() {
		b = binary.AppendUvarint(b, uint64(len(r.Frame(i))))
	}
	return append(b, r.All()...), nil
}

// Unmarshal reads a stored request and gives it today's framing. What an
// earlier run stored is counted as restored. Nothing is counted where nothing
// is stored.
func (c codec) Unmarshal(b []byte) (context.Context, xexporterhelper.Request, error) {
	ctx := context.Background()
	r, count, mine, err := c.read(b)
	if len(b) == 0 {
		return ctx, r, err
	}
	if !mine {
		c.account.restore(count)
	}
	if err != nil {
		c.account.refuse(refusedDamaged, count)
		return ctx, r, err
	}
	r.ticket = c.tickets.Add(1)
	return ctx, r, nil
}

// read reads a stored request, of how many records it is, as far as that can be
// read, and whether this run stored it.
func (c codec) read(b []byte) (r request, count int, mine bool, err error) {
	if len(b) < codecHeader || b[0] != codecVersion || b[1] > byte(syslog.NonTransparent) {
		return r, 1, false, errStored
	}
	framing := syslog.Framing(b[1])
	mine = runID(b[2:codecHeader]) == c.run
	b = b[codecHeader:]
	ms, n := binary.Uvarint(b)
	if n <= 0 {
		return r, 1, mine, errStored
	}
	f, count, ok := readFrames(b[n:])
	if !ok {
		return r, max(count, 1), mine, errStored
	}
	if framing != c.framing {
		f = reframe(f, framing, c.framing)
	}
	return newRequest(f, time.UnixMilli(int64(ms))), count, mine, nil
}

// readFrames reads COUNT, the lengths and the frames. The bytes are copied,
// since the store may use its own again.
func readFrames(b []byte) (f delivery.Frames, count int, ok bool) {
	records, n := binary.Uvarint(b)
	if n <= 0 || records > uint64(len(b)) {
		return f, 0, false
	}
	b = b[n:]
	end := uint64(0)
	f.Ends = make([]int, records)
	for i := range f.Ends {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)) {
			return f, len(f.Ends), false
		}
		b, end = b[n:], end+length
		f.Ends[i] = int(end)
	}
	f.Bytes = bytes.Clone(b)
	return f, len(f.Ends), end == uint64(len(b))
}

// reframe gives every message another frame.
func reframe(f delivery.Frames, from, to syslog.Framing) (g delivery.Frames) {
	for i := range f.Len() {
		msg := unframe(f.Frame(i), from)
		if to == syslog.Auto {
			g.Bytes = append(g.Bytes, msg...)
		} else {
			g.Bytes = syslog.AppendFrame(g.Bytes, to, msg)
		}
		g.Ends = append(g.Ends, len(g.Bytes))
	}
	return g
}

// unframe returns the message in a frame that syslog.AppendFrame made.
func unframe(frame []byte, framing syslog.Framing) []byte {
	switch framing {
	case syslog.OctetCounting:
		_, msg, _ := bytes.Cut(frame, []byte{' '})
		return msg
	case syslog.NonTransparent:
		return bytes.TrimSuffix(frame, []byte{'\n'})
	}
	return frame
}
