/* What the lexer's files share. */
#ifndef CARAFE_TEMPLATE_LEXER_H
#define CARAFE_TEMPLATE_LEXER_H

#include "template/engine.h"
#include "template/syntax.h"

/* What may open in template data. Ties in length go to the later one. */
enum { OPEN_NONE, OPEN_BLOCK, OPEN_COMMENT, OPEN_LINE_COMMENT, OPEN_LINE_STATEMENT, OPEN_VARIABLE, OPEN_RAW };

typedef struct cf_t_opener {
    int       what;
    cf_t_text start;
} cf_t_opener;

typedef struct cf_t_lexer {
    cf_templates      *env;
    const cf_t_syntax *syntax;
    cf_arena          *arena;
    cf_error          *error;
    const char        *file;
    const char        *s; /* the source with its newlines made one */
    size_t             size, at;
    int                line;
    bool               line_starting;
    cf_t_opener        openers[5];
    size_t             opener_count;
    bool               opens[256]; /* may an opener begin with this byte? */
    cf_t_tokens       *out;
} cf_t_lexer;

/* lexer.c */
bool cf_t_lex_no_memory(cf_t_lexer *x);
bool cf_t_lex_add(cf_t_lexer *x, cf_t_token token);
void cf_t_lex_move(cf_t_lexer *x, size_t to);
/** Text with the newlines that the environment wants, copied; false when out of memory. */
bool cf_t_lex_newlines(cf_t_lexer *x, const char *text, size_t size, cf_value *out);

/* lexer_literals.c */
bool   cf_t_lex_number(cf_t_lexer *x);
bool   cf_t_lex_name(cf_t_lexer *x, size_t end);
size_t cf_t_lex_name_end(const cf_t_lexer *x);
/** *matched: was there a closing quote? */
bool cf_t_lex_string(cf_t_lexer *x, bool *matched);

#endif
