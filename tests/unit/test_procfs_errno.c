// SPDX-License-Identifier: GPL-3.0-or-later
// Each errno of each file, and reads that come in bits, fail, or give nothing: what the fields then say.
#include "test_procfs_fixture.h"

#include "system/system.h"

enum { ZOO = 1107 };

static void expect_file(struct ms_source *source, enum ms_file file, enum ms_reason why, const char *what)
{
    struct ms_system system;
    ms_system_init(&system, source);
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        const enum ms_field field = (enum ms_field)i;
        if (ms_fields[i].file != file || field == MS_FIELD_STAT_pid)
            continue;
        const bool is_system = ms_fields[i].kind == MS_SYSTEM;
        const enum ms_reason is =
            is_system ? ms_system_get(&system, field).why : reason_of(source, ZOO, field);
        if (is != why)
            fail_msg("%s: %s is %s and should be %s", what, ms_fields[i].name, ms_reason_name(is),
                     ms_reason_name(why));
    }
    ms_system_deinit(&system);
}

// Files that are opened by their path below the root.
static bool is_plain(enum ms_file file)
{
    const char *path = ms_file_table[file].path;
    return ms_file_table[file].kind != MS_MAPPING && path[0] != '\0' && path[0] != '/';
}

static struct {
    const char *path;
    int error;
} refused;

static int refuse(void *ctx, const char *path)
{
    (void)ctx;
    return strcmp(path, refused.path) == 0 ? refused.error : 0;
}

static enum ms_reason reason_should_be(enum ms_file file, int error)
{
    if (error == ESRCH && file == MS_FILE_ROLLUP)
        return MS_NO_MEMORY; // so the kernel says it
    switch (error) {
    case EACCES:
    case EPERM:
        return MS_DENIED;
    case ENOENT: // of a saved root
    case EOPNOTSUPP:
        return ms_file_table[file].traits & MS_EVERYWHERE ? MS_NOT_RECORDED : MS_UNSUPPORTED;
    case ESRCH:
        return MS_GONE;
    case ENOMEM:
        return MS_OUT_OF_MEMORY;
    case EFBIG:
    case ENAMETOOLONG:
        return MS_TOO_LARGE;
    case ELOOP:
        return MS_MALFORMED;
    default:
        return MS_IO;
    }
}

static void each_errno_of_each_file(void **state)
{
    (void)state;
    static const int errors[] = {EACCES, EPERM,  ENOENT, ESRCH,        EIO,        ENOMEM, EFBIG,
                                 EINVAL, EMFILE, ENFILE, ENAMETOOLONG, EOPNOTSUPP, ELOOP,  ENOTDIR};
    struct ms_source *source = open_fixture("full");
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = refuse});
    for (int file = 0; file < MS_FILE_COUNT; file++) {
        char path[96];
        if (!is_plain((enum ms_file)file) || file == MS_FILE_STAT)
            continue;
        const bool is_system = ms_file_table[file].kind == MS_SYSTEM;
        snprintf(path, sizeof(path), "%s%s", is_system ? "" : "1107/", ms_file_table[file].path);
        for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
            char what[160];
            refused.path = path;
            refused.error = errors[i];
            snprintf(what, sizeof(what), "%s %s", path, strerror(errors[i]));
            if (file == MS_FILE_MAPS &&
                (errors[i] == ENOENT || errors[i] == EOPNOTSUPP)) // smaps has them, too
                assert_int_equal(reason_of(source, ZOO, MS_FIELD_MAPS_mappings), MS_KNOWN);
            else if (file == MS_FILE_ROLLUP && (errors[i] == ENOENT || errors[i] == EOPNOTSUPP)) // summed up
                assert_int_equal(reason_of(source, ZOO, MS_FIELD_ROLLUP_pss), MS_KNOWN);
            else
                expect_file(source, (enum ms_file)file, reason_should_be((enum ms_file)file, errors[i]),
                            what);
        }
    }
    refused.path = "1107/stat"; // it is read alone: nothing else is known of the process
    refused.error = EACCES;
    expect_file(source, MS_FILE_STAT, MS_DENIED, "stat");
    refused.error = ESRCH;
    expect_file(source, MS_FILE_STAT, MS_GONE, "stat");
    ms_source_destroy(source);
}

static long bytes_until_error;
static bool interrupts;

// Gives one byte at a time, is interrupted before each, and fails after some.
static ssize_t read_bits(void *ctx, int fd, void *bytes, size_t len)
{
    (void)ctx;
    interrupts = !interrupts;
    if (interrupts) {
        errno = EINTR;
        return -1;
    }
    if (bytes_until_error >= 0 && lseek(fd, 0, SEEK_CUR) >= bytes_until_error) {
        errno = EIO;
        return -1;
    }
    return read(fd, bytes, len ? 1 : 0);
}

static void reads_in_bits_give_the_same(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("full");
    ms_source_set_hooks(source, (struct ms_source_hooks){.read = read_bits});
    bytes_until_error = -1;
    for (int file = 0; file < MS_FILE_COUNT; file++)
        if (is_plain((enum ms_file)file))
            expect_file(source, (enum ms_file)file, MS_KNOWN, ms_file_table[file].path);
    ms_source_destroy(source);
}

static void a_read_that_fails_gives_nothing(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("full");
    ms_source_set_hooks(source, (struct ms_source_hooks){.read = read_bits});
    for (bytes_until_error = 0; bytes_until_error < 3; bytes_until_error++)
        for (int file = 0; file < MS_FILE_COUNT; file++)
            if (is_plain((enum ms_file)file))
                expect_file(source, (enum ms_file)file, MS_IO, ms_file_table[file].path);
    ms_source_destroy(source);
}

static ssize_t read_nothing(void *ctx, int fd, void *bytes, size_t len)
{
    (void)ctx, (void)fd, (void)bytes, (void)len;
    return 0;
}

// None of them is 0.
static void empty_files(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("full");
    ms_source_set_hooks(source, (struct ms_source_hooks){.read = read_nothing});
    for (int file = 0; file < MS_FILE_COUNT; file++) {
        enum ms_reason why = MS_MALFORMED;
        switch (file) {
        case MS_FILE_CMDLINE: // no arguments, no program, no control group: that can be
        case MS_FILE_EXE:
        case MS_FILE_CGROUP:
            why = MS_KNOWN;
            break;
        case MS_FILE_MAPS:
        case MS_FILE_ROLLUP:
        case MS_FILE_QUADRANTS:
            why = MS_NOT_RECORDED; // statm is as empty, so nothing says that there is no memory
            break;
        default:
            break;
        }
        if (file <= MS_FILE_STATUS || file == MS_FILE_CMDLINE || file == MS_FILE_EXE ||
            file == MS_FILE_CGROUP || file == MS_FILE_MAPS || file == MS_FILE_ROLLUP ||
            file == MS_FILE_QUADRANTS || file == MS_FILE_OOM_SCORE || file == MS_FILE_OOM_SCORE_ADJ ||
            file == MS_FILE_MEMINFO || file == MS_FILE_PRESSURE_MEMORY || file == MS_FILE_VMSTAT ||
            file == MS_FILE_SWAPS || file == MS_FILE_VERSION || file == MS_FILE_BOOT_ID ||
            file == MS_FILE_UPTIME)
            expect_file(source, (enum ms_file)file, why, ms_file_table[file].path);
    }
    ms_source_destroy(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_errno_of_each_file),
        cmocka_unit_test(reads_in_bits_give_the_same),
        cmocka_unit_test(a_read_that_fails_gives_nothing),
        cmocka_unit_test(empty_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
