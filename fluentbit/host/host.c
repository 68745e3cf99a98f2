/*
 * host loads an output plugin as Fluent Bit does, and does with it what a script
 * on standard input says: a command a line, and a line of answer to each.
 *
 *   load PATH            dlopen, FLBPluginRegister; what follows is of this load
 *   set N KEY VALUE      instance N has the property; VALUE is the rest of the line
 *   init N               FLBPluginInit
 *   flush N FILE [TAG]   FLBPluginFlushCtx with the file as chunk
 *   flushes N FILE ...   the same for several chunks at once, as with "workers"
 *   exit N               FLBPluginExitCtx
 *   exitnull             FLBPluginExitCtx(NULL), as fluent-bit --dry-run does
 *   unload               FLBPluginUnregister and dlclose of the oldest load
 *   stack                the most that a flush used of its stack
 *   bench N FILE SECONDS flush again and again; CPU is that of the process
 *
 * An answer is the command, what the plugin returned, and behind ", but" what it
 * did that it must not do. Then host ends with status 1.
 *
 *   -c BYTES  each flush is on a stack of so many bytes, as Fluent Bit's
 *             coroutines are: 24576 up to 5.0, 65536 since 5.1
 *   -o        the definition is that of Fluent Bit before 5.0
 *
 * It exports flb_log_print as the fluent-bit binary does, when it is linked with
 * -rdynamic. The calls and their memory are those of src/flb_plugin_proxy.c and
 * src/proxy/go/go.c of Fluent Bit 2.1 to 5.1.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* What Fluent Bit and a plugin have in common. */

struct definition {
    int type, proxy, flags;
    char *name, *description;
    int event_type;   /* since 5.0 */
    void *config_map; /* since 5.1.1 */
};

struct property {
    char *key, *value;
    struct property *next;
};

struct context {
    void *remote;
    void *proxy;
};

struct api {
    char *(*output_get_property)(char *key, void *instance);
    void *others[8];
};

struct plugin {
    char *name;
    struct api *api;
    void *instance;
    struct context *context;
};

/* What is loaded, and its sections of the configuration. */

struct load {
    void *library;
    unsigned char *definition;
    struct plugin plugin;
    int (*init)(struct plugin *);
    int (*flush)(void *context, const void *data, size_t size, char *tag);
    int (*exit)(void *context);
    void (*unregister)(void *definition);
};

struct instance {
    struct load *load;
    struct property *properties;
    struct context context;
};

enum { LOADS = 16, INSTANCES = 64, WORKERS = 64 };

static struct load loads[LOADS];
static int first_load, last_load; /* loads[first_load] up to, not including, last_load */
static struct instance instances[INSTANCES];

static size_t stack_size; /* 0: flush on the thread's own */
static int old_definition;
static int broken; /* the plugin did what it must not do */

static void die(const char *what, const char *of)
{
    fprintf(stderr, "host: %s: %s\n", of, what);
    exit(2);
}

static void *must(void *memory)
{
    if (memory == NULL || memory == MAP_FAILED) {
        die(strerror(errno), "memory");
    }
    return memory;
}

/* The words of a command. */

static char *next(char **line)
{
    char *word = strsep(line, " ");

    if (word == NULL || *word == 0) {
        die("a word is missing", "script");
    }
    return word;
}

static struct instance *next_instance(char **line)
{
    int n = atoi(next(line));

    if (n < 0 || n >= INSTANCES) {
        die("no such number", "instance");
    }
    return &instances[n];
}

static struct instance *next_begun(char **line)
{
    struct instance *ins = next_instance(line);

    if (ins->load == NULL) {
        die("it did not begin", "instance");
    }
    return ins;
}

/* flb_log_print takes as much stack as that of src/flb_log.c: a message's text and
 * its line, 4 KiB each. */
void flb_log_print(int type, const char *file, int line, const char *format, ...)
{
    static const char *const names[] = {"", "error", " warn", " info", "debug", "trace"};
    char body[4088], text[sizeof(body) + 64], when[32];
    struct tm local;
    time_t now = time(NULL);
    va_list args;

    (void) file;
    (void) line;
    va_start(args, format);
    vsnprintf(body, sizeof(body), format, args);
    va_end(args);
    strftime(when, sizeof(when), "%Y/%m/%d %H:%M:%S", localtime_r(&now, &local));
    snprintf(text, sizeof(text), "[%s] [%s] %s\n", when,
             type < 1 || type > 5 ? "?" : names[type], body);
    fputs(text, stderr);
}

/* get_property finds keys as flb_kv_get_key_value does: in any case, the first. */
static char *get_property(char *key, void *instance)
{
    struct property *p;

    for (p = ((struct instance *) instance)->properties; p != NULL; p = p->next) {
        if (strcasecmp(key, p->key) == 0) {
            return p->value;
        }
    }
    return NULL;
}

/* Entry 0 is all that a plugin may use: the table says neither size nor version. */
static struct api api = {.output_get_property = get_property};

static void *symbol(struct load *l, const char *name)
{
    void *found = dlsym(l->library, name);

    if (found == NULL) {
        die("the plugin does not export it", name);
    }
    return found;
}

/* But notes what the plugin did, for the end of the answer. */
static void but(char *answer, size_t size, const char *format, ...)
{
    size_t length = strlen(answer);
    va_list args;

    length += snprintf(answer + length, size - length, ", but it ");
    va_start(args, format);
    vsnprintf(answer + length, size - length, format, args);
    va_end(args);
    __atomic_store_n(&broken, 1, __ATOMIC_SEQ_CST);
}

/* The definition. Before 5.0 it has 32 bytes, which malloc leaves as they were, and
 * which others' memory follows. */

enum { OLD_SIZE = 32, GUARD = 64, DIRT = 0xA5 };

static unsigned char *new_definition(void)
{
    unsigned char *def = must(calloc(1, sizeof(struct definition) + GUARD));

    if (old_definition) {
        memset(def, DIRT, sizeof(struct definition) + GUARD);
        ((struct definition *) def)->type = 0;
    }
    return def;
}

static void check_definition(unsigned char *def, char *answer, size_t size)
{
    size_t i = old_definition ? OLD_SIZE : offsetof(struct definition, config_map);

    for (; i < sizeof(struct definition) + GUARD; i++) {
        if (def[i] != (old_definition ? DIRT : 0)) {
            but(answer, size, "wrote behind the definition, at %zu", i);
            return;
        }
    }
}

static void load(char *path)
{
    char answer[256];
    struct definition *def;
    struct load *l = &loads[last_load++];

    if (last_load == LOADS) {
        die("too many", "load");
    }
    l->library = dlopen(path, RTLD_LAZY);
    if (l->library == NULL) {
        die(dlerror(), path);
    }
    l->definition = new_definition();
    def = (struct definition *) l->definition;
    if (((int (*)(void *)) symbol(l, "FLBPluginRegister"))(def) == -1) {
        die("failed", "FLBPluginRegister");
    }
    l->init = symbol(l, "FLBPluginInit");
    l->flush = symbol(l, "FLBPluginFlushCtx");
    l->exit = symbol(l, "FLBPluginExitCtx");
    l->unregister = symbol(l, "FLBPluginUnregister");

    snprintf(answer, sizeof(answer), "%s, type %d, proxy %d, flags %d",
             def->name, def->type, def->proxy, def->flags);
    check_definition(l->definition, answer, sizeof(answer));
    printf("load: %s\n", answer);
}

static void unload(char *unused)
{
    struct load *l = &loads[first_load++];

    (void) unused;
    if (first_load > last_load) {
        die("nothing is loaded", "unload");
    }
    l->unregister(l->definition);
    free(l->definition);
    dlclose(l->library);
    printf("unload: OK\n");
}

static void set(char *line)
{
    struct property **end = &next_instance(&line)->properties;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = must(calloc(1, sizeof(**end)));
    (*end)->key = must(strdup(next(&line)));
    (*end)->value = must(strdup(line ? line : ""));
    printf("set: OK\n");
}

static void forget(struct instance *ins)
{
    struct property *p, *next;

    for (p = ins->properties; p != NULL; p = next) {
        next = p->next;
        free(p->key);
        free(p->value);
        free(p);
    }
    memset(ins, 0, sizeof(*ins));
}

static const char *code_name(int code)
{
    static const char *const names[] = {"ERROR", "OK", "RETRY"};

    return code < 0 || code > 2 ? "a code that is none" : names[code];
}

/* Init fills in the plugin's one struct anew for each instance. Nothing in it may be
 * used once the call has returned. */
static void init(char *line)
{
    struct instance *ins = next_instance(&line);
    struct plugin *p;
    int code;

    if (first_load == last_load) {
        die("nothing is loaded", "init");
    }
    ins->load = &loads[last_load - 1];
    p = &ins->load->plugin;
    p->name = "pam";
    p->api = &api;
    p->instance = ins;
    p->context = &ins->context;
    code = ins->load->init(p);
    memset(p, 0, sizeof(*p));
    printf("init: %s\n", code_name(code));
}

static void end(char *line)
{
    struct instance *ins = next_begun(&line);

    printf("exit: %s\n", code_name(ins->load->exit(ins->context.remote)));
    forget(ins);
}

static void end_none(char *unused)
{
    (void) unused;
    if (first_load == last_load) {
        die("nothing is loaded", "exitnull");
    }
    printf("exitnull: %s\n", code_name(loads[last_load - 1].exit(NULL)));
}

/* A flush. */

struct call {
    struct instance *ins;
    const void *chunk;
    size_t size;
    char *tag;
    int code;
    size_t used, below; /* bytes of the stack, bytes behind its end */
    pthread_t thread;
};

static void call_plugin(struct call *c)
{
    c->code = c->ins->load->flush(c->ins->context.remote, c->chunk, c->size, c->tag);
}

static _Thread_local struct call *on_this_stack;

static void coroutine(void)
{
    call_plugin(on_this_stack);
}

/* On_coroutine has the plugin called on a stack that is painted, with painted memory
 * below it, and looks how far the paint is gone. */
static void on_coroutine(struct call *c)
{
    enum { BELOW = 256 << 10, PAINT = 0xC7 };
    size_t i, size = BELOW + stack_size;
    unsigned char *memory = must(mmap(NULL, size, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ucontext_t back, there;

    memset(memory, PAINT, size);
    getcontext(&there);
    there.uc_stack.ss_sp = memory + BELOW;
    there.uc_stack.ss_size = stack_size;
    there.uc_link = &back;
    makecontext(&there, coroutine, 0);
    on_this_stack = c;
    swapcontext(&back, &there);

    for (i = 0; i < size && memory[i] == PAINT; i++) {
    }
    c->used = size - i;
    c->below = i < BELOW ? BELOW - i : 0;
    munmap(memory, size);
}

/* Call_with_copies gives the plugin a chunk and a tag of their own, which are
 * overwritten and gone when it has returned. */
static void call_with_copies(struct call *c)
{
    const void *chunk = c->chunk;
    char *tag = c->tag;
    void *chunk_copy = must(malloc(c->size ? c->size : 1));
    char *tag_copy = must(strdup(tag));

    c->chunk = memcpy(chunk_copy, chunk, c->size);
    c->tag = tag_copy;
    if (stack_size) {
        on_coroutine(c);
    }
    else {
        call_plugin(c);
    }
    memset(chunk_copy, 'Z', c->size);
    memset(tag_copy, 'Z', strlen(tag));
    __asm__ volatile("" ::: "memory"); /* overwritten, although nobody reads it */
    free(chunk_copy);
    free(tag_copy);
    c->chunk = chunk;
    c->tag = tag;
}

static void *call_in_thread(void *call)
{
    call_with_copies(call);
    return NULL;
}

static size_t most_used, most_below; /* of all flushes */

static void note_stack(struct call *calls, int n, char *answer, size_t size)
{
    size_t below = 0;

    for (struct call *c = calls; c < calls + n; c++) {
        most_used = c->used > most_used ? c->used : most_used;
        below = c->below > below ? c->below : below;
    }
    most_below = below > most_below ? below : most_below;
    if (below > 0) {
        but(answer, size, "wrote %zu bytes below its stack", below);
    }
}

/* Read_file returns what is in a file, in exactly as much memory. */
static void *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    void *content;

    if (f == NULL) {
        die(strerror(errno), path);
    }
    fseek(f, 0, SEEK_END);
    *size = ftell(f);
    rewind(f);
    content = must(malloc(*size ? *size : 1));
    if (fread(content, 1, *size, f) != *size) {
        die("is shorter than it was", path);
    }
    fclose(f);
    return content;
}

static void flush(char *line)
{
    struct call c = {.ins = next_begun(&line)};
    void *chunk = read_file(next(&line), &c.size);
    char answer[256];

    c.chunk = chunk;
    c.tag = line ? line : "pam";
    call_with_copies(&c);
    snprintf(answer, sizeof(answer), "%s", code_name(c.code));
    note_stack(&c, 1, answer, sizeof(answer));
    printf("flush: %s\n", answer);
    free(chunk);
}

static void flushes(char *line)
{
    struct instance *ins = next_begun(&line);
    struct call calls[WORKERS];
    int n = 0, of_code[3] = {0};
    char answer[256];

    for (; line != NULL && n < WORKERS; n++) {
        calls[n] = (struct call) {.ins = ins, .tag = "pam"};
        calls[n].chunk = read_file(next(&line), &calls[n].size);
    }
    for (int i = 0; i < n; i++) {
        if (pthread_create(&calls[i].thread, NULL, call_in_thread, &calls[i]) != 0) {
            die(strerror(errno), "thread");
        }
    }
    for (int i = 0; i < n; i++) {
        pthread_join(calls[i].thread, NULL);
        of_code[calls[i].code < 0 || calls[i].code > 2 ? 0 : calls[i].code]++;
        free((void *) calls[i].chunk);
    }
    snprintf(answer, sizeof(answer), "%d OK, %d RETRY, %d ERROR", of_code[1], of_code[2], of_code[0]);
    note_stack(calls, n, answer, sizeof(answer));
    printf("flushes: %s\n", answer);
}

static void stack(char *unused)
{
    char answer[256];

    (void) unused;
    snprintf(answer, sizeof(answer), "%zu of %zu bytes", most_used, stack_size);
    if (most_below > 0) {
        but(answer, sizeof(answer), "wrote %zu bytes below it", most_below);
    }
    printf("stack: %s\n", answer);
}

static double seconds(struct timeval t)
{
    return t.tv_sec + t.tv_usec / 1e6;
}

static double wall(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Bench does not copy the chunk, as Fluent Bit maps its chunks from files. */
static void bench(char *line)
{
    struct rusage before, after;
    struct call c = {.ins = next_begun(&line), .tag = "bench"};
    void *chunk = read_file(next(&line), &c.size);
    double duration = atof(next(&line)), begin = wall(), user, sys;
    int n = 0;

    c.chunk = chunk;
    getrusage(RUSAGE_SELF, &before);
    do {
        call_plugin(&c);
        n++;
    } while (c.code == 1 && wall() - begin < duration);
    getrusage(RUSAGE_SELF, &after);
    user = seconds(after.ru_utime) - seconds(before.ru_utime);
    sys = seconds(after.ru_stime) - seconds(before.ru_stime);
    printf("bench: %s, %d flushes, %.6f s user, %.6f s system, %.6f s wall\n",
           code_name(c.code), n, user, sys, wall() - begin);
    free(chunk);
}

static const struct {
    const char *name;
    void (*run)(char *line);
} commands[] = {
    {"bench", bench},
    {"exit", end},
    {"exitnull", end_none},
    {"flush", flush},
    {"flushes", flushes},
    {"init", init},
    {"load", load},
    {"set", set},
    {"stack", stack},
    {"unload", unload},
};

static void run(char *line)
{
    const char *name = next(&line);
    size_t i;

    for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            commands[i].run(line);
            return;
        }
    }
    die("no such command", name);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    int option;

    while ((option = getopt(argc, argv, "c:o")) != -1) {
        switch (option) {
        case 'c':
            stack_size = strtoul(optarg, NULL, 10);
            break;
        case 'o':
            old_definition = 1;
            break;
        default:
            return 2;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((length = getline(&line, &room, stdin)) > 0) {
        if (line[length - 1] == '\n') {
            line[length - 1] = 0;
        }
        run(line);
    }
    free(line);
    return broken;
}
