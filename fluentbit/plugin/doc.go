// Package plugin is the Fluent Bit output plugin pam, without Fluent Bit: it knows
// chunks and keys, and nothing of C.
//
//	instance.go  a section of the configuration, from its beginning to its end
//	outbox.go    the chunks that are on their way
//	render.go    a chunk as messages, a piece at a time
//	decode.go    a chunk as events, and those as audit events
//	chunk.go     the events of a chunk
//	layout.go    the members of a map
//	record.go    an event as an audit.Event: header.go where a parser took a header
//	             apart, otlp.go what in_opentelemetry keeps beside a record
//	config.go    what an instance is told: keys.go the table of keys, values.go and
//	             path.go how values are written, tls.go, probe.go what is no key
//	counters.go  what became of the records
//	log.go       lines in Fluent Bit's log
package plugin
