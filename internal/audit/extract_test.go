package audit

import (
	"strings"
	"testing"
)

func TestExtract(t *testing.T) {
	f := func(want, msg string, fields ...string) {
		t.Helper()
		e := classified(event("", append([]string{"msg=" + msg}, fields...)...))
		var got []string
		for _, s := range strings.Split(added(e, 1+len(fields)), "; ") {
			if !strings.HasPrefix(s, "pam.outcome=") && !strings.HasPrefix(s, "pam.catalogue.id=") && !strings.HasPrefix(s, "pam.alert.") {
				got = append(got, s)
			}
		}
		if got := strings.Join(got, "; "); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", msg, got, want)
		}
	}

	// Sessions, in three texts.
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Privileged Domain User; pam.credential.username=srv_admin; user.full_name=Stephen Lee; user.name=stlee",
		"Session terminated for localhost (127.0.0.1) - Privileged Domain User - srv_admin by the user Stephen Lee (stlee)")
	f("pam.target.host=localhost; destination.address=2001:db8::1; pam.credential.type=Privileged Domain User; pam.credential.username=root; user.full_name=Jose da Silva; user.name=jsilva",
		"Session started for localhost (2001:db8::1) - Privileged Domain User - root by user Jose da Silva (jsilva)")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Usuário Domínio Privilegiado; pam.credential.username=root; user.full_name=José da Silva; user.name=jsilva",
		"Sessão iniciada para localhost (127.0.0.1) - Usuário Domínio Privilegiado - root pelo usuário José da Silva (jsilva)")
	f("pam.target.host=Sales (old); destination.address=10.0.0.7; pam.credential.type=Local User; pam.credential.username=a - b; user.full_name=Ann (x); user.name=ann",
		"Session started for Sales (old) (10.0.0.7) - Local User - a - b by the user Ann (x) (ann).")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Privileged Domain User; user.full_name=Stephen Lee; user.name=stlee",
		"Session terminated for localhost (127.0.0.1) - Privileged Domain User - by the user Stephen Lee (stlee)")

	// Keys count more than the text.
	f("pam.credential.type=Privileged Domain User",
		"Session started for localhost (127.0.0.1) - Privileged Domain User - root by the user Stephen Lee (stlee)",
		"dhost=db1", "dst=10.0.0.1", "duser=sa", "sname=Eve", "suser=eve")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Privileged Domain User; pam.robot.id=17",
		"Session terminated for localhost (127.0.0.1) - Privileged Domain User - by the user Stephen Lee (stlee)",
		"sname=Asynchronous Script: 17")

	// Passwords.
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Domain User; pam.credential.username=root; user.name=stlee",
		"Password localhost (127.0.0.1) - Domain User - root changed by user stlee")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Usuário Domínio; pam.credential.username=root; user.name=jsilva",
		"Senha localhost (127.0.0.1) - Usuário Domínio - root alterada pelo usuário jsilva")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Domain User; pam.credential.username=root; user.full_name=Stephen Lee; user.name=stlee",
		"Password localhost (127.0.0.1) - Domain User - root viewed by the user Stephen Lee (stlee)")
	f("pam.target.host=Windows SQL Test Remote App; destination.address=192.168.30.55; pam.credential.type=Domain User; pam.credential.username=stleeadm",
		"Error changing password ’Windows SQL Test Remote App (192.168.30.55) - Domain User – ’stleeadm’: The device ’Windows SQL Test Remote App (192.168.30.55)’ has no Windows RPC connectivity")
	f("pam.target.host=Windows SQL Teste Remote App; destination.address=192.168.30.55; pam.credential.type=Usuario Domínio; pam.credential.username=jsilvaadm",
		"Erro ao trocar senha 'Windows SQL Teste Remote App (192.168.30.55) - Usuario Domínio – 'jsilvaadm': O dispositivo 'Windows SQL Teste Remote App (192.168.30.55)' não possui conectividade Windows RPC")

	// Only the verb ends the credential's name, and only the first actor counts.
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Domain User; pam.credential.username=root; user.full_name=Eve rotated; user.name=eve",
		"Password localhost (127.0.0.1) - Domain User - root viewed by user Eve rotated (eve)")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Domain User; pam.credential.username=viewed viewed; user.name=eve",
		"Password localhost (127.0.0.1) - Domain User - viewed viewed viewed by user eve")
	f("pam.target.host=localhost; destination.address=127.0.0.1; pam.credential.type=Domain User; user.name=EVE",
		"Password localhost (127.0.0.1) - Domain User - ROOT VIEWED BY USER EVE")

	// Connectivity.
	f("pam.target.host=Localhost; destination.address=127.0.0.1", "Localhost appliance (127.0.0.1) has lost SSH connectivity")
	f("pam.target.host=localhost; destination.address=127.0.0.1", "The device localhost (127.0.0.1) lost SSH connectivity")
	f("pam.target.host=localhost; destination.address=fe80::1", "The localhost equipment (fe80::1) has recovered SSH connectivity")
	f("pam.target.host=localhost; destination.address=127.0.0.1", "O equipamento localhost (127.0.0.1) perdeu a conectividade SSH")

	// Requests.
	f("user.full_name=Stephen Lee; destination.address=192.168.10.156; pam.target.host=win2012; pam.credential.username=cqss",
		"User ’Stephen Lee’ has made a request. Request Details: View password action for cqss credential on win2012 device (192.168.10.156)")
	f("user.full_name=Jose da Silva; destination.address=192.168.10.156; pam.target.host=win2012; pam.credential.username=cqss",
		"User 'Jose da Silva' created a request. Request details: Action to view password for credential cqss on device win2012 (192.168.10.156)")
	f("user.full_name=José da Silva; destination.address=192.168.10.156; pam.target.host=win2012; pam.credential.username=cqss",
		"O usuário 'José da Silva' criou uma solicitação. Detalhes da solicitação: Ação de visualizar senha para a credencial cqss no dispositivo win2012 (192.168.10.156)")

	// Decisions.
	f("pam.request.approver=Administrator; pam.request.code=S000296; pam.request.requester=Steven Lee; destination.address=192.168.10.156; pam.target.host=win2012; pam.credential.username=cqss",
		Builtin().ByName("access_request.approved").Messages[EN3])
	f("pam.request.approver=Administrator; pam.request.code=S000296; pam.request.requester=Jose da Silva; destination.address=192.168.10.156; pam.target.host=win2012; pam.credential.username=cqss",
		Builtin().ByName("access_request.approved").Messages[EN4])
	f("pam.request.approver=Administrador; pam.request.code=S000296; pam.request.requester=José da Silva; destination.address=192.168.10.156; pam.target.host=win2012; pam.credential.username=cqss",
		Builtin().ByName("access_request.approved").Messages[PT])

	// Nothing is made up.
	f("", "Session started for localhost by magic")
	f("", "Session started for (127.0.0.1")
	f("", "Session started for x (300.0.0.1) - A - b by user c")
	f("", "Request approved by")
	f("", "Request approved by x on y (10.0.0.1")
	f("", "Something for localhost (127.0.0.1) - A - b by user c (d)")
}
