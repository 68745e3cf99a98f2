package cef_test

import (
	"fmt"

	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

func ExampleParse() {
	var m cef.Message
	cef.Parse(&m, `CEF:0|MT4|Segura|3.27.0-4|336.501|UPDATE INCIDENT|9|act=Incident suser=CORP\jdoe msg=ticket \= 7`)
	fmt.Println(m.DeviceProduct, m.DeviceEventClassID, m.Name, m.Severity)

	var s cef.Scanner
	s.Reset(m.Extension)
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		fmt.Println(p.Key, "=", p.Value)
	}
	// Output:
	// Segura 336.501 UPDATE INCIDENT 9
	// act = Incident
	// suser = CORP\jdoe
	// msg = ticket = 7
}

func ExampleParse_fault() {
	var m cef.Message
	cef.Parse(&m, "CEF:0|MT4|Segura")
	fmt.Println(m.DeviceVendor, m.DeviceProduct)
	fmt.Println(m.Err)
	// Output:
	// MT4 Segura
	// cef: Device Version at offset 16: missing
}

func ExampleScanner_known() {
	s := cef.Scanner{Known: func(key string) bool { return cef.Lookup(key) != nil }}
	s.Reset("msg=sudo run with level=5 src=10.0.0.1")
	for p, ok := s.Next(); ok; p, ok = s.Next() {
		fmt.Println(p.Key, "=", p.Value)
	}
	// Output:
	// msg = sudo run with level=5
	// src = 10.0.0.1
}

func ExampleAppendValue() {
	b := []byte("CEF:0|")
	b = cef.AppendHeaderField(b, "one|two\n", cef.MaxDeviceVendor)
	b = append(b, "|…|"...)
	b = append(cef.AppendKey(b, "my key"), '=')
	b = cef.AppendValue(b, "a=b\nforged line", 0)
	fmt.Printf("%s\n", b)
	// Output:
	// CEF:0|one\|two |…|my_key=a\=b\nforged line
}

func ExampleLookup() {
	k := cef.Lookup("act")
	fmt.Println(k.FullName, k.Max, k.Type == cef.String)
	// Output:
	// deviceAction 63 true
}
