package otelcolpam_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/otelcol-pam/otelcol-pam"

// goPackage is what `go list` says of one package.
type goPackage struct {
	ImportPath string
	Doc        string
	Standard   bool
	GoFiles    []string
	CgoFiles   []string
	Imports    []string
}

// graph holds every package that one of ours needs, tests aside.
type graph map[string]goPackage

// ours returns the path of p below our module, "" for another module's package.
func ours(p string) string {
	if rest, ok := strings.CutPrefix(p, module+"/"); ok {
		return rest
	}
	return ""
}

func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

// reach returns the packages outside the standard library that from needs.
// Packages of other modules are followed only when deep.
func (g graph) reach(from string, deep bool) []string {
	seen := map[string]bool{from: true}
	var all []string
	for todo := []string{from}; len(todo) > 0; {
		p := todo[0]
		todo = todo[1:]
		if p != from {
			all = append(all, p)
			if ours(p) == "" && !deep {
				continue
			}
		}
		for _, i := range g[p].Imports {
			if q, known := g[i]; known && !q.Standard && !seen[i] {
				seen[i] = true
				todo = append(todo, i)
			}
		}
	}
	slices.Sort(all)
	return all
}

// importRule says what the packages in or below dir may need. Packages of
// ours are written without the module's path.
type importRule struct {
	dir    string
	except []string // directories below dir that the rule spares
	only   []string // all it may need beside the standard library, if not nil
	oneOf  []string // it may need one of these as well
	never  []string // parts of paths it must not need, however far down
}

const collector = "go.opentelemetry.io/collector"

var shells = []string{
	module + "/receiver/", module + "/processor/", module + "/connector/",
	module + "/exporter/", module + "/extension/", module + "/cmd/",
	module + "/fluentbit/",
}

var importRules = []importRule{
	// The grammars and the domain.
	{dir: "internal/syslog", only: []string{}},
	{dir: "internal/cef", only: []string{}},
	{dir: "internal/kv", only: []string{}},
	{dir: "internal/audit", only: []string{}},
	{dir: "internal/msgpack", only: []string{}},
	// The joint.
	{
		dir:   "internal/wire",
		only:  []string{"internal/syslog", "internal/cef", "internal/kv", "internal/audit"},
		oneOf: []string{"github.com/go-json-experiment/json", "github.com/valyala/fastjson"},
	},
	{dir: "internal/delivery", only: []string{"golang.org/x/sys", "golang.org/x/net"}},
	{dir: "internal/siem", only: []string{
		"internal/syslog", "internal/cef", "internal/kv", "internal/audit", "internal/wire", "internal/delivery",
		"github.com/go-json-experiment/json", "github.com/valyala/fastjson", "golang.org/x/sys", "golang.org/x/net",
	}},
	{dir: "internal/logrecord", only: []string{
		"internal", "github.com/go-json-experiment/json", "github.com/valyala/fastjson", collector + "/pdata",
	}},
	// The core works without a collector, and knows none of the shells.
	{dir: "internal", except: []string{"internal/logrecord", "internal/readmetest", "internal/threat"}, never: []string{collector}},
	{dir: "fluentbit", never: []string{collector}},
	// The plugin's border is the only one that knows C; a build tag lets in
	// fluent-bit-go's decoder, for comparison.
	{dir: "fluentbit/plugin", never: []string{"C/", "github.com/fluent/"}},
	{dir: "internal", never: shells},
	// The forwarding path stays free of the heavy libraries.
	{dir: "receiver/pamreceiver", never: []string{"sqlite", "/pkg/ottl"}},
	{dir: "processor/suidprocessor", never: []string{"sqlite", "/pkg/ottl"}},
	{dir: "exporter/siemexporter", never: []string{"sqlite", "/pkg/ottl"}},
}

// broken returns a sentence for each import that the rule forbids.
func (r importRule) broken(g graph) []string {
	var bad []string
	for from := range g {
		p := ours(from)
		if p == "" || !within(p, r.dir) || slices.ContainsFunc(r.except, func(d string) bool { return within(p, d) }) {
			continue
		}
		if r.only != nil {
			used := ""
			for _, to := range g.reach(from, false) {
				isIn := func(dir string) bool { return within(to, dir) || within(ours(to), dir) }
				if isIn(r.dir) || slices.ContainsFunc(r.only, isIn) {
					continue
				}
				if i := slices.IndexFunc(r.oneOf, isIn); i >= 0 && (used == "" || used == r.oneOf[i]) {
					used = r.oneOf[i]
					continue
				}
				bad = append(bad, fmt.Sprintf("%s may not need %s", p, to))
			}
		}
		for _, to := range g.reach(from, true) {
			if slices.ContainsFunc(r.never, func(part string) bool { return strings.Contains(to+"/", part) }) {
				bad = append(bad, fmt.Sprintf("%s may not need %s", p, to))
			}
		}
	}
	slices.Sort(bad)
	return bad
}

func TestImports(t *testing.T) {
	g := listPackages(t)
	for _, r := range importRules {
		for _, s := range r.broken(g) {
			t.Error(s)
		}
	}
}

// Each import here breaks one rule.
func TestImportRulesBite(t *testing.T) {
	const sqlite = "modernc.org/sqlite"
	for _, tt := range []struct{ from, to string }{
		{"internal/syslog", module + "/internal/audit"},
		{"internal/cef", "golang.org/x/sys/unix"},
		{"internal/kv", module + "/internal/wire"},
		{"internal/audit", module + "/internal/cef"},
		{"internal/msgpack", module + "/internal/wire"},
		{"internal/wire", module + "/internal/delivery"},
		{"internal/wire", "github.com/valyala/fastjson"}, // jsontext is there already
		{"internal/delivery", module + "/internal/audit"},
		{"internal/delivery/relp", module + "/internal/audit"},
		{"internal/siem", collector + "/config/configopaque"},
		{"internal/siem", module + "/internal/logrecord"},
		{"internal/logrecord", collector + "/component"},
		{"internal/auditstore", collector + "/pdata/plog"},
		{"internal/auditstore", module + "/cmd/pamctl"},
		{"internal/threat", module + "/receiver/pamreceiver"},
		{"internal/threat", module + "/fluentbit/plugin"},
		{"fluentbit/plugin", collector + "/pdata/plog"},
		{"fluentbit/plugin", "C"},
		{"fluentbit/plugin", "github.com/fluent/fluent-bit-go/output"},
		{"receiver/pamreceiver", sqlite},
		{"processor/suidprocessor", "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts"},
		{"exporter/siemexporter", "example.com/wraps-sqlite"},
	} {
		g := graph{
			"strings":                  {Standard: true},
			sqlite:                     {},
			"example.com/wraps-sqlite": {Imports: []string{sqlite}},
			"github.com/go-json-experiment/json/jsontext": {},
			module + "/internal/wire":                     {Imports: []string{"github.com/go-json-experiment/json/jsontext"}},
		}
		from := module + "/" + tt.from
		if _, ok := g[tt.to]; !ok {
			g[tt.to] = goPackage{}
		}
		broken := func() (n int) {
			for _, r := range importRules {
				n += len(r.broken(g))
			}
			return n
		}
		p := g[from]
		p.Imports = append(p.Imports, "strings")
		g[from] = p
		if broken() != 0 {
			t.Errorf("%s breaks a rule before it imports %s", tt.from, tt.to)
		}
		p.Imports = append(p.Imports, tt.to)
		g[from] = p
		if broken() == 0 {
			t.Errorf("no rule keeps %s from %s", tt.from, tt.to)
		}
	}
}

func TestPackageComments(t *testing.T) {
	for _, p := range listPackages(t) {
		hasFiles := len(p.GoFiles)+len(p.CgoFiles) > 0 // not only tests
		generated := strings.HasSuffix(p.ImportPath, "/internal/metadatatest")
		if within(p.ImportPath, module) && hasFiles && !generated && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// collectorVersion finds the modules of the collector, core and contrib, with
// their versions, in a go.mod or a builder's manifest.
var collectorVersion = regexp.MustCompile(
	`((?:go\.opentelemetry\.io/collector|github\.com/open-telemetry/opentelemetry-collector-contrib)/\S+) (v\S+)`)

// offPin returns the modules that text wants at a version that is not the one
// pinned, and how many it wants.
func offPin(text string) (bad []string, n int) {
	for _, m := range collectorVersion.FindAllStringSubmatch(text, -1) {
		n++
		if m[2] != "v0.159.0" && m[2] != "v1.65.0" {
			bad = append(bad, m[1]+" "+m[2])
		}
	}
	return bad, n
}

// A collector works only with modules of one release: this is the one that we
// build and test with. `go mod tidy` likes to go past it.
func TestCollectorPin(t *testing.T) {
	files := []string{"go.mod", "internal/tools/go.mod", "builder-config.yaml"}
	for _, name := range []string{"bench/go.mod", "e2e/go.mod"} {
		if _, err := os.Stat(name); err == nil {
			files = append(files, name)
		}
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		bad, n := offPin(string(text))
		if n == 0 {
			t.Errorf("%s: no collector module found", name)
		}
		for _, m := range bad {
			t.Errorf("%s: %s is not v0.159.0 or v1.65.0", name, m)
		}
	}

	bad, n := offPin("a " + collector + "/pdata v1.70.0\n- gomod: " + collector + "/exporter/debugexporter v0.159.0")
	if len(bad) != 1 || n != 2 {
		t.Errorf("offPin finds %q of %d", bad, n)
	}
}

// listPackages asks the go command for our packages and all that they need, as
// they are with cgo, which is not run.
func listPackages(t *testing.T) graph {
	t.Helper()
	watchTree(t)
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Doc,Standard,GoFiles,CgoFiles,Imports", "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	g := graph{"C": {}} // what cgo gives
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		g[p.ImportPath] = p
	}
}

// watchTree reads the directories, so that `go test` keeps no result of a test
// that asks another program about files that have changed since.
func watchTree(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && (path == ".git" || path == "build") {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
