package cef

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestReadTime(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := func(s, zone, want string) {
		t.Helper()
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		u, assumed, ok := ReadTime(s, loc, now)
		if ok {
			got = u.Format(time.RFC3339Nano) + assumedText(assumed)
		} else if assumed != 0 || !u.IsZero() {
			got = "something"
		}
		if got != want {
			t.Errorf("%q in %q: got %s, want %s", s, zone, got, want)
		}
	}

	// epoch
	f("1772366400123", "", "2026-03-01T12:00:00.123Z")
	f("1772366400", "", "2026-03-01T12:00:00Z")
	f(" 1772366400 ", "", "2026-03-01T12:00:00Z")
	f("100000000", "", "1973-03-03T09:46:40Z")
	f("99999999", "", "none")
	f("0", "", "none")
	f("177236640012345", "", "none")
	f("17723664001a3", "", "none")

	// with a year
	f("Sep 27 2026 14:57:06", "", "2026-09-27T14:57:06Z zone")
	f("Sep 27 2026 14:57:06", "America/Sao_Paulo", "2026-09-27T17:57:06Z zone")
	f("Sep 27 2026 14:57:06.5", "", "2026-09-27T14:57:06.5Z zone")
	f("Sep 27 2026 14:57:06.123456789", "", "2026-09-27T14:57:06.123456789Z zone")
	f("sep 07 2026 14:57:06", "", "2026-09-07T14:57:06Z zone")
	f("SEP  7 2026 14:57:06", "", "2026-09-07T14:57:06Z zone")
	f("Feb 29 2024 00:00:00", "", "2024-02-29T00:00:00Z zone")

	// without
	f("Feb 28 10:00:00", "", "2026-02-28T10:00:00Z year zone")
	f("Mar  2 11:00:00", "", "2026-03-02T11:00:00Z year zone")
	f("Mar  2 13:00:00", "", "2025-03-02T13:00:00Z year zone")
	f("Dec 31 23:59:59", "", "2025-12-31T23:59:59Z year zone")
	f("Feb 29 10:00:00", "", "2024-02-29T10:00:00Z year zone")
	f("Mar  1 08:00:00.250", "America/Sao_Paulo", "2026-03-01T11:00:00.25Z year zone")

	// zones
	f("Sep 27 2026 14:57:06 UTC", "Asia/Tokyo", "2026-09-27T14:57:06Z")
	f("Sep 27 2026 14:57:06 GMT+00:00", "Asia/Tokyo", "2026-09-27T14:57:06Z")
	f("Sep 27 2026 14:57:06 GMT-3", "", "2026-09-27T17:57:06Z")
	f("Sep 27 2026 14:57:06.123 +05:30", "", "2026-09-27T09:27:06.123Z")
	f("Sep 27 2026 14:57:06 -0300", "", "2026-09-27T17:57:06Z")
	f("Sep 27 14:57:06 Z", "", "2025-09-27T14:57:06Z year")
	f("Sep 27 2026 14:57:06 CEST", "", "2026-09-27T12:57:06Z")
	f("Sep 27 2026 14:57:06 BRT", "", "2026-09-27T17:57:06Z")
	f("Sep 27 2026 14:57:06 CST", "", "none")
	f("Sep 27 2026 14:57:06 CST", "America/Chicago", "2026-09-27T20:57:06Z zone")
	f("Sep 27 2026 14:57:06 CDT", "America/Chicago", "2026-09-27T19:57:06Z zone")
	f("Sep 27 2026 14:57:06 CST", "Asia/Shanghai", "2026-09-27T06:57:06Z zone")
	f("Sep 27 2026 14:57:06 +15:00", "", "none")
	f("Sep 27 2026 14:57:06 +01:60", "", "none")
	f("Sep 27 2026 14:57:06 +01:0", "", "none")
	f("Sep 27 2026 14:57:06 nowhere", "", "none")
	f("Dec 31 23:30:00 -03:00", "", "2026-01-01T02:30:00Z year")

	// RFC 3339
	f("2026-02-28T10:00:00Z", "", "2026-02-28T10:00:00Z")
	f("2026-02-28T10:00:00.123456-03:00", "", "2026-02-28T13:00:00.123456Z")
	f("2026-02-28 10:00:00", "", "none")

	// not times
	f("", "", "none")
	f("soon", "", "none")
	f("anf 01 2026 10:00:00", "", "none")
	f("Feb 30 2026 10:00:00", "", "none")
	f("Feb 30 10:00:00", "", "none")
	f("Feb 00 2026 10:00:00", "", "none")
	f("Feb 01 2026 24:00:00", "", "none")
	f("Feb 01 2026 10:60:00", "", "none")
	f("Feb 01 2026 10:00:60", "", "none")
	f("Feb 01 2026 10:00:00.", "", "none")
	f("Feb 01 2026 10:00:00.1234567890", "", "none")
	f("Feb 01 2026 10:00", "", "none")
	f("Feb 01 2026", "", "none")
	f("Feb 01 0000 10:00:00", "", "none")
	f("Feb", "", "none")
}

// A sender east of here may be in the next year already, with its clock ahead
// besides.
func TestReadTimeNewYear(t *testing.T) {
	f := func(s, zone, now, want string) {
		t.Helper()
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if u, _, _ := ReadTime(s, loc, at); u.Format(time.RFC3339) != want {
			t.Errorf("%q at %s: got %v, want %s", s, now, u, want)
		}
	}
	f("Jan  1 04:00:00", "Asia/Tokyo", "2026-12-30T20:00:00Z", "2026-12-31T19:00:00Z")
	f("Jan  1 04:00:00 +09:00", "", "2026-12-30T20:00:00Z", "2026-12-31T19:00:00Z")
	f("Jan  1 00:00:30", "Asia/Tokyo", "2026-12-31T15:00:00Z", "2026-12-31T15:00:30Z")
	f("Dec 31 23:59:59", "America/Sao_Paulo", "2027-01-01T03:00:00Z", "2027-01-01T02:59:59Z")
	f("Jan  1 06:00:00", "Asia/Tokyo", "2026-12-30T20:00:00Z", "2025-12-31T21:00:00Z")
}

// assumedText names what was assumed.
func assumedText(a Assumed) (s string) {
	if a&YearAssumed != 0 {
		s += " year"
	}
	if a&ZoneAssumed != 0 {
		s += " zone"
	}
	return s
}

func TestAppendTime(t *testing.T) {
	u := time.Date(2026, 9, 27, 14, 57, 6, 123456789, time.FixedZone("", -3*3600))
	got := string(AppendTime([]byte("rt="), u))
	if got != "rt=1790531826123" {
		t.Errorf("got %s", got)
	}
	back, _, ok := ReadTime(got[3:], nil, time.Time{})
	if !ok || !back.Equal(u.Truncate(time.Millisecond)) {
		t.Errorf("got %v back", back)
	}
}

func FuzzReadTime(f *testing.F) {
	for _, s := range []string{"1772366400123", "Sep 27 2026 14:57:06.123 GMT+00:00", "Feb 29 10:00:00 -0300", "2026-02-28T10:00:00Z"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		u, _, ok := ReadTime(s, nil, now)
		if ok && u.Location() != time.UTC {
			t.Errorf("%q: %v is not in UTC", s, u)
		}
	})
}

func BenchmarkReadTime(b *testing.B) {
	f := func(name, s string) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ReadTime(s, time.UTC, time.Time{})
			}
		})
	}
	f("epoch", "1772366400123")
	f("date", "Sep 27 2026 14:57:06.123 UTC")
}
