package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain lets the test's binary be pamctl, where it is called so.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "pamctl" {
		main()
	}
	os.Exit(m.Run())
}

// console finds the blocks of README.md with commands and what they write.
var console = regexp.MustCompile("(?s)(```console\n)(.*?)(```)")

// TestReadme runs the commands of README.md, which stand behind $, and holds
// what they write against the lines that follow.
func TestReadme(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	linkTo(t)
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	got := console.ReplaceAllFunc(text, func(block []byte) []byte {
		out := []byte("```console\n")
		for line := range strings.Lines(string(console.FindSubmatch(block)[2])) {
			command, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				continue
			}
			written, err := exec.Command(sh, "-c", command).CombinedOutput()
			if err != nil {
				t.Errorf("%s%v", command, err)
			}
			out = append(append(out, line...), written...)
			n++
		}
		return append(out, "```"...)
	})
	if n < len(commands) {
		t.Errorf("%d examples", n)
	}
	if bytes.Equal(got, text) {
		return
	}
	if !*update {
		t.Fatalf("README.md (-want +got):\n%s", cmp.Diff(string(text), string(got)))
	}
	if err := os.WriteFile("README.md", got, 0o644); err != nil {
		t.Fatal(err)
	}
}

// linkTo makes pamctl a command.
func linkTo(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "pamctl")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestReadmeHelp demands the help of every command.
func TestReadmeHelp(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands {
		if !bytes.Contains(text, []byte("\n$ pamctl "+c.name+" ")) && !bytes.Contains(text, []byte("\n$ pamctl "+c.name+"\n")) {
			t.Errorf("no example of %s", c.name)
		}
		if help := runOK(t, "", c.name, "-h"); strings.Contains(help, "--") && !bytes.Contains(text, []byte(help)) {
			t.Errorf("no flags of %s", c.name)
		}
	}
}
