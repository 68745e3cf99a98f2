package pamreceiver

import (
	"context"
	"strings"
	"testing"
)

// TestStartErrors has an endpoint that is taken: the error names it, and no
// other is kept open.
func TestStartErrors(t *testing.T) {
	taken := start(t, "protocols: {tcp: {endpoint: '127.0.0.1:0'}}", newSink(nil)).tcp.socket.Addr().String()
	r := create(t, "protocols: {udp: {endpoint: '127.0.0.1:0'}, tcp: {endpoint: '"+taken+"'}}", newSink(nil))
	err := r.Start(t.Context(), r.host)
	if err == nil {
		t.Fatal("no error")
	}
	want := `protocols::tcp: endpoint: cannot listen on "` + taken + `": listen tcp ` + taken + `: bind: `
	if !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %q, want %q", err, want)
	}
	if _, err := r.udp.conn.Write(nil); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("the UDP socket: got %v, want one that is closed", err)
	}
	if err := r.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
