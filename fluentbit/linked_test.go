package main_test

import (
	"debug/buildinfo"
	"debug/elf"
	"slices"
	"strings"
	"testing"
)

// hasStockDecoder reports whether fluent-bit-go's decoder is linked.
func hasStockDecoder(t testing.TB, so *product) bool {
	t.Helper()
	file, err := elf.Open(so.path(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
		return strings.HasSuffix(s.Name, "fluent-bit-go/output.GetRecord")
	})
}

// TestLinked: what the shared object is made of, and what it shows.
func TestLinked(t *testing.T) {
	t.Parallel()
	info, err := buildinfo.ReadFile(outPam.path(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Error("no module is named")
	}
	for _, m := range info.Deps {
		if strings.HasPrefix(m.Path, "go.opentelemetry.io/") || strings.Contains(m.Path, "collector") {
			t.Errorf("%s is linked", m.Path)
		}
	}

	file, err := elf.Open(outPam.path(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	var exports []string
	for _, s := range symbols {
		if strings.HasPrefix(s.Name, "FLBPlugin") {
			exports = append(exports, s.Name)
		}
	}
	slices.Sort(exports)
	want := []string{"FLBPluginExitCtx", "FLBPluginFlushCtx", "FLBPluginInit", "FLBPluginRegister", "FLBPluginUnregister"}
	if !slices.Equal(exports, want) {
		t.Errorf("it exports %q, want %q", exports, want)
	}
	if hasStockDecoder(t, outPam) {
		t.Error("the decoder of fluent-bit-go is linked")
	}
}
