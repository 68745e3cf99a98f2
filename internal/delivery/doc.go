// Package delivery brings frames to a destination and keeps the connection to
// it.
//
// A [Sender] has one destination and at most one connection. Over TCP it
// writes a whole batch at once and keeps the connection for the next; over UDP
// it writes one datagram per frame (RFC 5426 section 3.1). What failed is
// reported as a number of frames, so that the caller sends the rest again:
// nothing is repeated here, and nothing is held back.
//
// Syslog over plain TCP has no acknowledgement (RFC 6587 section 3.1). A batch
// counts as sent when the kernel took it and the peer had not closed the
// connection by then. What the peer's kernel held and its process had not read
// is lost with that process.
package delivery
