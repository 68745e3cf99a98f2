package delivery

import (
	"net"

	"golang.org/x/sys/unix"
)

// unacknowledged returns how many of the bytes written the peer's kernel has
// not acknowledged; known is false when the system does not say.
func unacknowledged(c net.Conn) (n int, known bool) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return 0, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0, false
	}
	failed := raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n, failed == nil && err == nil
}
