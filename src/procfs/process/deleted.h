// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a file that a process maps or runs was deleted. The kernel says so by " (deleted)" after its path,
// which may as well be a part of the name, so that it is asked of the file itself where that can be done.
#pragma once

#include "mappings/listing.h"

// What an answer rests on.
enum ms_deleted_by {
    MS_DELETED_BY_LINKS, // the file's number of links
    MS_DELETED_BY_INODE, // no file of that path, with or without the words, is the one that is mapped
    MS_DELETED_BY_NAME,  // the kernel's words alone
};

struct ms_deleted {
    bool deleted;
    enum ms_deleted_by by;
};

// "links", "inode", "name". Static storage.
const char *ms_deleted_by_name(enum ms_deleted_by by);

// Whether the kernel's words come after a name.
bool ms_deleted_is_said(struct ms_text name);

// Of a mapping whose name ends in the words. `target` is its process. What lies behind no path (memfd, SysV,
// shared anonymous memory, pool huge pages, objects of the kernel) is as the kernel says. Where nothing can
// be asked (a saved root, no permission, a process that has gone) the words are believed. Both may hang in
// the file's filesystem: see reader/deleted_file.h.
struct ms_deleted ms_deleted_mapping(struct ms_source *source, struct ms_target target,
                                     const struct ms_vma *vma, const struct ms_vma_traits *traits);

// Of the program that a process runs, `exe` being its path.
struct ms_deleted ms_deleted_program(struct ms_source *source, struct ms_target target, struct ms_text exe);
