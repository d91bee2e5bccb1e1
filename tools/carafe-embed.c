/*
 * Puts templates and static files into a program: writes C source that registers each file (carafe/files.h).
 *
 *     carafe-embed -o OUT.c [-d OUT.d] [--filter NAME]... [--test NAME]... FOLDER...
 *
 * Each FOLDER may have `templates` and `static` in it; a file of a later FOLDER takes the place of one of the same
 * name in an earlier one. Names that begin with a dot are left out. -d writes a dependency file for make and Ninja:
 * every file and folder that was read, so that new, changed and removed files are noticed.
 *
 * All templates are compiled: a mistake, an unknown filter, a parent that is not there end the build with file and
 * line. Filters and tests that the program adds itself are made known by --filter and --test.
 */
#include <carafe/form.h>
#include <carafe/template.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_SIZE = 4096, LARGEST_FILE = 64 << 20, DEEPEST = 32 };

typedef struct entry {
    char       *path;   /* where it is */
    const char *name;   /* below templates or static; a part of path */
    const char *folder; /* "templates" or "static"; NULL: a folder that was read */
} entry;

typedef struct list {
    entry *items;
    size_t count, room;
} list;

static bool complain(const char *what, const char *path)
{
    fprintf(stderr, "carafe-embed: %s: %s\n", path, what);
    return false;
}

/* The path is copied; `at` is where the name begins in it. */
static bool list_add(list *l, const char *path, size_t at, const char *folder)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        entry *items = realloc(l->items, room * sizeof *items);
        if (!items) return complain("out of memory", path);
        l->items = items;
        l->room = room;
    }
    char *copy = strdup(path);
    if (!copy) return complain("out of memory", path);
    l->items[l->count++] = (entry){copy, copy + at, folder};
    return true;
}

static bool collect(list *l, const char *path, size_t at, const char *folder, int depth);

static bool collect_one(list *l, const char *path, const char *name, size_t at, const char *folder, int depth)
{
    char        below[PATH_SIZE];
    struct stat status;
    if (snprintf(below, sizeof below, "%s/%s", path, name) >= (int)sizeof below)
        return complain("the path is too long", path);
    if (stat(below, &status) != 0) return complain(strerror(errno), below);
    if (S_ISDIR(status.st_mode)) return collect(l, below, at, folder, depth + 1);
    if (!S_ISREG(status.st_mode)) return complain("neither a file nor a folder", below);
    return list_add(l, below, at, folder);
}

/* All files below `path`, in the order of their names, so that the same files make the same program. */
static bool collect(list *l, const char *path, size_t at, const char *folder, int depth)
{
    struct dirent **names;
    if (depth > DEEPEST) return complain("folders are nested too deeply", path);
    int count = scandir(path, &names, NULL, alphasort);
    if (count < 0) return depth == 0 && errno == ENOENT ? true : complain(strerror(errno), path);
    bool good = list_add(l, path, strlen(path), NULL);
    for (int i = 0; i < count; i++) {
        if (good && names[i]->d_name[0] != '.') good = collect_one(l, path, names[i]->d_name, at, folder, depth);
        free(names[i]);
    }
    free(names);
    return good;
}

/* Whether a later folder has a file of the same name. */
static bool replaced(const list *l, size_t at)
{
    const entry *e = &l->items[at];
    for (size_t i = at + 1; i < l->count; i++)
        if (l->items[i].folder == e->folder && strcmp(l->items[i].name, e->name) == 0) return true;
    return false;
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE          *file = fopen(path, "rb");
    unsigned char *data = NULL;
    long           length = -1;
    if (file && fseek(file, 0, SEEK_END) == 0) length = ftell(file);
    if (length >= 0 && length <= LARGEST_FILE && fseek(file, 0, SEEK_SET) == 0) data = malloc((size_t)length + 1);
    if (data && fread(data, 1, (size_t)length, file) != (size_t)length) {
        free(data);
        data = NULL;
    }
    if (file) fclose(file);
    if (!data) complain(length > LARGEST_FILE ? "larger than 64 MiB" : "cannot be read", path);
    *size = data ? (size_t)length : 0;
    return data;
}

/* FNV-1a: it need not resist anybody, only change when the file does. */
static uint64_t hash_of(const unsigned char *data, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++) hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void write_string(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ' || *text == '?')
            fprintf(out, "\\%03o", (unsigned)(unsigned char)*text);
        else putc(*text, out);
    }
    putc('"', out);
}

static bool write_file(FILE *out, const entry *e, size_t number)
{
    size_t         size;
    unsigned char *data = read_file(e->path, &size);
    if (!data) return false;
    fprintf(out, "\nstatic const unsigned char data_%zu[] = {", number);
    for (size_t i = 0; i < size; i++) fprintf(out, "%s%u,", i % 24 ? "" : "\n", data[i]);
    fprintf(out, "\n0};\nstatic const cf_file file_%zu = {\"%s\", ", number, e->folder);
    write_string(out, e->name);
    fprintf(out, ", data_%zu, %zu, \"%016" PRIx64 "\"};\nCF_REGISTER_FILE(%zu, file_%zu);\n", number, size,
            hash_of(data, size), number, number);
    free(data);
    return true;
}

static bool write_source(const list *l, const char *path)
{
    FILE  *out = fopen(path, "w");
    bool   good = out != NULL;
    size_t number = 0;
    if (!out) return complain(strerror(errno), path);
    fputs("/* Written by carafe-embed. */\n#include <carafe/files.h>\n", out);
    for (size_t i = 0; good && i < l->count; i++)
        if (l->items[i].folder && !replaced(l, i)) good = write_file(out, &l->items[i], number++);
    bool failed = ferror(out) != 0;
    if (fclose(out) != 0 || failed) good = complain("cannot be written", path);
    if (!good) remove(path);
    return good;
}

static bool write_dependencies(const list *l, const char *path, const char *target)
{
    FILE *out = fopen(path, "w");
    if (!out) return complain(strerror(errno), path);
    fprintf(out, "%s:", target);
    for (size_t i = 0; i < l->count; i++) {
        fputs(" \\\n  ", out);
        for (const char *at = l->items[i].path; *at; at++) {
            if (*at == ' ' || *at == '#' || *at == '\\') putc('\\', out);
            if (*at == '$') putc('$', out);
            putc(*at, out);
        }
    }
    putc('\n', out);
    bool failed = ferror(out) != 0;
    return (fclose(out) == 0 && !failed) || complain("cannot be written", path);
}

/* ---- checking ------------------------------------------------------------------------------- */

/* Stands for filters and tests of the program: only their names matter here. */
static bool nothing(cf_call *call, cf_value *out)
{
    (void)call;
    *out = cf_value_null();
    return true;
}

static bool declare_names(cf_templates *templates, int count, char **arguments)
{
    bool good = true;
    for (int i = 1; good && i + 1 < count; i++) {
        if (strcmp(arguments[i], "--filter") == 0)
            good = cf_templates_add_filter(templates, arguments[i + 1], nothing, NULL);
        if (strcmp(arguments[i], "--test") == 0)
            good = cf_templates_add_test(templates, arguments[i + 1], nothing, NULL);
    }
    return good;
}

/* "folder/templates/page.html:3: error: ...", as compilers say it. */
static bool report(const list *l, const cf_error *error)
{
    const char *path = error->file ? error->file : "templates";
    for (size_t i = 0; error->file && i < l->count; i++) {
        const entry *e = &l->items[i];
        if (e->folder && !replaced(l, i) && strcmp(e->folder, "templates") == 0 && strcmp(e->name, error->file) == 0)
            path = e->path;
    }
    fprintf(stderr, "%s:%d: error: %s\n", path, error->line, error->message);
    return false;
}

static bool compile_all(const list *l, const cf_file *const *files, size_t count, int argument_count, char **arguments)
{
    cf_error      error = {0};
    cf_templates *templates = cf_templates_new(&(cf_templates_options){.files = files, .file_count = count}, &error);
    bool          good =
        templates && declare_names(templates, argument_count, arguments) && cf_templates_check(templates, &error);
    if (!good) report(l, &error);
    cf_templates_free(templates);
    return good;
}

static bool check_templates(const list *l, int argument_count, char **arguments)
{
    cf_file        *files = calloc(l->count + 1, sizeof *files);
    const cf_file **pointers = calloc(l->count + 1, sizeof *pointers);
    size_t          count = 0;
    bool            good = files && pointers;
    for (size_t i = 0; good && i < l->count; i++) {
        const entry *e = &l->items[i];
        if (!e->folder || strcmp(e->folder, "templates") != 0 || replaced(l, i)) continue;
        cf_file *f = &files[count];
        *f = (cf_file){.folder = e->folder, .name = e->name, .data = NULL};
        f->data = read_file(e->path, &f->size);
        good = f->data != NULL;
        pointers[count++] = f;
    }
    /* Every application has the macros of forms, unless it brings its own: names are looked up, not what they hold. */
    bool own = false;
    for (size_t i = 0; i < count; i++) own = own || strcmp(files[i].name, CF_FORM_MACROS) == 0;
    if (good && !own) {
        files[count] = (cf_file){.folder = "templates", .name = CF_FORM_MACROS, .data = (const unsigned char *)""};
        pointers[count] = &files[count];
    }
    good = good && compile_all(l, pointers, count + !own, argument_count, arguments);
    for (size_t i = 0; i < count; i++) free((void *)(uintptr_t)files[i].data);
    free(pointers);
    free(files);
    return good;
}

/* ---- folders -------------------------------------------------------------------------------- */

/* `templates` and `static` of one folder. */
static bool collect_folder(list *l, const char *folder)
{
    static const char *const kinds[] = {"templates", "static"};
    char                     path[PATH_SIZE];
    struct stat              status;
    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) return complain("there is no such folder", folder);
    if (!list_add(l, folder, 0, NULL)) return false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (snprintf(path, sizeof path, "%s/%s", folder, kinds[i]) >= (int)sizeof path)
            return complain("the path is too long", folder);
        if (!collect(l, path, strlen(path) + 1, kinds[i], 0)) return false;
    }
    return true;
}

static int usage(void)
{
    fputs("usage: carafe-embed -o OUT.c [-d OUT.d] [--filter NAME]... [--test NAME]... FOLDER...\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *source = NULL, *dependencies = NULL;
    list        l = {NULL, 0, 0};
    int         at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "-o") == 0) source = argv[at + 1];
        else if (strcmp(argv[at], "-d") == 0) dependencies = argv[at + 1];
        else if (strcmp(argv[at], "--filter") != 0 && strcmp(argv[at], "--test") != 0) return usage();
    }
    if (!source || at >= argc || argv[at][0] == '-') return usage();
    bool good = true;
    for (; good && at < argc; at++) good = collect_folder(&l, argv[at]);
    good = good && check_templates(&l, argc, argv) && write_source(&l, source) &&
           (!dependencies || write_dependencies(&l, dependencies, source));
    for (size_t i = 0; i < l.count; i++) free(l.items[i].path);
    free(l.items);
    return good ? 0 : 1;
}
