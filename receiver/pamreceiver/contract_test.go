package pamreceiver

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pipeline"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/otelcol-pam/otelcol-pam/receiver/pamreceiver/internal/metadata"
)

// TestContract is the collector's own check of a receiver with a pipeline that
// errs at random: nothing lost, nothing twice.
func TestContract(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		g := &generator{t: t, network: network}
		cfg, err := load(t, "protocols: {"+network+": {endpoint: '127.0.0.1:0'}}")
		if err != nil {
			t.Fatal(err)
		}
		receivertest.CheckConsumeContract(receivertest.CheckConsumeContractParams{
			T:             t,
			Factory:       receiver.NewFactory(metadata.Type, nil, receiver.WithLogs(g.create, metadata.LogsStability)),
			Signal:        pipeline.SignalLogs,
			Config:        cfg,
			Generator:     g,
			GenerateCount: 200,
		})
	}
}

// generator makes a receiver and sends to it.
type generator struct {
	t       *testing.T
	network string
	r       *pamReceiver
	n       atomic.Int64
}

// create puts a step before next that gives each record the attribute by which
// the check knows it: the message.
func (g *generator) create(ctx context.Context, set receiver.Settings, cfg component.Config, next consumer.Logs) (receiver.Logs, error) {
	tag, err := consumer.NewLogs(func(ctx context.Context, ld plog.Logs) error {
		for lr := range each(ld) {
			lr.Attributes().PutStr(receivertest.UniqueIDAttrName, text(lr))
		}
		return next.ConsumeLogs(ctx, ld)
	})
	if err != nil {
		return nil, err
	}
	g.r, err = newReceiver(set, cfg.(*Config), tag)
	if err != nil {
		return nil, err
	}
	g.r.maxWait = firstWait // the check has patience for some seconds only
	return g.r, nil
}

func (g *generator) Start() {}
func (g *generator) Stop()  {}

func (g *generator) Generate() []receivertest.UniqueIDAttrVal {
	var addr net.Addr
	if g.network == "tcp" {
		addr = g.r.tcp.socket.Addr()
	} else {
		addr = g.r.udp.conn.LocalAddr()
	}
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		g.t.Error(err)
		return nil
	}
	defer conn.Close()
	id := fmt.Sprintf("<13>message %d", g.n.Add(1))
	fmt.Fprintln(conn, id)
	return []receivertest.UniqueIDAttrVal{receivertest.UniqueIDAttrVal(strings.TrimSpace(id))}
}
