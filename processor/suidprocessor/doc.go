// Package suidprocessor finds out what each audit event is: it reads a record,
// whoever received it, asks the catalog for the type, and adds what it found
// to the record. It renames, moves and removes nothing.
//
//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml
package suidprocessor
