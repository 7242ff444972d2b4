// SPDX-License-Identifier: GPL-3.0-or-later
// The whole field table, over fixtures: every field is known where everything is there, and unknown for the
// right reason, never 0, where it is not.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "reader/reader.h"
#include "system/system.h"

enum { ZOO = 1107, OWN = 1400, KERNEL_THREAD = 2, ZOMBIE = 1200, LEADER = 1300 };

static struct ms_source *open_fixture(const char *name)
{
    char path[512];
    struct ms_source *source = NULL;
    snprintf(path, sizeof(path), MEMSH_FIXTURES "/%s", name);
    assert_int_equal(ms_source_create(path, &source), 0);
    return source;
}

static enum ms_reason process_field(struct ms_source *source, pid_t pid, enum ms_field field)
{
    struct ms_process process, *batch = &process;
    struct ms_value value = {.why = MS_KNOWN};
    ms_process_init(&process, source, pid);
    assert_true(ms_reader_load(&batch, 1, ms_process_plan(&field, 1, 0)));
    assert_true(ms_process_get(&process, field, &value));
    ms_process_deinit(&process);
    return value.why;
}

static void check(const char *what, enum ms_field field, enum ms_reason is, enum ms_reason should)
{
    if (is != should)
        fail_msg("%s: %s is %s and should be %s", what, ms_fields[field].name, ms_reason_name(is),
                 ms_reason_name(should));
}

// Whoever may not look into a process may not read these.
static bool is_guarded(enum ms_file file)
{
    return strcmp(ms_file_table[file].permission, "anybody") != 0;
}

static void each_process_field_is_known(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("full");
    for (int i = 0; i < MS_FIELD_COUNT; i++)
        if (ms_fields[i].kind == MS_PROCESS)
            check("full", (enum ms_field)i, process_field(source, ZOO, (enum ms_field)i), MS_KNOWN);
    ms_source_destroy(source);
}

static void each_mapping_field_is_known(void **state)
{
    (void)state;
    char scratch[64];
    struct ms_source *source = open_fixture("full");
    struct ms_process process;
    struct ms_listing list;
    ms_process_init(&process, source, ZOO);
    ms_listing_init(&list);
    assert_int_equal(ms_reader_list(&process, true, 0, &list), MS_KNOWN);
    assert_true(list.count > 40);
    for (size_t row = 0; row < list.count; row++)
        for (int i = 0; i < MS_FIELD_COUNT; i++)
            if (ms_fields[i].kind == MS_MAPPING)
                check("mapping", (enum ms_field)i, ms_listing_get(&list, row, (enum ms_field)i, scratch).why,
                      MS_KNOWN);
    ms_listing_deinit(&list);
    ms_process_deinit(&process);
    ms_source_destroy(source);
}

static void each_system_field_is_known(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("full");
    struct ms_system system;
    ms_system_init(&system, source);
    for (int i = 0; i < MS_FIELD_COUNT; i++)
        if (ms_fields[i].kind == MS_SYSTEM)
            check("system", (enum ms_field)i, ms_system_get(&system, (enum ms_field)i).why, MS_KNOWN);
    ms_system_deinit(&system);
    ms_source_destroy(source);
}

static void what_is_denied_is_denied(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("denied");
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        if (ms_fields[i].kind != MS_PROCESS)
            continue;
        const enum ms_field field = (enum ms_field)i;
        check("denied", field, process_field(source, ZOO, field),
              is_guarded(ms_fields[i].file) ? MS_DENIED : MS_KNOWN);
        check("its own", field, process_field(source, OWN, field), MS_KNOWN);
    }
    ms_source_destroy(source);
}

static void nothing_of_a_sealed_machine_is_known(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("sealed");
    struct ms_system system;
    ms_system_init(&system, source);
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        const enum ms_field field = (enum ms_field)i;
        if (field == MS_FIELD_STAT_pid) // the listing tells
            check("sealed", field, process_field(source, ZOO, field), MS_KNOWN);
        else if (ms_fields[i].kind == MS_PROCESS)
            check("sealed", field, process_field(source, ZOO, field), MS_DENIED);
        else if (ms_fields[i].kind == MS_SYSTEM && ms_fields[i].file != MS_FILE_MACHINE)
            check("sealed", field, ms_system_get(&system, field).why, MS_DENIED);
    }
    ms_system_deinit(&system);
    ms_source_destroy(source);
}

// What has no address space has no memory: not 0 of it.
static void no_memory_is_no_zero(void **state)
{
    (void)state;
    static const pid_t without[] = {KERNEL_THREAD, ZOMBIE, LEADER};
    struct ms_source *source = open_fixture("full");
    for (size_t p = 0; p < sizeof(without) / sizeof(*without); p++)
        for (int i = 0; i < MS_FIELD_COUNT; i++) {
            const enum ms_field field = (enum ms_field)i;
            const enum ms_file file = ms_fields[i].file;
            if (ms_fields[i].kind != MS_PROCESS)
                continue;
            if (file == MS_FILE_STATM || file == MS_FILE_ROLLUP)
                check("no memory", field, process_field(source, without[p], field), MS_NO_MEMORY);
            else if (file == MS_FILE_STAT)
                check("no memory", field, process_field(source, without[p], field), MS_KNOWN);
        }
    check("no memory", MS_FIELD_STATUS_vm_swap, process_field(source, ZOMBIE, MS_FIELD_STATUS_vm_swap),
          MS_NO_MEMORY);
    ms_source_destroy(source);
}

// One line, without a full stop, that fits beside a name.
static void check_sentence(const char *name, const char *text, size_t longest)
{
    const size_t len = strlen(text);
    const bool stops = len > 3 && text[len - 1] == '.' && strcmp(text + len - 3, "...") != 0;
    if (len > longest || strchr(text, '\n') || stops || (len && text[len - 1] == ' '))
        fail_msg("%s: '%s' is no line of at most %zu bytes without a full stop", name, text, longest);
}

static void each_field_is_documented_once(void **state)
{
    (void)state;
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        const struct ms_field_info *f = &ms_fields[i];
        assert_true(islower((unsigned char)f->name[0]));
        for (const char *c = f->name; *c; c++)
            assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
        if (f->meaning[0] == '\0' || !isdigit((unsigned char)f->since[0]))
            fail_msg("%s: no meaning, or no kernel", f->name);
        check_sentence(f->name, f->meaning, 160);
        check_sentence(f->name, f->omits, 240);
        assert_int_equal(ms_field_find(f->kind, ms_text_of(f->name)), i);
    }
}

static void check_alias(void *ctx, const char *alias, enum ms_field of)
{
    assert_int_equal(ms_fields[of].kind, *(const enum ms_kind *)ctx);
    assert_int_equal(ms_field_find(ms_fields[of].kind, ms_text_of(alias)), of);
    assert_string_not_equal(alias, ms_fields[of].name);
}

static void each_alias_leads_to_a_field(void **state)
{
    (void)state;
    for (enum ms_kind kind = MS_PROCESS; kind < MS_KIND_COUNT; kind++)
        ms_field_aliases(kind, check_alias, &kind);
    assert_int_equal(ms_field_find(MS_PROCESS, MS_TEXT("rss")), MS_FIELD_STATM_res);
    assert_int_equal(ms_field_find(MS_MAPPING, MS_TEXT("rss")), MS_FIELD_SMAPS_rss);
    assert_int_equal(ms_field_find(MS_PROCESS, MS_TEXT("Rss")), -1);
    assert_int_equal(ms_field_find(MS_PROCESS, MS_TEXT("")), -1);
}

// Look-ups count on it: the places of a file stand together, those of a label behind one another.
static void places_are_in_order(void **state)
{
    (void)state;
    int at = 0;
    for (int file = 0; file < MS_FILE_COUNT; file++) {
        assert_int_equal(ms_file_table[file].first, at);
        for (; at < ms_file_table[file].last; at++) {
            const struct ms_place *place = &ms_places[at];
            int hint = 0;
            assert_int_equal(place->file, file);
            assert_true(place->field < (int)MS_FIELD_COUNT);
            const int found =
                place->label[0] ? ms_place_find((enum ms_file)file, ms_text_of(place->label), &hint) : at;
            assert_true(found <= at);
            for (int i = found; i <= at; i++)
                assert_string_equal(ms_places[i].label, place->label);
            if (place->field >= 0)
                assert_true(ms_place_first((enum ms_field)place->field) == at ||
                            ms_place_second((enum ms_field)place->field) == at);
        }
    }
    assert_int_equal(at, ms_place_count);
    assert_true(MS_PROCESS_FILES <= 32);
    for (int file = 0; file < MS_FILE_COUNT; file++)
        assert_int_equal(ms_file_table[file].kind == MS_PROCESS, file < MS_PROCESS_FILES);
}

// Wherever a search begins, it ends at the same place.
static void a_hint_changes_no_answer(void **state)
{
    (void)state;
    for (int file = 0; file < MS_FILE_COUNT; file++)
        for (int at = ms_file_table[file].first; at < ms_file_table[file].last; at++) {
            int zero = 0;
            const struct ms_text label = ms_text_of(ms_places[at].label);
            if (label.len == 0)
                continue;
            const int right = ms_place_find((enum ms_file)file, label, &zero);
            for (int from = -1; from <= ms_place_count; from++) {
                int hint = from;
                assert_int_equal(ms_place_find((enum ms_file)file, label, &hint), right);
            }
        }
    int hint = 0;
    assert_int_equal(ms_place_find(MS_FILE_STATUS, MS_TEXT("Nothing"), &hint), -1);
    assert_int_equal(ms_place_find(MS_FILE_STATUS, MS_TEXT(""), &hint), -1);
}

// A kernel older than a field does not have it; one that prints it has it.
static void kernels_have_what_they_print(void **state)
{
    (void)state;
    static const struct {
        const char *kernel;
        enum ms_field field;
        enum ms_reason why;
    } cases[] = {
        {"kernels/2.6.14", MS_FIELD_STATUS_vm_swap, MS_UNSUPPORTED},
        {"kernels/2.6.14", MS_FIELD_STATUS_vm_peak, MS_UNSUPPORTED},
        {"kernels/2.6.14", MS_FIELD_STATUS_vm_rss, MS_KNOWN},
        {"kernels/2.6.14", MS_FIELD_CGROUP_cgroup, MS_UNSUPPORTED},
        {"kernels/2.6.14", MS_FIELD_OOM_SCORE_ADJ_oom_score_adj, MS_UNSUPPORTED},
        {"kernels/2.6.14", MS_FIELD_OOM_SCORE_oom_score, MS_KNOWN},
        {"kernels/2.6.32", MS_FIELD_STATUS_vm_swap, MS_UNSUPPORTED},
        {"kernels/2.6.32", MS_FIELD_STATUS_vm_hwm, MS_KNOWN},
        {"kernels/3.10", MS_FIELD_STATUS_vm_swap, MS_KNOWN},
        {"kernels/3.10", MS_FIELD_STATUS_rss_anon, MS_UNSUPPORTED},
        {"kernels/4.4", MS_FIELD_STATUS_vm_pmd, MS_KNOWN},
        {"kernels/4.4", MS_FIELD_STATUS_rss_anon, MS_UNSUPPORTED},
        {"kernels/4.14", MS_FIELD_STATUS_rss_anon, MS_KNOWN},
        {"kernels/4.14", MS_FIELD_ROLLUP_pss, MS_KNOWN},
        {"kernels/4.14", MS_FIELD_ROLLUP_pss_anon, MS_UNSUPPORTED},
        {"kernels/4.14", MS_FIELD_ROLLUP_pss_dirty, MS_UNSUPPORTED},
        {"kernels/6.12", MS_FIELD_ROLLUP_ksm, MS_KNOWN},
        {"kernels/6.12", MS_FIELD_STATUS_vm_pmd, MS_UNSUPPORTED},
        {"kernels/6.12", MS_FIELD_STATUS_kthread, MS_KNOWN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct ms_source *source = open_fixture(cases[i].kernel);
        check(cases[i].kernel, cases[i].field, process_field(source, 300, cases[i].field), cases[i].why);
        ms_source_destroy(source);
    }
}

// Whatever stands in a file: a value or a reason for each field, and no crash.
static void oddities_have_an_answer(void **state)
{
    (void)state;
    struct ms_source *source = open_fixture("odd");
    pid_t *pids;
    size_t count;
    assert_int_equal(ms_source_pids(source, &pids, &count), 0);
    assert_int_equal(pids[0], 10);
    assert_int_equal(pids[count - 1], 32);
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < MS_FIELD_COUNT; i++)
            if (ms_fields[i].kind == MS_PROCESS)
                assert_in_range(process_field(source, pids[p], (enum ms_field)i), MS_KNOWN,
                                MS_REASON_COUNT - 1);
    free(pids);
    ms_source_destroy(source);
}

// parse/keyval.c relies on it: what takes the whole value of a label takes it in one way.
static void places_of_one_label_have_one_unit(void **state)
{
    (void)state;
    for (int file = 0; file < MS_FILE_COUNT; file++) {
        for (int at = ms_file_table[file].first + 1; at < ms_file_table[file].last; at++) {
            const struct ms_place *one = &ms_places[at - 1], *two = &ms_places[at];
            if (!(ms_file_table[file].traits & MS_LABELLED) || strcmp(one->label, two->label) != 0 ||
                one->pos || two->pos)
                continue;
            assert_int_equal(one->unit, two->unit);
            assert_int_equal(one->field < 0, two->field < 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_one_label_have_one_unit),
        cmocka_unit_test(each_process_field_is_known),
        cmocka_unit_test(each_mapping_field_is_known),
        cmocka_unit_test(each_system_field_is_known),
        cmocka_unit_test(what_is_denied_is_denied),
        cmocka_unit_test(nothing_of_a_sealed_machine_is_known),
        cmocka_unit_test(no_memory_is_no_zero),
        cmocka_unit_test(each_field_is_documented_once),
        cmocka_unit_test(each_alias_leads_to_a_field),
        cmocka_unit_test(places_are_in_order),
        cmocka_unit_test(a_hint_changes_no_answer),
        cmocka_unit_test(kernels_have_what_they_print),
        cmocka_unit_test(oddities_have_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
