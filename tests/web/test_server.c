/* The server over real sockets: framing, limits, slow clients, the end. */
#include "site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

static cf_web    *web;
static cf_server *server;

static cf_app quick_site(void)
{
    cf_app app = site;
    app.limits =
        (cf_limits){.header_seconds = 1, .body_seconds = 1, .idle_seconds = 1, .send_seconds = 2, .body = 1 << 20};
    return app;
}
static cf_app quick;

static int set_up(void **state)
{
    cf_error    error = {0};
    cf_settings settings = site_settings;
    settings.threads = 2;
    quick = quick_site();
    web = cf_web_new(&quick, CF_PROGRAM, &settings, &error);
    server = web ? cf_server_start(web, &error) : NULL;
    if (!server) fprintf(stderr, "%s\n", error.message);
    return server ? 0 : -1;
}

static int tear_down(void **state)
{
    cf_server_stop(server);
    cf_web_free(web);
    return 0;
}

/* ---- a client of bytes ---------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(cf_server_port(server))};
    struct timeval     wait = {8, 0};
    int                fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0) return; /* refused already: the answer tells */
        data += n;
        size -= (size_t)n;
    }
}

static char heard[1 << 17];
static char statuses[200];

/* Read until the end; leaves the statuses as "200 404". */
static const char *hear(int fd)
{
    size_t  size = 0;
    ssize_t n;
    while (size < sizeof heard - 1 && (n = recv(fd, heard + size, sizeof heard - 1 - size, 0)) > 0) size += (size_t)n;
    heard[size] = '\0';
    close(fd);
    statuses[0] = '\0';
    for (size_t i = 0; i + 12 < size; i++)
        if (memcmp(heard + i, "HTTP/1.1 ", 9) == 0 && (i == 0 || heard[i - 1] == '\n') && strlen(statuses) < 190)
            snprintf(statuses + strlen(statuses), 6, "%s%.3s", *statuses ? " " : "", heard + i + 9);
    return statuses;
}

static const char *talk(const char *data, size_t size)
{
    int fd = dial();
    say(fd, data, size);
    return hear(fd);
}
#define TALK(text) talk(text, sizeof(text) - 1)
#define HOST "Host: x\r\n"
#define CLOSE "Connection: close\r\n"

/* ---- framing -------------------------------------------------------------------------------- */

static void requests_are_answered_in_order(void **state)
{
    assert_string_equal(TALK("GET / HTTP/1.1\r\n" HOST CLOSE "\r\n"), "200");
    assert_string_equal(TALK("GET / HTTP/1.0\r\n\r\n"), "200");
    assert_string_equal(TALK("get / HTTP/1.1\r\n" HOST CLOSE "\r\n"), "405");
    assert_string_equal(TALK("GET http://x/user/3 HTTP/1.1\r\nhOST: x\r\ncONNECTION: close\r\n\r\n"), "200");
    assert_string_equal(TALK("\r\nGET / HTTP/1.1\r\n" HOST CLOSE "\r\n"), "200");
    assert_string_equal(TALK("GET / HTTP/1.1\r\n" HOST "\r\nGET /nope HTTP/1.1\r\n" HOST "\r\n"
                             "GET /user/1 HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "200 404 200");
    assert_string_equal(TALK("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                             "GET /nope HTTP/1.1\r\n" HOST CLOSE "\r\n"),
                        "200 404");
    assert_string_equal(TALK("HEAD / HTTP/1.1\r\n" HOST "\r\nGET / HTTP/1.1\r\n" HOST CLOSE "\r\n"), "200 200");
    assert_string_equal(TALK("GET / HTTP/1.1\r\nHost: x  \r\nX-A:\r\nX-B:  b \t\r\n" CLOSE "\r\n"), "200");
}

static void chunked_bodies_are_read(void **state)
{
    assert_string_equal(TALK("POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Type: application/x-www-form-urlencoded\r\n"
                             "Transfer-Encoding: Chunked\r\n\r\n3\r\na=1\r\n4;x=y\r\n&b=2\r\n0\r\n\r\n"),
                        "200");
    assert_non_null(strstr(heard, "form a=1\nform b=2\n"));
}

#define POST "POST /echo HTTP/1.1\r\n" HOST
#define GET "GET / HTTP/1.1\r\n" HOST
#define CASE(text)             \
    {                          \
        text, sizeof(text) - 1 \
    }

static void ambiguous_and_malformed_heads_are_400_once(void **state)
{
    static const struct {
        const char *text;
        size_t      size;
    } cases[] = {
        CASE("hello\r\n\r\n"),
        CASE("GET / x HTTP/1.1\r\n" HOST "\r\n"),
        CASE("GET  / HTTP/1.1\r\n" HOST "\r\n"),
        CASE("GET\t/ HTTP/1.1\r\n" HOST "\r\n"),
        CASE("GET / HTTP/1.1 \r\n" HOST "\r\n"),
        CASE("GET /\r\n\r\n"),
        CASE("GET / HTTP/1.1\r\n\r\n"),
        CASE("GET / HTTP/1.1\r\n" HOST HOST "\r\n"),
        CASE(GET "nonsense\r\n\r\n"),
        CASE(GET ": nameless\r\n\r\n"),
        CASE(GET "X A: b\r\n\r\n"),
        CASE(GET "X-A: a\0b\r\n\r\n"),
        CASE(GET "X-A: a\0\r\n\r\n"),
        CASE(GET "X-\0A: a\r\n\r\n"),
        CASE("GET /a\0b HTTP/1.1\r\n" HOST "\r\n"),
        CASE(GET "X-A: a\r\n folded\r\n\r\n"),
        CASE(GET "X-A: a\r\n\tfolded\r\nX-B: c\r\n\r\n"),
        CASE("GET / HTTP/1.1\nHost: x\r\n\r\n"),
        CASE("GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n"),
        CASE("GET / HTTP/1.1\r\nHost: x\r\n\n"),
        CASE("GET / HTTP/1.1\r\nHost: x\n\n"),
        CASE("GET / HTTP/1.1\r\nHost: x\rX-A: b\r\n\r\n"),
        CASE(GET "X-A: a\rb: c\r\n\r\n"),
        CASE(GET "X-A: a\001b\r\n\r\n"),
        CASE(POST "Content-Length: abc\r\n\r\n"),
        CASE(POST "Content-Length: -1\r\n\r\n"),
        CASE(POST "Content-Length: +1\r\n\r\na"),
        CASE(POST "Content-Length: 0x1\r\n\r\na"),
        CASE(POST "Content-Length:\r\n\r\n"),
        CASE(POST "Content-Length: 1, 1\r\n\r\na"),
        CASE(POST "Content-Length : 1\r\n\r\na"),
        CASE(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        CASE(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        CASE(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n"),
        CASE("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        CASE(POST "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"),
        CASE("GET * HTTP/1.1\r\n" HOST "\r\n"),
        CASE("CONNECT x:80 HTTP/1.1\r\n" HOST "\r\n"),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = talk(cases[i].text, cases[i].size);
        if (strcmp(got, "400") != 0) fail_msg("case %zu: \"%s\" for %s", i, got, cases[i].text);
    }
    assert_string_equal(TALK("GET / HTTP/2.0\r\n" HOST "\r\n"), "505");
    assert_string_equal(TALK(GET "\r\nPOST / HTTP/1.1\r\n" HOST "Content-Length : 1\r\n\r\na"), "200 400");
}

/* ---- limits --------------------------------------------------------------------------------- */

static const char *long_request(const char *before, char fill, size_t count, const char *after)
{
    size_t head = strlen(before), tail = strlen(after);
    char  *text = malloc(head + count + tail);
    memcpy(text, before, head);
    memset(text + head, fill, count);
    memcpy(text + head + count, after, tail);
    const char *got = talk(text, head + count + tail);
    free(text);
    return got;
}

static void long_lines_are_414(void **state)
{
    const char *after = " HTTP/1.1\r\n" HOST CLOSE "\r\n";
    assert_string_equal(long_request("GET /?", 'a', 8000, after), "200");
    assert_string_equal(long_request("GET /?", 'a', 8200, after), "414");
    assert_string_equal(long_request("GET /?", 'a', 100000, after), "414");
    assert_string_equal(long_request("GET /?", 'a', 1000000, after), "414");
}

static void large_heads_are_431(void **state)
{
    assert_string_equal(long_request("GET / HTTP/1.1\r\n" HOST CLOSE "X-A: ", 'a', 16000, "\r\n\r\n"), "200");
    assert_string_equal(long_request("GET / HTTP/1.1\r\n" HOST CLOSE "X-A: ", 'a', 17000, "\r\n\r\n"), "431");
    assert_string_equal(long_request("GET / HTTP/1.1\r\n" HOST CLOSE "X-A: ", 'a', 1000000, "\r\n\r\n"), "431");
    cf_buffer many = {0};
    for (int count = 99; count <= 5000; count += 4901) {
        cf_buffer_clear(&many);
        cf_buffer_text(&many, "GET / HTTP/1.1\r\n" HOST);
        for (int i = 0; i < count - 1; i++) cf_buffer_text(&many, "X-A: b\r\n");
        cf_buffer_text(&many, CLOSE "\r\n");
        assert_string_equal(talk(many.data, many.size), count == 99 ? "200" : "431");
    }
    cf_buffer_free(&many);
}

static void large_bodies_are_refused_as_soon_as_it_is_known(void **state)
{
    const char *head = "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5000000\r\n\r\n";
    assert_string_equal(talk(head, strlen(head)), "413");
    assert_string_equal(long_request(head, 'a', 5000000, ""), "413");
    const char *expect = "POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5000000\r\n\r\n";
    assert_string_equal(talk(expect, strlen(expect)), "413");
    cf_buffer chunks = {0};
    cf_buffer_text(&chunks, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20; i++) {
        cf_buffer_text(&chunks, "10000\r\n");
        for (int k = 0; k < 65536; k++) cf_buffer_char(&chunks, 'a');
        cf_buffer_text(&chunks, "\r\n");
    }
    assert_string_equal(talk(chunks.data, chunks.size), "413");
    cf_buffer_free(&chunks);
}

/* ---- time ----------------------------------------------------------------------------------- */

typedef struct drip_case {
    const char *first, *step, *want, *failed;
} drip_case;

/* Sends a piece every 0.2 seconds until the server ends it. */
static void *drip(void *argument)
{
    drip_case *c = argument;
    int        fd = dial();
    double     start = now();
    say(fd, c->first, strlen(c->first));
    while (now() - start < 6) {
        struct pollfd p = {fd, POLLIN, 0};
        if (poll(&p, 1, 200) == 1) break;
        say(fd, c->step, strlen(c->step));
    }
    double  spent = now() - start;
    char    buffer[2000];
    ssize_t n = recv(fd, buffer, sizeof buffer - 1, 0);
    buffer[n > 0 ? n : 0] = '\0';
    close(fd);
    c->failed = spent < 0.7 || spent > 3                         ? "not in time"
                : strncmp(buffer, c->want, strlen(c->want)) != 0 ? "another answer"
                                                                 : NULL;
    return NULL;
}

static void slow_clients_are_cut_off(void **state)
{
    drip_case cases[] = {
        {"", "", "", NULL},
        {"GET /", "a", "HTTP/1.1 408", NULL},
        {"GET / HTTP/1.1\r\n", "X-A: b\r\n", "HTTP/1.1 408", NULL},
        {"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n\r\n", "a", "HTTP/1.1 408", NULL},
        {"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", "HTTP/1.1 408", NULL},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    pthread_t threads[CASES];
    for (int i = 0; i < CASES; i++) pthread_create(&threads[i], NULL, drip, &cases[i]);
    for (int i = 0; i < CASES; i++) {
        pthread_join(threads[i], NULL);
        if (cases[i].failed) fail_msg("case %d: %s", i, cases[i].failed);
    }
}

static void idle_connections_are_closed(void **state)
{
    double start = now();
    assert_string_equal(TALK("GET / HTTP/1.1\r\n" HOST "\r\n"), "200");
    assert_true(now() - start > 0.7 && now() - start < 3);
}

static void a_client_that_goes_away_does_no_harm(void **state)
{
    static const char *const parts[] = {"",
                                        "GE",
                                        "GET / HT",
                                        "GET / HTTP/1.1\r\nHo",
                                        "GET / HTTP/1.1\r\n" HOST "\r\n",
                                        "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 50\r\n\r\nabc",
                                        "GET /slow HTTP/1.1\r\n" HOST "\r\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int           fd = dial();
        struct linger hard = {1, 0};
        say(fd, parts[i], strlen(parts[i]));
        if (i % 2) setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close(fd);
    }
    assert_string_equal(TALK("GET / HTTP/1.1\r\n" HOST CLOSE "\r\n"), "200");
}

/* Every byte in a packet of its own. */
static void a_request_may_come_byte_by_byte(void **state)
{
    const char *text = "POST /echo HTTP/1.1\r\n" HOST CLOSE "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: 7\r\n\r\na=1&b=2";
    int                                               fd = dial(), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (const char *c = text; *c; c++) say(fd, c, 1);
    assert_string_equal(hear(fd), "200");
    assert_non_null(strstr(heard, "form b=2\n"));
}

/* ---- many, and the end ---------------------------------------------------------------------- */

static void *ask_slow(void *argument)
{
    int               fd = dial();
    static const char slow[] = "GET /slow HTTP/1.1\r\n" HOST "\r\n";
    say(fd, slow, sizeof slow - 1);
    char    buffer[2000];
    size_t  size = 0;
    ssize_t n;
    while (size < sizeof buffer - 1 && (n = recv(fd, buffer + size, sizeof buffer - 1 - size, 0)) > 0)
        size += (size_t)n;
    buffer[size] = '\0';
    close(fd);
    *(bool *)argument = strncmp(buffer, "HTTP/1.1 200", 12) == 0 && strstr(buffer, "Connection: close") && size > 4 &&
                        strcmp(buffer + size - 4, "slow") == 0;
    return NULL;
}

static void stopping_answers_what_is_in_flight(void **state)
{
    enum { ASKED = 4 };
    pthread_t         threads[ASKED];
    bool              answered[ASKED] = {false};
    int               idle = dial(), silent = dial();
    static const char plain[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
    say(idle, plain, sizeof plain - 1);
    for (int i = 0; i < ASKED; i++) pthread_create(&threads[i], NULL, ask_slow, &answered[i]);
    usleep(150000);
    uint16_t port = cf_server_port(server);
    double   start = now();
    cf_server_stop(server);
    double spent = now() - start;
    for (int i = 0; i < ASKED; i++) {
        pthread_join(threads[i], NULL);
        assert_true(answered[i]);
    }
    assert_true(spent < 4);
    assert_string_equal(hear(idle), "200");
    assert_string_equal(hear(silent), "");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_not_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    cf_error error = {0};
    server = cf_server_start(web, &error);
    assert_non_null(server);
}

static void a_port_in_use_is_told(void **state)
{
    cf_error    error = {0};
    cf_settings settings = site_settings;
    settings.port = cf_server_port(server);
    cf_web *other = cf_web_new(&quick, CF_PROGRAM, &settings, &error);
    assert_null(cf_server_start(other, &error));
    assert_non_null(strstr(error.message, "another program listens there"));
    cf_web_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_in_order),
        cmocka_unit_test(chunked_bodies_are_read),
        cmocka_unit_test(ambiguous_and_malformed_heads_are_400_once),
        cmocka_unit_test(long_lines_are_414),
        cmocka_unit_test(large_heads_are_431),
        cmocka_unit_test(large_bodies_are_refused_as_soon_as_it_is_known),
        cmocka_unit_test(slow_clients_are_cut_off),
        cmocka_unit_test(idle_connections_are_closed),
        cmocka_unit_test(a_client_that_goes_away_does_no_harm),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(a_port_in_use_is_told),
        cmocka_unit_test(stopping_answers_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
