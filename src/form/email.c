#include "internal.h"
bool cf_email_valid(const char *text, size_t size, unsigned flags, char *why, size_t why_size){(void)text;(void)size;(void)flags;(void)why;(void)why_size;return true;}
#include "idna.h"
#include <string.h>
size_t cf_idna2003_ascii(const char *host, size_t size, char *out, size_t room){ if(size>=room) return 0; memcpy(out,host,size); return size;}
