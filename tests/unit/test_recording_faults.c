// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings on disks that fail: every write, sync and truncation that SQLite asks for goes through a VFS of
// this test, which lets one of them fail, or writes them down, to make of them what a loss of power leaves.
#include "recordings.h"

#include <math.h>
#include <sqlite3.h>

// ---- a disk

enum file { OTHER = -1, DATABASE, LOG, FILES };
enum what { WRITE, SYNC, TRUNCATE, REPORT };

struct operation {
    enum what what;
    enum file file;
    int64_t at; // the offset, the new size, or the moment that was reported
    size_t len;
    char *bytes;
};

static struct {
    struct operation *list; // NULL: nothing is written down
    size_t count, room;
    long calls;      // that may fail, so far
    long moved;      // pages that were written into the file itself
    long faulty;     // the first that fails; 0: none
    long faults;     // so many fail
    int error;       // of writes; the others fail as they do
    bool no_writing; // the file opens to be read alone
} disk;

static void write_down(enum what what, enum file file, int64_t at, const void *bytes, size_t len)
{
    if (!disk.room || file == OTHER)
        return;
    assert_true(disk.count < disk.room);
    struct operation *operation = &disk.list[disk.count++];
    *operation = (struct operation){what, file, at, len, NULL};
    if (len) {
        operation->bytes = malloc(len);
        assert_non_null(operation->bytes);
        memcpy(operation->bytes, bytes, len);
    }
}

static void forget_operations(void)
{
    for (size_t i = 0; i < disk.count; i++)
        free(disk.list[i].bytes);
    free(disk.list);
    memset(&disk, 0, sizeof(disk));
}

static bool fails(enum file file)
{
    if (file == OTHER)
        return false;
    disk.calls++;
    return disk.faulty && disk.calls >= disk.faulty && disk.calls < disk.faulty + disk.faults;
}

struct handle {
    sqlite3_file base;
    enum file file;
    sqlite3_file *real; // after this
};

static sqlite3_vfs *unix_vfs;

#define REAL(file) (((struct handle *)(file))->real)
#define FILE_OF(file) (((struct handle *)(file))->file)
#define PASS(file, method, ...) REAL(file)->pMethods->method(REAL(file), ##__VA_ARGS__)

static int disk_close(sqlite3_file *file)
{
    return PASS(file, xClose);
}

static int disk_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
    return PASS(file, xRead, to, len, at);
}

// A write that fails may have written some of it.
static int disk_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    const bool failing = fails(FILE_OF(file));
    disk.moved += FILE_OF(file) == DATABASE;
    const int written = failing ? len / 2 : len;
    write_down(WRITE, FILE_OF(file), at, bytes, (size_t)written);
    const int result = PASS(file, xWrite, bytes, written, at);
    return failing ? disk.error : result;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails(FILE_OF(file)))
        return SQLITE_IOERR_TRUNCATE;
    write_down(TRUNCATE, FILE_OF(file), size, NULL, 0);
    return PASS(file, xTruncate, size);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    if (fails(FILE_OF(file)))
        return SQLITE_IOERR_FSYNC;
    write_down(SYNC, FILE_OF(file), 0, NULL, 0);
    (void)flags; // no real disk is needed
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return PASS(file, xFileSize, size);
}

static int disk_lock(sqlite3_file *file, int lock)
{
    return PASS(file, xLock, lock);
}

static int disk_unlock(sqlite3_file *file, int lock)
{
    return PASS(file, xUnlock, lock);
}

static int disk_is_reserved(sqlite3_file *file, int *out)
{
    return PASS(file, xCheckReservedLock, out);
}

static int disk_control(sqlite3_file *file, int what, void *argument)
{
    return PASS(file, xFileControl, what, argument);
}

static int disk_sector(sqlite3_file *file)
{
    return PASS(file, xSectorSize);
}

static int disk_traits(sqlite3_file *file)
{
    return PASS(file, xDeviceCharacteristics);
}

static int disk_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return PASS(file, xShmMap, page, size, extend, out);
}

static int disk_map_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return PASS(file, xShmLock, offset, n, flags);
}

static void disk_barrier(sqlite3_file *file)
{
    PASS(file, xShmBarrier);
}

static int disk_unmap(sqlite3_file *file, int remove)
{
    return PASS(file, xShmUnmap, remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_is_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
    .xShmMap = disk_map,
    .xShmLock = disk_map_lock,
    .xShmBarrier = disk_barrier,
    .xShmUnmap = disk_unmap,
};

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    struct handle *handle = (struct handle *)file;
    handle->real = (sqlite3_file *)(handle + 1);
    handle->file = flags & SQLITE_OPEN_MAIN_DB ? DATABASE : flags & SQLITE_OPEN_WAL ? LOG : OTHER;
    if (disk.no_writing && handle->file == DATABASE)
        flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    const int result = unix_vfs->xOpen(unix_vfs, path, handle->real, flags, out);
    file->pMethods = handle->real->pMethods ? &methods : NULL;
    return result;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    (void)vfs;
    const size_t len = strlen(path);
    const bool is_log = len > 4 && strcmp(path + len - 4, "-wal") == 0;
    if (is_log && fails(LOG))
        return SQLITE_IOERR_DELETE;
    write_down(TRUNCATE, is_log ? LOG : OTHER, 0, NULL, 0);
    return unix_vfs->xDelete(unix_vfs, path, sync);
}

static void use_disk(void)
{
    static sqlite3_vfs vfs;
    unix_vfs = sqlite3_vfs_find(NULL);
    assert_non_null(unix_vfs);
    vfs = *unix_vfs;
    vfs.zName = "disk";
    vfs.szOsFile = (int)sizeof(struct handle) + unix_vfs->szOsFile;
    vfs.xOpen = disk_open;
    vfs.xDelete = disk_delete;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

// ---- files

struct image {
    char *bytes;
    size_t size;
};

static const char *path_of(enum file file)
{
    return path_in_folder(file == LOG ? "machine.memsh-wal" : "machine.memsh");
}

static struct image read_image(enum file file)
{
    struct image image = {0};
    FILE *from = fopen(path_of(file), "rb");
    struct stat st;
    if (!from)
        return image;
    assert_int_equal(fstat(fileno(from), &st), 0);
    image = (struct image){malloc((size_t)st.st_size + 1), (size_t)st.st_size};
    assert_int_equal(fread(image.bytes, 1, image.size, from), image.size);
    fclose(from);
    return image;
}

static void write_image(enum file file, struct image image)
{
    FILE *to = fopen(path_of(file), "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(image.bytes, 1, image.size, to), image.size);
    fclose(to);
}

static struct image copy_of(struct image image)
{
    struct image copy = {malloc(image.size + 1), image.size};
    memcpy(copy.bytes, image.bytes, image.size);
    return copy;
}

static void put_files(const struct image files[FILES])
{
    remove_file();
    write_image(DATABASE, files[DATABASE]);
    if (files[LOG].size)
        write_image(LOG, files[LOG]);
}

static void free_files(struct image files[FILES])
{
    free(files[DATABASE].bytes);
    free(files[LOG].bytes);
}

static unsigned chance;

static unsigned up_to(unsigned limit)
{
    chance = chance * 1103515245 + 12345;
    return (chance >> 8) % limit;
}

static int times(const char *variable, int usual)
{
    const char *asked = getenv(variable);
    return asked ? atoi(asked) : usual;
}

static int begin(void **state)
{
    (void)state;
    remove_file();
    return 0;
}

// How many moments are listed; all that are said to be whole are.
static size_t expect_whole(int first, int last, size_t *damaged)
{
    struct ms_recording *recording = open_recording();
    struct ms_moment_info *list;
    size_t count;
    assert_int_equal(ms_recording_moments(recording, &list, &count), 0);
    *damaged = 0;
    for (size_t i = 0; i < count; i++)
        *damaged += ms_moment_is_damaged(&list[i]);
    free(list);
    ms_recording_release(recording);
    expect_moments(first, last);
    return count;
}

// ---- faults

enum { PAGE = 4096, FRAME = PAGE + 24, FULL = 512, MORE = 12 };

static int ready; // moments that are there already

// The files of a recorder that was killed when its log was nearly full: it is moved into the file soon.
static void make_ready(struct image files[FILES])
{
    size_t dropped = 0, pages = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (ready = 0; pages < FULL - 2 * MORE;) {
        assert_int_equal(write_moment(writer, ++ready, &dropped), 0);
        struct stat st;
        assert_int_equal(stat(path_of(LOG), &st), 0);
        pages = (size_t)st.st_size / FRAME;
    }
    files[DATABASE] = read_image(DATABASE);
    files[LOG] = read_image(LOG);
    ms_record_writer_close(writer);
    remove_file();
}

// As a recorder that is started again where it can't open its file. Gives how many moments failed, and of a
// full disk how many old ones were dropped.
static int record_on(bool reported[MORE], size_t *dropped)
{
    struct ms_record_writer *writer = NULL;
    *dropped = 0;
    int failed = 0;
    for (int tries = 0; !writer && tries < 100; tries++)
        (void)ms_record_writer_open(file_path(), (struct ms_record_writer_options){0}, &writer);
    assert_non_null(writer);
    for (int i = 0; i < MORE; i++) {
        const int error = write_moment(writer, ready + 1 + i, dropped);
        if (error != 0 && error != EIO && error != ENOSPC)
            fail_msg("moment %d: %s", ready + 1 + i, strerror(error));
        reported[i] = error == 0;
        failed += error != 0;
    }
    ms_record_writer_close(writer);
    return failed;
}

static long count_calls(const struct image files[FILES])
{
    bool reported[MORE];
    size_t dropped;
    put_files(files);
    disk.calls = disk.moved = 0;
    assert_int_equal(record_on(reported, &dropped), 0);
    assert_int_equal(dropped, 0);
    assert_true(disk.moved > MORE); // the log was emptied
    return disk.calls;
}

static void try_fault(const struct image files[FILES], long call, long faults, int error)
{
    bool reported[MORE];
    size_t damaged, dropped;
    put_files(files);
    disk.calls = 0;
    disk.faulty = call;
    disk.faults = faults;
    disk.error = error;
    const int failed = record_on(reported, &dropped);
    disk.faulty = 0;
    if (failed > (faults == 1 ? 1 : MORE - 1))
        fail_msg("fault %ld: %d moments were not taken", call, failed);
    assert_true(error == SQLITE_FULL ? dropped <= (size_t)faults : dropped == 0);
    expect_whole(ready - 5, ready, &damaged);
    assert_int_equal(damaged, 0);
    for (int i = 0; i < MORE; i++)
        if (reported[i])
            expect_moments(ready + 1 + i, ready + 1 + i);
}

static void a_call_that_fails_costs_one_moment(void **state)
{
    (void)state;
    struct image files[FILES];
    make_ready(files);
    const long calls = count_calls(files);
    const long step = times("MEMSH_FAULTS", 0) ? 1 : calls / 16;
    for (long call = 1; call <= calls; call += step) {
        try_fault(files, call, 1, SQLITE_FULL);
        try_fault(files, call, 1, SQLITE_IOERR_WRITE);
        try_fault(files, call, 7, call % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE);
    }
    free_files(files);
    remove_file();
}

// ---- loss of power

static void grow(struct image *image, size_t size)
{
    if (size <= image->size)
        return;
    image->bytes = realloc(image->bytes, size + 1);
    assert_non_null(image->bytes);
    memset(image->bytes + image->size, 0, size - image->size);
    image->size = size;
}

static void apply(const struct operation *operation, struct image *image, size_t len)
{
    const size_t at = (size_t)operation->at;
    if (operation->what == TRUNCATE) {
        grow(image, at);
        image->size = at;
    } else if (operation->what == WRITE) {
        grow(image, at + len);
        memcpy(image->bytes + at, operation->bytes, len);
    }
}

enum { SECTOR = 512 };

// What was not synced when the power went may be on the disk, in part, or not at all.
static void apply_perhaps(const struct operation *operation, struct image *image, unsigned kind)
{
    struct operation part = *operation;
    if (kind == 0 || (kind == 1 && up_to(2)))
        return;
    if (operation->what == TRUNCATE || kind == 2) {
        apply(operation, image, operation->len);
        return;
    }
    for (size_t done = 0; done < operation->len; done += SECTOR) {
        part.at = operation->at + (int64_t)done;
        part.bytes = operation->bytes + done;
        if (kind == 1 || up_to(2))
            apply(&part, image, operation->len - done < SECTOR ? operation->len - done : SECTOR);
    }
}

// The last moment that was reported before the power went at an operation, and the files that are left.
static int lose_power(size_t end, unsigned kind, struct image files[FILES])
{
    size_t synced[FILES] = {0};
    int last = 0;
    memset(files, 0, FILES * sizeof *files);
    for (size_t i = 0; i < end; i++)
        if (disk.list[i].what == SYNC)
            synced[disk.list[i].file] = i;
    for (size_t i = 0; i < end; i++) {
        const struct operation *operation = &disk.list[i];
        if (operation->what == REPORT)
            last = (int)operation->at;
        else if (i < synced[operation->file])
            apply(operation, &files[operation->file], operation->len);
        else
            apply_perhaps(operation, &files[operation->file], kind);
    }
    return last;
}

static void write_down_moments(int moments)
{
    enum { ROOM = 100000 };
    size_t dropped = 0;
    disk.list = calloc(ROOM, sizeof *disk.list);
    disk.room = ROOM;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= moments; moment++) {
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
        write_down(REPORT, DATABASE, moment, NULL, 0);
    }
    ms_record_writer_close(writer);
    disk.room = 0;
}

// A recorder is started again, and goes on.
static void expect_to_go_on(int moment)
{
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    assert_int_equal(write_moment(writer, moment, &dropped), 0);
    ms_record_writer_close(writer);
    expect_moments(moment, moment);
}

static void what_was_reported_outlives_a_loss_of_power(void **state)
{
    (void)state;
    enum { MOMENTS = 200, KINDS = 4 }; // the log begins anew among them
    struct image files[FILES];
    size_t damaged;
    chance = 1;
    write_down_moments(MOMENTS);
    const int cuts = times("MEMSH_CUTS", 8);
    for (int i = 0; i < cuts; i++) {
        const size_t end = 1 + up_to((unsigned)disk.count);
        const int last = lose_power(end, (unsigned)i % KINDS, files);
        put_files(files);
        free_files(files);
        if (last) {
            expect_whole(last > 10 ? last - 10 : 1, last, &damaged);
            assert_int_equal(damaged, 0);
        }
        expect_to_go_on(MOMENTS + 1);
        if (last)
            expect_moments(last > 10 ? last - 10 : 1, last);
    }
    forget_operations();
    remove_file();
}

// ---- torn pages

enum { TORN_MOMENTS = 60 };

// From a place on it has something else: nothing, zeros, anything, what was there before.
static void tear(struct image *image, size_t from, struct image old, unsigned kind)
{
    if (kind == 0) {
        image->size = from;
        return;
    }
    for (size_t i = from; i < image->size; i++)
        image->bytes[i] = kind == 1                   ? 0
                          : kind == 2                 ? (char)up_to(256)
                          : kind == 3 && i < old.size ? old.bytes[i]
                                                      : 0;
}

static size_t torn_from(size_t size, size_t unit, unsigned kind)
{
    const size_t pages = 1 + up_to(4);
    return size - pages * unit + (kind == 3 ? 0 : up_to((unsigned)unit));
}

// Every moment is listed; what can be read of it is right.
static void expect_all_listed(size_t expected)
{
    struct ms_recording *recording = open_recording();
    struct ms_moment_info *list, newest;
    size_t count, damaged, at_the_end = 0;
    assert_int_equal(ms_recording_moments(recording, &list, &count), 0);
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        struct ms_moment *opened = NULL;
        assert_int_equal(list[i].id, i + 1);
        const int error = ms_moment_open(recording, list[i].id, &opened);
        at_the_end = ms_moment_is_damaged(&list[i]) ? at_the_end + 1 : 0;
        if (ms_moment_is_damaged(&list[i]) || error) {
            assert_int_equal(error, EUCLEAN);
            continue;
        }
        assert_int_equal((int)(list[i].time - 1700000000), i + 1);
        check_moment(opened, (int)i + 1);
        ms_moment_close(opened);
    }
    assert_int_equal(ms_recording_find(recording, INFINITY, NULL, &newest, &damaged), 0);
    assert_int_equal(newest.id, count - at_the_end);
    assert_int_equal(damaged, at_the_end);
    free(list);
    ms_recording_release(recording);
}

// What a recorder does with such a file: it goes on, or says that it is damaged, before or when it is written
// to.
static void expect_a_word_of_the_writer(void)
{
    struct ms_record_writer *writer = NULL;
    size_t dropped = 0;
    const int error = ms_record_writer_open(file_path(), (struct ms_record_writer_options){0}, &writer);
    if (error) {
        assert_int_equal(error, EBADMSG);
        return;
    }
    const int failed = write_moment(writer, TORN_MOMENTS + 1, &dropped);
    if (failed)
        assert_int_equal(failed, EBADMSG);
    ms_record_writer_close(writer);
    if (!failed)
        expect_moments(TORN_MOMENTS + 1, TORN_MOMENTS + 1);
}

static struct image make_file(int first, int last)
{
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = first; moment <= last; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    ms_record_writer_close(writer);
    return read_image(DATABASE);
}

static void torn_pages_of_the_file_are_said(void **state)
{
    (void)state;
    struct image old = make_file(1, TORN_MOMENTS - 20), whole = make_file(TORN_MOMENTS - 19, TORN_MOMENTS);
    chance = 2;
    const int tears = times("MEMSH_TEARS", 8);
    for (int i = 0; i < tears; i++) {
        struct image files[FILES] = {copy_of(whole)};
        // Also where pages of the table of moments are, which are seldom the last.
        const size_t end = up_to(2) ? whole.size : (12 + up_to((unsigned)(whole.size / PAGE) - 12)) * PAGE;
        const size_t from = torn_from(end, PAGE, (unsigned)i % 4);
        files[DATABASE].size = end;
        tear(&files[DATABASE], from, old, (unsigned)i % 4);
        if (i % 4)
            files[DATABASE].size = whole.size;
        put_files(files);
        expect_all_listed(TORN_MOMENTS);
        expect_a_word_of_the_writer();
        free_files(files);
    }
    free(old.bytes);
    free(whole.bytes);
    remove_file();
}

static void a_torn_log_has_what_was_reported_before(void **state)
{
    (void)state;
    size_t sizes[TORN_MOMENTS + 1] = {0}, dropped = 0, damaged;
    struct image old = {0};
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= TORN_MOMENTS; moment++) {
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
        struct image log = read_image(LOG);
        sizes[moment] = log.size;
        free(moment == TORN_MOMENTS / 2 ? old.bytes : log.bytes);
        if (moment == TORN_MOMENTS / 2)
            old = log;
    }
    struct image whole[FILES] = {read_image(DATABASE), read_image(LOG)};
    ms_record_writer_close(writer);
    chance = 3;
    const int tears = times("MEMSH_TEARS", 8);
    for (int i = 0; i < tears; i++) {
        struct image files[FILES] = {copy_of(whole[DATABASE]), copy_of(whole[LOG])};
        const size_t from = torn_from(whole[LOG].size, i % 2 ? FRAME : 8 * FRAME, (unsigned)i % 4);
        int last = 0;
        tear(&files[LOG], from, old, (unsigned)i % 4);
        while (last < TORN_MOMENTS && sizes[last + 1] <= from)
            last++;
        put_files(files);
        const size_t count = expect_whole(last > 10 ? last - 10 : 1, last, &damaged);
        assert_int_equal(damaged, 0);
        assert_true(count >= (size_t)last);
        expect_moments(last + 1, (int)count); // none in part
        expect_to_go_on(TORN_MOMENTS + 1);
        free_files(files);
    }
    free(old.bytes);
    free_files(whole);
    remove_file();
}

static void a_file_that_nobody_may_write_is_not_damaged(void **state)
{
    (void)state;
    struct ms_record_writer *writer = NULL;
    struct image whole = make_file(1, 1);
    disk.no_writing = true;
    assert_int_equal(ms_record_writer_open(file_path(), (struct ms_record_writer_options){0}, &writer),
                     EACCES);
    disk.no_writing = false;
    free(whole.bytes);
    remove_file();
}

int main(void)
{
    use_disk();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_call_that_fails_costs_one_moment, begin),
        cmocka_unit_test_setup(what_was_reported_outlives_a_loss_of_power, begin),
        cmocka_unit_test_setup(torn_pages_of_the_file_are_said, begin),
        cmocka_unit_test_setup(a_torn_log_has_what_was_reported_before, begin),
        cmocka_unit_test_setup(a_file_that_nobody_may_write_is_not_damaged, begin),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
