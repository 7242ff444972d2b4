// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Opens what is below the directory `at`, step by step: a link on the way fails with ELOOP or ENOTDIR, and
// ".." with EXDEV, whoever puts them there meanwhile. Slashes at the front are passed over. A descriptor, or
// -1 with errno.
int ms_open_no_links(int at, const char *path, int flags);
