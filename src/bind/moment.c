// SPDX-License-Identifier: GPL-3.0-or-later
// Dates of the clock on the wall, as seconds since 1970 and back.
#include "bind/bind.h"

#include <lauxlib.h>
#include <stdint.h>
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

// What a clock shows as one number, so that two can be compared.
static time_t reading(struct tm tm)
{
    return timegm(&tm);
}

// The first second near one at which the clocks on the wall show `wanted` or more.
static time_t first_not_before(time_t wanted, time_t near)
{
    enum { DAY = 24 * 60 * 60 };
    time_t before = near - DAY, after = near + DAY;
    while (after - before > 1) {
        const time_t middle = before + (after - before) / 2;
        struct tm shown;
        if (localtime_r(&middle, &shown) && reading(shown) < wanted)
            before = middle;
        else
            after = middle;
    }
    return after;
}

// mktime with tm_isdst = -1 decides by what it was asked before: of a time that is there twice, this is the
// first, and of one that the clocks skip, when they do.
static time_t local_time(const struct tm *asked)
{
    struct tm minute = *asked;
    minute.tm_sec = 0; // 60 is one of the next minute
    time_t found = 0;
    for (int is_summer = 1; is_summer >= 0; is_summer--) {
        struct tm tm = minute;
        tm.tm_isdst = is_summer;
        found = mktime(&tm);
        if (reading(tm) == reading(minute))
            return found + asked->tm_sec;
    }
    return first_not_before(reading(minute), found);
}

// core.moment(is_utc, year, month, day, hour, minute, second): seconds since 1970, or nil where there is no
// such date. Local time where it is not UTC.
static int moment(lua_State *L)
{
    struct tm tm = {.tm_year = field(L, 2) - FIRST_YEAR,
                    .tm_mon = field(L, 3) - 1,
                    .tm_mday = field(L, 4),
                    .tm_hour = field(L, 5),
                    .tm_min = field(L, 6),
                    .tm_sec = field(L, 7)};
    if (!is_date(&tm))
        lua_pushnil(L);
    else
        lua_pushinteger(L, lua_toboolean(L, 1) ? timegm(&tm) : local_time(&tm));
    return 1;
}

// core.local_date(seconds): year, month, day, hour, minute, second; nothing where the C library has none.
static int local_date(lua_State *L)
{
    const time_t time = (time_t)luaL_checkinteger(L, 1);
    struct tm tm;
    if (!localtime_r(&time, &tm))
        return 0;
    const int fields[FIELDS] = {
        tm.tm_year + FIRST_YEAR, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec};
    for (int i = 0; i < FIELDS; i++)
        lua_pushinteger(L, fields[i]);
    return FIELDS;
}

const luaL_Reg ms_moment_functions[] = {{"moment", moment}, {"local_date", local_date}, {NULL, NULL}};
