// SPDX-License-Identifier: GPL-3.0-or-later
// Who is confined, with which rights, and which files memsh itself refuses; and all of it together.
#include "failing_calls.h"
#include "failing_malloc.h"

#include "confine/caller.h"
#include "confine/confine.h"
#include "confine/environment.h"
#include "confine/files.h"
#include "confine/landlock.h"
#include "confine/rights.h"

#include <linux/capability.h>

// ---- the environment

static void test_environment(void **state)
{
    (void)state;
    extern char **environ;
    clearenv();
    static const char *const given[][2] = {
        {"TERM", "xterm-256color"}, {"LANG", "de_DE.UTF-8"},  {"TZ", "Europe/Berlin"},
        {"COLUMNS", "80"},          {"NO_COLOR", "1"},        {"LC_CTYPE", "C.UTF-8@x"},
        {"LC_ALL", "/etc/shadow"},  {"LINES", "a b"},         {"FORCE_COLOR", "../x"},
        {"LD_PRELOAD", "x.so"},     {"LUA_INIT", "x"},        {"HOME", "/root"},
        {"INPUTRC", "x"},           {"PAGER", "x"},           {"TERMINFO", "/tmp"},
        {"LOCPATH", "/tmp"},        {"MALLOC_ARENA_MAX", "1"}};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        setenv(given[i][0], given[i][1], 1);
    assert_true(ms_environment_reduce());
    size_t count = 0;
    for (char **one = environ; one && *one; one++)
        count++;
    assert_int_equal(count, 6);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        const char *value = getenv(given[i][0]);
        assert_true(i < 6 ? value && strcmp(value, given[i][1]) == 0 : !value);
    }
    static const char *const zones[] = {
        ":/etc/shadow",
        "/etc/shadow",
        "a/../b",
        "a\nb",
        "",
        "A123456789012345678901234567890123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        setenv("TZ", zones[i], 1);
        assert_true(ms_environment_reduce());
        assert_true(!getenv("TZ") || *zones[i] == '\0');
    }
    setenv("TZ", ":Europe/Berlin", 1);
    assert_true(ms_environment_reduce());
    assert_string_equal(getenv("TZ"), ":Europe/Berlin");
    failing = "setenv";
    assert_false(ms_environment_reduce());
    setenv("TZ", "UTC", 1);
    failing = "clearenv";
    assert_false(ms_environment_reduce());
    failing = NULL;
#ifndef FOREIGN_MALLOC
    setenv("TZ", "UTC", 1);
    until_failure = 0;
    assert_false(ms_environment_reduce());
    until_failure = -1;
#endif
}

// ---- who runs it

static char directory[] = "/tmp/memsh-confine.XXXXXX";
static char path[sizeof directory + 64];

static const char *in_directory(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_directory(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool is_listed(const char *text, uid_t user)
{
    write_text("list", text);
    return ms_caller_is_listed(in_directory("list"), user);
}

static void test_listed(void **state)
{
    (void)state;
    if (geteuid() != 0) // the list is root's
        skip();
    assert_false(ms_caller_is_listed(in_directory("list"), 65534));
    assert_true(is_listed("# people\n\nnobody\n", 65534));
    failing = "fstat";
    assert_false(is_listed("nobody\n", 65534));
    failing = NULL;
    assert_false(is_listed("4711\n", 65534));
    assert_false(is_listed("4711\n0\n", 42));
    assert_true(is_listed("root", 0));
    assert_true(is_listed("daemon\n65534", 65534));
    assert_true(is_listed("*", 4711));
    assert_true(is_listed(" 4711\t\n", 4711));
    assert_false(is_listed("nobod\nnobodyy\n# nobody\nnobody x\n", 65534));
    assert_false(is_listed("", 65534));
    assert_false(is_listed("nobody", 4711)); // who has no name
    static char big[65537];
    memset(big, '\n', sizeof big - 1);
    assert_false(is_listed(big, 65534));
    write_text("list", "*");
    assert_int_equal(chmod(in_directory("list"), 0666), 0);
    assert_false(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(chmod(in_directory("list"), 0644), 0);
    assert_int_equal(chown(in_directory("list"), 1, 0), 0);
    assert_false(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(chown(in_directory("list"), 0, 0), 0);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_false(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(chmod(directory, 0755), 0);
    assert_true(ms_caller_is_listed(in_directory("list"), 1));
    assert_int_equal(symlink("list", in_directory("link")), 0);
    assert_false(ms_caller_is_listed(in_directory("link"), 1));
    assert_int_equal(mkdir(in_directory("folder"), 0755), 0);
    assert_false(ms_caller_is_listed(in_directory("folder"), 1));
}

static struct ms_caller caller_with(const char *user, const char *group)
{
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    if (user)
        setenv("SUDO_UID", user, 1);
    if (group)
        setenv("SUDO_GID", group, 1);
    return ms_caller_find();
}

static uid_t real, effective;
static gid_t group;

static void as_other(void)
{
    if (setresgid(group, group, group) || setresuid(real, effective, 0))
        leave(100);
    leave((int)ms_caller_find().rights);
}

static int rights_of(uid_t user, uid_t as, gid_t of)
{
    real = user;
    effective = as;
    group = of;
    return WEXITSTATUS(in_a_child(as_other));
}

// Rights that the kernel says the program has, and its user has not: which are left decides.
static uint64_t left;

static void as_other_with_rights(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
        {.permitted = (uint32_t)left}, {.permitted = (uint32_t)(left >> 32)}};
    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setresuid(real, real, real) || syscall(SYS_capset, &header, data))
        leave(100);
    is_secure = true;
    leave((int)ms_caller_find().rights);
}

static int rights_with(uid_t user, uint64_t capabilities)
{
    real = user;
    left = capabilities;
    return WEXITSTATUS(in_a_child(as_other_with_rights));
}

static void test_rights_of_the_file(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    caller_with(NULL, NULL);
    assert_int_equal(rights_with(65534, 0), MS_CALLER_OWN);
    assert_int_equal(rights_with(65534, UINT64_C(1) << CAP_SYS_PTRACE), MS_CALLER_LENT);
    assert_int_equal(rights_with(65534, UINT64_C(1) << 38), MS_CALLER_LENT); // CAP_PERFMON
    assert_int_equal(rights_with(0, UINT64_C(1) << CAP_SYS_PTRACE), MS_CALLER_OWN);
    caller_with("4711", "4711"); // sudo -u lent it to somebody else, or its user wrote so
    assert_int_equal(rights_with(65534, UINT64_C(1) << CAP_SYS_PTRACE), MS_CALLER_STRANGER);
    assert_int_equal(rights_of(65534, 0, 65534), MS_CALLER_STRANGER); // set-user-ID root
    administrators = directory;
    write_text("unrestricted", "4711\n65534\n");
    assert_int_equal(rights_with(65534, UINT64_C(1) << CAP_SYS_PTRACE), MS_CALLER_STRANGER);
    caller_with(NULL, NULL);
    assert_int_equal(rights_with(65534, UINT64_C(1) << CAP_SYS_PTRACE), MS_CALLER_TRUSTED);
    administrators = NULL;
    failing_call = SYS_capget; // what is not known is taken for lent
    calls_left = 0;
    assert_int_equal(rights_with(65534, 0), MS_CALLER_LENT);
    failing_call = -1;
}

static void as_other_group(void)
{
    if (setresgid(65534, 0, 0) || (real && setresuid(real, real, real)))
        leave(100);
    leave((int)ms_caller_find().rights);
}

static void test_caller(void **state)
{
    (void)state;
    assert_int_equal(caller_with(NULL, NULL).rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("0", "0").rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("x", "0").rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("-1", "0").rights, MS_CALLER_OWN);
    assert_int_equal(caller_with("4294967295", "0").rights, MS_CALLER_OWN);
    if (geteuid() != 0)
        skip();
    const struct ms_caller lent = caller_with("4711", "4712");
    assert_int_equal(lent.rights, MS_CALLER_LENT);
    assert_int_equal(lent.user, 4711);
    assert_int_equal(lent.group, 4712);
    administrators = directory;
    write_text("unrestricted", "4711\n");
    assert_int_equal(caller_with("4711", "4712").rights, MS_CALLER_TRUSTED);
    assert_int_equal(caller_with("4712", "4712").rights, MS_CALLER_LENT);
    assert_int_equal(caller_with("0", "0").rights, MS_CALLER_OWN);
    administrators = NULL;
    assert_int_equal(caller_with("4711", NULL).rights, MS_CALLER_STRANGER);
    assert_int_equal(caller_with("4711", "x").rights, MS_CALLER_STRANGER);
    assert_int_equal(rights_of(65534, 65534, 0), MS_CALLER_STRANGER);
    caller_with("65534", "65534");
    assert_int_equal(rights_of(65534, 65534, 65534), MS_CALLER_OWN);     // they are who they say
    assert_int_equal(rights_of(65534, 65534, 4711), MS_CALLER_STRANGER); // sudo -g
    caller_with(NULL, NULL);
    for (real = 0; real <= 65534; real += 65534)
        assert_int_equal(WEXITSTATUS(in_a_child(as_other_group)), MS_CALLER_LENT); // set-group-ID
    setenv("PKEXEC_UID", "65534", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_LENT);
    assert_int_equal(ms_caller_find().user, 65534);
    setenv("PKEXEC_UID", "4711", 1); // who has no entry
    assert_int_equal(ms_caller_find().rights, MS_CALLER_STRANGER);
    unsetenv("PKEXEC_UID");
    setenv("DOAS_USER", "nobody", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_LENT);
    assert_int_equal(ms_caller_find().user, 65534);
    setenv("DOAS_USER", "no such user", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_STRANGER);
    setenv("DOAS_USER", "root", 1);
    assert_int_equal(ms_caller_find().rights, MS_CALLER_OWN);
    unsetenv("DOAS_USER");
    assert_int_equal(rights_of(65534, 65534, 0), MS_CALLER_OWN);
    assert_int_equal(rights_of(65534, 0, 0), MS_CALLER_LENT); // set-user-ID root
    assert_int_equal(rights_of(65534, 65533, 0), MS_CALLER_STRANGER);
    assert_true(ms_caller_says_restricted("memsh-restricted"));
    assert_true(ms_caller_says_restricted("/usr/bin/memsh-restricted"));
    assert_false(ms_caller_says_restricted("memsh"));
    assert_false(ms_caller_says_restricted("memsh-restricted/memsh"));
    assert_false(ms_caller_says_restricted(NULL));
    failing = "readlink";
    assert_false(ms_caller_says_restricted("memsh"));
    failing = NULL;
    executed = "./memsh-restricted";
    assert_true(ms_caller_says_restricted("memsh"));
    executed = NULL;
    link_text = "/usr/bin/memsh-restricted";
    assert_true(ms_caller_says_restricted("memsh"));
    link_text = NULL;
    setenv("SUDO_UID", "0", 1);
    assert_int_equal(rights_of(0, 0, 4711), MS_CALLER_OWN);
}

// ---- capabilities

static void become_and_look(void)
{
    char line[256], permitted[32] = "", effective_set[32] = "";
    enum ms_right right;
    if (!ms_rights_become(65534, 65533) || getuid() != 65534 || geteuid() != 65534 || getegid() != 65533 ||
        getgroups(0, NULL) != 0)
        leave(1);
    if (setuid(0) == 0 || open("/etc/shadow", O_RDONLY | O_CLOEXEC) >= 0)
        leave(2);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!ms_rights_take(&right))
        leave(3);
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status)) {
        sscanf(line, "CapPrm: %31s", permitted);
        sscanf(line, "CapEff: %31s", effective_set);
    }
    static const char *const sets[] = {[MS_RIGHT_NONE] = "0000000000000000",
                                       [MS_RIGHT_PERFMON] = "0000004000000000",
                                       [MS_RIGHT_PTRACE] = "0000000000080000"};
    leave(strcmp(permitted, sets[right]) != 0 || strcmp(effective_set, sets[right]) != 0 ? 4 : 0);
}

static void stay_root(void)
{
    static const long calls[] = {SYS_capget, SYS_capset};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        failing_call = calls[i];
        calls_left = 0;
        if (ms_rights_become(0, 0))
            leave(2);
    }
    failing_call = -1;
    leave(ms_rights_become(0, 0) && getuid() == 0 ? 0 : 1);
}

static void become_another(void)
{
    if (setresuid(65534, 65534, 65534))
        leave(1);
    leave(ms_rights_become(4711, 4711) ? 2 : 0);
}

static void take_nothing(void)
{
    enum ms_right right = MS_RIGHT_PERFMON;
    if (setresuid(65534, 65534, 65534))
        leave(1);
    leave(ms_rights_take(&right) && right == MS_RIGHT_NONE ? 0 : 2);
}

static void take_without_fork(void)
{
    enum ms_right right;
    failing = "fork";
    leave(ms_rights_take(&right) ? 2 : 0);
}

static void become_in_vain(void)
{
    static const char *const functions[] = {"setgroups", "setresgid", "setresuid"};
    enum ms_right right;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        failing = functions[i];
        if (ms_rights_become(65534, 65534))
            leave(1);
    }
    failing = NULL;
    failing_option = PR_SET_KEEPCAPS;
    if (ms_rights_become(65534, 65534))
        leave(2);
    failing_option = -1;
    failing_call = SYS_capget;
    calls_left = 0;
    if (ms_rights_take(&right))
        leave(3);
    failing_call = SYS_capset;
    calls_left = 0;
    if (ms_rights_take(&right))
        leave(4);
    calls_left = 1;
    if (ms_rights_take(&right))
        leave(5);
    failing_call = SYS_capget;
    calls_left = 0;
    leave(ms_rights_become(65534, 65534) ? 6 : 0);
}

static int refusal;

// As on a kernel that does not take CAP_PERFMON for maps: without it nothing shows them.
static void take_as_on_old_kernels(void)
{
    enum ms_right right = MS_RIGHT_NONE;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    failing_maps = ESRCH; // somebody killed the child
    if (ms_rights_take(&right))
        leave(1);
    failing_maps = refusal;
    failing =
        refusal == EPERM ? "waitpid: EINTR" : "waitpid: ECHILD"; // a signal came, or others wait for children
    leave(ms_rights_take(&right) && right == MS_RIGHT_PTRACE ? 0 : 2);
}

static void test_rights(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_a_child(become_in_vain), 0);
    static const int refusals[] = {EACCES, EPERM};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        refusal = refusals[i];
        assert_int_equal(in_a_child(take_as_on_old_kernels), 0);
    }
    assert_int_equal(in_a_child(become_and_look), 0);
    assert_int_equal(in_a_child(stay_root), 0);
    assert_int_equal(in_a_child(become_another), 0);
    assert_int_equal(in_a_child(take_nothing), 0);
    assert_int_equal(in_a_child(take_without_fork), 0);
}

// ---- files

// The descriptor's file begins so.
static bool begins(int fd, const char *text)
{
    char bytes[32] = "";
    const ssize_t got = fd < 0 ? -1 : read(fd, bytes, sizeof bytes - 1);
    if (fd >= 0)
        close(fd);
    return got >= 0 && strncmp(bytes, text, strlen(text)) == 0;
}

static void name_the_top(void)
{
    ms_files_name("/");
    ms_files_close();
    leave(ms_files_open("/", O_DIRECTORY) >= 0 && ms_files_open(directory, 0) < 0 ? 0 : 1);
}

// The list is closed for good: this comes late.
static void test_files(void **state)
{
    (void)state;
    int ends[2];
    char pipe_path[64];
    write_text("file", "file");
    assert_int_equal(mkdir(in_directory("named"), 0755), 0);
    write_text("named/inside", "inside");
    assert_int_equal(symlink("../file", in_directory("named/link")), 0);
    assert_int_equal(symlink("inside", in_directory("named/within")), 0);
    assert_int_equal(mkdir(in_directory("named2"), 0755), 0);
    write_text("named2/inside", "other");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[0]);
    failing = "reallocarray";
    assert_false(ms_files_name(directory));
    failing = "realpath";
    assert_false(ms_files_name(directory));
    failing = NULL;
    assert_int_equal(in_a_child(name_the_top), 0);
#ifndef FOREIGN_MALLOC
    until_failure = 1; // reallocarray has memory, strdup has none
    assert_false(ms_files_name(directory));
    until_failure = -1;
#endif
    const size_t before = ms_files_count();
    assert_true(ms_files_name(in_directory("named")));
    assert_true(ms_files_name(in_directory("not there")));
    assert_true(ms_files_name(pipe_path));
    assert_true(ms_files_name("/proc/self/status"));
    assert_int_equal(ms_files_count(), before + 3);
    assert_true(ms_files_descriptor(before) >= 0);
    assert_int_equal(ms_files_look("/nowhere"), 0);
    assert_string_equal(ms_files_problem(EPERM), strerror(EPERM));
    assert_true(begins(ms_files_open(in_directory("file"), 0), "file"));
    ms_files_close();
    assert_true(begins(ms_files_open(in_directory("named/inside"), 0), "inside"));
    assert_true(begins(ms_files_open(in_directory("named/within"), 0), "inside"));
    assert_true(begins(ms_files_open(in_directory("named2/../named/inside"), 0), "inside"));
    assert_true(begins(ms_files_open(pipe_path, 0), "piped"));
    assert_true(ms_files_open(in_directory("named"), O_DIRECTORY) >= 0);
    assert_int_equal(ms_files_look(in_directory("named/inside")), 0);
    static const char *const refused[] = {"named/link", "file", "named2/inside", "named/../file", "named2"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(ms_files_open(in_directory(refused[i]), 0), -1);
        assert_int_equal(errno, EPERM);
        assert_int_equal(ms_files_look(in_directory(refused[i])), EPERM);
    }
    assert_int_equal(ms_files_open("/", 0), -1);
    failing = "open of the top";
    assert_int_equal(ms_files_open(in_directory("named/inside"), 0), -1);
    failing = NULL;
    assert_int_equal(ms_files_open(in_directory("named/nothing"), 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_non_null(strstr(ms_files_problem(EPERM), "restricted mode reads"));
    assert_string_equal(ms_files_problem(ENOENT), strerror(ENOENT));
}

// ---- all of it

static char problem[MS_CONFINE_TEXT_MAX];
static bool done;
static struct ms_confine_wish wish;

static void confine(void)
{
    done = ms_confine(wish, problem);
}

static void confine_failing(const char *function, const char *part)
{
    failing = function;
    in_a_thread(confine);
    failing = NULL;
    assert_false(done);
    assert_non_null(strstr(problem, part));
    assert_false(ms_confine_is_on());
}

// Users' names are what they are without the file or the memory for it: none.
static void confine_without_passwd(void)
{
    size_t len = 1;
    failing = "open of passwd";
    in_a_thread(confine);
    const char *passwd = ms_confine_passwd(&len);
    leave(done && passwd && *passwd == '\0' && len == 0 ? 0 : 1);
}

#ifndef FOREIGN_MALLOC
// Each allocation of its own once: nothing runs then, or only users' names are missing.
static long moment;

static void confine_without_memory(void)
{
    wish.only_files = true;
    until_failure = moment;
    done = ms_confine(wish, problem);
    until_failure = -1;
}

static void confine_at_a_moment(void)
{
    in_a_thread(confine_without_memory);
    leave(done || strstr(problem, "memsh cannot be restricted, so nothing runs: ") ? 0 : 1);
}
#endif

static void confine_on_old_kernels(void)
{
    wish.whole = true;
    failing_call = 444; // landlock_create_ruleset
    calls_left = 0;
    in_a_thread(confine);
    leave(!done && strstr(problem, "it has no Landlock") ? 0 : 1);
}

static void test_confine(void **state)
{
    (void)state;
    char text[MS_CONFINE_TEXT_MAX];
    size_t len;
    ms_confine_describe(text);
    assert_string_equal(text, "not confined (see --restricted)");
    assert_null(ms_confine_passwd(&len));
    assert_int_equal(in_a_child(confine_without_passwd), 0);
    assert_int_equal(in_a_child(confine_on_old_kernels), 0);
#ifndef FOREIGN_MALLOC
    for (moment = 0; moment < 30; moment++)
        assert_int_equal(in_a_child(confine_at_a_moment), 0);
#endif
    confine_failing("reallocarray", "files: ");
    confine_failing("setrlimit", "limits of the process");
    confine_failing("seccomp_load", "system calls (seccomp)");
    static const int options[] = {PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        failing_option = options[i];
        confine_failing(NULL, "limits of the process");
    }
    failing_option = -1;
    failing_call = SYS_capget;
    calls_left = 0;
    confine_failing(NULL, "capabilities");
    wish.only_files = true;
    const bool has_landlock = ms_landlock_version() != 0;
    failing_call = 444; // landlock_create_ruleset, after it was asked for its version
    calls_left = 1;
    if (has_landlock)
        confine_failing(NULL, "files (Landlock)");
    failing_call = -1;
    wish.whole = true;
    wish.only_files = true;
    in_a_thread(confine);
    assert_true(ms_confine_is_on());
    ms_confine_describe(text);
    assert_int_equal(done, strstr(text, "files by Landlock") != NULL);
    assert_true(done || strstr(problem, "--require-confinement"));
    assert_non_null(strstr(text, "confined: system calls by seccomp, files by "));
    const char *passwd = ms_confine_passwd(&len);
    assert_non_null(passwd);
    assert_true(len > 0 && memmem(passwd, len, "root:", 5));
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
    if (geteuid() != 0)
        skip();
    wish.only_files = false;
    failing_maps = EACCES; // CAP_PERFMON is not enough here
    in_a_thread(confine);
    failing_maps = 0;
    assert_false(done);
    assert_non_null(strstr(problem, "hides other processes without CAP_PERFMON"));
    ms_confine_describe(text);
    assert_non_null(strstr(text, "files by memsh itself; capabilities: sys_ptrace"));
}

static int make_directory(void **state)
{
    (void)state;
    umask(022);
    return mkdtemp(directory) && chmod(directory, 0755) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    char command[sizeof directory + 16];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights_of_the_file),
        cmocka_unit_test(test_listed),
        cmocka_unit_test(test_caller),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_confine),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
