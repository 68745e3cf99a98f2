// Package pamreceiver receives the audit events of a PAM appliance over
// syslog, on UDP, TCP and TLS, and hands them on as log records.
//
// A socket has a goroutine, which does all the work from the read to
// ConsumeLogs: read, cut into frames, and with a worker, of which there are few,
// parse, fill a batch, hand it on. While the pipeline refuses a batch the
// goroutine holds its bytes, and does not read: the senders on TCP wait, the
// datagrams on UDP pile up in the kernel.
//
//	config.go    the keys and their checks
//	receiver.go  an entry under receivers: its listeners, started and stopped
//	listener.go  what UDP and TCP have in common: start, stop, what is counted
//	tcp.go       connections and their frames
//	tls.go       handshakes and certificates
//	conntable.go which connection is closed when there are too many
//	udp.go       datagrams
//	feed.go      what a socket holds until the pipeline has taken it
//	worker.go    frames into batches, and batches into the pipeline
//
//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
package pamreceiver
