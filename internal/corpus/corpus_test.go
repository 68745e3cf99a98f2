package corpus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.txtar"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cases, err := Load(dir)
		var b strings.Builder
		for _, c := range cases {
			b.WriteString(c.Name + "|" + c.Source + "|" + c.Input)
			if c.File != "" {
				b.WriteString("|alone")
			}
			b.WriteByte('\n')
		}
		if err != nil {
			b.WriteString(strings.TrimPrefix(err.Error(), "corpus: "+dir))
		}
		if got := b.String(); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
	f("From there.\n-- input --\n x \n-- event --\ny\nz\n", "a|From there.| x |alone\n")
	f("From there.\n-- 1 --\nx\n-- 2 --\n\n", "a/1|From there.|x\na/2|From there.|\n")
	f("From there.\n-- input --\nx\ny\n", "/a.txtar: section input is not one line")
	f("From there.\n-- 1 --\nx\r\n", "/a.txtar: section 1 is not one line")
	f("From there.\n", "/a.txtar: no section")
}

func TestLoadEmpty(t *testing.T) {
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("a directory without files gave no error")
	}
}
