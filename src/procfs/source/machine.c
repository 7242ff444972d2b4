// SPDX-License-Identifier: GPL-3.0-or-later
// What an answer depends on and /proc does not say: page size, HZ, the time, names.
#include "source/private.h"

#include "base/array.h"
#include "base/cleanup.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// Clock ticks in /proc are 1/100 s on every machine that has a current kernel (alpha and ia64 had 1024).
enum { USUAL_HZ = 100 };

enum { SMAPS_START = 64 * 1024 }; // some dozens of mappings

static double seconds_of(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int load_live(struct ms_source *source)
{
    char name[256] = "";
    source->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    source->hz = (uint64_t)sysconf(_SC_CLK_TCK);
    gethostname(name, sizeof name - 1);
    source->host = strdup(name);
    return source->host ? 0 : ENOMEM;
}

static int take_info_line(struct ms_source *source, struct ms_text line)
{
    uint64_t number = 0;
    const struct ms_text key = ms_text_word(&line), value = ms_text_trim(line);
    const bool is_number = ms_text_u64(value, &number);
    if (ms_text_eq(key, MS_TEXT("page_size")) && is_number)
        source->page_size = number;
    if (ms_text_eq(key, MS_TEXT("hz")) && is_number && number)
        source->hz = number;
    if (ms_text_eq(key, MS_TEXT("now")) && ms_text_decimal(value, &source->now))
        source->has_now = true;
    if (ms_text_eq(key, MS_TEXT("host"))) {
        free(source->host);
        source->host = strndup(value.data, value.len);
        return source->host ? 0 : ENOMEM;
    }
    return 0;
}

// Gives the file's text line by line. ENOENT is no error: a saved root may lack it.
static int each_line(struct ms_source *source, const char *path,
                     int (*take)(struct ms_source *, struct ms_text line))
{
    MS_AUTO_BUF text = {0};
    int error = ms_source_slurp(source, path, &text);
    struct ms_text rest = ms_buf_text(&text);
    while (!error && rest.len)
        error = take(source, ms_text_until(&rest, '\n'));
    return error == ENOENT || error == ENOMEDIUM ? 0 : error;
}

static int add_user(struct ms_source *source, uint64_t uid, struct ms_text name)
{
    const bool has_room = ms_array_grow(&source->users, source->user_count, sizeof *source->users);
    char *copy = has_room ? strndup(name.data, name.len) : NULL;
    if (!copy)
        return ENOMEM;
    source->users[source->user_count++] = (struct ms_source_user){uid, copy};
    return 0;
}

static int take_passwd_line(struct ms_source *source, struct ms_text line)
{
    uint64_t uid;
    struct ms_text name = ms_text_until(&line, ':');
    ms_text_until(&line, ':');
    const bool is_name = name.len && !memchr(name.data, '\0', name.len);
    return ms_text_u64(ms_text_until(&line, ':'), &uid) && is_name ? add_user(source, uid, name) : 0;
}

static int take_uptime_line(struct ms_source *source, struct ms_text line)
{
    if (!source->has_uptime)
        source->has_uptime = ms_text_decimal(ms_text_word(&line), &source->uptime);
    return 0;
}

static int take_btime_line(struct ms_source *source, struct ms_text line)
{
    uint64_t btime;
    if (ms_text_eq(ms_text_word(&line), MS_TEXT("btime")) && ms_text_u64(ms_text_trim(line), &btime) &&
        source->has_uptime && !source->has_now) {
        source->now = (double)btime + source->uptime;
        source->has_now = true;
    }
    return 0;
}

// The smallest page of the first mappings: some may be of huge pages.
static uint64_t smallest_page(struct ms_text smaps)
{
    uint64_t smallest = 0, bytes;
    while (smaps.len) {
        struct ms_text line = ms_text_until(&smaps, '\n');
        if (!ms_text_eq(ms_text_word(&line), MS_TEXT("MMUPageSize:")) || !ms_text_kb(line, &bytes) || !bytes)
            continue;
        if (smallest == 0 || bytes < smallest)
            smallest = bytes;
    }
    return smallest;
}

// A root that was saved without its page size: the first smaps that has anything in it shows the size.
static int derive_page_size(struct ms_source *source)
{
    MS_AUTO_FREE pid_t *pids = NULL;
    size_t count;
    MS_AUTO_BUF text = {0};
    if (ms_source_pids(source, &pids, &count)) // whoever asks for processes gets the error
        return 0;
    int error = 0;
    for (size_t i = 0; i < count && !error && text.len == 0; i++) {
        char path[64];
        snprintf(path, sizeof path, "%d/smaps", (int)pids[i]);
        const int peeked = ms_source_peek(source, path, SMAPS_START, &text);
        if (peeked == ETIMEDOUT) // the others hang, too
            break;
        error = peeked == ENOMEM ? ENOMEM : 0;
    }
    source->page_size = smallest_page(ms_buf_text(&text));
    return error;
}

// 0 or ENOMEM: a machine may be saved without its clock.
static int load_clock(struct ms_source *source)
{
    int error = each_line(source, "uptime", take_uptime_line);
    if (!error)
        error = each_line(source, "stat", take_btime_line);
    source->unread_clock = error;
    return error == ENOMEM ? ENOMEM : 0;
}

static int load_saved(struct ms_source *source)
{
    source->hz = USUAL_HZ;
    source->ticked = true;
    int error = each_line(source, ".machine/info", take_info_line);
    if (!error)
        error = each_line(source, ".machine/passwd", take_passwd_line);
    if (!error)
        error = load_clock(source);
    if (!error && source->page_size == 0)
        error = derive_page_size(source);
    if (!source->host)
        source->host = strdup("");
    return error ? error : source->host ? 0 : ENOMEM;
}

int ms_source_load_machine(struct ms_source *source)
{
    return source->live ? load_live(source) : load_saved(source);
}

static void drop_users(struct ms_source *source)
{
    for (size_t i = 0; i < source->user_count; i++)
        free(source->users[i].name);
    free(source->users);
    source->users = NULL;
    source->user_count = 0;
}

void ms_source_forget_users(struct ms_source *source)
{
    if (source->live && !source->has_all_users)
        drop_users(source);
}

int ms_source_set_users(struct ms_source *source, struct ms_text passwd)
{
    int error = 0;
    drop_users(source);
    source->has_all_users = true;
    while (passwd.len && !error)
        error = take_passwd_line(source, ms_text_until(&passwd, '\n'));
    return error;
}

void ms_source_free_machine(struct ms_source *source)
{
    drop_users(source);
    free(source->host);
}

uint64_t ms_source_page_size(struct ms_source *source)
{
    return source->page_size;
}

uint64_t ms_source_hz(struct ms_source *source)
{
    return source->hz;
}

static void read_clocks(struct ms_source *source)
{
    source->now = seconds_of(CLOCK_REALTIME);
    source->uptime = seconds_of(CLOCK_BOOTTIME);
    source->has_now = source->has_uptime = source->ticked = true;
}

void ms_source_tick(struct ms_source *source)
{
    if (source->live)
        read_clocks(source);
    if (source->kept)
        ms_kept_sweep(source->kept);
}

static enum ms_reason known_clock(struct ms_source *source, bool is_known)
{
    const struct ms_target machine = {.dir = -1};
    return is_known               ? MS_KNOWN
           : source->unread_clock ? ms_source_reason(source, machine, source->unread_clock)
                                  : MS_NOT_RECORDED;
}

enum ms_reason ms_source_now(struct ms_source *source, double *epoch)
{
    if (!source->ticked)
        read_clocks(source);
    if (source->has_now)
        *epoch = source->now;
    return known_clock(source, source->has_now);
}

enum ms_reason ms_source_uptime(struct ms_source *source, double *seconds)
{
    if (!source->ticked)
        read_clocks(source);
    if (source->has_uptime)
        *seconds = source->uptime;
    return known_clock(source, source->has_uptime);
}

const char *ms_source_host(struct ms_source *source)
{
    return source->host;
}

bool ms_source_lacks_user(struct ms_source *source, const char *name)
{
    if (!source->live || source->has_all_users)
        return false;
    errno = 0;
    return !getpwnam(name) && (errno == 0 || errno == ENOENT || errno == ESRCH);
}

struct ms_text ms_source_user(struct ms_source *source, uint64_t uid)
{
    for (size_t i = 0; i < source->user_count; i++)
        if (source->users[i].uid == uid)
            return ms_text_of(source->users[i].name);
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)uid);
    const struct passwd *entry =
        source->live && !source->has_all_users && uid <= UINT32_MAX ? getpwuid((uid_t)uid) : NULL;
    if (add_user(source, uid, ms_text_of(entry ? entry->pw_name : digits)))
        return MS_TEXT("");
    return ms_text_of(source->users[source->user_count - 1].name);
}
