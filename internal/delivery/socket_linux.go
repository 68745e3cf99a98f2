package delivery

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

const canConfirm = true

// unacknowledged returns how many of the bytes written the peer's kernel has
// not acknowledged; known is false when the system does not say.
func unacknowledged(c net.Conn) (n int, known bool) {
	err := control(c, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return err
	})
	return n, err == nil
}

// closedByPeer reports whether FIN or RST has come, before the goroutine that
// reads had its turn to notice.
func closedByPeer(c net.Conn) bool {
	n := 0
	err := control(c, func(fd int) (err error) {
		n, _, err = unix.Recvfrom(fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
		return err
	})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return false
	}
	return n <= 0
}

// control calls f with the file descriptor of a connection over TCP.
func control(c net.Conn, f func(fd int) error) error {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return net.ErrClosed
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	if failed := raw.Control(func(fd uintptr) { err = f(int(fd)) }); failed != nil {
		return failed
	}
	return err
}
