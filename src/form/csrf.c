/* CSRF tokens: made from the session's value and the time, checked without storing anything. */
#include "internal.h"

#include "sha1.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { TIME_SIZE = 8, MAC_SIZE = crypto_auth_hmacsha256_BYTES, SIGNED_SIZE = TIME_SIZE + MAC_SIZE };
enum { TOKEN_MAX = 512 };

const char *cf_csrf_field_name(const cf_csrf *csrf)
{
    return csrf->field_name ? csrf->field_name : "csrf_token";
}

static int64_t now_of(const cf_csrf *csrf)
{
    return csrf->now ? csrf->now : cf_now().usec / 1000000;
}

static int64_t limit_of(const cf_csrf *csrf)
{
    if (csrf->time_limit) return csrf->time_limit;
    return csrf->scheme == CF_CSRF_WTFORMS ? 1800 : 3600;
}

void cf_csrf_session(char out[CF_CSRF_SESSION_SIZE])
{
    uint8_t bytes[(CF_CSRF_SESSION_SIZE - 1) / 2];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out, CF_CSRF_SESSION_SIZE, bytes, sizeof bytes);
}

/* ---- the default scheme ---- */

static void sign(const cf_csrf *csrf, const uint8_t time[TIME_SIZE], uint8_t mac[MAC_SIZE])
{
    static const char            salt[] = "carafe csrf token";
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, csrf->secret, csrf->secret_size);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)salt, sizeof salt);
    crypto_auth_hmacsha256_update(&state, time, TIME_SIZE);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)csrf->session, strlen(csrf->session));
    crypto_auth_hmacsha256_final(&state, mac);
}

static char *signed_token(cf_arena *arena, const cf_csrf *csrf)
{
    uint8_t  bytes[SIGNED_SIZE];
    uint64_t now = (uint64_t)now_of(csrf);
    for (int i = 0; i < TIME_SIZE; i++) bytes[i] = (uint8_t)(now >> (56 - 8 * i));
    sign(csrf, bytes, bytes + TIME_SIZE);
    size_t size = sodium_base64_encoded_len(sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char  *text = cf_arena_alloc(arena, size);
    if (text) sodium_bin2base64(text, size, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return text;
}

static const char *refuse_signed(const cf_csrf *csrf, const char *token, size_t size)
{
    uint8_t bytes[SIGNED_SIZE], mac[MAC_SIZE];
    size_t  length = 0;
    if (sodium_base642bin(bytes, sizeof bytes, token, size, NULL, &length, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        length != sizeof bytes)
        return CF_CSRF_INVALID;
    sign(csrf, bytes, mac);
    if (sodium_memcmp(mac, bytes + TIME_SIZE, MAC_SIZE) != 0) return CF_CSRF_MISMATCH;
    uint64_t made = 0;
    for (int i = 0; i < TIME_SIZE; i++) made = made << 8 | bytes[i];
    int64_t limit = limit_of(csrf);
    if (limit > 0 && now_of(csrf) - (int64_t)made > limit) return CF_CSRF_EXPIRED;
    return NULL;
}

/* ---- WTForms' scheme ---- */

static bool stamp(int64_t seconds, char out[CF_DATETIME_SIZE])
{
    int64_t days = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
    if (days < -719162 || days > 2932896) return false;
    int     year, month, day;
    int32_t rest = (int32_t)(seconds - days * 86400);
    cf_date_parts((cf_date){(int32_t)days}, &year, &month, &day);
    snprintf(out, CF_DATETIME_SIZE, "%d%02d%02d%02d%02d%02d", year, month, day, rest / 3600, rest / 60 % 60, rest % 60);
    return true;
}

static void wtforms_mac(const cf_csrf *csrf, const char *expires, size_t size, char out[2 * CF_SHA1_SIZE + 1])
{
    uint8_t mac[CF_SHA1_SIZE];
    cf_hmac_sha1(csrf->secret, csrf->secret_size, csrf->session, strlen(csrf->session), expires, size, mac);
    sodium_bin2hex(out, 2 * CF_SHA1_SIZE + 1, mac, sizeof mac);
}

static char *wtforms_token(cf_arena *arena, const cf_csrf *csrf)
{
    char    expires[CF_DATETIME_SIZE] = "", mac[2 * CF_SHA1_SIZE + 1];
    int64_t limit = limit_of(csrf);
    if (limit > 0 && !stamp(now_of(csrf) + limit, expires)) return NULL;
    wtforms_mac(csrf, expires, strlen(expires), mac);
    return cf_arena_printf(arena, "%s##%s", expires, mac);
}

static const char *refuse_wtforms(const cf_csrf *csrf, const char *token, size_t size)
{
    const char *mark = NULL;
    for (size_t i = 0; i + 1 < size && !mark; i++)
        if (token[i] == '#' && token[i + 1] == '#') mark = token + i;
    if (!mark) return CF_CSRF_MISSING;
    size_t expires = (size_t)(mark - token), rest = size - expires - 2;
    char   mac[2 * CF_SHA1_SIZE + 1], now[CF_DATETIME_SIZE];
    wtforms_mac(csrf, token, expires, mac);
    if (rest != 2 * CF_SHA1_SIZE || sodium_memcmp(mac, mark + 2, rest) != 0) return CF_CSRF_MISMATCH;
    if (limit_of(csrf) <= 0) return NULL;
    if (!stamp(now_of(csrf), now)) return CF_CSRF_EXPIRED;
    size_t length = strlen(now);
    int    order = memcmp(now, token, length < expires ? length : expires);
    return order > 0 || (order == 0 && length > expires) ? CF_CSRF_EXPIRED : NULL;
}

/* ---- both ---- */

static bool misuse(cf_error *error, const char *type, const char *message)
{
    bool first = error && !error->code;
    cf_fail(error, CF_ERR_MISUSE, "%s", message);
    if (first) error->type = type;
    return false;
}

bool cf_csrf_token(cf_arena *arena, const cf_csrf *csrf, char **token, cf_error *error)
{
    if (sodium_init() < 0) return cf_fail(error, CF_ERR_INTERNAL, "libsodium cannot be initialised");
    if (!csrf->secret || (!csrf->secret_size && csrf->scheme != CF_CSRF_WTFORMS))
        return misuse(error, "Exception", "a CSRF token needs a secret key: set SECRET_KEY");
    if (!csrf->session) return misuse(error, "TypeError", "a CSRF token needs a session: give cf_csrf.session");
    char *made = csrf->scheme == CF_CSRF_WTFORMS ? wtforms_token(arena, csrf) : signed_token(arena, csrf);
    if (!made) return cf_fail(error, CF_ERR_MEMORY, "out of memory while making a CSRF token");
    *token = made;
    return true;
}

bool cf_csrf_check(const cf_csrf *csrf, const char *token, size_t size, const char **why)
{
    const char *refusal;
    if (!token || !size) refusal = CF_CSRF_MISSING;
    else if (!csrf->session) refusal = CF_CSRF_NO_SESSION;
    else if (!csrf->secret || size > TOKEN_MAX || sodium_init() < 0) refusal = CF_CSRF_INVALID;
    else
        refusal =
            csrf->scheme == CF_CSRF_WTFORMS ? refuse_wtforms(csrf, token, size) : refuse_signed(csrf, token, size);
    if (why) *why = refusal;
    return !refusal;
}
