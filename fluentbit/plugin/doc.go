// Package plugin is the Fluent Bit output plugin pam: events in Fluent Bit's
// chunks leave as CEF, RFC 5424 or Sensage over syslog. It knows nothing of C.
//
//	keys.go      what may be configured, probe.go what is not one of the keys
//	chunk.go     the events of a chunk
//	record.go    an event as an audit.Event
//	instance.go  a section of the configuration, from its beginning to its end
//	line.go      the chunks that are being sent
//	counters.go  what became of the records
//	log.go       lines in Fluent Bit's log
package plugin
