// SPDX-License-Identifier: GPL-3.0-or-later
// --log: how a run ended, for the logs of the machine.
#pragma once

enum ms_log { MS_LOG_NONE, MS_LOG_SYSLOG, MS_LOG_JOURNAL };

// Opens the log. Where there is none, the run goes on all the same: ms_log_end says so.
void ms_log_open(enum ms_log log);

// Writes the entry of a run that ends with this status: what the verdict was or what went wrong. Gives the
// status.
int ms_log_end(int status);
