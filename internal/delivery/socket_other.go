//go:build !linux

package delivery

import "net"

const canConfirm = false

func unacknowledged(net.Conn) (n int, known bool) { return 0, false }

func closedByPeer(net.Conn) bool { return false }
