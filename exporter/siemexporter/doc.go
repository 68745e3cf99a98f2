// Package siemexporter sends log records to a SIEM over syslog.
//
// A record is rendered when it is put into the queue, so that the queue holds
// what will be sent: frames, one behind the other.
//
//	config.go    the keys and what they mean to package wire
//	render.go    log records into frames
//	request.go   frames as the queue sees them: sized, merged, split, stored
//	enqueue.go   batches into the queue, in parts that it has room for
//	exporter.go  frames to the destination, and what is counted
//	health.go    when the destination fails and recovers, told once
//
//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
package siemexporter
