package audit

import "testing"

func BenchmarkClassify(b *testing.B) {
	f := func(name string, e *Event) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			c := Builtin()
			n, has, fields := len(e.Fields), e.has, make([]Field, 0, 64)
			e.Fields = append(fields, e.Fields...)
			for b.Loop() {
				e.Fields, e.has = e.Fields[:n], has
				c.Classify(e)
			}
		})
	}
	session := []string{"msg=Session started for localhost (127.0.0.1) - Privileged Domain User - root by the user Stephen Lee (stlee)",
		"suid=153", "sname=Stephen Lee", "suser=stlee", "spid=4711", "dhost=localhost", "dst=127.0.0.1", "dpt=22", "duser=root"}
	f("name", event("MT4|16|Session Started|5", session...))
	f("class_id", event("MT4|1695.001|Other|5", "suid=35", "sname=Stephen Lee", "suser=stlee", "spid=4711", "act=login"))
	f("text", event("senhasegura", session...))
	f("text_only", event("senhasegura", session[0]))
	f("password", event("", "msg=Password localhost (127.0.0.1) - Domain User - root changed by user stlee", "suid=17", "sname=Stephen Lee", "duser=root"))
	f("command", event("", "msg=An audited command was detected! Action: sudo", "suid=35", "sname=Stephen Lee", "suser=stlee"))
	f("suid", event("senhasegura", "suid=164", "sname=Stephen Lee", "spid=4711", "duser=root", "dst=127.0.0.1"))
	f("a2a", event("a2a-event", "appid=svc-web", "role=prod-access", "action=secret_retrieval", "secret_id=db-prod-123", "status=success", "user.name=svc-web01", "src=10.1.2.3"))
	f("unknown", event("senhasegura", "msg=Something that nobody has documented so far (really)", "suid=35", "suser=stlee"))
	f("foreign", event("Cyber-Ark|22|CPM Verify Password|5", "act=CPM Verify Password", "suser=PasswordManager", "msg=VerificationPeriod"))
}
