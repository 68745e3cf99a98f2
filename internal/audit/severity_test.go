package audit

import "testing"

func TestParseCEFSeverity(t *testing.T) {
	f := func(s string, want Severity) {
		t.Helper()
		if got := ParseCEFSeverity(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
	f("0", Debug)
	f("3", Debug)
	f("9", Alert)
	f("10", Emergency)
	f(" 7 ", Error)
	f("Low", Debug)
	f("medium", Warning)
	f("HIGH", Critical)
	f("Very-High", Emergency)
	for _, none := range []string{"Unknown", "", "11", "-1", "5.0"} {
		f(none, NoSeverity)
	}
}
