// Package siemexporter sends log records to a SIEM over syslog.
//
// A record is rendered when it is put into the queue, so that the queue holds
// what will be sent: frames, one behind the other.
//
//	config.go    the keys that package siem has not: TLS, the queue, retries
//	check.go     what is wrong with them, named with the fix
//	tls.go       how connections are secured; when certificates end
//	render.go    log records into frames
//	request.go   frames as the queue sees them: sized, merged, split
//	codec.go     requests as they are stored
//	storage.go   between the queue and its storage: full disks, restarts
//	enqueue.go   batches into the queue, in parts that it has room for
//	lane.go      what the queue has handed out, sent together and in order
//	exporter.go  frames to the destination, and what is tried again
//	account.go   what became of every record
//	health.go    when the destination fails and recovers, told once
//
//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
package siemexporter
