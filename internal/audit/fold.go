package audit

import (
	"unicode"
	"unicode/utf8"
)

// maxFolded is how many bytes of a name, or of a text's beginning, are
// compared. No title and no Match is longer.
const maxFolded = 96

// latin1 holds the letters U+00C0 to U+00FF without their accents, in lower
// case.
const latin1 = "aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo/ouuuuypy"

// fold writes s to buf so that spellings which mean the same are the same:
// lower case, no accents, ASCII quotes and dashes, one space between words and
// none beside a dash. It stops at limit bytes; whole is false when it did.
func fold(buf *[maxFolded]byte, s string, limit int) (n int, whole bool) {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			c = folded[c]
		} else {
			r, size := utf8.DecodeRuneInString(s[i:])
			i += size
			if c = foldRune(r); c == 0 {
				r = unicode.ToLower(r)
				if n+utf8.RuneLen(r) > limit {
					return n, false
				}
				n += utf8.EncodeRune(buf[n:], r)
				continue
			}
		}
		switch {
		case c > ' ' && c != '-':
		case c == skipped, c == ' ' && (n == 0 || buf[n-1] == ' ' || buf[n-1] == '-'):
			continue
		case c == '-' && n > 0 && buf[n-1] == ' ':
			n--
		}
		if n == limit {
			return n, false
		}
		buf[n] = c
		n++
	}
	return n, true
}

// skipped stands for a character that does not count.
const skipped = 1

// foldRune returns the ASCII byte that stands for r, 0 when none does.
func foldRune(r rune) byte {
	switch {
	case r >= 0xC0 && r <= 0xFF:
		return latin1[r-0xC0]
	case r >= 0x300 && r <= 0x36F, r == 0xFEFF: // combining accents, byte order mark
		return skipped
	case r >= 0x2018 && r <= 0x201F, r == 0xB4, r == 0xAB, r == 0xBB:
		return '\''
	case r >= 0x2010 && r <= 0x2015, r == 0x2212:
		return '-'
	case unicode.IsSpace(r):
		return ' '
	}
	return 0
}

// folded is what each ASCII byte folds to.
var folded = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = byte(c) + 'a' - 'A'
		case c == '"' || c == '`':
			t[c] = '\''
		case c <= ' ' || c == 0x7F:
			t[c] = ' '
		default:
			t[c] = byte(c)
		}
	}
	return t
}()

// foldTitle folds a whole title, without the full stop at its end. ok is
// false when it is too long to be one.
func foldTitle(buf *[maxFolded]byte, s string) (title []byte, ok bool) {
	n, whole := fold(buf, s, maxFolded)
	for n > 0 && (buf[n-1] == '.' || buf[n-1] == ' ') {
		n--
	}
	return buf[:n], whole && n > 0
}

func lower(c byte) byte {
	if c-'A' < 26 {
		return c + 'a' - 'A'
	}
	return c
}
