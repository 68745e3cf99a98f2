// Package corpus reads the lines that the tests, the quickstart and the fuzz
// targets share: the txtar files of testdata.
//
// A file says on top where its lines came from. It holds either one line in
// section input, with what becomes of it in the sections behind, or many
// lines, each in a section of its own name:
//
//	Where the line came from.
//	-- input --
//	<13>1 2018-06-18T17:49:41-03:00 vm-andrew-dev senhasegura 1426 - Successfully authenticated.
//	-- event --
//	...
package corpus

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/tools/txtar"
)

// Now is when the corpus is received: times without a year are of 2026.
var Now = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// Case is one line.
type Case struct {
	Name   string // the file's name without .txtar; /section where it has many lines
	Source string // where the line came from
	Input  string // the line, without its newline
	File   string // the file, when it holds this line alone; else ""
}

// Load reads every case of a directory, sorted by file.
func Load(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("corpus: no .txtar file in %s", dir)
	}
	var cases []Case
	for _, file := range files {
		more, err := load(file)
		if err != nil {
			return nil, fmt.Errorf("corpus: %s: %w", file, err)
		}
		cases = append(cases, more...)
	}
	return cases, nil
}

func load(file string) ([]Case, error) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		return nil, err
	}
	if len(a.Files) == 0 {
		return nil, fmt.Errorf("no section")
	}
	c := Case{
		Name:   strings.TrimSuffix(filepath.Base(file), ".txtar"),
		Source: string(bytes.TrimSpace(a.Comment)),
		File:   file,
	}
	if a.Files[0].Name == "input" {
		c.Input, err = line(a.Files[0])
		return []Case{c}, err
	}
	var cases []Case
	for _, f := range a.Files {
		one := Case{Name: c.Name + "/" + f.Name, Source: c.Source}
		if one.Input, err = line(f); err != nil {
			return nil, err
		}
		cases = append(cases, one)
	}
	return cases, nil
}

// line returns the one line of a section.
func line(f txtar.File) (string, error) {
	s, ok := strings.CutSuffix(string(f.Data), "\n")
	if !ok || strings.ContainsAny(s, "\r\n\x00") {
		return "", fmt.Errorf("section %s is not one line", f.Name)
	}
	return s, nil
}
