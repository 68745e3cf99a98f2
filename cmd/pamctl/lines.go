package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine bounds one line; what is beyond is passed over.
const maxLine = 1 << 20

// lines reads a text line by line in bounded memory.
type lines struct {
	r    *bufio.Reader
	text []byte // the line, without its LF and the CR before it
	cut  bool   // it was longer than maxLine
	err  error  // why reading ended; nil at the end of the text
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 64<<10)} }

// next reads a line. A last one needs no LF.
func (l *lines) next() bool {
	l.text, l.cut = l.text[:0], false
	for {
		part, err := l.r.ReadSlice('\n')
		l.add(part)
		switch {
		case err == nil:
			l.text = bytes.TrimSuffix(bytes.TrimSuffix(l.text, []byte("\n")), []byte("\r"))
			return true
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case !errors.Is(err, io.EOF):
			l.err = err
			return false
		}
		return len(l.text) > 0
	}
}

// add appends as much of part as a line may hold. Its LF is not counted.
func (l *lines) add(part []byte) {
	room := maxLine - len(l.text)
	if len(bytes.TrimSuffix(part, []byte("\n"))) > room {
		part, l.cut = part[:room], true
	}
	l.text = append(l.text, part...)
}
