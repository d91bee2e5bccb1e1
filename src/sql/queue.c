/*
 * SQLite lets one connection write at a time. Its own way to wait is to try again; here the threads of a
 * process stand in line instead, one line for a file, so that nobody starves and nothing spins.
 */
#include "base/memory.h"
#include "sql/driver.h"

#include <stdio.h>
#include <time.h>

typedef struct waiter {
    struct waiter *next;
    pthread_cond_t turn;
    const cf_conn *who;
    bool           granted;
} waiter;

struct cf_queue {
    cf_queue       *next;
    uint64_t        device, file;
    int             users;
    pthread_mutex_t lock;
    bool            held;
    const char     *holder_file; /* call site of the one who holds it */
    int             holder_line;
    int64_t         held_since;
    waiter         *first, *last;
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static cf_queue       *registry;

cf_queue *cf_queue_of(uint64_t device, uint64_t file)
{
    pthread_mutex_lock(&registry_lock);
    cf_queue *queue = registry;
    while (queue && (queue->device != device || queue->file != file)) queue = queue->next;
    if (!queue && (queue = cf_mem_zero(1, sizeof *queue))) {
        queue->device = device;
        queue->file = file;
        pthread_mutex_init(&queue->lock, NULL);
        queue->next = registry;
        registry = queue;
    }
    if (queue) queue->users++;
    pthread_mutex_unlock(&registry_lock);
    return queue;
}

void cf_queue_leave(cf_queue *queue)
{
    if (!queue) return;
    pthread_mutex_lock(&registry_lock);
    if (--queue->users == 0) {
        cf_queue **at = &registry;
        while (*at != queue) at = &(*at)->next;
        *at = queue->next;
        pthread_mutex_destroy(&queue->lock);
        cf_mem_free(queue);
    }
    pthread_mutex_unlock(&registry_lock);
}

static void hold(cf_queue *queue, const cf_conn *who)
{
    queue->held = true;
    queue->holder_file = who->file;
    queue->holder_line = who->line;
    queue->held_since = cf_clock_ms();
}

static void remove_waiter(cf_queue *queue, waiter *self)
{
    waiter *previous = NULL;
    for (waiter *w = queue->first; w && w != self; w = w->next) previous = w;
    if (previous) previous->next = self->next;
    else queue->first = self->next;
    if (queue->last == self) queue->last = previous;
}

bool cf_queue_enter(cf_queue *queue, int ms, const cf_conn *who, char holder[160])
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->held) {
        hold(queue, who);
        pthread_mutex_unlock(&queue->lock);
        return true;
    }
    waiter             self = {.who = who};
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self.turn, &attributes);
    pthread_condattr_destroy(&attributes);
    if (queue->last) queue->last->next = &self;
    else queue->first = &self;
    queue->last = &self;

    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int failed = 0;
    while (!self.granted && !failed)
        failed =
            ms ? pthread_cond_timedwait(&self.turn, &queue->lock, &until) : pthread_cond_wait(&self.turn, &queue->lock);
    if (!self.granted) {
        remove_waiter(queue, &self);
        snprintf(holder, 160, "%s:%d for %lld ms", queue->holder_file ? queue->holder_file : "unknown",
                 queue->holder_line, (long long)(cf_clock_ms() - queue->held_since));
    }
    pthread_mutex_unlock(&queue->lock);
    pthread_cond_destroy(&self.turn);
    return self.granted;
}

void cf_queue_exit(cf_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    waiter *next = queue->first;
    if (next) {
        queue->first = next->next;
        if (!queue->first) queue->last = NULL;
        hold(queue, next->who);
        next->granted = true;
        pthread_cond_signal(&next->turn);
    } else {
        queue->held = false;
    }
    pthread_mutex_unlock(&queue->lock);
}
