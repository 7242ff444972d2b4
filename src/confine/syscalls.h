// SPDX-License-Identifier: GPL-3.0-or-later
// The system calls that a restricted memsh can make.
#pragma once

// Only reading, writing to what is open, memory that is not executable, threads, time and the terminal are
// left, to this thread and those that it starts; all else fails with EPERM, and what is a way into another
// process or the kernel ends memsh. NO_NEW_PRIVS is set before. 0 or an errno.
int ms_syscalls_restrict(void);
