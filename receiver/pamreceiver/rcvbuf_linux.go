package pamreceiver

import (
	"net"
	"syscall"
)

// receiveBuffer is the size of the socket's receive buffer, 0 when it cannot
// be told. Linux doubles what was asked for, for its own needs (socket(7)).
func receiveBuffer(conn *net.UDPConn) int {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	var size int
	var failed error
	err = raw.Control(func(fd uintptr) {
		size, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	})
	if err != nil || failed != nil {
		return 0
	}
	return size / 2
}
