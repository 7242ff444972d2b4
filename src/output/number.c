// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A script may have called os.setlocale(): whatever snprintf() took for the decimal mark becomes a point.
static void repair_mark(char *text)
{
    size_t mark = strspn(text, "+-0123456789");
    size_t after = mark + strcspn(text + mark, "+-0123456789e");
    if (text[mark] == '\0' || text[mark] == 'e' || text[mark] == '.')
        return;
    text[mark] = '.';
    memmove(text + mark + 1, text + after, strlen(text + after) + 1);
}

static bool add_not_finite(struct ms_buf *out, double value)
{
    if (isnan(value))
        return ms_buf_adds(out, "nan");
    return ms_buf_adds(out, value < 0 ? "-inf" : "inf");
}

bool ms_number_integer(struct ms_buf *out, int64_t value)
{
    char text[20]; // the least one has a sign and 19 digits
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        text[--at] = '-';
    return ms_buf_add(out, text + at, sizeof text - at);
}

bool ms_number_address(struct ms_buf *out, uint64_t value)
{
    char text[18];
    size_t at = sizeof text;
    do {
        text[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value > 0);
    text[--at] = 'x';
    text[--at] = '0';
    return ms_buf_add(out, text + at, sizeof text - at);
}

bool ms_number_exact(struct ms_buf *out, double value)
{
    if (!isfinite(value))
        return add_not_finite(out, value);
    if (fabs(value) < 1e15 && value == trunc(value))
        return ms_number_integer(out, (int64_t)value);
    char text[64];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    repair_mark(text);
    return ms_buf_adds(out, text);
}

// "1.20" becomes "1.2", "3.00" becomes "3".
static void trim_zeros(char *text)
{
    if (!strchr(text, '.'))
        return;
    char *end = text + strlen(text);
    while (end[-1] == '0')
        *--end = '\0';
    if (end[-1] == '.')
        end[-1] = '\0';
}

bool ms_number_short(struct ms_buf *out, double value)
{
    if (!isfinite(value))
        return add_not_finite(out, value);
    char text[64];
    double size = fabs(value);
    bool scientific = size != 0 && (size < 1e-3 || size >= 1e15);
    if (scientific)
        snprintf(text, sizeof text, "%.3g", value);
    else
        snprintf(text, sizeof text, "%.*f", size >= 100 ? 1 : size >= 1 ? 2 : 4, value);
    repair_mark(text);
    if (!scientific)
        trim_zeros(text);
    return ms_buf_adds(out, text);
}

bool ms_number_size(struct ms_buf *out, double bytes)
{
    static const char units[] = "KMGTPE";
    if (fabs(bytes) < 1024 || !isfinite(bytes))
        return ms_number_short(out, bytes);
    double size = fabs(bytes) / 1024;
    int unit = 0;
    while (units[unit + 1] && (size >= 1024 || (size != trunc(size) && rint(size) >= 1024))) {
        size /= 1024;
        unit++;
    }
    const char *sign = bytes < 0 ? "-" : "";
    long long tenths = llrint(fmin(size, 1e12) * 10);
    if (size == trunc(size) || tenths >= 1000)
        return ms_buf_addf(out, "%s%lld%c", sign, llrint(fmin(size, 1e12)), units[unit]);
    return ms_buf_addf(out, "%s%lld.%lld%c", sign, tenths / 10, tenths % 10, units[unit]);
}

bool ms_number_age(struct ms_buf *out, double seconds)
{
    if (!isfinite(seconds) || fabs(seconds) >= 1e15)
        return ms_number_short(out, seconds) && ms_buf_addc(out, 's');
    const char *sign = seconds < 0 ? "-" : "";
    double size = fabs(seconds);
    long long whole = (long long)size;
    if (size < 10 && size != trunc(size))
        return ms_number_short(out, trunc(seconds * 10) == 0 ? seconds : trunc(seconds * 10) / 10) &&
               ms_buf_addc(out, 's');
    if (whole < 60)
        return ms_buf_addf(out, "%s%llds", sign, whole);
    if (whole < 3600)
        return ms_buf_addf(out, "%s%lldm%02llds", sign, whole / 60, whole % 60);
    if (whole < 86400)
        return ms_buf_addf(out, "%s%lldh%02lldm", sign, whole / 3600, whole / 60 % 60);
    return ms_buf_addf(out, "%s%lldd%02lldh", sign, whole / 86400, whole / 3600 % 24);
}

static bool add_offset(struct ms_buf *out, long offset)
{
    long minutes = labs(offset) / 60;
    return ms_buf_addf(out, "%c%02ld:%02ld", offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

bool ms_number_time(struct ms_buf *out, double seconds, enum ms_clock clock)
{
    if (!isfinite(seconds) || fabs(seconds) > 1e11)
        return ms_number_exact(out, seconds);
    double whole = floor(seconds);
    int millis = (int)((seconds - whole) * 1000);
    time_t time = (time_t)whole;
    struct tm tm;
    if (!(clock == MS_CLOCK_UTC ? gmtime_r(&time, &tm) : localtime_r(&time, &tm)))
        return ms_number_exact(out, seconds);
    ms_buf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (millis > 0 && clock != MS_CLOCK_LOCAL)
        ms_buf_addf(out, ".%03d", millis);
    if (clock == MS_CLOCK_OFFSET)
        add_offset(out, tm.tm_gmtoff);
    if (clock == MS_CLOCK_UTC)
        ms_buf_addc(out, 'Z');
    return !out->failed;
}
