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
	if t, assumed, ok := cef.ReadTime(value, p.syslog.Location, p.now); ok {
		if assumed&cef.YearAssumed != 0 {
			p.event.Repairs |= audit.YearAssumed
		}
		if assumed&cef.ZoneAssumed != 0 {
			p.event.Repairs |= audit.ZoneAssumed
		}
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
