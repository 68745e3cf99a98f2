package audit

import (
	"net/netip"
	"strings"
	"unicode/utf8"
)

// Shape is what a Type's sentence holds that the keys may lack.
type Shape uint8

// The shapes.
const (
	NoShape  Shape = iota
	Device         // <host> (<address>)
	Account        // <host> (<address>) - <credential type> - <username> ... by user <full name> (<login>)
	Request        // ... credential <username> on device <host> (<address>)
	Decision       // approved by <approver> on <time>. Code: <code> Requester: <name> ..., then a Request
)

// extract appends what only the message text says. Users choose some of the
// names in it, so a key always counts more than the text.
func (d *decision) extract() {
	if d.sentence == nil {
		return
	}
	text := d.e.Text(Message)
	switch d.sentence.typ.Shape {
	case Device:
		d.device(text)
	case Account:
		d.account(text)
	case Request:
		rest := afterWords(text, d.sentence.words)
		if i := strings.Index(rest, d.sentence.inside[0]); i >= 0 {
			d.say(UserFullName, strings.TrimSuffix(rest[:i], " has "))
		}
		d.request(text)
	case Decision:
		d.decided(afterWords(text, d.sentence.words))
		d.request(text)
	}
}

// say appends a value unless the event has one or the text has none.
func (d *decision) say(term TermID, value string) {
	if d.e.Has(term) {
		return
	}
	if value = unquoted(value); !NotApplicable(value) {
		d.e.Add(Field{Term: term, Text: value})
	}
}

// unquoted returns s without the spaces and quotes around it.
func unquoted(s string) string {
	if s != "" && isPlain(s[0]) && isPlain(s[len(s)-1]) {
		return s
	}
	return strings.Trim(s, " '\"’‘“”´")
}

// isPlain reports whether c can be no part of a space or quote.
func isPlain(c byte) bool { return c > '\'' && c < utf8.RuneSelf }

// device reads "The device localhost (127.0.0.1) lost ...".
func (d *decision) device(text string) {
	host, address, _, ok := cutAddress(text)
	if !ok {
		return
	}
	for _, word := range [...]string{"The device ", "The ", "O equipamento "} {
		if s, ok := strings.CutPrefix(host, word); ok {
			host = s
			break
		}
	}
	host = strings.TrimSuffix(strings.TrimSuffix(host, " appliance"), " equipment")
	d.say(TargetHost, host)
	d.say(DestinationAddress, address)
}

// account reads "localhost (127.0.0.1) - Domain User - root changed by user
// stlee" and its kin.
func (d *decision) account(text string) {
	host, address, rest, ok := cutAddress(text)
	if !ok {
		return
	}
	if !d.e.Has(TargetHost) {
		d.say(TargetHost, afterWords(host, d.sentence.words))
	}
	d.say(DestinationAddress, address)
	_, rest, _ = cutDash(rest)
	kind, rest, ok := cutDash(rest)
	if !ok {
		return
	}
	d.say(CredentialType, kind)
	person := d.robot == 0 && !(d.e.Has(UserFullName) && d.e.Has(UserName))
	if !person && d.e.Has(CredentialUsername) {
		return
	}
	user, actor, found := d.cutActor(rest)
	user, _, closed := strings.Cut(user, ": ")
	if found || closed || !strings.Contains(user, " ") {
		d.say(CredentialUsername, user)
	}
	if person {
		d.actor(strings.TrimRight(actor, ". "))
	}
}

// actor reads "Stephen Lee (stlee)", or the login alone.
func (d *decision) actor(text string) {
	if i := strings.LastIndex(text, " ("); i >= 0 && strings.HasSuffix(text, ")") {
		d.say(UserFullName, text[:i])
		d.say(UserName, text[i+2:len(text)-1])
	} else if !strings.Contains(text, " ") {
		d.say(UserName, text)
	} else {
		d.say(UserFullName, text)
	}
}

// request reads "... for credential cqss on device win2012 (192.168.10.156)"
// in the word orders of the three texts.
func (d *decision) request(text string) {
	before, address, ok := cutLastAddress(text)
	if !ok {
		return
	}
	d.say(DestinationAddress, address)
	for _, on := range [...]string{" on ", " no dispositivo "} {
		i := strings.LastIndex(before, on)
		if i < 0 {
			continue
		}
		host := strings.TrimPrefix(before[i+len(on):], "device ")
		d.say(TargetHost, strings.TrimSuffix(host, " device"))
		d.say(CredentialUsername, credential(before[:i]))
		return
	}
}

// credential returns the user name at the end of "... for cqss credential",
// "... for credential cqss" or "... para a credencial cqss".
func credential(text string) string {
	mark := " credential "
	if s, ok := strings.CutSuffix(text, " credential"); ok {
		text, mark = s, " for "
	} else if !strings.Contains(text, mark) {
		mark = " credencial "
	}
	if i := strings.LastIndex(text, mark); i >= 0 {
		return text[i+len(mark):]
	}
	return ""
}

// decided reads "Administrator on 19/01/2017 10:44:30. Code: S000296
// Requester: Jose da Silva Requested on: ...".
func (d *decision) decided(text string) {
	head, rest, ok := cutAny(text, " Code: ", " Código: ", " Codigo: ")
	if !ok {
		return
	}
	for _, on := range [...]string{" on ", " em "} {
		if i := strings.LastIndex(head, on); i >= 0 {
			d.say(RequestApprover, head[:i])
			break
		}
	}
	code, rest, _ := strings.Cut(rest, " ")
	d.say(RequestCode, code)
	if _, name, ok := cutAny(" "+rest, " Requestor: ", " Requester: ", " Solicitante: "); ok {
		if name, _, ok = cutAny(name, " Requested on: ", " Solicitada em: "); ok {
			d.say(RequestRequester, name)
		}
	}
}

// cutAny cuts s around the first mark that it holds.
func cutAny(s string, marks ...string) (before, after string, ok bool) {
	for _, mark := range marks {
		if before, after, ok = strings.Cut(s, mark); ok {
			return before, after, true
		}
	}
	return s, "", false
}

// afterWords returns s without its first n words.
func afterWords(s string, n int) string {
	s = strings.TrimLeft(s, " ")
	for ; n > 0; n-- {
		_, s, _ = strings.Cut(s, " ")
		s = strings.TrimLeft(s, " ")
	}
	return s
}

// cutAddress cuts text around the first " (<IP address>)".
func cutAddress(text string) (before, address, after string, ok bool) {
	for at := 0; ; {
		i := strings.Index(text[at:], " (")
		if i < 0 {
			return "", "", "", false
		}
		i += at
		if address, ok = addressIn(text[i+2:]); ok {
			return text[:i], address, text[i+2+len(address)+1:], true
		}
		at = i + 2
	}
}

// cutLastAddress cuts text before the last " (<IP address>)".
func cutLastAddress(text string) (before, address string, ok bool) {
	for {
		i := strings.LastIndex(text, " (")
		if i < 0 {
			return "", "", false
		}
		if address, ok = addressIn(text[i+2:]); ok {
			return text[:i], address, true
		}
		text = text[:i]
	}
}

// addressIn returns the IP address that s begins with, if a closing
// parenthesis follows.
func addressIn(s string) (string, bool) {
	i := 0
	for i < len(s) && i < 46 && (lower(s[i])-'a' < 6 || s[i]-'0' <= 9 || s[i] == '.' || s[i] == ':') {
		i++
	}
	if i == 0 || i == len(s) || s[i] != ')' {
		return "", false
	}
	_, err := netip.ParseAddr(s[:i])
	return s[:i], err == nil
}

// cutActor cuts "root changed by user stlee" into the credential and the acting
// user. Both names are free, so where the verb is not found none is taken for
// the credential's.
func (d *decision) cutActor(s string) (user, actor string, found bool) {
	at, _ := marks(s, 0)
	if found = at < len(s); found {
		_, actor, _ = strings.Cut(s[at+actorMark(s[at:])-1:], " ")
	}
	user = s[:at]
	if lits := d.sentence.inside; lits != nil {
		verb := lits[len(lits)-1]
		user = s[:max(0, strings.LastIndex(s[:min(len(s), at+len(verb))], verb))]
	}
	return strings.TrimRight(user, " "), actor, found
}

// cutDash cuts s around the first dash between spaces.
func cutDash(s string) (before, after string, ok bool) {
	for _, dash := range [...]string{" - ", " – ", " — "} {
		if before, after, ok = strings.Cut(s, dash); ok {
			return before, after, true
		}
	}
	return s, "", false
}
