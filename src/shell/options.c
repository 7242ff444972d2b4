// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/options.h"

#include "bind/bind.h"
#include "output/writer.h"
#include "shell/nearest.h"

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
#define X(constant, letter, name, argument, help) constant,
#include "shell/options.def"
#undef X
    OPTION_COUNT
};

static const struct option {
    char letter;          // 0: none
    const char *name;     // without the dashes; NULL: none
    const char *argument; // NULL: none; in brackets it may be left out
    const char *help;
} option_table[OPTION_COUNT] = {
#define X(constant, letter, name, argument, help) [constant] = {letter, name, argument, help},
#include "shell/options.def"
#undef X
};

enum { JOBS_MAX = 64, PAUSE_MAX = 60000, SERIES_MAX = 10000000, DAY = 86400, USUAL_COVERAGE = 95 };

// The words, between blanks, of the options whose argument is one of them.
static const char *const option_words[OPTION_COUNT] = {
    [MS_OPT_FORMAT] = &MS_FORMAT_NAMES[1],
    [MS_OPT_COLOR] = "always never auto",
    [MS_OPT_DEBUG] = "traceback labels",
    [MS_OPT_FIELDS] = "text md json",
    [MS_OPT_LOG] = "syslog journal",
    [MS_OPT_DEFINITIONS] = "luacats luacheck",
    [MS_OPT_DDL] = "sqlite postgresql duckdb clickhouse",
};

struct parser {
    int argc;
    char **argv;
    int next; // the argument to be read next
    struct ms_options *out;
    char *error;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct parser *parser, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(parser->error, MS_OPTION_ERROR_MAX, format, args);
    va_end(args);
    return false;
}

// The decimal number at the front; *rest is what follows. False if there is none. The locale is C's.
static bool decimal(const char *text, double *out, const char **rest)
{
    const size_t len = strspn(text, "0123456789.");
    char *end;
    if (len == 0 || len > 20 || text[0] == '.')
        return false;
    *out = strtod(text, &end);
    *rest = end;
    return end == text + len;
}

// At least 1 and at most `most`.
static bool read_number(const char *text, unsigned most, unsigned *out)
{
    double number;
    const char *rest;
    if (!decimal(text, &number, &rest) || *rest || number < 1 || number > most || strchr(text, '.'))
        return false;
    *out = (unsigned)number;
    return true;
}

// More than 0 and at most a day, as 2 or 0.5.
static bool read_seconds(const char *text, unsigned *milliseconds)
{
    double seconds;
    const char *rest;
    if (!decimal(text, &seconds, &rest) || *rest || seconds * 1000 < 1 || seconds > DAY)
        return false;
    *milliseconds = (unsigned)(seconds * 1000);
    return true;
}

// As 64K, 100M or 1.5G.
static bool read_size(const char *text, uint64_t *bytes)
{
    static const char powers[] = "KMGT";
    double number;
    const char *rest;
    if (!decimal(text, &number, &rest))
        return false;
    const char *power = *rest ? strchr(powers, *rest) : NULL;
    if (*rest && (!power || rest[1]))
        return false;
    for (const char *p = powers; power && p <= power; p++)
        number *= 1024;
    if (number < 1 || number > 9e15)
        return false;
    *bytes = (uint64_t)number;
    return true;
}

// The place of `value` among the words that the option takes, or -1.
static int place_of(enum option_id id, const char *value)
{
    int place = 0;
    for (const char *word = option_words[id]; *word; place++) {
        size_t len = strcspn(word, " ");
        if (strlen(value) == len && memcmp(word, value, len) == 0)
            return place;
        word += len + strspn(word + len, " ");
    }
    return -1;
}

static bool refuse_word(const struct parser *parser, enum option_id id, const char *value)
{
    enum { LONGEST = 16 };
    char near[LONGEST];
    const char *name = option_table[id].name;
    if (ms_nearest(value, option_words[id], sizeof near, near))
        return refuse(parser, "--%s has no '%.100s'; did you mean '%s'?", name, value, near);
    return refuse(parser, "--%s has no '%.100s': there are %s", name, value, option_words[id]);
}

// Sets *place to that of `value` among the words of the option.
static bool read_word(const struct parser *parser, enum option_id id, const char *value, int *place)
{
    *place = place_of(id, value);
    return *place >= 0 || refuse_word(parser, id, value);
}

static bool set_format(const struct parser *parser, const char *value)
{
    int place;
    parser->out->format = value;
    return read_word(parser, MS_OPT_FORMAT, value, &place);
}

static bool set_color(const struct parser *parser, const char *value)
{
    if (ms_color_find(ms_text_of(value ? value : "always"), &parser->out->color))
        return true;
    return refuse_word(parser, MS_OPT_COLOR, value);
}

static bool set_log(const struct parser *parser, const char *value)
{
    static const enum ms_log logs[] = {MS_LOG_SYSLOG, MS_LOG_JOURNAL};
    int place;
    if (!read_word(parser, MS_OPT_LOG, value, &place))
        return false;
    parser->out->log = logs[place];
    return true;
}

static bool set_watch(const struct parser *parser, const char *value)
{
    enum { YEAR = 366 * DAY };
    char *end;
    double seconds = strtod(value, &end);
    if (end != value && *end == 's')
        end++;
    if (end == value || *end || !(seconds >= 0.001 && seconds <= YEAR))
        return refuse(parser, "--watch needs seconds, as 2 or 0.5, not '%.100s'", value);
    parser->out->watch = seconds;
    return true;
}

static bool set_count(const struct parser *parser, const char *value)
{
    uint64_t count;
    if (!ms_text_u64(ms_text_of(value), &count) || count == 0 || count > LONG_MAX)
        return refuse(parser, "--count needs a number of times, not '%.100s'", value);
    parser->out->count = (long)count;
    return true;
}

// What is watched must be there to be run again.
static bool check_watch(const struct parser *parser)
{
    const struct ms_options *out = parser->out;
    if (out->count > 0 && out->watch == 0)
        return refuse(parser, "--count goes with --watch");
    if (out->watch > 0 && out->interactive)
        return refuse(parser, "--watch and -i don't go together; at the prompt there is :watch");
    return true;
}

static bool set_debug(const struct parser *parser, const char *value)
{
    int place;
    if (!read_word(parser, MS_OPT_DEBUG, value, &place))
        return false;
    *(place == 0 ? &parser->out->traceback : &parser->out->labels) = true;
    return true;
}

// What Lua does is a one-liner: for each word of the option, if it has any.
static const struct one_liner {
    enum option_id id;
    const char *word;
    const char *code;
} one_liners[] = {
    {MS_OPT_LIST, NULL, "require('memsh.reports.report').print_list()"},
    {MS_OPT_FIELDS, "text", "require('memsh.help.field_docs').print 'text'"},
    {MS_OPT_FIELDS, "md", "require('memsh.help.field_docs').print 'md'"},
    {MS_OPT_FIELDS, "json", "require('memsh.help.field_docs').print 'json'"},
    {MS_OPT_DEFINITIONS, "luacats", "require('memsh.help.editor_stubs').print 'luacats'"},
    {MS_OPT_DEFINITIONS, "luacheck", "require('memsh.help.editor_stubs').print 'luacheck'"},
    {MS_OPT_EXPORT, NULL, "require 'memsh' require('memsh.show.output').export()"},
    {MS_OPT_COMPLETE, NULL, "require('memsh.prompt.complete.shell').print(...)"},
};

// The first one where no word is given.
static bool add_one_liner(const struct parser *parser, enum option_id id, const char *value)
{
    for (size_t i = 0; i < sizeof one_liners / sizeof *one_liners; i++) {
        const struct one_liner *row = &one_liners[i];
        if (row->id == id && (!value || (row->word && strcmp(row->word, value) == 0))) {
            parser->out->code[parser->out->code_count++] = row->code;
            return true;
        }
    }
    return refuse_word(parser, id, value);
}

#define MEMBER(member) offsetof(struct ms_options, member)

// Where options without an argument set true, and where others keep a path or a name. 0: elsewhere.
static const size_t flags[OPTION_COUNT] = {
    [MS_OPT_INTERACTIVE] = MEMBER(interactive),
    [MS_OPT_NO_HEADER] = MEMBER(no_header),
    [MS_OPT_APPEND] = MEMBER(append),
    [MS_OPT_CHECK] = MEMBER(check),
    [MS_OPT_ACCEPT] = MEMBER(accept),
    [MS_OPT_QUIET] = MEMBER(quiet),
    [MS_OPT_STRICT] = MEMBER(strict),
    [MS_OPT_TEST] = MEMBER(test),
    [MS_OPT_RESTRICTED] = MEMBER(restricted),
    [MS_OPT_REQUIRE_CONFINEMENT] = MEMBER(require_confinement),
    [MS_OPT_HELP] = MEMBER(help),
    [MS_OPT_VERSION] = MEMBER(version),
};
static const size_t paths[OPTION_COUNT] = {
    [MS_OPT_OUTPUT] = MEMBER(output),   [MS_OPT_AT] = MEMBER(at),           [MS_OPT_EXPORT] = MEMBER(export),
    [MS_OPT_REPORTS] = MEMBER(reports), [MS_OPT_LUA_DIR] = MEMBER(lua_dir), [MS_OPT_LOCK] = MEMBER(lock),
};
_Static_assert(MEMBER(format) == 0, "0 is the place of no flag and of no name");

static bool set_name(const struct parser *parser, enum option_id id, const char *value)
{
    const struct option *row = &option_table[id];
    memcpy((char *)parser->out + paths[id], &value, sizeof value);
    return *value || refuse(parser, "--%s needs %s", row->name, row->argument);
}

// Whole numbers from 1 on, and where they are kept.
static const struct {
    const char *what;
    unsigned most;
    size_t place;
} counts[OPTION_COUNT] = {
    [MS_OPT_JOBS] = {"-j needs a number of threads", JOBS_MAX, MEMBER(jobs)},
    [MS_OPT_MAX_SERIES] = {"--max-series needs a number", SERIES_MAX, MEMBER(max_series)},
    [MS_OPT_GENTLE] = {"--gentle needs milliseconds", PAUSE_MAX, MEMBER(gentle_ms)},
};

static bool set_whole(const struct parser *parser, enum option_id id, const char *value)
{
    unsigned number;
    if (!read_number(value, counts[id].most, &number))
        return refuse(parser, "%s from 1 to %u, not '%.100s'", counts[id].what, counts[id].most, value);
    memcpy((char *)parser->out + counts[id].place, &number, sizeof number);
    return true;
}

// Times in seconds, and where they are kept, in milliseconds.
static const struct {
    const char *example;
    size_t place;
} spans[OPTION_COUNT] = {
    [MS_OPT_DEADLINE] = {"60", MEMBER(deadline_ms)},
    [MS_OPT_READ_TIMEOUT] = {"2", MEMBER(read_timeout_ms)},
};

static bool set_span(const struct parser *parser, enum option_id id, const char *value)
{
    unsigned milliseconds;
    if (!read_seconds(value, &milliseconds))
        return refuse(parser, "--%s needs seconds, as %s or 0.5, not '%.100s'", option_table[id].name,
                      spans[id].example, value);
    memcpy((char *)parser->out + spans[id].place, &milliseconds, sizeof milliseconds);
    return true;
}

// Numbers from 0 on, whole or not, and where they are kept.
static const struct {
    double most;
    size_t place;
} limits[OPTION_COUNT] = {
    [MS_OPT_MIN_COVERAGE] = {100, MEMBER(min_coverage)},
    [MS_OPT_SPLAY] = {DAY, MEMBER(splay)},
};

static bool set_number(const struct parser *parser, enum option_id id, const char *value)
{
    char *end;
    const double number = strtod(value, &end);
    if (end == value || *end || !(number >= 0 && number <= limits[id].most))
        return refuse(parser, "--%s needs a number from 0 to %.0f, not '%.100s'", option_table[id].name,
                      limits[id].most, value);
    memcpy((char *)parser->out + limits[id].place, &number, sizeof number);
    return true;
}

static bool set_ddl(const struct parser *parser, const char *value)
{
    int place;
    parser->out->ddl = value;
    return read_word(parser, MS_OPT_DDL, value, &place);
}

static bool add_source(const struct parser *parser, const char *value)
{
    parser->out->sources[parser->out->source_count++] = value;
    return *value || refuse(parser, "--source needs PATH");
}

static bool add_code(const struct parser *parser, const char *value)
{
    parser->out->code[parser->out->code_count++] = value;
    return true;
}

static bool set_null(const struct parser *parser, const char *value)
{
    parser->out->null = value; // may be empty
    return true;
}

static bool set_bytes(const struct parser *parser, const char *value)
{
    (void)value;
    parser->out->units = MS_UNITS_BYTES;
    return true;
}

static bool set_human(const struct parser *parser, const char *value)
{
    (void)value;
    parser->out->units = MS_UNITS_HUMAN;
    return true;
}

static bool set_max_rss(const struct parser *parser, const char *value)
{
    return read_size(value, &parser->out->max_rss) ||
           refuse(parser, "--max-rss needs a size, as 500M or 2G, not '%.100s'", value);
}

// What is set by a function of its own.
static bool (*const setters[OPTION_COUNT])(const struct parser *parser, const char *value) = {
    [MS_OPT_SOURCE] = add_source, [MS_OPT_CODE] = add_code,       [MS_OPT_FORMAT] = set_format,
    [MS_OPT_NULL] = set_null,     [MS_OPT_DDL] = set_ddl,         [MS_OPT_BYTES] = set_bytes,
    [MS_OPT_HUMAN] = set_human,   [MS_OPT_COLOR] = set_color,     [MS_OPT_WATCH] = set_watch,
    [MS_OPT_COUNT] = set_count,   [MS_OPT_MAX_RSS] = set_max_rss, [MS_OPT_LOG] = set_log,
    [MS_OPT_DEBUG] = set_debug,
};

static bool apply(const struct parser *parser, enum option_id id, const char *value)
{
    if (flags[id])
        return *(bool *)((char *)parser->out + flags[id]) = true;
    if (paths[id])
        return set_name(parser, id, value) && (id != MS_OPT_EXPORT || add_one_liner(parser, id, NULL));
    if (counts[id].what)
        return set_whole(parser, id, value);
    if (spans[id].example)
        return set_span(parser, id, value);
    if (limits[id].most > 0)
        return set_number(parser, id, value);
    return setters[id] ? setters[id](parser, value) : add_one_liner(parser, id, value);
}

// The row of `-c`, or OPTION_COUNT.
static enum option_id find_letter(char letter)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        if (letter && option_table[i].letter == letter)
            return (enum option_id)i;
    }
    return OPTION_COUNT;
}

// The row of `--name` or `--name=value`, or OPTION_COUNT.
static enum option_id find_name(const char *name)
{
    size_t len = strcspn(name, "=");
    for (int i = 0; i < OPTION_COUNT; i++) {
        const char *known = option_table[i].name;
        if (known && strlen(known) == len && memcmp(known, name, len) == 0)
            return (enum option_id)i;
    }
    return OPTION_COUNT;
}

static bool refuse_name(const struct parser *parser, const char *name)
{
    enum { LONGEST = 16, ALL = 512 };
    enum ms_format format;
    char near[LONGEST];
    char names[ALL] = "";
    char given[100];
    size_t len = 0;
    for (int i = 0; i < OPTION_COUNT && len < sizeof names; i++) {
        if (option_table[i].name)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s ", option_table[i].name);
    }
    snprintf(given, sizeof given, "%.*s", (int)strcspn(name, "="), name);
    if (ms_format_find(ms_text_of(given), &format))
        return refuse(parser, "no option --%s; write -f %s", given, given);
    if (ms_nearest(given, names, sizeof near, near))
        return refuse(parser, "no option --%s; did you mean --%s?", given, near);
    return refuse(parser, "no option --%.100s", name);
}

static bool read_long(struct parser *parser, const char *name)
{
    enum option_id id = find_name(name);
    const char *value = strchr(name, '=');
    if (id == OPTION_COUNT)
        return refuse_name(parser, name);
    const char *wants = option_table[id].argument;
    if (value && !wants)
        return refuse(parser, "--%s takes no argument", option_table[id].name);
    if (value)
        return apply(parser, id, value + 1);
    if (!wants || *wants == '[') // what may be left out is given after a '='
        return apply(parser, id, NULL);
    if (parser->next >= parser->argc)
        return refuse(parser, "--%s needs %s", name, option_table[id].argument);
    return apply(parser, id, parser->argv[parser->next++]);
}

// `-bH`, `-fjson` and `-f json`.
static bool read_short(struct parser *parser, const char *letters)
{
    for (; *letters; letters++) {
        enum option_id id = find_letter(*letters);
        if (id == OPTION_COUNT)
            return refuse(parser, "no option -%.100s", letters);
        if (option_table[id].argument) {
            if (letters[1])
                return apply(parser, id, letters + 1);
            if (parser->next >= parser->argc)
                return refuse(parser, "-%c needs %s", *letters, option_table[id].argument);
            return apply(parser, id, parser->argv[parser->next++]);
        }
        if (!apply(parser, id, NULL))
            return false;
    }
    return true;
}

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

// Options end at the script; one that comes after it was most likely meant for memsh. `--` says that it was
// not, and a report may have one of that name.
static const char *find_stray(const struct parser *parser)
{
    for (int i = parser->out->first_arg; i < parser->argc; i++) {
        const char *arg = parser->argv[i];
        if (strcmp(arg, "--") == 0)
            return NULL;
        bool ours = strncmp(arg, "--", 2) == 0
                        ? find_name(arg + 2) != OPTION_COUNT
                        : is_option(arg) && !arg[2] && find_letter(arg[1]) != OPTION_COUNT;
        if (ours)
            return arg;
    }
    return NULL;
}

void ms_options_say_stray(const struct ms_options *options, char error[MS_OPTION_ERROR_MAX])
{
    snprintf(error, MS_OPTION_ERROR_MAX,
             "%.100s is memsh's own option: put it before %.200s (or put -- before that, to hand it on)",
             options->stray, options->script ? options->script : "the first argument");
}

static bool check_arguments(const struct parser *parser)
{
    struct ms_options *out = parser->out;
    out->stray = find_stray(parser);
    if (out->stray && !out->script)
        ms_options_say_stray(out, parser->error);
    return !out->stray || out->script;
}

static bool read_operands(struct parser *parser, bool checked)
{
    struct ms_options *out = parser->out;
    if (out->code_count == 0 && parser->next < parser->argc)
        out->script = parser->argv[parser->next++];
    out->first_arg = parser->next;
    return check_watch(parser) && (!checked || check_arguments(parser));
}

bool ms_options_parse(int argc, char **argv, struct ms_options *out, char error[MS_OPTION_ERROR_MAX])
{
    *out = (struct ms_options){.code = calloc((size_t)argc + 1, sizeof *out->code),
                               .sources = calloc((size_t)argc + 1, sizeof *out->sources),
                               .min_coverage = USUAL_COVERAGE};
    struct parser parser = {argc, argv, 1, out, error};
    if (!out->code || !out->sources)
        return refuse(&parser, "out of memory");
    while (parser.next < argc && is_option(argv[parser.next])) {
        const char *arg = argv[parser.next++];
        if (strcmp(arg, "--") == 0)
            return read_operands(&parser, false);
        if (!(arg[1] == '-' ? read_long(&parser, arg + 2) : read_short(&parser, arg + 1)))
            return false;
    }
    return read_operands(&parser, true);
}

void ms_options_deinit(struct ms_options *options)
{
    free(options->code);
    free(options->sources);
    *options = (struct ms_options){0};
}

// The help of an option, beside it and in as many lines as 80 columns need.
static void help_text(FILE *out, const char *text)
{
    enum { LEFT = 24, WIDTH = 80 - LEFT };
    while (strlen(text) > WIDTH) {
        int len = WIDTH;
        while (len > 0 && text[len] != ' ')
            len--;
        fprintf(out, "%.*s\n%*s", len, text, LEFT, "");
        text += len + 1;
    }
    fprintf(out, "%s\n", text);
}

static void help_row(FILE *out, const struct option *row)
{
    char left[64];
    char letter[4] = "   ";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c%c", row->letter, row->name ? ',' : ' ');
    snprintf(left, sizeof left, "%s%s%s%s%s", letter, row->name ? " --" : "", row->name ? row->name : "",
             row->argument && row->name && *row->argument != '[' ? " " : "",
             row->argument ? row->argument : "");
    if (strlen(left) > 20)
        fprintf(out, "  %s\n%24s", left, "");
    else
        fprintf(out, "  %-20s  ", left);
    help_text(out, row->help);
}

void ms_options_help(FILE *out)
{
    fputs("memsh answers questions about the memory of processes.\n\n"
          "  memsh [OPTIONS]                     the prompt (or a script on standard input)\n"
          "  memsh [OPTIONS] FILE.lua [ARG...]   a script; - is standard input\n"
          "  memsh [OPTIONS] REPORT [ARG...]     a saved report, by name\n"
          "  memsh [OPTIONS] -e CODE [ARG...]    a one-liner\n\n",
          out);
    for (int i = 0; i < OPTION_COUNT; i++)
        help_row(out, &option_table[i]);
    fputs("\nOptions end at the script or report. For example:\n"
          "  memsh -e 'procs:where\"swap > 0\":sort\"-private_dirty\":top(10)'\n"
          "Exit status: 0 success, 1 a script failed, 2 wrong use, 3 with --strict, 74\n"
          "output not written, 124 deadline, 130 interrupted, 141 the reader of the pipe is\n"
          "gone; os.exit(n) passes through. With --check: 0 OK, 1 WARNING, 2 CRITICAL, 3\n"
          "everything else.\n",
          out);
}

static void push_row(lua_State *L, const struct option *row)
{
    const char letter[2] = {row->letter, '\0'};
    lua_createtable(L, 0, 5);
    ms_set_string(L, "short", row->letter ? letter : NULL);
    ms_set_string(L, "long", row->name);
    ms_set_string(L, "argument", row->argument);
    ms_set_string(L, "help", row->help);
    ms_set_string(L, "words", option_words[row - option_table]);
}

int ms_options_open(lua_State *L)
{
    lua_createtable(L, 0, 2);
    ms_set_string(L, "version", MEMSH_VERSION);
    lua_createtable(L, OPTION_COUNT, 0);
    for (int i = 0; i < OPTION_COUNT; i++) {
        push_row(L, &option_table[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "options");
    return 1;
}
