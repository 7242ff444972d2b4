// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/deadline.h"

#include "bind/bind.h"
#include "output/sink.h"
#include "shell/interrupt.h"
#include "shell/verdict.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static struct ms_bind_deadline deadline = {.end = ms_interrupt_raise};
static volatile sig_atomic_t calls; // how often the clock has called
static volatile sig_atomic_t last_status;

enum { LAST_CALL = 3 };

static void on_alarm(int signal_number)
{
    (void)signal_number;
    deadline.passed = 1;
    if (++calls >= LAST_CALL) {
        static const char text[] = "memsh: the deadline has passed\n";
        ms_verdict_last_word("the deadline has passed");
        const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
        (void)written;
        ms_sink_remove_temporaries();
        _exit(last_status);
    }
    if (!deadline.soft || calls > 1)
        ms_interrupt_raise();
}

void ms_deadline_start(unsigned milliseconds, int status)
{
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    const struct itimerval timer = {
        .it_value = {.tv_sec = milliseconds / 1000, .tv_usec = (int)(milliseconds % 1000) * 1000},
        .it_interval = {.tv_sec = 1},
    };
    last_status = status;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

void ms_deadline_open(lua_State *L)
{
    ms_bind_set_deadline(L, &deadline);
}

bool ms_deadline_has_passed(void)
{
    return deadline.passed;
}

void ms_deadline_harden(void)
{
    deadline.soft = 0;
}
