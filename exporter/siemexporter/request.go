package siemexporter

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/delivery"
)

// request is what the queue holds: frames, as they will be sent.
type request struct {
	delivery.Frames
	origins []origin // of the frames, in their order
	ticket  uint64   // its place in the queue, from 1; 0: none

	// What OnError keeps from one attempt to the next:
	tried time.Time // the first, zero before it
	again int       // of the first frames: were written before
}

var _ xexporterhelper.RequestErrorHandler = request{}

// newRequest returns a request of one entry.
func newRequest(f delivery.Frames, born time.Time) request {
	return request{Frames: f, origins: []origin{{&entry{born, f.Len()}, f.Len()}}}
}

// cut returns the first n frames and the rest.
func (r request) cut(n int) (first, rest request) {
	first, rest = r, r
	first.Frames, rest.Frames = r.Frames.Cut(n)
	first.origins, rest.origins = cutOrigins(r.origins, n)
	first.again, rest.again = min(r.again, n), max(r.again-n, 0)
	return first, rest
}

// born returns when the first of the frames was put into the queue.
func (r request) born() time.Time {
	if len(r.origins) == 0 {
		return time.Time{}
	}
	return r.origins[0].born
}

// unsentError says what a failure left.
type unsentError struct {
	error
	rest request
}

func (e unsentError) Unwrap() error { return e.error }

// ItemsCount returns the number of records, which have a frame each.
func (r request) ItemsCount() int { return r.Len() }

// BytesSize returns the number of bytes that will be sent.
func (r request) BytesSize() int { return r.Size() }

// OnError returns what is left to be sent.
func (r request) OnError(err error) xexporterhelper.Request {
	if unsent, ok := errors.AsType[unsentError](err); ok {
		return unsent.rest
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
	all := r
	all.ticket = 0 // it is several, or a part
	if other != nil {
		second, ok := other.(request)
		if !ok {
			return nil, errForeignRequest
		}
		all.Frames = all.Append(second.Frames)
		all.origins = slices.Concat(r.origins, second.origins)
	}
	var parts []xexporterhelper.Request
	for {
		part, rest := all.cut(fitting(all.Frames, maxSize, sizer))
		parts = append(parts, part)
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
