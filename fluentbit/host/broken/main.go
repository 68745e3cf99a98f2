// Command broken is an output plugin that sends each chunk as it is, and does
// wrong what the environment variable BROKEN names. It shows that the host and
// the tests that use it notice.
package main

/*
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct definition {
	int   type, proxy, flags;
	char *name, *description;
	int   event_type;
};

struct plugin {
	char *name;
	struct { char *(*get_property)(char *key, void *instance); } *api;
	void *instance;
	struct { void *remote; } *context;
};

static char *get_property(struct plugin *p, char *key) {
	return p->api->get_property(key, p->instance);
}

// use_stack uses so many bytes of the stack that it runs on.
static int use_stack(int size) {
	volatile char room[size];
	for (int i = 0; i < size; i++)
		room[i] = 1;
	return room[size / 2];
}
*/
import "C"

import (
	"net"
	"os"
	"runtime/cgo"
	"unsafe"
)

// faults are what BROKEN may name.
const (
	writesBehindDefinition = "writes-behind-definition"
	keepsSection           = "keeps-section"
	keepsChunk             = "keeps-chunk"
	keepsTag               = "keeps-tag"
	usesMuchStack          = "uses-much-stack"
	panics                 = "panics"
	trustsContext          = "trusts-context"
	lies                   = "lies"
	sendsTwice             = "sends-twice"
)

var fault = os.Getenv("BROKEN")

// instance is a section of the configuration.
type instance struct {
	section  *C.struct_plugin
	endpoint string
	kept     []byte
	keptTag  *C.char
}

func main() {}

// FLBPluginRegister writes the definition.
//
//export FLBPluginRegister
func FLBPluginRegister(d *C.struct_definition) C.int {
	d._type, d.proxy, d.flags = 2, 11, 0
	d.name, d.description = C.CString("pam"), C.CString("broken")
	if fault == writesBehindDefinition {
		d.event_type = 0
	}
	return 0
}

// FLBPluginUnregister frees what FLBPluginRegister wrote.
//
//export FLBPluginUnregister
func FLBPluginUnregister(d *C.struct_definition) {
	C.free(unsafe.Pointer(d.name))
	C.free(unsafe.Pointer(d.description))
}

// FLBPluginInit begins an instance.
//
//export FLBPluginInit
func FLBPluginInit(p *C.struct_plugin) C.int {
	// The context is memory of C's that holds the handle.
	context := (*C.uintptr_t)(C.malloc(C.size_t(unsafe.Sizeof(C.uintptr_t(0)))))
	*context = C.uintptr_t(cgo.NewHandle(&instance{section: p, endpoint: property(p, "endpoint")}))
	p.context.remote = unsafe.Pointer(context)
	return 1
}

func property(p *C.struct_plugin, name string) string {
	key := C.CString(name)
	defer C.free(unsafe.Pointer(key))
	return C.GoString(C.get_property(p, key))
}

// FLBPluginFlushCtx sends a chunk.
//
//export FLBPluginFlushCtx
func FLBPluginFlushCtx(context *C.uintptr_t, data unsafe.Pointer, size C.size_t, tag *C.char) C.int {
	i := cgo.Handle(*context).Value().(*instance)
	chunk := unsafe.Slice((*byte)(data), int(size))
	switch fault {
	case keepsSection:
		i.endpoint = property(i.section, "endpoint")
	case keepsChunk:
		chunk, i.kept = i.kept, chunk // it is sent with the next flush
	case keepsTag:
		tag, i.keptTag = i.keptTag, tag
		chunk = append([]byte(C.GoString(tag)+"\n"), chunk...)
	case usesMuchStack:
		C.use_stack(80 << 10)
	case panics:
		panic("on purpose")
	case lies:
		return 1
	case sendsTwice:
		chunk = append(append([]byte{}, chunk...), chunk...)
	}
	return i.send(string(chunk))
}

func (i *instance) send(text string) C.int {
	conn, err := net.Dial("tcp", i.endpoint)
	if err != nil {
		return 2
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(text)); err != nil {
		return 2
	}
	return 1
}

// FLBPluginExitCtx ends an instance.
//
//export FLBPluginExitCtx
func FLBPluginExitCtx(context *C.uintptr_t) C.int {
	if context == nil && fault != trustsContext {
		return 1
	}
	cgo.Handle(*context).Delete()
	C.free(unsafe.Pointer(context))
	return 1
}
