package e2e

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// outage is how long a SIEM is down.
var outage = long(2*time.Second, time.Minute)

// batch is how many records arrive under full load between two faults.
var batch = long(30_000, 500_000)

// steady is the rate of a source that sends all the time, in records a second.
const steady = 500

// TestFaults has SIEMs fail in every way that an operator meets. What a sender
// wrote to the collector over TCP arrives all the same; how often it came again
// is in the table.
func TestFaults(t *testing.T) {
	rsyslog, syslogNG := newRsyslog(t), newSyslogNG(t)
	var (
		lines   = way{network: "tcp"}
		counted = way{network: "tcp", counted: true}
		secure  = way{network: "tcp", counted: true, secure: true}
		lf      = way{network: "tcp", secure: true}
		mutual  = way{network: "tcp", counted: true, secure: true, mutual: true}
		unix    = way{network: "unix"}
	)
	results := new(table)
	t.Cleanup(func() { t.Logf("\n%s", results) })
	for _, r := range []*trial{
		{name: "down/rsyslog/tcp", daemon: rsyslog, way: counted, rate: steady, fault: down},
		{name: "down/rsyslog/tls", daemon: rsyslog, way: secure, rate: steady, fault: down},
		{name: "down/syslog-ng/tcp", daemon: syslogNG, way: lines, rate: steady, fault: down},
		{name: "down/syslog-ng/tls", daemon: syslogNG, way: lf, rate: steady, fault: down},
		{name: "down/syslog-ng/unix", daemon: syslogNG, way: unix, rate: steady, fault: down},

		{name: "restart idle/rsyslog/tcp", daemon: rsyslog, way: lines, rate: steady, promise: exact, fault: restartIdle},
		{name: "restart idle/rsyslog/tls", daemon: rsyslog, way: secure, rate: steady, promise: exact, fault: restartIdle},
		{name: "restart idle/syslog-ng/tcp", daemon: syslogNG, way: counted, rate: steady, promise: exact, fault: restartIdle},
		{name: "restart idle/syslog-ng/tls", daemon: syslogNG, way: lf, rate: steady, promise: exact, fault: restartIdle},
		{name: "restart idle/syslog-ng/unix", daemon: syslogNG, way: unix, rate: steady, promise: exact, fault: restartIdle},

		{name: "restart loaded/rsyslog/tcp", daemon: rsyslog, way: counted, fault: restartLoaded},
		{name: "restart loaded/rsyslog/tls", daemon: rsyslog, way: lf, fault: restartLoaded},
		{name: "restart loaded/syslog-ng/tcp", daemon: syslogNG, way: lines, fault: restartLoaded},
		{name: "restart loaded/syslog-ng/tls", daemon: syslogNG, way: secure, fault: restartLoaded},
		{name: "restart loaded/consumers", daemon: rsyslog, way: counted, keys: "queue:, num_consumers: 4", fault: restartLoaded},

		{name: "reset loaded/rsyslog/tcp", daemon: rsyslog, way: counted, guarded: true, fault: resetLoaded},
		{name: "reset loaded/rsyslog/tls", daemon: rsyslog, way: secure, guarded: true, fault: resetLoaded},
		{name: "reset loaded/syslog-ng/tcp", daemon: syslogNG, way: lines, guarded: true, fault: resetLoaded},

		{name: "hung, killed/rsyslog/tcp", daemon: rsyslog, way: lines, rate: 100, fault: hungKilled},
		{name: "hung, killed/rsyslog/tls", daemon: rsyslog, way: secure, rate: 100, fault: hungKilled},
		{name: "hung, killed/syslog-ng/tcp", daemon: syslogNG, way: counted, rate: 100, fault: hungKilled},
		{name: "hung, killed/syslog-ng/tls", daemon: syslogNG, way: lf, rate: 100, fault: hungKilled},
		{name: "hung, killed idle/rsyslog/tcp", daemon: rsyslog, way: lines, rate: 100, fault: hungKilledIdle},
		{name: "hung, killed idle/rsyslog/tls", daemon: rsyslog, way: secure, rate: 100, fault: hungKilledIdle},
		{name: "hung, killed idle/syslog-ng/tcp", daemon: syslogNG, way: counted, rate: 100, fault: hungKilledIdle},
		{name: "hung, killed idle/syslog-ng/unix", daemon: syslogNG, way: unix, rate: 100, fault: hungKilledIdle},

		{name: "hung, back/rsyslog/tcp", daemon: rsyslog, way: counted, rate: steady, keys: ", timeout: 500ms", promise: exact, fault: hungBack},
		{name: "hung, back/syslog-ng/tls", daemon: syslogNG, way: secure, rate: steady, keys: ", timeout: 500ms", promise: exact, fault: hungBack},
		{name: "slow/rsyslog/tcp", daemon: rsyslog, way: lines, rate: steady, keys: ", timeout: 500ms", guarded: true, promise: exact, fault: slow},
		{name: "slow/rsyslog/tls", daemon: rsyslog, way: secure, rate: steady, keys: ", timeout: 500ms", guarded: true, promise: exact, fault: slow},

		{name: "killed/rsyslog/tcp", daemon: rsyslog, way: counted, promise: measured, fault: killed},
		{name: "killed/syslog-ng/tcp", daemon: syslogNG, way: counted, promise: measured, fault: killed},

		{name: "collector restarted/rsyslog/tcp", daemon: rsyslog, way: counted, rate: steady, promise: exact, fault: collectorRestarted},
		{name: "collector killed, queue/rsyslog/tls", daemon: rsyslog, way: secure, rate: steady, promise: exact, fault: collectorKilledQueue},
		{name: "collector killed/rsyslog/tcp", daemon: rsyslog, way: counted, rate: steady, promise: tailOnly, fault: collectorKilled},
		{name: "collector killed/syslog-ng/tls", daemon: syslogNG, way: lf, rate: steady, promise: tailOnly, fault: collectorKilled},

		{name: "other CA/rsyslog", daemon: rsyslog, way: secure, rate: steady, fault: otherCA},
		{name: "other CA/syslog-ng", daemon: syslogNG, way: lf, rate: steady, fault: otherCA},
		{name: "certificate expired/rsyslog", daemon: rsyslog, way: secure, rate: steady, fault: certificateExpired},
		{name: "client refused/rsyslog", daemon: rsyslog, way: mutual, rate: steady, fault: clientRefused},
		{name: "client refused/syslog-ng", daemon: syslogNG, way: mutual, rate: steady, fault: clientRefused},

		{name: "failover/rsyslog/tcp", daemon: rsyslog, way: counted, siems: 2, rate: steady, keys: failing, fault: failover},
		{name: "failover/syslog-ng/tls", daemon: syslogNG, way: lf, siems: 2, rate: steady, keys: failing, fault: failover},
		{name: "failover, hung/rsyslog/tcp", daemon: rsyslog, way: counted, siems: 2, rate: steady, keys: failing, fault: failoverHung},
		{name: "host vanishes/rsyslog/tcp", daemon: rsyslog, way: counted, siems: 2, rate: steady, keys: failing, remote: true, fault: hostVanishes},
		{name: "host vanishes/rsyslog/tls", daemon: rsyslog, way: secure, siems: 2, rate: steady, keys: failing, remote: true, fault: hostVanishes},
		{name: "round robin/rsyslog/tcp", daemon: rsyslog, way: lines, siems: 2, rate: steady, keys: failing + ", load_balance: round_robin", fault: oneDies},
		{name: "round robin/syslog-ng/tls", daemon: syslogNG, way: secure, siems: 2, rate: steady, keys: failing + ", load_balance: round_robin", fault: oneDies},
	} {
		t.Run(r.name, func(t *testing.T) {
			if r.rate > 0 { // else there is no time for others
				t.Parallel()
			}
			defer results.add(r)
			r.run(t)
		})
	}
}

// failing are times that a test can wait for.
const failing = ", timeout: 1s, failover_after: 1s, failback_after: 1s"

// down ends the SIEM in good order three times while records come, and leaves
// it down for a while.
func down(t *testing.T, r *trial) {
	for range 3 {
		r.more(t, 200)
		r.peers[0].stop(t)
		time.Sleep(outage)
		r.peers[0].start(t)
	}
	r.more(t, 200)
}

// restartIdle restarts the SIEM when all has come and nothing is sent.
func restartIdle(t *testing.T, r *trial) {
	for range 3 {
		r.more(t, 100)
		r.source.pause()
		r.settle(t)
		r.peers[0].stop(t)
		r.peers[0].start(t)
		r.source.start()
	}
	r.more(t, 100)
}

// restartLoaded restarts the SIEM three times while as much comes as it takes.
func restartLoaded(t *testing.T, r *trial) {
	for range 3 {
		r.more(t, batch)
		r.peers[0].stop(t)
		r.peers[0].start(t)
	}
	r.more(t, batch)
}

// resetLoaded resets the connection while as much comes as the SIEM takes.
func resetLoaded(t *testing.T, r *trial) {
	for range 5 {
		r.more(t, batch/5)
		unread := 0
		waitFor(t, func() string {
			unread = r.resetter.reset()
			return unless(unread > 0, "connection with unread bytes")
		})
		t.Logf("reset with %d bytes unread", unread)
	}
	r.more(t, batch/5)
}

// hungKilled halts the SIEM while records come, and then kills it.
func hungKilled(t *testing.T, r *trial) {
	for range long(2, 5) {
		r.more(t, 100)
		r.peers[0].signal(t, syscall.SIGSTOP)
		time.Sleep(outage)
		r.peers[0].kill(t)
		r.peers[0].start(t)
	}
	r.more(t, 100)
}

// hungKilledIdle halts the SIEM when it has nothing to do, waits until its
// kernel has acknowledged what is sent then, and kills it when nothing more
// comes. What was in its kernel must come again although there is no new record.
func hungKilledIdle(t *testing.T, r *trial) {
	r.more(t, 100)
	r.source.pause()
	r.settle(t)
	r.peers[0].signal(t, syscall.SIGSTOP)
	before := int(r.source.sent.Load())
	r.source.start()
	waitFor(t, func() string {
		n := int(r.source.sent.Load()) - before
		return unless(n >= 100, "100 records, only %d", n)
	})
	r.source.pause()
	sent := int(r.source.sent.Load())
	if r.way.network != "unix" { // where only what was read is confirmed
		waitFor(t, func() string {
			f := r.collector.figures(t)
			return unless(f["confirmed"] == sent, "all %d records confirmed: %v", sent, f)
		})
	}
	r.peers[0].kill(t)
	r.peers[0].start(t)
	r.arrive(t, sent)
}

// hungBack halts the SIEM for much longer than the timeout, and lets it go on:
// it is alive, so its connection is kept.
func hungBack(t *testing.T, r *trial) {
	r.more(t, 200)
	attempts := r.collector.figures(t)["connection_attempts"]
	r.peers[0].signal(t, syscall.SIGSTOP)
	time.Sleep(outage)
	r.peers[0].signal(t, syscall.SIGCONT)
	r.more(t, 200)
	r.sameConnection(t, attempts)
}

// slow has the SIEM take 10 KB a second for a while, and then what it can.
func slow(t *testing.T, r *trial) {
	r.more(t, 200)
	attempts := r.collector.figures(t)["connection_attempts"]
	r.resetter.slow(400 * time.Millisecond)
	time.Sleep(2 * outage)
	r.resetter.slow(0)
	r.more(t, 200)
	r.sameConnection(t, attempts)
}

func (r *trial) sameConnection(t *testing.T, attempts int) {
	t.Helper()
	if now := r.collector.figures(t)["connection_attempts"]; now != attempts {
		t.Errorf("%d attempts to connect to a SIEM that lives, want %d", now, attempts)
	}
}

// killed kills the SIEM while as much comes as it takes. What it had read and
// not written is beyond reach.
func killed(t *testing.T, r *trial) {
	for range long(2, 6) {
		r.more(t, batch)
		r.peers[0].kill(t)
		r.peers[0].start(t)
	}
	r.more(t, batch)
}

// backlog ends the SIEM, lets the queue grow, and pauses the source. It returns
// how many records the queue has.
func (r *trial) backlog(t *testing.T) (queued int) {
	t.Helper()
	r.more(t, 200)
	r.source.pause()
	r.settle(t)
	r.peers[0].stop(t)
	before := r.source.sent.Load()
	r.source.start()
	time.Sleep(outage)
	r.source.pause()
	want := int(r.source.sent.Load() - before)
	waitFor(t, func() string {
		queued = r.collector.figures(t)["queued"]
		return unless(queued == want, "queue of %d records, it has %d", want, queued)
	})
	return queued
}

// restored starts the collector again, which must find the queue as it was left.
func (r *trial) restored(t *testing.T, queued int) {
	t.Helper()
	r.collector = startCollector(t, r.config)
	r.peers[0].start(t)
	r.arrive(t, int(r.source.sent.Load()))
	if n := r.collector.figures(t)["restored"]; n != queued {
		t.Errorf("%d records were restored of %d", n, queued)
	}
	r.source.start()
	r.more(t, 200)
}

// collectorRestarted restarts the collector while it holds what a SIEM that is
// down has not got.
func collectorRestarted(t *testing.T, r *trial) {
	queued := r.backlog(t)
	r.stopCollector(t)
	r.restored(t, queued)
}

// collectorKilledQueue kills it in the same state.
func collectorKilledQueue(t *testing.T, r *trial) {
	queued := r.backlog(t)
	r.endRun(t)
	r.collector.kill(t)
	r.restored(t, queued)
}

// collectorKilled kills the collector while records come. Only those can be
// lost that the source had written last, and that were not in the queue yet.
func collectorKilled(t *testing.T, r *trial) {
	for range 3 {
		r.more(t, 200)
		r.collector.kill(t)
		r.collector = startCollector(t, r.config)
	}
	r.more(t, 200)
}

// otherCA gives the SIEM a certificate of another CA, after the collector got
// the file with that CA.
func otherCA(t *testing.T, r *trial) {
	p := r.peers[0]
	r.more(t, 200)
	p.stop(t)
	p.way.ca = newAuthority(t)
	replace(t, r.way.ca.file, p.way.ca.file)
	time.Sleep(outage)
	p.start(t)
	r.more(t, 200)
}

// certificateExpired has the SIEM come back with a certificate that is no
// longer valid, to which nothing may be sent, and then with a valid one.
func certificateExpired(t *testing.T, r *trial) {
	p := r.peers[0]
	r.more(t, 200)
	p.stop(t)
	p.way.expired = true
	p.start(t)
	r.silent(t)
	p.stop(t)
	p.way.expired = false
	p.start(t)
	r.more(t, 200)
}

// clientRefused has the SIEM ask for a client certificate of a CA that did not
// issue ours. Under TLS 1.3 the client's handshake is done before the server
// refuses it, so what was written by then must not count as confirmed.
func clientRefused(t *testing.T, r *trial) {
	p := r.peers[0]
	r.more(t, 200)
	p.stop(t)
	p.way.clients = newAuthority(t)
	p.start(t)
	r.silent(t)
	p.stop(t)
	p.way.clients = r.way.clients
	p.start(t)
	r.more(t, 200)
}

// silent waits until the collector has tried to connect several times, and
// demands that nothing is confirmed meanwhile.
func (r *trial) silent(t *testing.T) {
	t.Helper()
	before := r.collector.figures(t)
	waitFor(t, func() string {
		n := r.collector.figures(t)["connection_attempts"] - before["connection_attempts"]
		return unless(n >= 3, "three attempts to connect, only %d", n)
	})
	if now := r.collector.figures(t); now["confirmed"] != before["confirmed"] {
		t.Errorf("%d records confirmed that nobody has read", now["confirmed"]-before["confirmed"])
	}
}

// failover ends the first SIEM: the second takes over, and when the first is
// back it gets the records again.
func failover(t *testing.T, r *trial) {
	first, second := r.peers[0], r.peers[1]
	for range long(1, 5) {
		r.reaches(t, first)
		first.stop(t)
		r.reaches(t, second)
		first.start(t)
	}
	r.reaches(t, first)
}

// failoverHung halts the first SIEM instead: its kernel still answers.
func failoverHung(t *testing.T, r *trial) {
	first, second := r.peers[0], r.peers[1]
	r.reaches(t, first)
	first.signal(t, syscall.SIGSTOP)
	r.reaches(t, second)
	first.kill(t)
	first.start(t)
	r.reaches(t, first)
}

// hostVanishes pulls the cable out of the first SIEM's host: nobody answers, and
// no packet says that nobody will.
func hostVanishes(t *testing.T, r *trial) {
	first, second := r.peers[0], r.peers[1]
	r.reaches(t, first)
	r.host.cable(t, "down")
	r.reaches(t, second)
	r.host.cable(t, "up")
	r.reaches(t, first)
}

// reaches waits until a SIEM gets records that are sent from now on.
func (r *trial) reaches(t *testing.T, p *peer) {
	t.Helper()
	r.tally.read(t)
	sent, name := r.source.sent.Load(), filepath.Base(filepath.Dir(p.file.name))
	waitFor(t, func() string {
		r.tally.read(t)
		return unless(p.file.next > sent+100, "record %d at %s", sent+100, name)
	})
}

// oneDies ends one of two SIEMs that share the load, for good.
func oneDies(t *testing.T, r *trial) {
	r.reaches(t, r.peers[0])
	r.reaches(t, r.peers[1])
	r.peers[1].stop(t)
	time.Sleep(outage)
	r.more(t, 500)
}
