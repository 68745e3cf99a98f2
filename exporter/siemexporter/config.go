package siemexporter

import (
	"time"

	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/otelcol-pam/otelcol-pam/internal/siem"
	"github.com/otelcol-pam/otelcol-pam/internal/wire"
)

// Config is the configuration of the exporter.
type Config struct {
	// Config is what any program that sends to a SIEM is told.
	siem.Config `mapstructure:",squash"`
	// TLS is how connections of transport tls are secured.
	TLS configoptional.Optional[TLSConfig] `mapstructure:"tls"`
	// Token is the SD-ID that some SIEMs want in each message.
	Token configopaque.String `mapstructure:"token"`

	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	Retry configretry.BackOffConfig                                `mapstructure:"retry_on_failure"`
}

func createDefaultConfig() *Config {
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.NumConsumers = 1
	queue.Sizer = exporterhelper.RequestSizerTypeBytes
	queue.QueueSize = 64 << 20
	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval = time.Second
	retry.MaxElapsedTime = 0
	return &Config{Config: siem.Default(), Queue: configoptional.Some(queue), Retry: retry}
}

// Unmarshal reads the profile first, so that every other key goes before it.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	name, _ := conf.Get("profile").(string)
	if p := wire.ProfileByName(name); p != nil {
		c.Adopt(p)
	}
	if err := conf.Unmarshal(c); err != nil {
		return err
	}
	c.Settle(conf.IsSet)
	return nil
}

// encoding is what the keys mean to package wire.
func (c *Config) encoding() wire.Encoding { return c.Encoding(string(c.Token)) }

// senders returns how many there are: one for each consumer of the queue, and
// one at least for each endpoint that has its share.
func (c *Config) senders() int {
	n := 1
	if c.Queue.HasValue() {
		n = c.Queue.Get().NumConsumers
	}
	if c.LoadBalance == "round_robin" {
		n = max(n, len(c.Endpoints))
	}
	return n
}

// queue is the queue with as many consumers as may wait in the lane. Batches
// that the queue makes itself have no order in any case.
func (c *Config) queue() configoptional.Optional[exporterhelper.QueueBatchConfig] {
	q := c.Queue.Get()
	if q == nil || q.Batch.HasValue() {
		return c.Queue
	}
	wide := *q
	wide.NumConsumers = max(inHand, c.senders())
	return configoptional.Some(wide)
}

// stored reports whether the queue outlives the collector.
func (c *Config) stored() bool {
	return c.Queue.HasValue() && c.Queue.Get().StorageID != nil
}
