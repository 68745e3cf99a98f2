package delivery

import (
	"crypto/tls"
	"net"
	"time"
)

// Config is a destination and how to reach it.
type Config struct {
	Network   string   // tcp, udp, unix or unixgram
	Endpoints []string // host:port, or a path; the first that can be reached is used
	// TLS, unless nil, makes the configuration for a handshake over TCP. It is
	// called anew for every connection, so that it may return other certificates.
	// A configuration without a ServerName gets the endpoint's host.
	TLS func() (*tls.Config, error)
	// Timeout bounds dialing, a handshake, the wait for the acknowledgement of
	// bytes that are on their way, and the wait for the peer to close.
	Timeout   time.Duration
	KeepAlive net.KeepAliveConfig
	Confirm   Confirm
	// Replay is how many bytes of confirmed frames are kept to be sent again when
	// the connection is reset, or ReplayAuto.
	Replay int
	// MaxAge ends a connection in good order, and dials anew; 0 is never.
	MaxAge time.Duration
	// FailoverAfter is how long an endpoint may take nothing before the next one
	// is tried; FailbackAfter how long an earlier one must have held a connection
	// before it is used again. Both matter with several endpoints only.
	FailoverAfter, FailbackAfter time.Duration

	Events Events
}

// Confirm says when frames over a stream count as delivered.
type Confirm int

const (
	// ConfirmKernel is when the peer's kernel has acknowledged them.
	ConfirmKernel Confirm = iota
	// ConfirmWrite is when this machine's kernel has taken them.
	ConfirmWrite
)

// ReplayAuto keeps twice what the peer's receive window ever held, at least
// 1 MiB.
const ReplayAuto = -1

// Events are called while a Sender works; each may be nil. They may be called
// from several goroutines, and must not call the Sender.
type Events struct {
	// Dialed has the outcome of an attempt to connect.
	Dialed func(endpoint string, err error)
	// Secured has the state of a connection after its handshake.
	Secured func(endpoint string, state tls.ConnectionState)
	// Written counts frames that were written whole, for the first time or again.
	Written func(endpoint string, frames, size int)
	// Replayed counts those of them that had been confirmed before.
	Replayed func(endpoint string, frames int)
	// Connected has the endpoint that is used from now on, before anything is
	// sent to it.
	Connected func(endpoint string)
	// Reset counts confirmed frames that the peer may not have read when it ended
	// the connection, and that go out again. In a row is how many connections in
	// a row ended so, soon after they began.
	Reset func(endpoint string, frames, inARow int)
	// Stalled says that the endpoint, though alive, takes nothing; it is called
	// once for each time that this lasts longer than Timeout.
	Stalled func(endpoint string)
}

// CanConfirm reports whether this system can tell what a peer's kernel has
// acknowledged, which ConfirmKernel needs.
const CanConfirm = canConfirm
