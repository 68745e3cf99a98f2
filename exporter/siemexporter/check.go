package siemexporter

import (
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/siem"
)

// Validate checks all keys and names each that is wrong.
func (c *Config) Validate() error {
	return errors.Join(
		c.Check(siem.Nested, string(c.Token)),
		c.checkTLS(),
		c.checkQueue(),
	)
}

// minQueue is what a queue must hold, by what it counts. Smaller ones hardly
// hold a batch of receiver pam, which has up to 1,024 records.
var minQueue = map[exporterhelper.RequestSizerType]int64{
	exporterhelper.RequestSizerTypeBytes:    1 << 20,
	exporterhelper.RequestSizerTypeItems:    4096,
	exporterhelper.RequestSizerTypeRequests: 16,
}

// maxConsumers bounds the connections to one SIEM.
const maxConsumers = 64

func (c *Config) checkQueue() error {
	q := c.Queue.Get()
	if q == nil {
		return nil
	}
	var errs []error
	if least := minQueue[q.Sizer]; q.QueueSize > 0 && q.QueueSize < least { // the queue refuses 0 itself
		errs = append(errs, fmt.Errorf("sending_queue::queue_size: %d %s may hold no batch: use %d or more", q.QueueSize, q.Sizer.String(), least))
	}
	if q.NumConsumers > maxConsumers {
		errs = append(errs, fmt.Errorf("sending_queue::num_consumers: %d is more than %d: each has a connection of its own", q.NumConsumers, maxConsumers))
	}
	return errors.Join(errs...)
}
