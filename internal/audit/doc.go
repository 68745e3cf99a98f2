// Package audit is the domain: what a privileged-access event is, free of any
// format or transport.
//
// # Terminology
//
//   - Event: what happened, with the header words it came with, its fields in
//     source order and the raw line.
//   - Field: one named value.
//   - Term: a row of [Terms]: one field's spelling in every vocabulary.
//   - Type: a row of [Types]: one kind of event.
//   - Catalog: the types a site knows, and Classify over them.
//   - Evidence: how a type was decided.
//   - Repair: a leniency that reading took.
//   - Fault: what could not be read, and where.
//
// The package knows no bytes on the wire: grammars do, and package wire joins
// the two.
//
// Terms and Types are the source of docs/fields.md and docs/events.md.
package audit

//go:generate go test -run=TestDocs . -update
