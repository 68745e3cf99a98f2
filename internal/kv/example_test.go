package kv_test

import (
	"fmt"

	"github.com/otelcol-pam/otelcol-pam/internal/kv"
)

func ExampleScanner() {
	var s kv.Scanner
	s.Reset(`action=secret_retrieval user = svc-web01 note="said \"no\""`)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		fmt.Println(p.Key, "is", p.Value)
	}
	// Output:
	// action is secret_retrieval
	// user is svc-web01
	// note is said "no"
}

func ExampleAppendPair() {
	b := kv.AppendPair(nil, "user", "svc-web01")
	b = append(b, ' ')
	b = kv.AppendPair(b, "note", "two words\nforged line")
	fmt.Printf("%s\n", b)
	// Output:
	// user=svc-web01 note="two words\nforged line"
}
