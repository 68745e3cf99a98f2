package delivery

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const canConfirm = true

// unacknowledged returns how many of the bytes written the peer's kernel has
// not acknowledged. Over a unix stream, 0 is when the peer has read all.
func unacknowledged(c net.Conn) (n int, err error) {
	err = control(c, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		return err
	})
	return n, err
}

// received reports whether something of the peer has come that is not read
// yet, and whether that is the connection's end. It only looks: to read would
// take the error of a reset from the goroutine that reads.
func received(c net.Conn) (pending, ended bool) {
	var found int16
	err := control(c, func(fd int) error {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLRDHUP}}
		_, err := unix.Poll(fds, 0)
		found = fds[0].Revents
		return err
	})
	if errors.Is(err, unix.EINTR) {
		return true, false
	}
	return found&unix.POLLIN != 0, err != nil || found&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}

// wasReset reports whether a reset came behind a FIN.
func wasReset(c net.Conn) bool {
	info, err := tcpInfo(c)
	return err == nil && info.State == tcpClose
}

// tcpClose is TCP_CLOSE of the kernel's tcp_states.h.
const tcpClose = 7

// silent reports whether the peer has answered nothing for timeout, not even
// bytes that were sent again, or probes of its closed window. To what was sent
// just now, the answer may be on its way. A peer that has no memory for more
// drops what it is sent, but answers.
func silent(c net.Conn, timeout time.Duration) bool {
	info, err := tcpInfo(c)
	if err != nil {
		return false
	}
	answered := time.Duration(info.Last_ack_recv) * time.Millisecond // ago
	sent := time.Duration(info.Last_data_sent) * time.Millisecond
	again := info.Retransmits > 0 && answered > sent && sent >= min(timeout, time.Second)
	return answered >= timeout && (again || info.Probes > 1)
}

// window returns the receive window that the peer advertised last.
func window(c net.Conn) (size int, known bool) {
	info, err := tcpInfo(c)
	if err != nil || info.Snd_wnd == 0 { // or the kernel is older than 5.4
		return 0, false
	}
	return int(info.Snd_wnd), true
}

func tcpInfo(c net.Conn) (info *unix.TCPInfo, err error) {
	err = control(c, func(fd int) (err error) {
		info, err = unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		return err
	})
	return info, err
}

// control calls f with the file descriptor of a connection.
func control(c net.Conn, f func(fd int) error) error {
	s, ok := c.(syscall.Conn)
	if !ok {
		return net.ErrClosed
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	if failed := raw.Control(func(fd uintptr) { err = f(int(fd)) }); failed != nil {
		return failed
	}
	return err
}
