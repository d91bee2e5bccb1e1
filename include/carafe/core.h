/**
 * @file carafe/core.h
 * @brief What every other header of Carafe needs: visibility, attributes, argument mapping.
 *
 * Nothing here does anything by itself. Names that end in an underscore are
 * parts of macros and no interface.
 */
#ifndef CARAFE_CORE_H
#define CARAFE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CF_API __attribute__((visibility("default")))
#define CF_PRINTF(text_, first_) __attribute__((format(printf, text_, first_)))
#define CF_UNUSED __attribute__((unused))
#define CF_NODISCARD __attribute__((warn_unused_result))
#define CF_NORETURN __attribute__((noreturn))
#else
#error "Carafe needs the GNU extensions that gcc and clang share"
#endif

#ifdef __cplusplus
#define CF_BEGIN_C extern "C" {
#define CF_END_C }
#else
#define CF_BEGIN_C
#define CF_END_C
#endif

/** The version of these headers; cf_version() tells that of the library. */
#define CF_VERSION_MAJOR 0
#define CF_VERSION_MINOR 1
#define CF_VERSION_PATCH 0
#define CF_VERSION "0.1.0"

#define CF_CAT_(a, b) CF_CAT2_(a, b)
#define CF_CAT2_(a, b) a##b
#define CF_STR_(a) CF_STR2_(a)
#define CF_STR2_(a) #a

/* CF_COUNT_(...) is the number of arguments, 0 to 32. */
#define CF_COUNT_(...)                                                                             \
    CF_COUNT2_(0, ##__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17,   \
               16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define CF_COUNT2_(z, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17,  \
                   a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, n,   \
                   ...)                                                                            \
    n

/* CF_MAP_(f, a, b, c) is f(a) f(b) f(c), up to 32 arguments. */
#define CF_MAP_(f, ...) CF_CAT_(CF_MAP, CF_CAT_(CF_COUNT_(__VA_ARGS__), _))(f, ##__VA_ARGS__)
#define CF_MAP0_(f)
#define CF_MAP1_(f, a) f(a)
#define CF_MAP2_(f, a, ...) f(a) CF_MAP1_(f, __VA_ARGS__)
#define CF_MAP3_(f, a, ...) f(a) CF_MAP2_(f, __VA_ARGS__)
#define CF_MAP4_(f, a, ...) f(a) CF_MAP3_(f, __VA_ARGS__)
#define CF_MAP5_(f, a, ...) f(a) CF_MAP4_(f, __VA_ARGS__)
#define CF_MAP6_(f, a, ...) f(a) CF_MAP5_(f, __VA_ARGS__)
#define CF_MAP7_(f, a, ...) f(a) CF_MAP6_(f, __VA_ARGS__)
#define CF_MAP8_(f, a, ...) f(a) CF_MAP7_(f, __VA_ARGS__)
#define CF_MAP9_(f, a, ...) f(a) CF_MAP8_(f, __VA_ARGS__)
#define CF_MAP10_(f, a, ...) f(a) CF_MAP9_(f, __VA_ARGS__)
#define CF_MAP11_(f, a, ...) f(a) CF_MAP10_(f, __VA_ARGS__)
#define CF_MAP12_(f, a, ...) f(a) CF_MAP11_(f, __VA_ARGS__)
#define CF_MAP13_(f, a, ...) f(a) CF_MAP12_(f, __VA_ARGS__)
#define CF_MAP14_(f, a, ...) f(a) CF_MAP13_(f, __VA_ARGS__)
#define CF_MAP15_(f, a, ...) f(a) CF_MAP14_(f, __VA_ARGS__)
#define CF_MAP16_(f, a, ...) f(a) CF_MAP15_(f, __VA_ARGS__)
#define CF_MAP17_(f, a, ...) f(a) CF_MAP16_(f, __VA_ARGS__)
#define CF_MAP18_(f, a, ...) f(a) CF_MAP17_(f, __VA_ARGS__)
#define CF_MAP19_(f, a, ...) f(a) CF_MAP18_(f, __VA_ARGS__)
#define CF_MAP20_(f, a, ...) f(a) CF_MAP19_(f, __VA_ARGS__)
#define CF_MAP21_(f, a, ...) f(a) CF_MAP20_(f, __VA_ARGS__)
#define CF_MAP22_(f, a, ...) f(a) CF_MAP21_(f, __VA_ARGS__)
#define CF_MAP23_(f, a, ...) f(a) CF_MAP22_(f, __VA_ARGS__)
#define CF_MAP24_(f, a, ...) f(a) CF_MAP23_(f, __VA_ARGS__)
#define CF_MAP25_(f, a, ...) f(a) CF_MAP24_(f, __VA_ARGS__)
#define CF_MAP26_(f, a, ...) f(a) CF_MAP25_(f, __VA_ARGS__)
#define CF_MAP27_(f, a, ...) f(a) CF_MAP26_(f, __VA_ARGS__)
#define CF_MAP28_(f, a, ...) f(a) CF_MAP27_(f, __VA_ARGS__)
#define CF_MAP29_(f, a, ...) f(a) CF_MAP28_(f, __VA_ARGS__)
#define CF_MAP30_(f, a, ...) f(a) CF_MAP29_(f, __VA_ARGS__)
#define CF_MAP31_(f, a, ...) f(a) CF_MAP30_(f, __VA_ARGS__)
#define CF_MAP32_(f, a, ...) f(a) CF_MAP31_(f, __VA_ARGS__)

CF_BEGIN_C

/** The version of the library, such as "0.1.0". A constant; the caller frees nothing. */
CF_API const char *cf_version(void);

CF_END_C

#endif
