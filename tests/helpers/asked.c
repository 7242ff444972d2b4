// SPDX-License-Identifier: GPL-3.0-or-later
// Runs a command and says on standard error which ioctl PROCMAP_QUERY it and its threads made, as the kernel
// received them: "queries NUMBER", and "with_build_id ADDRESS" for each with room for a build id, with the
// address that it asks about. Ends as the command did.
//   asked COMMAND...
#include "helper.h"

#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { PROCMAP_QUERY = 17, QUERY_ADDRESS_AT = 16, SIZE_AT = 84, ADDRESS_AT = 96, QUERY_SIZE = 104 };

// Of linux/ptrace.h, which does not go together with sys/ptrace.h.
enum { GET_SYSCALL_INFO = 0x420e, ENTRY = 1 };
struct syscall_info {
    uint8_t op;
    uint8_t padding[3];
    uint32_t arch;
    uint64_t instruction, stack;
    uint64_t number, arguments[6];
    uint64_t more[4];
};

static unsigned queries;

static void look(pid_t thread)
{
    struct syscall_info call = {0};
    char query[QUERY_SIZE];
    uint32_t size;
    uint64_t address, about;
    if (ptrace((enum __ptrace_request)GET_SYSCALL_INFO, thread, sizeof(call), &call) <= 0 ||
        call.op != ENTRY || call.number != SYS_ioctl ||
        (call.arguments[1] & 0xffff) != ('f' << 8 | PROCMAP_QUERY))
        return;
    struct iovec here = {query, sizeof(query)}, there = {(void *)(uintptr_t)call.arguments[2], sizeof(query)};
    if (process_vm_readv(thread, &here, 1, &there, 1, 0) != (ssize_t)sizeof(query))
        fail("process_vm_readv");
    memcpy(&size, query + SIZE_AT, sizeof(size));
    memcpy(&address, query + ADDRESS_AT, sizeof(address));
    memcpy(&about, query + QUERY_ADDRESS_AT, sizeof(about));
    queries++;
    if (size || address)
        fprintf(stderr, "with_build_id %llx\n", (unsigned long long)about);
}

static int trace(pid_t command)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int status, result = 1;
    if (waitpid(command, &status, 0) < 0 || ptrace(PTRACE_SETOPTIONS, command, NULL, options) < 0)
        fail("ptrace");
    ptrace(PTRACE_SYSCALL, command, NULL, NULL);
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
        if (WIFEXITED(status) && thread == command)
            result = WEXITSTATUS(status);
        if (!WIFSTOPPED(status))
            continue;
        const int signal = WSTOPSIG(status);
        const int own = signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP;
        if (signal == (SIGTRAP | 0x80))
            look(thread);
        ptrace(PTRACE_SYSCALL, thread, NULL, (long)(own ? 0 : signal));
    }
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "asked COMMAND...\n");
        return 2;
    }
    const pid_t command = fork();
    if (command == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        execv(argv[1], argv + 1);
        fail(argv[1]);
    }
    const int result = trace(command);
    fprintf(stderr, "queries %u\n", queries);
    return result;
}
