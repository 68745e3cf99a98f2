package wire

import (
	"time"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
	"github.com/otelcol-pam/otelcol-pam/internal/cef"
)

// localTimes are the forms in which the product prints its local time within a
// message (docs.senhasegura.io/docs/siem).
var localTimes = [...]struct {
	layout  string
	repairs audit.Repairs
}{
	{"02/01/2006 15:04:05", audit.DayFirst | audit.ZoneAssumed},
	{"02/01/2006 15:04", audit.DayFirst | audit.ZoneAssumed},
	{"2 Jan 2006 15:04:05", audit.DayFirst | audit.ZoneAssumed},
	{"2006-01-02 15:04:05", audit.ZoneAssumed},
	{"2006-01-02T15:04:05", audit.ZoneAssumed},
}

// time reads a time within a message: one of CEF's forms or the product's own.
func (p *Parser) time(value string) (time.Time, bool) {
	t, ok := cef.ParseTime(value, p.syslog.Location, p.now)
	if ok {
		p.assumed(value, t)
		return t, true
	}
	for i := range localTimes {
		if t, err := time.ParseInLocation(localTimes[i].layout, value, p.syslog.Location); err == nil {
			p.event.Repairs |= localTimes[i].repairs
			return t, true
		}
	}
	return time.Time{}, false
}

// assumed names what a time in words did not say: one that depends on the zone
// it is read in, or on the present, has no zone or no year of its own.
func (p *Parser) assumed(value string, t time.Time) {
	if '0' <= value[0] && value[0] <= '9' {
		return
	}
	if other, _ := cef.ParseTime(value, elsewhere, p.now); !other.Equal(t) {
		p.event.Repairs |= audit.ZoneAssumed
	}
	if other, _ := cef.ParseTime(value, p.syslog.Location, p.now.AddDate(-8, 0, 0)); !other.Equal(t) {
		p.event.Repairs |= audit.YearAssumed
	}
}

// elsewhere is a zone that nobody lives in.
var elsewhere = time.FixedZone("", 13*3600+17)
