package siemexporter

import (
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
	host component.Host // nil before start
	down map[int]bool   // the senders whose destination does not take what is sent
}

// logPeriod is how often one change may be logged.
const logPeriod = 10 * time.Second

func newHealth(logger *zap.Logger) *health {
	sampled := zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, logPeriod, 1, 0)
	})
	return &health{logger: logger.WithOptions(sampled), down: map[int]bool{}}
}

func (h *health) start(host component.Host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.host = host
}

// report takes the outcome of a sender's batch, or why it waits.
func (h *health) report(sender int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
