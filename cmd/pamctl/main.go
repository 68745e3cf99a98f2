// Command pamctl is the core without a collector: it converts audit lines,
// explains how one is read, and makes test traffic.
//
// convert writes one line for each line it reads: for an empty one and for one
// that cannot be read too, with what is known and the bytes as they came. A
// line is one event, also where it is a JSON array of more: that is named as
// what could not be read. A line ends at LF, and a CR before it is dropped;
// what is beyond 1 MiB of a line is passed over, and the repair frame_cut says
// so.
//
// explain writes what was understood of one line, and what each format would
// send, in the sections that the files of testdata have.
//
// simulate writes the lines that a seed stands for: every type in every form,
// edition and language within eighteen lines for each type.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// release is the version of this module and of the collector built from it.
const release = "0.1.0"

// Exit codes.
const (
	exitOK    = 0
	exitIO    = 1 // something could not be read or written
	exitUsage = 2
)

// env is what a command works on; tests fill in their own.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
}

// commands are the subcommands, in the order of the help.
var commands = []struct {
	name, args, doc string
	run             func(*env, []string) error
}{
	{"convert", "--to cef|rfc5424|sensage|json or --profile NAME [flags] [file...]", "reads lines and writes each in another format", convert},
	{"explain", "[flags] [line]", "says how one line is read and what would be sent", explain},
	{"simulate", "[--count N] [--seed S]", "writes lines of every kind that the product sends", simulate},
	{"version", "", "says which version this is", version},
}

func main() {
	os.Exit(run(&env{os.Stdin, os.Stdout, os.Stderr, time.Now}, os.Args[1:]))
}

// run runs one command line and returns the exit code.
func run(v *env, args []string) int {
	if len(args) == 0 {
		usage(v.stderr)
		return exitUsage
	}
	for _, c := range commands {
		if c.name == args[0] {
			return v.report(c.name, c.run(v, args[1:]))
		}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(v.stdout)
		return exitOK
	}
	return v.report(args[0], usageError("no such command; see pamctl help"))
}

// report tells of err and returns the exit code that stands for it.
func (v *env) report(command string, err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	fmt.Fprintf(v.stderr, "pamctl %s: %v\n", command, err)
	if _, wrong := errors.AsType[usageError](err); wrong {
		return exitUsage
	}
	return exitIO
}

// usageError is a mistake in the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

func usage(w io.Writer) {
	fmt.Fprintln(w, "pamctl reads, explains and simulates the audit lines of senhasegura (Segura) PAM.")
	for _, c := range commands {
		fmt.Fprintf(w, "\n  %s\n        %s\n", strings.TrimSpace("pamctl "+c.name+" "+c.args), c.doc)
	}
	fmt.Fprintln(w, "\npamctl <command> -h lists its flags. Exit code 1 is an error in reading or\nwriting, 2 one in the command line; a line that cannot be read is no error.")
}

// flags parses args, and gives help on standard output when it is asked for.
func (v *env) flags(fs *flag.FlagSet, args []string) error {
	fs.SetOutput(io.Discard)
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(v.stdout, fs)
		return err
	case err != nil:
		return usageError(err.Error() + "; see pamctl " + fs.Name() + " -h")
	}
	return nil
}

// help lists the flags of a command.
func help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Flags of pamctl %s:\n\n", fs.Name())
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fs.VisitAll(func(f *flag.Flag) {
		noun, doc := flag.UnquoteUsage(f)
		if f.DefValue != "" {
			doc += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(columns, "  --%s %s\t%s\n", f.Name, noun, doc)
	})
	columns.Flush()
}

// version writes the release.
func version(v *env, args []string) error {
	fs := flag.NewFlagSet("version", flag.ContinueOnError)
	if err := v.flags(fs, args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return usageError("there are no arguments")
	}
	_, err := fmt.Fprintln(v.stdout, "pamctl version", release)
	return err
}
