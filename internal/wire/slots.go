package wire

import (
	"math/bits"
	"strconv"
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// slots gives out the custom slots of one CEF message, each once.
type slots struct{ used [numFamilies]uint16 }

// The families of custom slots.
const (
	csSlots = iota
	flexSlots
	cnSlots
	cfpSlots
	c6aSlots
	numFamilies
)

// families has each family's name and the slots that CEF has of it.
var families = [numFamilies]struct {
	name string
	size int
}{{"cs", 6}, {"flexString", 2}, {"cn", 3}, {"cfp", 4}, {"c6a", 4}}

// slotNames are the keys of all slots, and those to cs15 that producers use.
var slotNames = func() (names [numFamilies][16]string) {
	for f := range families {
		for n := range names[f] {
			names[f][n] = families[f].name + strconv.Itoa(n)
		}
	}
	return names
}()

// begin takes out the slots that the event's own foreign fields use.
func (s *slots) begin(e *audit.Event) {
	for i := range e.Fields {
		if f := &e.Fields[i]; f.Term == audit.TermUnknown {
			s.take(slotOf(f.Key))
		}
	}
}

// take marks a slot as used and reports whether it was free.
func (s *slots) take(key string) bool {
	for f := range families {
		number, ok := strings.CutPrefix(key, families[f].name)
		if n, err := strconv.Atoi(number); ok && err == nil && n < 16 {
			free := s.used[f]&(1<<n) == 0
			s.used[f] |= 1 << n
			return free
		}
	}
	return false
}

// next returns the first free slot of a family, "" when none is left.
func (s *slots) next(family int, skip uint16) string {
	all := uint16(1)<<(families[family].size+1) - 2
	free := all &^ s.used[family] &^ skip
	if free == 0 {
		return ""
	}
	n := bits.TrailingZeros16(free)
	s.used[family] |= 1 << n
	return slotNames[family][n]
}

// text returns the preferred slot, else the next free of cs1 to cs6,
// flexString1 and flexString2. An end must not stand in cs2, where a second
// label of an end is read as that of the beginning.
func (s *slots) text(preferred string, end bool) string {
	if preferred != "" && s.take(preferred) {
		return preferred
	}
	skip := uint16(0)
	if end {
		skip = 1 << 2
	}
	if key := s.next(csSlots, skip); key != "" {
		return key
	}
	return s.next(flexSlots, 0)
}

// number returns a slot for a whole or a broken number, "" when the value is
// none or no slot is left.
func (s *slots) number(f *audit.Field) string {
	if f.IsNum {
		return s.next(cnSlots, 0)
	}
	if f.Term == audit.GeoLatitude || f.Term == audit.GeoLongitude {
		if _, err := strconv.ParseFloat(f.Text, 64); err == nil {
			return s.next(cfpSlots, 0)
		}
	}
	return ""
}

// addressSlots are the slots in which CEF:0 carries an IPv6 address, and
// addressLabels what the standard labels them.
var (
	addressSlots  = map[string]string{"dvc": "c6a1", "src": "c6a2", "dst": "c6a3"}
	addressLabels = map[string]string{"dvc": "Device IPv6 Address", "src": "Source IPv6 Address", "dst": "Destination IPv6 Address"}
)

// address returns the slot for the IPv6 address of a key, "" when it is taken.
func (s *slots) address(key string) string {
	if slot := addressSlots[key]; s.take(slot) {
		return slot
	}
	return ""
}

// slotOf returns the custom slot that key is, or whose label it is: cs1 for
// cs1 and cs1Label; "" when it is none. The standard has cs1 to cs6; the
// product goes to cs8, others to cs15.
func slotOf(key string) string {
	slot := strings.TrimSuffix(key, labelSuffix)
	for _, name := range [...]string{"cs", "Cs", "cn", "cfp", "c6a", "flexString"} {
		if rest, ok := strings.CutPrefix(slot, name); ok && slotNumber(rest) {
			return slot
		}
	}
	return ""
}

func slotNumber(s string) bool {
	switch len(s) {
	case 1:
		return '1' <= s[0] && s[0] <= '9'
	case 2:
		return s[0] == '1' && '0' <= s[1] && s[1] <= '5'
	}
	return false
}
