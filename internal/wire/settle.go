package wire

import (
	"strings"

	"github.com/otelcol-pam/otelcol-pam/internal/audit"
)

// settle does what can be done only when the whole message is read: it takes
// the time from end, else start, where there was no rt, and puts the values
// of custom slots under the Terms of their labels.
func (p *Parser) settle() {
	if !p.timed && p.event.Source.Format.Body == audit.CEF && p.trusted() && !p.timeFrom("end") {
		p.timeFrom("start")
	}
	if p.slots {
		p.settleSlots()
	}
}

func (p *Parser) timeFrom(key string) bool {
	f := find(p.event.Fields, key)
	return f != nil && p.takeTime(f.Text)
}

// settleSlots rebuilds the fields: a slot whose label is known becomes the
// label's Term, and the label goes; a label whose slot is empty goes too.
func (p *Parser) settleSlots() {
	e := p.event
	p.scratch = append(p.scratch[:0], e.Fields...)
	p.shiftLabels()
	e.ClearFields()
	for i := range p.scratch {
		f := &p.scratch[i]
		slot := ""
		if f.Term == audit.TermUnknown {
			slot = slotOf(f.Key)
		}
		switch {
		case *f == audit.Field{}:
		case slot == "":
			e.Add(*f)
		case slot != f.Key:
			if labelTerm(f.Text) == audit.TermUnknown || !unique(p.scratch, f.Key) {
				e.Add(*f)
			}
		default:
			e.Add(p.labelled(f))
		}
	}
}

// labelled returns a slot's value under the Term of its label, or as it is.
func (p *Parser) labelled(f *audit.Field) audit.Field {
	label := find(p.scratch, f.Key+labelSuffix)
	if label == nil || !unique(p.scratch, label.Key) {
		return *f
	}
	t := labelTerm(label.Text)
	if t == audit.TermUnknown {
		return *f
	}
	if t == audit.RequestValidityEnd && f.Key == "cs2" {
		// The English 3.x page prints Validity End for both ends.
		if other := find(p.scratch, "cs3Label"); other != nil && other.Text == label.Text {
			p.event.Repairs |= audit.ShiftedLabel
			t = audit.RequestValidityStart
		}
	}
	return p.field(t, f.Text)
}

// shiftLabels puts the pair Cs6=<label> Cs7=<value> right, as the product
// documents it for access requests.
func (p *Parser) shiftLabels() {
	for _, keys := range [...][2]string{{"Cs6", "Cs7"}, {"cs6", "cs7"}} {
		label, value := find(p.scratch, keys[0]), find(p.scratch, keys[1])
		if label == nil || value == nil || labelTerm(label.Text) != audit.RequestAction ||
			!unique(p.scratch, keys[0]) || !unique(p.scratch, keys[1]) || p.isLabelled(keys[0]) || p.isLabelled(keys[1]) {
			continue
		}
		p.event.Repairs |= audit.ShiftedLabel
		*value = p.field(audit.RequestAction, value.Text)
		*label = audit.Field{} // settleSlots leaves it out
	}
}

// find returns the field of that key which no Term spells, nil for none.
func find(fields []audit.Field, key string) *audit.Field {
	for i := range fields {
		if fields[i].Term == audit.TermUnknown && fields[i].Key == key {
			return &fields[i]
		}
	}
	return nil
}

// unique reports whether just one field has that key.
func unique(fields []audit.Field, key string) bool {
	n := 0
	for i := range fields {
		if fields[i].Term == audit.TermUnknown && fields[i].Key == key {
			n++
		}
	}
	return n == 1
}

// isLabelled reports whether a slot of the standard's spelling has a label.
func (p *Parser) isLabelled(slot string) bool {
	return slot[0] == 'c' && find(p.scratch, slot+labelSuffix) != nil
}

// labelTerm returns the Term that a label spells, with spaces for what a writer
// writes as such.
func labelTerm(label string) audit.TermID {
	if strings.ContainsFunc(label, isBreak) {
		label = string(appendLine(nil, label))
	}
	return audit.LabelKeys.Lookup(label)
}
