// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/line.h"

#include "output/color.h"
#include "shell/interrupt.h"
#include "shell/user_dir.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

// readline's callbacks and signal handlers have no argument to find these by.
static char *finished_line;
static bool finished;
static bool given_up; // for Ctrl-C
static volatile sig_atomic_t resized;
static volatile sig_atomic_t continued;

static void on_resize(int signal_number)
{
    (void)signal_number;
    resized = 1;
}

static void on_continue(int signal_number)
{
    (void)signal_number;
    continued = 1;
}

static void on_line(char *line)
{
    finished_line = line;
    finished = true;
    rl_callback_handler_remove();
}

static void take_signal(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

// readline shows lines of its start-up file that it does not understand: never one that others could have
// chosen.
static void choose_inputrc(void)
{
    struct stat info;
    const char *file = getenv("INPUTRC");
    if (ms_user_is_trusted() &&
        (!file || stat(file, &info) != 0 || info.st_uid == geteuid() || info.st_uid == 0))
        return;
    setenv("INPUTRC", "/etc/inputrc", 1);
}

// Waits until there is something to read or, with `busy` false, to do. The signals are let in only while it
// waits: none is missed between the look at their flags and the wait.
static void wait_for_input(bool busy)
{
    sigset_t ours;
    sigset_t before;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGWINCH);
    sigaddset(&ours, SIGCONT);
    sigprocmask(SIG_BLOCK, &ours, &before);
    if (!*ms_interrupt_flag() && (busy || (!resized && !continued)))
        ppoll(&input, 1, NULL, &before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static bool has_input(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

// readline reads ahead what is typed fast. Ctrl-C takes that away, which may happen between a look and a
// read: so a read of nothing returns at once, and it is waited here, where Ctrl-C is seen.
static void prepare_terminal(int meta)
{
    struct termios modes;
    rl_prep_terminal(meta);
    if (tcgetattr(STDIN_FILENO, &modes) != 0)
        return;
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

static bool is_hung_up(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL));
}

// EOF where there is no key to come; what readline makes of it after Ctrl-C is not what was typed.
static int get_key(FILE *stream)
{
    (void)stream;
    for (;;) {
        unsigned char key;
        wait_for_input(true);
        ssize_t got = read(STDIN_FILENO, &key, 1);
        if (got == 1)
            return key;
        given_up = *ms_interrupt_flag();
        if (given_up || (got < 0 && errno != EINTR && errno != EAGAIN) || (got == 0 && is_hung_up()))
            return EOF;
    }
}

void ms_line_open(void)
{
    static bool is_open; // a restricted memsh opens it early
    if (is_open)
        return;
    is_open = true;
    setlocale(LC_CTYPE, ""); // for readline alone: scripts, and what memsh writes, do not depend on it
    choose_inputrc();
    rl_readline_name = "memsh";
    rl_instream = stdin;
    rl_outstream = isatty(STDOUT_FILENO) ? stdout : stderr;
    rl_catch_signals = 0;
    rl_getc_function = get_key;
    rl_prep_term_function = prepare_terminal;
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_initialize();
    // Both would wait for a key inside readline, where Ctrl-C is not seen.
    rl_variable_bind("page-completions", "off");
    rl_completion_query_items = 0;
    take_signal(SIGWINCH, on_resize);
    take_signal(SIGCONT, on_continue);
}

// Drops the half-typed line and leaves the cursor on a fresh one.
static void abandon(void)
{
    rl_callback_sigcleanup(); // of a search it draws the line that there was before: on that line, not on the
                              // next
    rl_echo_signal_char(SIGINT);
    rl_crlf();
    rl_clear_pending_input();
    rl_free_line_state();
    rl_cleanup_after_signal();
    rl_callback_handler_remove();
    using_history();
}

// readline's redisplay divides by zero where the prompt takes all of the line: in a narrower terminal it is
// to believe that there is so much, and what it draws wraps.
enum { NARROWEST = 16 };

static void widen(void)
{
    int rows;
    int columns;
    rl_get_screen_size(&rows, &columns);
    if (columns < NARROWEST)
        rl_set_screen_size(rows, NARROWEST);
}

static bool is_narrow(void)
{
    struct winsize size;
    return ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_col < NARROWEST;
}

static void resize(void)
{
    if (!is_narrow()) {
        rl_resize_terminal();
        return;
    }
    rl_reset_screen_size(); // without the redisplay
    widen();
    rl_forced_update_display();
}

static void redraw(void)
{
    if (continued) { // the shell that stopped memsh left the terminal in its own mode
        rl_deprep_terminal();
        prepare_terminal(1);
        rl_forced_update_display();
    }
    if (resized)
        resize();
    continued = 0;
    resized = 0;
}

// Where it switches bracketed paste off, readline ends the line of a Ctrl-D by itself.
static void end_last_line(void)
{
    const char *paste = rl_variable_value("enable-bracketed-paste");
    const char *terminal = getenv("TERM");
    bool ended = paste && strcmp(paste, "on") == 0 && terminal && strcmp(terminal, "dumb") != 0;
    if (!ended)
        rl_crlf();
    fflush(rl_outstream);
}

// Until a line is finished: false where Ctrl-C came before.
static bool finish_line(void)
{
    finished = false;
    given_up = false;
    finished_line = NULL;
    while (!finished || given_up) {
        wait_for_input(false);
        if (*ms_interrupt_flag())
            return false;
        if (resized || continued)
            redraw();
        else if (has_input())
            rl_callback_read_char();
    }
    return true;
}

// The prompt in its tone; marked for readline: these bytes take no place.
static const char *tone(const char *prompt, char *out, size_t size)
{
    if (!ms_color_on(isatty(fileno(rl_outstream))))
        return prompt;
    snprintf(out, size, "\001%s\002%s\001%s\002", ms_tone_begin(MS_TONE_HEAD), prompt,
             ms_tone_end(MS_TONE_HEAD));
    return out;
}

static void begin_line(const char *prompt)
{
    char toned[64];
    fflush(stdout);
    rl_reset_screen_size(); // it may have changed while nobody looked
    widen();
    rl_callback_handler_install(tone(prompt, toned, sizeof toned), on_line);
}

void ms_line_echo(const char *prompt, const char *text)
{
    finished_line = NULL;
    begin_line(prompt);
    rl_insert_text(text);
    rl_redisplay();
    rl_stuff_char('\n');
    rl_callback_read_char();
    free(finished_line);
    rl_callback_handler_remove(); // a key of the user's that ends no line
}

enum ms_line ms_line_read(const char *prompt, char **line)
{
    const bool failed = ferror(stdout);
    begin_line(prompt);
    const bool done = finish_line();
    if (!done) {
        free(finished_line);
        abandon();
    } else if (!finished_line) {
        end_last_line();
    }
    if (!failed)
        clearerr(stdout); // an echo that a signal cut short is no output that was lost
    if (!done)
        return MS_LINE_INTERRUPTED;
    if (!finished_line)
        return MS_LINE_END;
    *line = finished_line;
    return MS_LINE_READ;
}
