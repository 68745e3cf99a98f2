// Package wire is the one place where bytes and meaning meet: it reads a
// message of any form the product emits into an [audit.Event], and renders an
// Event as CEF, RFC 5424, Sensage, JSON or the raw bytes.
//
// Reading never loses a line: the Event always has Raw, what was understood,
// and a typed reason for what was not. Rendering never fails and never
// forges: whatever the values and keys, one event leaves as one record.
package wire

//go:generate go test -run=TestProfile . -update
