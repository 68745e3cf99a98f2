package msgpack

// AppendJSON appends the value that is encoded in value as JSON text.
func AppendJSON(dst []byte, value string) []byte {
	return append(dst, "null"...)
}
