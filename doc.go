// Package otelcolpam holds the tests that are about the repository as a whole.
// The parts of the distribution stand in receiver, processor and exporter.
package otelcolpam
