package siemexporter

import (
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// health tells the collector and its log whether the destination takes what
// is sent. It tells changes only.
type health struct {
	logger *zap.Logger

	mu   sync.Mutex
	host component.Host    // nil before start
	down map[int]bool      // the senders whose destination does not take what is sent
	used map[int]string    // the endpoint that each sender used last
	last map[int]time.Time // when it was reset again and again
}

// logPeriod is how often one change may be logged.
const logPeriod = 10 * time.Second

func newHealth(logger *zap.Logger) *health {
	sampled := zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, logPeriod, 1, 0)
	})
	return &health{logger: logger.WithOptions(sampled), down: map[int]bool{}, used: map[int]string{}, last: map[int]time.Time{}}
}

func (h *health) start(host component.Host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.host = host
}

// use takes the endpoint that a sender uses from now on.
func (h *health) use(sender int, endpoint string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch before := h.used[sender]; before {
	case endpoint:
		return
	case "":
		h.logger.Info("Connected.", zap.String("endpoint", endpoint))
	default:
		h.logger.Warn("Another endpoint is used now.", zap.String("endpoint", endpoint), zap.String("before", before))
	}
	h.used[sender] = endpoint
}

const (
	// manyResets is how many connections in a row are reset with everything
	// unread when it is not a restart.
	manyResets = 3

	// resetsLast is for how long the destination is not healthy then.
	resetsLast = time.Minute
)

// reset takes how many confirmed records a destination may not have read when it
// ended a connection, and how often it did so soon after it began.
func (h *health) reset(sender int, endpoint string, records, inARow int) {
	h.logger.Warn("The destination ended the connection; records that were confirmed and may be unread go out again.",
		zap.String("endpoint", endpoint), zap.Int("records", records))
	if inARow < manyResets {
		return
	}
	h.mu.Lock()
	h.last[sender] = time.Now()
	h.mu.Unlock()
	h.report(sender, fmt.Errorf("%s: accepts connections and resets them unread: is it a port for TLS, or does it not allow this address?", endpoint))
}

// report takes the outcome of a sender's batch, or why it waits.
func (h *health) report(sender int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil && time.Since(h.last[sender]) < resetsLast {
		return
	}
	before := len(h.down) > 0
	delete(h.down, sender)
	if err != nil {
		h.down[sender] = true
	}
	if before != (len(h.down) > 0) {
		h.tell(err)
	}
}

// tell tells a change; err is nil when it is for the better.
func (h *health) tell(err error) {
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if err != nil {
		event = componentstatus.NewRecoverableErrorEvent(err)
		h.logger.Warn("The destination does not take what is sent; the queue holds it.", zap.Error(err))
	} else {
		h.logger.Info("The destination takes what is sent again.")
	}
	if h.host != nil {
		componentstatus.ReportStatus(h.host, event)
	}
}
