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

static char answer[512]; /* to the command that runs */
static int broken;       /* the plugin did what it must not do */

static void die(const char *what, const char *of)
{
    fprintf(stderr, "host: %s: %s\n", of, what);
    exit(2);
}

static void *must(void *memory)
{
    if (memory == NULL || memory == MAP_FAILED)
        die(strerror(errno), "memory");
    return memory;
}

static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(answer, sizeof(answer), format, args);
    va_end(args);
}

/* But adds to the answer what the plugin must not do. */
static void but(const char *what, size_t number)
{
    size_t length = strlen(answer);

    snprintf(answer + length, sizeof(answer) - length, ", but it %s: %zu", what, number);
    broken = 1;
}

static const char *code_name(int code)
{
    static const char *const names[] = {"ERROR", "OK", "RETRY"};

    return code < 0 || code > 2 ? "a code that is none" : names[code];
}

/* The words of a command. */

static char *next(char **line)
{
    char *word = strsep(line, " ");

    if (word == NULL || *word == 0)
        die("a word is missing", "script");
    return word;
}

static struct instance *next_instance(char **line)
{
    int n = atoi(next(line));

    if (n < 0 || n >= INSTANCES)
        die("no such number", "instance");
    return &instances[n];
}

static struct instance *next_begun(char **line)
{
    struct instance *ins = next_instance(line);

    if (ins->load == NULL)
        die("it did not begin", "instance");
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
        if (strcasecmp(key, p->key) == 0)
            return p->value;
    }
    return NULL;
}

/* Entry 0 is all that a plugin may use: the table says neither size nor version. */
static struct api api = {.output_get_property = get_property};

static void *symbol(struct load *l, const char *name)
{
    void *found = dlsym(l->library, name);

    if (found == NULL)
        die("the plugin does not export it", name);
    return found;
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

static void check_definition(const unsigned char *def)
{
    size_t i = old_definition ? OLD_SIZE : offsetof(struct definition, config_map);

    for (; i < sizeof(struct definition) + GUARD; i++) {
        if (def[i] != (old_definition ? DIRT : 0)) {
            but("wrote behind the definition", i);
            return;
        }
    }
}

static void load(char *path)
{
    struct definition *def;
    struct load *l = &loads[last_load++];

    if (last_load == LOADS)
        die("too many", "load");
    l->library = dlopen(path, RTLD_LAZY);
    if (l->library == NULL)
        die(dlerror(), path);
    l->definition = new_definition();
    def = (struct definition *) l->definition;
    if (((int (*)(void *)) symbol(l, "FLBPluginRegister"))(def) == -1)
        die("failed", "FLBPluginRegister");
    l->init = symbol(l, "FLBPluginInit");
    l->flush = symbol(l, "FLBPluginFlushCtx");
    l->exit = symbol(l, "FLBPluginExitCtx");
    l->unregister = symbol(l, "FLBPluginUnregister");

    say("%s, type %d, proxy %d, flags %d", def->name, def->type, def->proxy, def->flags);
    check_definition(l->definition);
}

static void unload(char *line)
{
    struct load *l = &loads[first_load++];

    if (first_load > last_load)
        die("nothing is loaded", "unload");
    l->unregister(l->definition);
    free(l->definition);
    dlclose(l->library);
    say("OK");
}

static void set(char *line)
{
    struct property **end = &next_instance(&line)->properties;

    while (*end != NULL)
        end = &(*end)->next;
    *end = must(calloc(1, sizeof(**end)));
    (*end)->key = must(strdup(next(&line)));
    (*end)->value = must(strdup(line ? line : ""));
    say("OK");
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

/* Init fills in the plugin's one struct anew for each instance. Nothing in it may be
 * used once the call has returned. */
static void init(char *line)
{
    struct instance *ins = next_instance(&line);
    struct plugin *p;
    int code;

    if (first_load == last_load)
        die("nothing is loaded", "init");
    ins->load = &loads[last_load - 1];
    p = &ins->load->plugin;
    p->name = "pam";
    p->api = &api;
    p->instance = ins;
    p->context = &ins->context;
    code = ins->load->init(p);
    memset(p, 0, sizeof(*p));
    say("%s", code_name(code));
}

static void end(char *line)
{
    struct instance *ins = next_begun(&line);

    say("%s", code_name(ins->load->exit(ins->context.remote)));
    forget(ins);
}

static void end_none(char *line)
{
    if (first_load == last_load)
        die("nothing is loaded", "exitnull");
    say("%s", code_name(loads[last_load - 1].exit(NULL)));
}

/* A flush. */

struct call {
    struct instance *ins;
    void *chunk;
    size_t size;
    char *tag;
    int code;
    size_t used, below; /* bytes of the stack, bytes behind its end */
    pthread_t thread;
};

static size_t most_used; /* of all flushes */

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
    size_t i = 0, size = BELOW + stack_size;
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

    while (i < size && memory[i] == PAINT)
        i++;
    c->used = size - i;
    c->below = i < BELOW ? BELOW - i : 0;
    munmap(memory, size);
}

/* Read_file returns what is in a file, in exactly as much memory. */
static void *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    void *content;

    if (f == NULL)
        die(strerror(errno), path);
    fseek(f, 0, SEEK_END);
    *size = ftell(f);
    rewind(f);
    content = must(malloc(*size ? *size : 1));
    if (fread(content, 1, *size, f) != *size)
        die("is shorter than it was", path);
    fclose(f);
    return content;
}

static struct call prepared(struct instance *ins, const char *path, const char *tag)
{
    struct call c = {.ins = ins, .tag = must(strdup(tag))};

    c.chunk = read_file(path, &c.size);
    return c;
}

/* Make gives the plugin the chunk and the tag for as long as the call lasts: then they
 * are overwritten and gone. */
static void *make(void *call)
{
    struct call *c = call;

    if (stack_size)
        on_coroutine(c);
    else
        call_plugin(c);
    memset(c->chunk, 'Z', c->size);
    memset(c->tag, 'Z', strlen(c->tag));
    __asm__ volatile("" ::: "memory"); /* although nobody reads it */
    free(c->chunk);
    free(c->tag);
    return NULL;
}

static void note_stack(const struct call *calls, int n)
{
    size_t below = 0;

    for (const struct call *c = calls; c < calls + n; c++) {
        most_used = c->used > most_used ? c->used : most_used;
        below = c->below > below ? c->below : below;
    }
    if (below > 0)
        but("wrote below its stack", below);
}

static void flush(char *line)
{
    struct instance *ins = next_begun(&line);
    const char *path = next(&line);
    struct call c = prepared(ins, path, line ? line : "pam");

    make(&c);
    say("%s", code_name(c.code));
    note_stack(&c, 1);
}

static void flushes(char *line)
{
    struct instance *ins = next_begun(&line);
    struct call calls[WORKERS];
    int i, n = 0, of_code[3] = {0};

    while (line != NULL && n < WORKERS)
        calls[n++] = prepared(ins, next(&line), "pam");
    for (i = 0; i < n; i++) {
        if (pthread_create(&calls[i].thread, NULL, make, &calls[i]) != 0)
            die("cannot be started", "thread");
    }
    for (i = 0; i < n; i++) {
        pthread_join(calls[i].thread, NULL);
        of_code[calls[i].code < 0 || calls[i].code > 2 ? 0 : calls[i].code]++;
    }
    say("%d OK, %d RETRY, %d ERROR", of_code[1], of_code[2], of_code[0]);
    note_stack(calls, n);
}

static void stack(char *line)
{
    say("%zu of %zu bytes", most_used, stack_size);
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

/* Bench leaves the chunk as it is, and uses it again. */
static void bench(char *line)
{
    struct instance *ins = next_begun(&line);
    struct call c = prepared(ins, next(&line), "bench");
    double duration = atof(next(&line)), begin = wall(), user, system;
    struct rusage before, after;
    int n = 0;

    getrusage(RUSAGE_SELF, &before);
    do {
        call_plugin(&c);
        n++;
    } while (c.code == 1 && wall() - begin < duration);
    getrusage(RUSAGE_SELF, &after);
    user = seconds(after.ru_utime) - seconds(before.ru_utime);
    system = seconds(after.ru_stime) - seconds(before.ru_stime);
    say("%s, %d flushes, %.6f s user, %.6f s system, %.6f s wall",
        code_name(c.code), n, user, system, wall() - begin);
    free(c.chunk);
    free(c.tag);
}

/* The script. */

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
            printf("%s: %s\n", name, answer);
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
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        run(line);
    }
    free(line);
    return broken;
}
