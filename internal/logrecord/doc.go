// Package logrecord carries an audit.Event in a plog.LogRecord and back. It is
// the only package that knows pdata and the attribute model.
package logrecord
