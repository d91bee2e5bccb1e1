/* Characters as messages name them. */
#include "names.h"

#include "base/text.h"
#include "data.h"

#include <stdio.h>

void cf_character_name(uint32_t c, char out[CF_NAME_SIZE])
{
    if (cf_unicode_name(c, out, CF_NAME_SIZE)) return;
    cf_buffer text = {0}, quoted = {0};
    cf_buffer_code_point(&text, c);
    cf_text_quote(text.data ? text.data : "", text.size, &quoted);
    snprintf(out, CF_NAME_SIZE, "%s", quoted.data ? quoted.data : "?");
    cf_buffer_free(&text);
    cf_buffer_free(&quoted);
}
