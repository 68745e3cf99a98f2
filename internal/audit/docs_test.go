package audit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the generated pages in docs")

// TestDocs holds docs/events.md and docs/fields.md equal to the tables.
func TestDocs(t *testing.T) {
	for name, want := range map[string]string{"events.md": eventsPage(), "fields.md": fieldsPage()} {
		path := filepath.Join("..", "..", "docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("docs/%s is not what the tables say (%v); run go generate ./internal/audit", name, err)
		}
	}
}

// page builds a page of Markdown.
type page struct{ strings.Builder }

// text appends a paragraph.
func (p *page) text(s string) { p.WriteString(strings.TrimSpace(s) + "\n\n") }

// table appends a table. Cells are Markdown but for the bars, which are
// escaped.
func (p *page) table(head []string, rows [][]string) {
	rule := strings.Split(strings.Repeat("---,", len(head)-1)+"---", ",")
	for _, row := range append([][]string{head, rule}, rows...) {
		for _, cell := range row {
			p.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		p.WriteString("|\n")
	}
	p.WriteString("\n")
}

// code returns names as code, those that are empty left out.
func code(names ...string) string {
	var out []string
	for _, n := range names {
		if n != "" && !slices.Contains(out, "`"+n+"`") {
			out = append(out, "`"+n+"`")
		}
	}
	return strings.Join(out, ", ")
}

const generated = "<!-- Made by go generate ./internal/audit. Do not edit. -->\n\n"

func eventsPage() string {
	p := new(page)
	p.WriteString(generated)
	p.text("# Events")
	p.text(`Every kind of event that the vendor's public pages document, and the names they get. An event leaves the processor with EventName ` + "`pam.`" + ` and the name; the name alone is the MSGID of RFC 5424, and the Device Event Class ID of events that have no number. Titles, sentences and numbers are the vendor's: the [SIEM page](https://docs.senhasegura.io/docs/siem) in its editions 3.x and 4.0 and in Portuguese, the [syslog page](https://docs.senhasegura.io/docs/monitoring-syslog), the [notification options](https://docs.senhasegura.io/docs/administration-notification-options), and the page on [A2A secrets](https://docs.senhasegura.io/docs/siemsoar-integration-for-a2a-secrets-operations). Names, outcomes, alert kinds and the columns of other schemas are our reading.`)
	p.text("A message of the SIEM page and an entry of the syslog page that mean the same are one row. SUID message types and the numbers of the syslog page are two numberings that share 8, 9, 15 and 17; they are never looked up in one another.")

	p.text("## Types")
	var rows [][]string
	for i := range Types {
		t := &Types[i]
		rows = append(rows, []string{code(t.Name), strings.Join(t.IDs, ", "), nonzero(t.SUID), t.Severity.String(), t.Outcome.String(), t.Alert, t.Doc})
	}
	p.table([]string{"Name", "Number", "SUID", "Severity", "Outcome", "Alert", "Meaning"}, rows)

	p.text("## Evidence")
	p.text("What tells a type, in the order it is asked for. `pam.classified_by` says which decided; `pam.classification.conflict` names the type that other evidence spoke for. A type and the more general one it belongs to do not contradict each other: the special one is taken.")
	p.table([]string{"`pam.classified_by`", "Decides"}, [][]string{
		{"`marker`", "APP-NAME `a2a-event`. An action together with an application or secret id decides only where nothing below does, since a user can write these keys into a text."},
		{"`name`", "The Name of the CEF header is a title in any edition or language; case, accents, quotes, dashes and spaces do not count. Without a Name: the MSGID that we write ourselves."},
		{"`class_id`", "A Device Event Class ID of the form 336.501 (or 336501) or 1695.001; at the very end a plain number, from Device Vendor MT4 alone, and never 8, 9, 15 or 17."},
		{"`second_vote`", "The sentence is one that the vendor's page prints for another type too, and the SUID, the acting asynchronous script or the labels of an access request speak for that one."},
		{"`text`", "The sentence in `msg`, or a title standing in its place when the APP-NAME is the product's."},
		{"`suid`", "The SUID message type, when nothing above matched and `suid` cannot be the id of a user: no `suser`, or an asynchronous script acts, or the message has the target of a session. With `precedence: suid_first` it is asked right behind the APP-NAME."},
	})
	p.text("Lines with another Device Vendor than MT4 claim no type.")

	p.text("## Titles")
	rows = nil
	for i := range Types {
		t := &Types[i]
		rows = append(rows, []string{code(t.Name), titles(t, EN3), titles(t, EN4), titles(t, PT), strings.Join(t.Aliases, "; ")})
	}
	p.table([]string{"Name", "English 3.x", "English 4.0", "Portuguese", "Besides"}, rows)

	p.text("## Sentences")
	p.text("A sentence is told by literal text at its beginning and, where … stands, by literal text behind, but not in the name of who acted. Some are printed on the vendor's page for other types too and so are no proof against those; some count only when the sender is known to be the product.")
	rows = nil
	for i := range Types {
		t := &Types[i]
		for _, m := range t.Match {
			note := ""
			if len(m.Also) > 0 {
				note = "also printed for " + code(m.Also...)
			}
			if len(t.Copied) == int(numEditions) {
				note = "our reading: no page prints a sentence of its own"
			}
			if m.Weak {
				note = "from the product alone"
			}
			rows = append(rows, []string{code(t.Name), code(m.Text), m.Language, note})
		}
	}
	p.table([]string{"Name", "Sentence", "Language", "Note"}, rows)

	p.text("## Keys")
	p.text("The fields that the vendor documents for the type, by attribute; [fields.md](fields.md) has their keys. The syslog page gives " + code(attrs(catalogueKeys)...) + " for every event.")
	rows = nil
	for i := range Types {
		t := &Types[i]
		if len(t.Keys) > 0 && &t.Keys[0] != &catalogueKeys[0] {
			rows = append(rows, []string{code(t.Name), code(attrs(t.Keys)...), roleNames[t.SUIDRole], roleNames[t.SPIDRole], nonzero(t.Robot)})
		}
	}
	p.table([]string{"Name", "Fields", "`suid` is", "`spid` is", "Asynchronous script"}, rows)

	p.text("## Other schemas")
	p.text("Elastic Common Schema category and type, class and activity of the Open Cybersecurity Schema Framework 1.8.0, and the MITRE ATT&CK techniques that the event is context for, not proof of.")
	rows = nil
	for i := range Types {
		t := &Types[i]
		ocsf := "0 Base Event"
		if t.OCSF.Class != 0 {
			ocsf = fmt.Sprintf("%d.%d", t.OCSF.Class, t.OCSF.Activity)
		}
		rows = append(rows, []string{code(t.Name), t.Origin, t.ECS.Category + " / " + t.ECS.Type, ocsf, strings.Join(t.ATTACK, ", ")})
	}
	p.table([]string{"Name", "Origin", "ECS", "OCSF", "ATT&CK"}, rows)
	return strings.TrimRight(p.String(), "\n") + "\n"
}

var roleNames = [...]string{"", "user id", "message type", "notification id", "process id"}

func nonzero(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// titles returns the titles of an edition, the SIEM page's first.
func titles(t *Type, ed Edition) string {
	a, b := t.Titles[ed], t.Listed[ed]
	switch {
	case b == "" || strings.EqualFold(a, b):
		return a
	case a == "":
		return b
	}
	return a + "; " + b
}

func attrs(terms []TermID) []string {
	var out []string
	for _, t := range terms {
		out = append(out, t.Row().Attr)
	}
	return out
}

func fieldsPage() string {
	p := new(page)
	p.WriteString(generated)
	p.text("# Fields")
	p.text("How every field is spelt: as OpenTelemetry attribute, in the vendor's messages, and in what we write. A field that is not here keeps its key behind `pam.ext.`, a foreign SD-PARAM its SD-ID and PARAM-NAME behind `pam.sd.`.")
	p.text("## As received")
	p.text("A CEF key is the vendor's, misspellings in brackets. A field with a slot travels as `csN` with its label in `csNLabel`; labels count, not slots. Where a field has no CEF key and no slot, it is derived: the processor adds it, and the vendor's own keys leave it out.")
	var rows [][]string
	for i := range Terms[DestinationAddress:] {
		t := &Terms[DestinationAddress+TermID(i)]
		key := code(t.CEF)
		if len(t.Aliases) > 0 {
			key += " (" + code(t.Aliases...) + ")"
		}
		if t.Slot != "" {
			key = code(t.Slot) + ": " + strings.Join(append([]string{t.Label}, t.Labels...), ", ")
		}
		if t.Derived {
			key = "derived"
		}
		rows = append(rows, []string{code(t.Attr), kindNames[t.Kind], key, code(t.A2A), code(t.JSON), t.Doc})
	}
	p.table([]string{"Attribute", "Kind", "CEF", "A2A line", "A2A audit API", "Meaning"}, rows)

	p.text("## As written")
	p.text("With `keys: standard` a field without a key of the CEF dictionary goes to a custom slot with the label, or to a key made of it. SD-PARAM is the name in the STRUCTURED-DATA of RFC 5424 and the column of the Sensage profile. The Elastic and OCSF names are what the field corresponds to.")
	rows = nil
	for i := range Terms[DestinationAddress:] {
		t := &Terms[DestinationAddress+TermID(i)]
		rows = append(rows, []string{code(t.Attr), code(t.Standard), t.Label, code(t.Param), code(t.ECS), code(t.OCSF)})
	}
	p.table([]string{"Attribute", "CEF dictionary", "Label", "SD-PARAM", "ECS", "OCSF"}, rows)

	p.text("## Header words")
	rows = nil
	for _, w := range Words {
		on := "record"
		if w.Resource {
			on = "resource"
		}
		rows = append(rows, []string{code(w.Attr), on, w.Doc})
	}
	p.table([]string{"Attribute", "On", "Meaning"}, rows)

	p.text("## About the record")
	p.table([]string{"Attribute", "Meaning"}, [][]string{
		{code(AttrUID), "128 bits given at receipt; a repeated delivery has the same."},
		{code(AttrFormat), "How the message was laid out."},
		{code(AttrFacility), "Facility of the PRI, 0 to 23."},
		{code(AttrSeverity), "Severity of the PRI, 0 to 7."},
		{code(AttrRepairs), "Names of the repairs below, sorted, joined by commas."},
		{code(AttrFault), "The first part that could not be read, its offset, and why."},
		{code(AttrClassifiedBy), "What decided the type; see [events.md](events.md)."},
		{code(AttrConflict), "The type that other evidence spoke for."},
		{code(AttrClockSkew), "Event time minus receipt in whole seconds, when that is more than an hour; neither time is corrected."},
		{code(AttrUnknown), "true on a record of no known type, with `on_unknown: tag`."},
		{code(AttrPeer), "Address that the message came from; on the resource."},
		{code(AttrSubject), "Subject of the certificate that the sender showed and that was verified, as RFC 2253 writes it; on the resource."},
		{code(AttrTenant), "`tenant` of the listener that took the message; on the resource."},
	})

	p.text("## Repairs")
	p.text("What was put right, or passed over, to read a message that breaks its standard.")
	rows = nil
	for _, r := range RepairTable {
		rows = append(rows, []string{code(r.Name), r.Doc})
	}
	p.table([]string{"Name", "Meaning"}, rows)
	return strings.TrimRight(p.String(), "\n") + "\n"
}

var kindNames = [...]string{String: "text", Int: "integer", Address: "address"}
