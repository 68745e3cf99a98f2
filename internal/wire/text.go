package wire

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-pam/otelcol-pam/internal/kv"
)

// isPlain reports whether a text would be read back as the plain words it is.
// One that begins like another body, or with a byte order mark, travels in the
// SD-ELEMENT instead, where nobody can take it for fields.
func isPlain(text string) bool {
	if strings.ContainsFunc(text, isBreak) {
		text = string(appendLine(nil, text))
	}
	start := strings.TrimLeft(text, " ")
	for _, body := range [...]string{"CEF:", "|CEF:", "{", "[", "\uFEFF"} {
		if strings.HasPrefix(start, body) {
			return false
		}
	}
	return !kv.Looks(start)
}

// appendLine appends text without anything that could end a record: control
// characters, U+2028 and U+2029 become spaces, bytes that are not UTF-8
// U+FFFD.
func appendLine(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7F {
			return appendLineSlow(append(dst, text[:i]...), text[i:])
		}
	}
	return append(dst, text...)
}

func appendLineSlow(dst []byte, text string) []byte {
	for _, r := range text {
		if isBreak(r) {
			r = ' '
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// isASCII looks at eight bytes at a time.
func isASCII(s string) bool {
	var all byte
	for ; len(s) >= 8; s = s[8:] {
		all |= s[0] | s[1] | s[2] | s[3] | s[4] | s[5] | s[6] | s[7]
	}
	for i := range len(s) {
		all |= s[i]
	}
	return all < utf8.RuneSelf
}

// isBreak reports whether a rune may end a record for some reader.
func isBreak(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// isBlank reports whether a reader may drop a rune behind the last value.
func isBlank(r rune) bool { return r == ' ' || isBreak(r) }

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }
