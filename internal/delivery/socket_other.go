//go:build !linux

package delivery

import (
	"errors"
	"net"
	"time"
)

const canConfirm = false

// Other systems do not tell what the peer has acknowledged. They end a
// connection to a dead peer themselves, in their own time.

func unacknowledged(net.Conn) (int, error) { return 0, errors.ErrUnsupported }

func received(net.Conn) (pending, ended bool) { return false, false }

func wasReset(net.Conn) bool { return false }

func silent(net.Conn, time.Duration) bool { return false }

func window(net.Conn) (size int, known bool) { return 0, false }
