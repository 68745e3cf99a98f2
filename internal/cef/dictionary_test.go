package cef

import (
	"slices"
	"strings"
	"testing"
)

func TestDictionary(t *testing.T) {
	if len(Dictionary) != 180 {
		t.Errorf("%d keys", len(Dictionary))
	}
	for i, k := range Dictionary {
		if i > 0 && Dictionary[i-1].Name >= k.Name {
			t.Errorf("%s: not sorted or not unique", k.Name)
		}
		if !LegalKey(k.Name) || k.FullName == "" {
			t.Errorf("%s: not a key", k.Name)
		}
		if (k.Type == String) != (k.Max > 0) || k.Max > 4000 {
			t.Errorf("%s: a String, and only a String, has a length", k.Name)
		}
		if k.Since == V12 && k.Audience == Producer {
			t.Errorf("%s: CEF 1.2 brought no key for producers alone", k.Name)
		}
		if Lookup(k.Name) != &Dictionary[i] {
			t.Errorf("Lookup(%q) = %v", k.Name, Lookup(k.Name))
		}
	}
	for _, key := range []string{"", "Act", "sname", "dport", "cs7", "deviceAction"} {
		if k := Lookup(key); k != nil {
			t.Errorf("Lookup(%q) = %v", key, k)
		}
	}
}

// A spare slot has a label beside it, and a label a slot.
func TestDictionaryLabels(t *testing.T) {
	slots := []string{"cs", "cn", "cfp", "c6a", "flexString", "flexDate", "deviceCustomDate"}
	n := 0
	for _, k := range Dictionary {
		word := strings.TrimRight(k.Name, "0123456789")
		if !slices.Contains(slots, word) || word == k.Name {
			continue
		}
		n++
		label := Lookup(k.Name + "Label")
		if label == nil || label.Type != String || label.FullName != k.FullName+"Label" || label.Audience != k.Audience {
			t.Errorf("%s: label %v", k.Name, label)
		}
	}
	for _, k := range Dictionary {
		if slot, ok := strings.CutSuffix(k.Name, "Label"); ok && Lookup(slot) == nil {
			t.Errorf("%s: nothing to label", k.Name)
		}
	}
	if want := 6 + 3 + 4 + 4 + 2 + 1 + 2; n != want {
		t.Errorf("%d slots, want %d", n, want)
	}
}

// Keys that other readers are known to have taken down wrongly.
func TestDictionaryRows(t *testing.T) {
	f := func(want Key) {
		t.Helper()
		if k := Lookup(want.Name); k == nil || *k != want {
			t.Errorf("got %v, want %v", k, want)
		}
	}
	f(Key{"act", "deviceAction", String, 63, V01, Producer})
	f(Key{"c6a4Label", "deviceCustomIPv6Address4Label", String, 1023, V01, Producer})
	f(Key{"cn2", "deviceCustomNumber2", Long, 0, V01, Producer})
	f(Key{"dmac", "destinationMacAddress", MAC, 0, V01, Producer})
	f(Key{"dvchost", "deviceHostName", String, 100, V01, Producer})
	f(Key{"in", "bytesIn", IntegerOrLong, 0, V01, Producer})
	f(Key{"rawEvent", "rawEvent", String, 4000, V01, Consumer})
	f(Key{"rt", "deviceReceiptTime", Timestamp, 0, V01, Producer})
	f(Key{"slat", "sourceGeoLatitude", Double, 0, V01, Consumer})
	f(Key{"sourceTranslatedAddress", "sourceTranslatedAddress", IPv4OrIPv6, 0, V01, Producer})
	f(Key{"threatAttackID", "Threat Attack ID", String, 32, V12, Both})
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		Lookup("destinationTranslatedAddress")
		Lookup("src")
	}
}
