// Package syslog reads and writes syslog messages and their framing on a
// stream. It knows bytes and the words of the standards, nothing of what an
// event means.
//
// # Reading
//
// [Parser.Parse] takes one message as it was cut from a stream or a datagram
// and says what its header says. It is generous: whatever it is given, it fills
// a [Message], names every leniency it needed in [Message.Repairs], keeps the
// first thing it could not read in [Message.Err], and leaves in [Message.Msg]
// all that it did not take for header.
//
//	<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.
//
// is what the vendor publishes as RFC 5424 (docs.senhasegura.io/docs/monitoring-syslog).
// STRUCTURED-DATA is missing there, so that a reader by the letter takes
// "Successfully" for it and fails. Parse reads PROCID 1426, no MSGID, and both
// words of the text.
//
// Which words are header is decided by these rules:
//
//  1. A word with which a body visibly begins ends the header: CEF:, |CEF:, {,
//     [, key= and key =. This holds even where words could be counted out
//     up to a STRUCTURED-DATA further on: what a user typed into a value must
//     not be able to move the border of the header. So does a word with a
//     control character in it. [AppendRFC5424] writes no such word.
//  2. After VERSION, three words after HOSTNAME are believed whatever they are if
//     STRUCTURED-DATA, its NILVALUE or CEF follows them.
//  3. Else APP-NAME is believed if anything follows it, PROCID if it is all
//     digits or NILVALUE, MSGID if PROCID was and it is NILVALUE; and after the
//     last of these STRUCTURED-DATA, if it has a parameter.
//  4. Where rule 2 does not hold, a TAG with its colon is believed. Without
//     VERSION, so are APP-NAME, PROCID and NILVALUE together, and one word in
//     front of a visible body; rule 3 does not hold there.
//
// Lengths and characters of header words are not held against a sender.
//
// # Writing
//
// [AppendRFC5424], [AppendRFC3164], [AppendSDName] and [AppendParamValue] are
// strict: whatever they are given, what they append is valid. They do not fail.
//
// # Framing
//
// [Framer] cuts a stream into messages, [AppendFrame] does the opposite, both
// by RFC 6587.
package syslog
