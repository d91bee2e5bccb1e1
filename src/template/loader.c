/* Where templates come from: an own loader, a folder, the program itself. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "template/environment.h"

/* The largest file that is read as a template. */
#define LARGEST_FILE ((off_t)64 << 20)

enum { FROM_OWN = 1, FROM_FOLDER, FROM_PROGRAM };

/* No empty parts, no "..", nothing absolute: a name never leaves the folder. */
static bool safe_name(const char *name)
{
    const char *part = name;
    for (const char *p = name;; p++) {
        if (*p == '\\') return false;
        if (*p != '/' && *p) continue;
        size_t n = (size_t)(p - part);
        if (n == 2 && part[0] == '.' && part[1] == '.') return false;
        if (n == 0 && (p == name || !*p)) return false;
        if (!*p) return true;
        part = p + 1;
    }
}

static uint64_t version_of(const struct stat *s)
{
    uint64_t v[4] = {(uint64_t)s->st_mtim.tv_sec, (uint64_t)s->st_mtim.tv_nsec, (uint64_t)s->st_size,
                     (uint64_t)s->st_ino};
    return cf_hash(v, sizeof v);
}

static char *path_of(const cf_templates *env, const char *name)
{
    const char *folder = env->options.folder;
    size_t      a = strlen(folder), b = strlen(name);
    char       *path = cf_mem_alloc(a + b + 2);
    if (!path) return NULL;
    memcpy(path, folder, a);
    path[a] = '/';
    memcpy(path + a + 1, name, b + 1);
    return path;
}

static bool read_all(int file, char *text, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = read(file, text + *got, size - *got);
        if (n < 0) return false;
        if (n == 0) break;
        *got += (size_t)n;
    }
    return true;
}

static cf_answer load_file(cf_templates *env, const char *name, cf_t_source *out, cf_error *error)
{
    char *path = path_of(env, name);
    if (!path) return CF_FAILED;
    int         file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat s;
    cf_answer   answer = CF_NO;
    if (file >= 0 && fstat(file, &s) == 0 && S_ISREG(s.st_mode)) {
        answer = CF_FAILED;
        if (s.st_size > LARGEST_FILE) {
            cf_fail(error, CF_ERR_LIMIT, "template %s is larger than 64 MiB", path);
        } else {
            out->owned = cf_mem_alloc((size_t)s.st_size + 1);
            if (out->owned && !read_all(file, out->owned, (size_t)s.st_size, &out->size))
                cf_fail(error, CF_ERR_IO, "template %s cannot be read", path);
            else if (out->owned) answer = CF_YES;
        }
        out->text = out->owned;
        out->version = version_of(&s);
        out->origin = FROM_FOLDER;
    }
    if (file >= 0) close(file);
    cf_mem_free(path);
    return answer;
}

static const cf_file *embedded(const cf_templates *env, const char *name)
{
    for (size_t i = 0; i < env->options.file_count; i++) {
        const cf_file *f = env->options.files[i];
        if (f && strcmp(f->folder, "templates") == 0 && strcmp(f->name, name) == 0) return f;
    }
    return NULL;
}

static cf_answer load_own(cf_templates *env, const char *name, cf_t_source *out, cf_error *error)
{
    out->arena = cf_arena_new(NULL, 0);
    if (!out->arena) return CF_FAILED;
    cf_template_source source = {0};
    cf_answer          answer = env->options.load(env->options.data, name, out->arena, &source, error);
    out->text = source.text;
    out->size = source.size;
    out->version = source.version;
    out->origin = FROM_OWN;
    return answer;
}

cf_answer cf_t_load_source(cf_templates *env, const char *name, cf_t_source *out, cf_error *error)
{
    if (env->options.load) {
        cf_answer answer = load_own(env, name, out, error);
        if (answer != CF_NO) return answer;
    }
    if (env->options.folder && safe_name(name)) {
        cf_answer answer = load_file(env, name, out, error);
        if (answer != CF_NO) return answer;
    }
    const cf_file *f = embedded(env, name);
    if (!f) return CF_NO;
    out->text = (const char *)f->data;
    out->size = f->size;
    out->origin = FROM_PROGRAM;
    return CF_YES;
}

void cf_t_source_free(cf_t_source *source)
{
    cf_mem_free(source->owned);
    cf_arena_free(source->arena);
    *source = (cf_t_source){0};
}

bool cf_t_is_fresh(cf_templates *env, const cf_t_template *t)
{
    if (env->options.load) {
        cf_t_source source = {0};
        cf_answer   answer = load_own(env, t->name, &source, NULL);
        bool same = answer == CF_YES ? t->origin == FROM_OWN && t->version == source.version : t->origin != FROM_OWN;
        cf_t_source_free(&source);
        if (!same || t->origin == FROM_OWN) return same;
    }
    if (!env->options.folder || !safe_name(t->name)) return true;
    char *path = path_of(env, t->name);
    if (!path) return true;
    struct stat s;
    bool        there = stat(path, &s) == 0 && S_ISREG(s.st_mode);
    cf_mem_free(path);
    return there ? t->origin == FROM_FOLDER && version_of(&s) == t->version : t->origin != FROM_FOLDER;
}

/* ---- listing -------------------------------------------------------------------------------- */

typedef struct walk {
    cf_templates *env;
    bool (*visit)(void *data, const char *name, cf_error *error);
    void     *data;
    cf_error *error;
    int       depth;
} walk;

static bool list_folder(walk *w, const char *below)
{
    if (++w->depth > 32)
        return cf_fail(w->error, CF_ERR_LIMIT, "folders of templates are nested too deeply at %s", below);
    char *path = path_of(w->env, below);
    if (!path) return cf_fail(w->error, CF_ERR_MEMORY, "out of memory while listing templates");
    DIR *dir = opendir(path);
    bool ok = dir || *below || cf_fail(w->error, CF_ERR_IO, "the folder of templates %s cannot be read", path);
    cf_mem_free(path);
    for (struct dirent *e; ok && dir && (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        size_t size = strlen(below) + strlen(e->d_name) + 2;
        char  *name = cf_mem_alloc(size);
        path = NULL;
        if (name) {
            snprintf(name, size, "%s%s%s", below, *below ? "/" : "", e->d_name);
            path = path_of(w->env, name);
        }
        struct stat s;
        if (!path) ok = cf_fail(w->error, CF_ERR_MEMORY, "out of memory while listing templates");
        else if (stat(path, &s) != 0) ok = true;
        else if (S_ISDIR(s.st_mode)) ok = list_folder(w, name);
        else if (S_ISREG(s.st_mode)) ok = w->visit(w->data, name, w->error);
        cf_mem_free(path);
        cf_mem_free(name);
    }
    if (dir) closedir(dir);
    w->depth--;
    return ok;
}

bool cf_t_list_templates(cf_templates *env, bool (*visit)(void *data, const char *name, cf_error *error), void *data,
                         cf_error *error)
{
    walk w = {env, visit, data, error, 0};
    if (env->options.folder && !list_folder(&w, "")) return false;
    for (size_t i = 0; i < env->options.file_count; i++) {
        const cf_file *f = env->options.files[i];
        if (f && strcmp(f->folder, "templates") == 0 && !visit(data, f->name, error)) return false;
    }
    return true;
}
