package plugin

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestCountersDoc: the README has each counter.
func TestCountersDoc(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| counter | |")
	for f := range reflect.TypeFor[Counters]().Fields() {
		if name := "`" + f.Tag.Get("json") + "`"; !strings.Contains(table, name) {
			t.Errorf("the README lacks %s", name)
		}
	}
}

// TestCountersFile: the file has the counters whole, and is readable; what is in
// its way is logged.
func TestCountersFile(t *testing.T) {
	s := newSIEMD(t, "127.0.0.1:0")
	file := filepath.Join(t.TempDir(), "counters.json")
	i, _ := begin(t, keysFor(s, "counters_file="+file))
	if code := i.Flush(rawLines(t, "line", 3), "tag"); code != OK {
		t.Errorf("%d", code)
	}
	i.Close()
	var c Counters
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || c.Confirmed != 3 {
		t.Errorf("%v: %s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	directory := filepath.Join(t.TempDir(), "directory")
	if err := os.Mkdir(directory, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{directory, filepath.Join(file, "no", "directory")} {
		if err := replaceFile(name, nil); err == nil {
			t.Errorf("%s is replaced", name)
		}
	}
	if left, _ := filepath.Glob(directory + ".*"); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}
