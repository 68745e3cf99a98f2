package siemexporter

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
	"github.com/otelcol-pam/otelcol-pam/internal/syslog"
)

// request is what the queue holds: frames, as they will be sent.
type request struct{ delivery.Frames }

var _ xexporterhelper.RequestErrorHandler = request{}

// unsentError says which frames a failure left.
type unsentError struct {
	error
	rest delivery.Frames
}

func (e unsentError) Unwrap() error { return e.error }

// ItemsCount returns the number of records, which have a frame each.
func (r request) ItemsCount() int { return r.Len() }

// BytesSize returns the number of bytes that will be sent.
func (r request) BytesSize() int { return r.Size() }

// OnError returns what is left to be sent.
func (r request) OnError(err error) xexporterhelper.Request {
	if unsent, ok := errors.AsType[unsentError](err); ok {
		return request{unsent.rest}
	}
	return r
}

// errForeignRequest is a fault of the program.
var errForeignRequest = errors.New("a request that is not of this exporter")

// MergeSplit puts the frames of other behind its own, and splits them into
// requests of at most maxSize records or bytes, in their order; a maxSize of 0
// does not split. A frame that is longer than maxSize bytes has a request to
// itself, since half a frame is none.
func (r request) MergeSplit(_ context.Context, maxSize int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request) ([]xexporterhelper.Request, error) {
	all := r.Frames
	if other != nil {
		second, ok := other.(request)
		if !ok {
			return nil, errForeignRequest
		}
		all = all.Append(second.Frames)
	}
	var parts []xexporterhelper.Request
	for {
		n := fitting(all, maxSize, sizer)
		part, rest := all.Cut(n)
		parts = append(parts, request{part})
		if rest.Len() == 0 {
			return parts, nil
		}
		all = rest
	}
}

// fitting returns how many frames a request may have.
func fitting(f delivery.Frames, maxSize int, sizer exporterhelper.RequestSizerType) int {
	switch {
	case maxSize <= 0:
		return f.Len()
	case sizer == exporterhelper.RequestSizerTypeBytes:
		maxSize = f.Whole(maxSize)
	}
	return min(max(maxSize, 1), f.Len())
}

// codec stores requests in a persistent queue, and reads them after a restart,
// when the framing may be another:
//
//	VERSION FRAMING COUNT COUNT*LENGTH COUNT*FRAME
//
// VERSION and FRAMING are a byte each, COUNT and LENGTH are varints.
type codec struct{ framing syslog.Framing }

var _ exporterhelper.QueueBatchEncoding[xexporterhelper.Request] = codec{}

const codecVersion = 1

// errStored is the fault of a request that cannot be read back.
var errStored = errors.New("stored request is damaged, or of a later version")

// Marshal returns the request as it is stored.
func (c codec) Marshal(_ context.Context, req xexporterhelper.Request) ([]byte, error) {
	r, ok := req.(request)
	if !ok {
		return nil, errForeignRequest
	}
	b := make([]byte, 0, 2+(r.Len()+1)*binary.MaxVarintLen32+r.Size())
	b = append(b, codecVersion, byte(c.framing))
	b = binary.AppendUvarint(b, uint64(r.Len()))
	for i := range r.Len() {
		b = binary.AppendUvarint(b, uint64(len(r.Frame(i))))
	}
	return append(b, r.All()...), nil
}

// Unmarshal reads a stored request and gives it today's framing.
func (c codec) Unmarshal(b []byte) (context.Context, xexporterhelper.Request, error) {
	ctx := context.Background()
	if len(b) < 2 || b[0] != codecVersion || b[1] > byte(syslog.NonTransparent) {
		return ctx, request{}, errStored
	}
	framing := syslog.Framing(b[1])
	f, ok := readFrames(b[2:])
	if !ok {
		return ctx, request{}, errStored
	}
	if framing != c.framing {
		f = reframe(f, framing, c.framing)
	}
	return ctx, request{f}, nil
}

// readFrames reads COUNT, the lengths and the frames. The bytes are copied,
// since the store may use its own again.
func readFrames(b []byte) (f delivery.Frames, ok bool) {
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)) {
		return f, false
	}
	b = b[n:]
	end := uint64(0)
	f.Ends = make([]int, count)
	for i := range f.Ends {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)) {
			return f, false
		}
		b, end = b[n:], end+length
		f.Ends[i] = int(end)
	}
	f.Bytes = bytes.Clone(b)
	return f, end == uint64(len(b))
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
