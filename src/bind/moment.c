// SPDX-License-Identifier: GPL-3.0-or-later
// Dates of the clock on the wall, as seconds since 1970 and back.
#include "bind/bind.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <time.h>

enum { FIELDS = 6, FIRST_YEAR = 1900 };

static bool is_date(const struct tm *tm)
{
    if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > 31 || tm->tm_hour < 0 ||
        tm->tm_hour > 23 || tm->tm_min < 0 || tm->tm_min > 59 || tm->tm_sec < 0 || tm->tm_sec > 60)
        return false;
    struct tm day = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};
    timegm(&day); // makes the 30th of February one of March
    return day.tm_mon == tm->tm_mon;
}

static int field(lua_State *L, int index)
{
    const lua_Integer value = luaL_checkinteger(L, index);
    return value < -1 || value > 9999 ? -1 : (int)value;
}

enum { DAY = 24 * 60 * 60 };

// How far the clocks on the wall are ahead of UTC.
static time_t ahead(time_t at)
{
    struct tm tm;
    return localtime_r(&at, &tm) ? tm.tm_gmtoff : 0;
}

// The first second after `before` at which they are put forward or back, and at the latest `after`.
static time_t change(time_t before, time_t after)
{
    const time_t was = ahead(before);
    while (after - before > 1) {
        const time_t middle = before + (after - before) / 2;
        if (ahead(middle) == was)
            before = middle;
        else
            after = middle;
    }
    return after;
}

struct local {
    time_t first, second; // they are different where the clocks were put back
    bool skipped;         // they were put forward, and never showed it: both are when that was
};

// When the clocks on the wall show what those of UTC show at `shown`. mktime with tm_isdst = -1 decides by
// what it was asked before, and fails for a day that a zone leaves out. Clocks are less than a day from UTC,
// and no two changes are within two days.
static struct local local_time(time_t shown)
{
    const time_t before = shown - ahead(shown - DAY), after = shown - ahead(shown + DAY);
    const bool is_before = ahead(before) == shown - before, is_after = ahead(after) == shown - after;
    if (is_before || is_after)
        return (struct local){is_before ? before : after, is_after ? after : before, false};
    const time_t skips = change(shown - DAY, shown + DAY);
    return (struct local){skips, skips, true};
}

// core.moment(is_utc, year, month, day, hour, minute, second): seconds since 1970, or nil where there is no
// such date. Local time where it is not UTC: of a time that is there twice the first, and then the second,
// too; of one that the clocks skip when they do so, and false.
static int moment(lua_State *L)
{
    struct tm tm = {.tm_year = field(L, 2) - FIRST_YEAR,
                    .tm_mon = field(L, 3) - 1,
                    .tm_mday = field(L, 4),
                    .tm_hour = field(L, 5),
                    .tm_min = field(L, 6),
                    .tm_sec = field(L, 7)};
    if (!is_date(&tm)) {
        lua_pushnil(L);
        return 1;
    }
    const time_t shown = timegm(&tm);
    const struct local found = lua_toboolean(L, 1) ? (struct local){shown, shown, false} : local_time(shown);
    lua_pushinteger(L, found.first);
    if (found.skipped)
        lua_pushboolean(L, 0);
    else if (found.second != found.first)
        lua_pushinteger(L, found.second);
    else
        return 1;
    return 2;
}

// core.date(is_utc, seconds): year, month, day, hour, minute, second; nothing where the C library has none.
static int date(lua_State *L)
{
    const time_t time = (time_t)luaL_checkinteger(L, 2);
    struct tm tm;
    if (!(lua_toboolean(L, 1) ? gmtime_r(&time, &tm) : localtime_r(&time, &tm)))
        return 0;
    const int fields[FIELDS] = {
        tm.tm_year + FIRST_YEAR, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};
    for (int i = 0; i < FIELDS; i++)
        lua_pushinteger(L, fields[i]);
    return FIELDS;
}

// core.now(): what this machine's clock shows, in seconds since 1970, whichever machine is asked.
static int now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)time(NULL));
    return 1;
}

const luaL_Reg ms_moment_functions[] = {{"moment", moment}, {"date", date}, {"now", now}, {NULL, NULL}};
