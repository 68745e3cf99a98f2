// Command fluentbit is the Fluent Bit output plugin pam, built as a shared
// object:
//
//	go build -buildmode=c-shared -o out_pam.so ./fluentbit
//
// This file is the border: what Fluent Bit calls, and what is called of it.
// Everything else is in package plugin. A panic does not cross the border, for it
// would end Fluent Bit.
//
// The calls are those of src/proxy/go/go.c in Fluent Bit 2.1 to 5.1.
package main

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// Fluent Bit's own, which the binary exports. It knows log_file, and the form of
// a line.
typedef void (*log_print)(int level, const char *file, int line, const char *format, ...);

static const char *const level_names[] = {"error", " warn", " info", "debug"};

static log_print print;

// Whether a level is logged, by log_level of the instance or else of the service.
typedef int (*log_check)(void *instance, int level);
static log_check check;

// What an instance is called: its alias, or the plugin's name with a number.
typedef const char *(*output_name)(void *instance);
static output_name name;

// find_log looks for these once, since that may need more stack than a flush has.
static void find_log(void)
{
	print = (log_print) dlsym(RTLD_DEFAULT, "flb_log_print");
	check = (log_check) dlsym(RTLD_DEFAULT, "flb_output_log_check");
	name = (output_name) dlsym(RTLD_DEFAULT, "flb_output_name");
}

// name_of returns NULL where there is no Fluent Bit to tell.
static const char *name_of(void *instance) { return name != NULL ? name(instance) : NULL; }

// write_log logs a line, by itself where there is no Fluent Bit to do it.
static void write_log(void *instance, int level, const char *text)
{
	if (instance != NULL && check != NULL && !check(instance, level)) {
		return;
	}
	if (print != NULL) {
		print(level, NULL, 0, "%s", text);
		return;
	}
	char when[32];
	time_t now = time(NULL);
	struct tm local;
	strftime(when, sizeof when, "%Y/%m/%d %H:%M:%S", localtime_r(&now, &local));
	fprintf(stderr, "[%s] [%s] %s\n", when, level_names[(level - 1) & 3], text);
}

// What FLBPluginInit is given (src/proxy/go/go.h).
struct section {
	char *name;
	void *api;
	void *instance;
	void *context;
};
*/
import "C"

import (
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"github.com/fluent/fluent-bit-go/output"

	"github.com/otelcol-pam/otelcol-pam/fluentbit/plugin"
)

func main() {} // of a shared object nobody calls it

// gcPercent is how much garbage may gather before it is collected, unless GOGC says
// otherwise. What lives is small, and chunks are large: at Go's own 100 a flush costs
// some 6 % more.
const gcPercent = 400

// FLBPluginRegister says what the plugin is.
//
//export FLBPluginRegister
func FLBPluginRegister(definition unsafe.Pointer) C.int {
	C.find_log()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return C.int(output.FLBPluginRegister(definition, "pam", "Privileged-access audit events to a SIEM"))
}

// FLBPluginUnregister gives back what FLBPluginRegister took. Instances may be
// left: a reload registers again before it ends them.
//
//export FLBPluginUnregister
func FLBPluginUnregister(definition unsafe.Pointer) {
	output.FLBPluginUnregister(definition)
}

// slot holds an instance. Fluent Bit's context leads to it for ever, to the
// instance until that ends.
type slot struct {
	instance atomic.Pointer[plugin.Instance]
}

// FLBPluginInit begins an instance, a section of the configuration.
//
//export FLBPluginInit
func FLBPluginInit(section unsafe.Pointer) (code C.int) {
	defer recovered(&code)
	get := func(key string) string { return output.FLBPluginConfigKey(section, key) }
	of := (*C.struct_section)(section).instance
	log := func(level plugin.Level, text string) { writeLog(of, level, text) }
	instance, err := plugin.New(nameOf(of), get, log)
	if err != nil {
		return plugin.Error // New has said why
	}
	s := &slot{}
	s.instance.Store(instance)
	output.FLBPluginSetContext(section, s)
	return plugin.OK
}

// nameOf returns what Fluent Bit calls an instance.
func nameOf(instance unsafe.Pointer) string {
	if name := C.name_of(instance); name != nil {
		return C.GoString(name)
	}
	return "pam.0"
}

// FLBPluginFlushCtx sends a chunk. It is valid during the call only, so it is
// copied once, and everything that is read of it shares the copy.
//
//export FLBPluginFlushCtx
func FLBPluginFlushCtx(context, data unsafe.Pointer, size C.size_t, tag *C.char) (code C.int) {
	defer recovered(&code)
	instance := slotOf(context).instance.Load()
	if instance == nil {
		writeLog(nil, plugin.LevelError, "[output:pam] a chunk came for no instance; it is dropped")
		return plugin.Error
	}
	chunk := string(unsafe.Slice((*byte)(data), int(size)))
	return C.int(instance.Flush(chunk, C.GoString(tag)))
}

// slotOf returns the slot that a context leads to, an empty one where it leads to none.
func slotOf(context unsafe.Pointer) *slot {
	if s, ok := output.FLBPluginGetContext(context).(*slot); ok {
		return s
	}
	return &slot{}
}

// FLBPluginExitCtx ends an instance. A dry run ends those that never began, whose
// context is NULL.
//
//export FLBPluginExitCtx
func FLBPluginExitCtx(context unsafe.Pointer) (code C.int) {
	defer recovered(&code)
	if instance := slotOf(context).instance.Swap(nil); instance != nil {
		instance.Close()
	}
	return plugin.OK
}

// recovered is deferred by what Fluent Bit calls.
func recovered(code *C.int) {
	if reason := recover(); reason != nil {
		writeLog(nil, plugin.LevelError, fmt.Sprintf("[output:pam] this is a fault of the plugin; please report it: %v %s", reason, debug.Stack()))
		*code = plugin.Error
	}
}

// writeLog logs a line of an instance of Fluent Bit's, nil for none.
func writeLog(instance unsafe.Pointer, level plugin.Level, text string) {
	line := C.CString(text)
	defer C.free(unsafe.Pointer(line))
	C.write_log(instance, C.int(level), line)
}
