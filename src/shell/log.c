// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/log.h"

#include "shell/stderr.h"
#include "shell/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

// Finds the entries of memsh in the journal: journalctl MESSAGE_ID=...
#define MESSAGE_ID "27618ad8c57645329a1055b37eb27a7b"

static enum ms_log opened;
static int problem; // errno, where there is no such log: said at the end, a verdict's own reason comes first
static int journal = -1;

// A connected datagram socket, or -1.
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static const char *path_of(enum ms_log log)
{
    return log == MS_LOG_JOURNAL ? "/run/systemd/journal/socket" : "/dev/log";
}

void ms_log_open(enum ms_log log)
{
    if (log == MS_LOG_NONE)
        return;
    int fd = connect_to(path_of(log));
    opened = log;
    problem = fd < 0 ? errno : 0;
    if (problem || log == MS_LOG_JOURNAL) {
        journal = fd;
        return;
    }
    close(fd); // it was only a test: openlog() does not report failure
    openlog("memsh", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

// A run without an audit only went well or not.
static int priority(int status)
{
    static const int of_verdict[] = {LOG_INFO, LOG_WARNING, LOG_CRIT, LOG_ERR};
    const char *word = ms_verdict_word();
    if (word && status >= MS_OK && status <= MS_UNKNOWN)
        return of_verdict[status];
    return status == 0 ? LOG_INFO : LOG_ERR;
}

static void write_journal(int status, const char *message)
{
    char entry[4096];
    const char *word = ms_verdict_word();
    int len = snprintf(entry, sizeof entry,
                       "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=memsh\nMESSAGE_ID=" MESSAGE_ID "\n"
                       "MEMSH_REPORT=%s\nMEMSH_STATUS=%d\n%s%s%s",
                       message, priority(status), ms_verdict_script(), status, word ? "MEMSH_RESULT=" : "",
                       word ? word : "", word ? "\n" : "");
    if (send(journal, entry, (size_t)len, MSG_NOSIGNAL) != len)
        ms_stderr_print("cannot write to the journal: %s", strerror(errno));
}

int ms_log_end(int status)
{
    char message[2560];
    const char *line = ms_verdict_line();
    if (opened == MS_LOG_NONE)
        return status;
    if (problem) {
        ms_stderr_print("--log %s: %s: %s; the exit status is that of the run",
                        opened == MS_LOG_JOURNAL ? "journal" : "syslog", path_of(opened), strerror(problem));
        return status;
    }
    if (ms_verdict_word())
        snprintf(message, sizeof message, "%s", line);
    else
        snprintf(message, sizeof message, "%s: %s", ms_verdict_script(),
                 *line         ? line
                 : status == 0 ? "done"
                               : "failed");
    if (opened == MS_LOG_JOURNAL)
        write_journal(status, message);
    else
        syslog(priority(status), "%s", message);
    opened = MS_LOG_NONE;
    return status;
}
