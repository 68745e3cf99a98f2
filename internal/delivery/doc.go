// Package delivery brings frames to a destination, and knows what became of
// them.
//
//	config.go    what a destination is, and how to reach it
//	frames.go    a run of frames
//	sender.go    one destination: its endpoints, and what is sent again
//	failback.go  the way back to a better endpoint
//	dial.go      connecting, and TLS (RFC 5425)
//	conn.go      frames over a stream: written, confirmed, remembered
//	socket.go    waiting for a peer that is slow
//	tail.go      what a peer may not have read
//	datagram.go  frames as datagrams (RFC 5426)
//
// Syslog over a stream has no acknowledgement (RFC 6587 section 3.1), so a
// [Sender] takes what there is. A batch is confirmed when it is written, the
// peer's kernel has acknowledged all of it, and no FIN, RST or TLS alert came.
// Acknowledged is not read: a process that ends leaves what its kernel held for
// it unread, and says so by a reset. Then the last confirmed frames, as many as
// that kernel may have held, go out again before all others. A FIN says that all
// was read, when nothing was sent for a while before it and no reset came behind:
// daemons that are told to stop drop what they had just read. What a process had
// read when it was killed is lost without a sign, and so is what a proxy in
// between took.
//
// A new connection over TLS 1.3 confirms nothing before a session ticket came or
// a second has passed: a client hears that its certificate was refused only
// after it has begun to write.
//
// A slow peer is waited for, however long. Only one that answers nothing counts
// as dead: TCP_USER_TIMEOUT would end both.
package delivery
