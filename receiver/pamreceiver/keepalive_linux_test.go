package pamreceiver

import (
	"syscall"
	"testing"
)

// TestKeepalive has the kernel look whether a silent peer is still there: six
// times after a minute, every ten seconds.
func TestKeepalive(t *testing.T) {
	r := start(t, "protocols: {tcp: {endpoint: 'localhost:0'}}", newSink(nil))
	dial(t, r.tcp.socket.Addr())
	var conn *tcpConn
	wait(t, func() bool {
		r.tcp.conns.mu.Lock()
		defer r.tcp.conns.mu.Unlock()
		if front := r.tcp.conns.silent.Front(); front != nil {
			conn = front.Value.(*tcpConn)
		}
		return conn != nil
	})
	raw, err := conn.socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, level, option, want int) {
		t.Helper()
		if err := raw.Control(func(fd uintptr) {
			if got, err := syscall.GetsockoptInt(int(fd), level, option); err != nil || got != want {
				t.Errorf("%s is %d, %v, want %d", name, got, err, want)
			}
		}); err != nil {
			t.Error(err)
		}
	}
	f("SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	f("TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 60)
	f("TCP_KEEPINTVL", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 10)
	f("TCP_KEEPCNT", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 6)
}
