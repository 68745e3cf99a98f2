// Package cef reads and writes the Common Event Format.
//
// The rules are those of the ArcSight CEF Implementation Standard, document
// version 27, which describes CEF 0.1 (sent as CEF:0) and CEF 1.x (sent as
// CEF:1). A message is a header of seven fields and an extension:
//
//	message   = "CEF:" Version 6( "|" field ) "|" extension
//	field     = Device Vendor, Device Product, Device Version,
//	            Device Event Class ID, Name, Severity
//	extension = [ pair *( SP pair ) ]
//	pair      = key "=" value
//
// A header field escapes \ and | with a backslash. A value escapes \ and =,
// and spells a line break \n or \r.
//
//	in:  CEF:0|MT4|Segura|3.27.0-4|336.501|Update \| close|9|act=a \= b msg=two\nlines
//	out: Name "Update | close", act "a = b", msg "two", LF, "lines"
//
// # Reading
//
// Reading is generous, because what producers send is not always what the
// standard asks for. [Parse] splits the header; [Scanner] reads the extension
// pair by pair. Both give substrings of the input and copy only what holds an
// escape. Both take time in proportion to the input, whatever it holds.
//
//   - A key is a run of A-Z a-z 0-9 _ . - that may end in an index such as [0].
//     It stands at the start or after a space, and an = follows at once. A tab
//     in place of the space is taken too.
//   - A value runs to the last space before the next key. Of several spaces all
//     but the last belong to the value; those after the last value are dropped.
//   - An = that follows no key is text of the value.
//   - A backslash before any other byte, or at the end, is text: DOMAIN\user
//     stays DOMAIN\user.
//   - Quotes are text.
//
// What was read by leniency is told in [Flags] and [ParseError].
//
// # Writing
//
// Writing is strict and cannot fail. The Append functions cut at the limits,
// escape, and replace what could end a record: every control character,
// U+2028 and U+2029 become a space, and bytes that are no UTF-8 become U+FFFD.
// Whatever goes in, one line comes out, and [Scanner] reads back the pairs that
// were written. Two things do not come back, by the standard's own rules:
// spaces at the end of the last value, and the difference between a space and
// a control character.
//
// # Dictionary
//
// [Dictionary] holds the standard's extension keys with their types, lengths
// and audience.
package cef
