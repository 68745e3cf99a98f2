package audit

import "encoding/hex"

// UID is a record's log.record.uid: 128 bits given at receipt, so that a copy
// can be told from another event. The zero UID is none.
type UID [16]byte

// ParseUID reads 32 lower-case hexadecimal digits.
func ParseUID(s string) (u UID, ok bool) {
	if len(s) != 2*len(u) {
		return UID{}, false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return UID{}, false
		}
	}
	_, err := hex.Decode(u[:], []byte(s))
	return u, err == nil
}

// IsZero reports whether u is none.
func (u UID) IsZero() bool { return u == UID{} }

// Append appends u as ParseUID reads it.
func (u UID) Append(dst []byte) []byte { return hex.AppendEncode(dst, u[:]) }

// String returns u as ParseUID reads it.
func (u UID) String() string { return hex.EncodeToString(u[:]) }
