/* Labels in scripts that run from right to left or join their letters (RFC 5893; RFC 5892 A.1). */
#include "idna.h"

#include "base/text.h"
#include "data.h"

#include <utf8proc.h>

static int bidi_of(uint32_t c)
{
    return utf8proc_get_property((utf8proc_int32_t)c)->bidi_class;
}

static bool is_number(int direction)
{
    return direction == UTF8PROC_BIDI_CLASS_EN || direction == UTF8PROC_BIDI_CLASS_AN;
}

/* What may stand in both kinds of labels. */
static bool is_neutral(int direction)
{
    switch (direction) {
    case UTF8PROC_BIDI_CLASS_EN:
    case UTF8PROC_BIDI_CLASS_ES:
    case UTF8PROC_BIDI_CLASS_CS:
    case UTF8PROC_BIDI_CLASS_ET:
    case UTF8PROC_BIDI_CLASS_ON:
    case UTF8PROC_BIDI_CLASS_BN:
    case UTF8PROC_BIDI_CLASS_NSM: return true;
    default: return false;
    }
}

static bool is_right_to_left(int direction)
{
    return direction == UTF8PROC_BIDI_CLASS_R || direction == UTF8PROC_BIDI_CLASS_AL;
}

static bool check_directions(const uint32_t *label, size_t count, bool rtl, cf_buffer *why)
{
    bool ending = false;
    int  numbers = -1;
    for (size_t i = 0; i < count; i++) {
        int  d = bidi_of(label[i]);
        bool allowed =
            is_neutral(d) || (rtl ? is_right_to_left(d) || d == UTF8PROC_BIDI_CLASS_AN : d == UTF8PROC_BIDI_CLASS_L);
        if (!allowed) {
            cf_buffer_printf(why, "Invalid direction for codepoint at position %zu in a %s label", i + 1,
                             rtl ? "right-to-left" : "left-to-right");
            return false;
        }
        if (rtl ? is_right_to_left(d) || is_number(d) : d == UTF8PROC_BIDI_CLASS_L || d == UTF8PROC_BIDI_CLASS_EN)
            ending = true;
        else if (d != UTF8PROC_BIDI_CLASS_NSM) ending = false;
        if (!rtl || !is_number(d)) continue;
        if (numbers >= 0 && numbers != d) {
            cf_buffer_text(why, "Can not mix numeral types in a right-to-left label");
            return false;
        }
        numbers = d;
    }
    if (!ending) cf_buffer_text(why, "Label ends with illegal codepoint directionality");
    return ending;
}

bool cf_check_bidi(const uint32_t *label, size_t count, cf_buffer *why)
{
    bool concerned = false;
    for (size_t i = 0; i < count; i++) {
        int d = bidi_of(label[i]);
        if (is_right_to_left(d) || d == UTF8PROC_BIDI_CLASS_AN) concerned = true;
    }
    if (!concerned) return true;
    int first = bidi_of(label[0]);
    if (is_right_to_left(first) || first == UTF8PROC_BIDI_CLASS_L)
        return check_directions(label, count, first != UTF8PROC_BIDI_CLASS_L, why);
    cf_buffer text = {0};
    cf_points_print(label, count, &text);
    cf_buffer_text(why, "First codepoint in label ");
    cf_text_quote(text.data ? text.data : "", text.size, why);
    cf_buffer_text(why, " must be directionality L, R or AL");
    cf_buffer_free(&text);
    return false;
}

/* ---- joining letters ---- */

/* Letters of Arabic and its kin that join only what comes before them. */
static const struct span {
    uint16_t first, last;
} right_joining[] =
    {
        {0x622, 0x625}, {0x627, 0x627}, {0x629, 0x629}, {0x62F, 0x632}, {0x648, 0x648}, {0x671, 0x673}, {0x675, 0x677},
        {0x688, 0x699}, {0x6C0, 0x6C0}, {0x6C3, 0x6CB}, {0x6CD, 0x6CD}, {0x6CF, 0x6CF}, {0x6D2, 0x6D3}, {0x6D5, 0x6D5},
        {0x6EE, 0x6EF}, {0x710, 0x710}, {0x715, 0x719}, {0x71E, 0x71E}, {0x728, 0x728}, {0x72A, 0x72A}, {0x72C, 0x72C},
        {0x72F, 0x72F}, {0x74D, 0x74D}, {0x759, 0x75B}, {0x76B, 0x76C}, {0x771, 0x771}, {0x773, 0x774}, {0x778, 0x779},
        {0x840, 0x840}, {0x846, 0x847}, {0x849, 0x849}, {0x854, 0x854}, {0x856, 0x858}, {0x867, 0x867}, {0x869, 0x86A},
        {0x870, 0x882}, {0x88E, 0x88E}, {0x8AA, 0x8AC}, {0x8AE, 0x8AE}, {0x8B1, 0x8B2}, {0x8B9, 0x8B9},
},
  dual_joining[] = {
      {0x620, 0x620},   {0x626, 0x626},   {0x628, 0x628},   {0x62A, 0x62E},   {0x633, 0x63F},   {0x641, 0x647},
      {0x649, 0x64A},   {0x66E, 0x66F},   {0x678, 0x687},   {0x69A, 0x6BF},   {0x6C1, 0x6C2},   {0x6CC, 0x6CC},
      {0x6CE, 0x6CE},   {0x6D0, 0x6D1},   {0x6FA, 0x6FC},   {0x6FF, 0x6FF},   {0x712, 0x714},   {0x71A, 0x71D},
      {0x71F, 0x727},   {0x729, 0x729},   {0x72B, 0x72B},   {0x72D, 0x72E},   {0x74E, 0x758},   {0x75C, 0x76A},
      {0x76D, 0x770},   {0x772, 0x772},   {0x775, 0x777},   {0x77A, 0x77F},   {0x7CA, 0x7EA},   {0x841, 0x845},
      {0x848, 0x848},   {0x84A, 0x853},   {0x855, 0x855},   {0x860, 0x860},   {0x862, 0x865},   {0x868, 0x868},
      {0x886, 0x886},   {0x889, 0x88D},   {0x8A0, 0x8A9},   {0x8AF, 0x8B0},   {0x8B3, 0x8B8},   {0x8BA, 0x8C8},
      {0x1807, 0x1807}, {0x1820, 0x1878}, {0x1887, 0x18A8}, {0x18AA, 0x18AA}, {0xA840, 0xA871},
};

static bool within(const struct span *spans, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++)
        if (c >= spans[i].first && c <= spans[i].last) return true;
    return false;
}

static bool is_transparent(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    bool                mark =
        category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME || category == UTF8PROC_CATEGORY_CF;
    return mark && c != 0x200C && c != 0x200D;
}

/* Does the nearest letter that counts, searched from the joiner on, join towards it? */
bool cf_joins(const uint32_t *label, size_t count, bool after)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t c = after ? label[i] : label[count - 1 - i];
        if (is_transparent(c)) continue;
        if (within(dual_joining, sizeof dual_joining / sizeof *dual_joining, c)) return true;
        if (!after) return c == 0xA872;
        return within(right_joining, sizeof right_joining / sizeof *right_joining, c);
    }
    return false;
}
