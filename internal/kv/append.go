package kv

// AppendPair appends key=value when the value can stand bare, else key="value".
func AppendPair(dst []byte, key, value string) []byte { return dst }

// AppendQuoted appends key="value".
func AppendQuoted(dst []byte, key, value string) []byte { return dst }
