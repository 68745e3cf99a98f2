// Package siem is what a person says of a SIEM: where it is, what it wants to
// be sent, and what that means to the packages that render and deliver. The
// exporter and the Fluent Bit plugin share it, so that a key has one meaning.
package siem
