// Package logrecord carries an [audit.Event] in an OpenTelemetry log record
// and back. It is the only package that knows pdata and spells an attribute.
//
// # The record
//
//   - Body: the message as received, without its frame; bytes when it is not
//     valid UTF-8.
//   - Timestamp: event time, unset when the source gives none.
//     ObservedTimestamp: receipt.
//   - Resource: the header words and the [Origin] that say who sent it. A new
//     ResourceLogs begins where one of them changes, so that order is kept.
//   - Attributes: log.record.uid, pam.format, PRI, the other header words by
//     [audit.Words], then the fields in source order by [audit.Terms]. What no
//     Term spells stands under pam.ext. and pam.sd. with its key behind it, so
//     that no two names of an event give one attribute. Repeats are one slice
//     at the place of the first.
//   - What reading it took: pam.repairs, pam.parse.error.
//   - What Classify says: EventName, SeverityNumber and SeverityText,
//     pam.classified_by, pam.classification.conflict, [audit.AttrClockSkew].
//
// [Batch] writes all of that, [Extend] adds to a record what it lacks of it,
// and [Reader] is the inverse of both: whatever [wire.Parser] and Classify can
// make of a message comes back as it was. Attributes decide, never the Body,
// so what a site redacts stays redacted.
//
// # Records from others
//
// A record is ours when its scope is [ScopeName], or when it has the attribute
// pam.format, which Extend puts there. Any other is read by [wire.Parser], and
// what its Body lacks is taken from the attributes of the collector's
// syslogreceiver, of the transform function ParseCEF and of otel-arrow's
// syslog_cef receiver, without the control characters that its grammar has no
// escape for. Attributes that are spelt like ours win over both.
package logrecord

// ScopeName marks a record as ours.
const ScopeName = "github.com/otelcol-pam/otelcol-pam"

// SchemaURL names the version of the attribute model. The number behind the
// last slash changes when an attribute does.
const SchemaURL = "https://github.com/otelcol-pam/otelcol-pam/schema/1"
