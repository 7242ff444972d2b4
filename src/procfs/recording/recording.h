// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings, read: the moments of one, and the files of a moment.
//
//   struct ms_recording *recording;                  struct ms_moment *moment;
//   ms_recording_open("web1.memsh", &recording);     ms_moment_open(recording, id, &moment);
//   ms_recording_moments(recording, &list, &count);  ms_moment_find(moment, "42/stat", &found);
//
// A source over one moment is made by ms_source_create_at (source/source.h). What is decompressed stays in a
// cache that all moments of a recording share. All but opening and closing may be done by any thread.
#pragma once

#include "base/text.h"
#include "recording/format.h"

#include <sys/types.h>

struct ms_recording;
struct ms_moment;
struct ms_piece;

enum { MS_MOMENT_TEXT = 128 };

// What is known of a moment. Texts that are not recorded are empty.
struct ms_moment_info {
    int64_t id;
    double time; // seconds since 1970; NAN: not recorded
    double took; // seconds
    int64_t processes;
    int64_t pieces;
    char why[16]; // every, pressure, oom, asked, saved; damaged: no more is known of it
    char boot[40];
    char host[MS_MOMENT_TEXT];
    char kernel[MS_MOMENT_TEXT];
};

// What the column `sum` of its row has.
int64_t ms_moment_sum(const struct ms_moment_info *info);

// 0 or an errno; see ms_recording_problem. The recording is held once.
int ms_recording_open(const char *path, struct ms_recording **out);
void ms_recording_hold(struct ms_recording *recording);
void ms_recording_release(struct ms_recording *recording);

// Lets go of what was decompressed; where one goes through moments, of what is of one alone, and of what the
// last ones did not ask for.
void ms_recording_forget(struct ms_recording *recording);
void ms_recording_forget_moment(struct ms_recording *recording, int64_t moment);

// A clause for people about an errno of these; NULL where strerror(3) says it.
const char *ms_recording_problem(int error);

bool ms_moment_is_damaged(const struct ms_moment_info *info);

// All moments, the oldest first, and those that are damaged in their places; the caller frees the list. 0 or
// an errno.
int ms_recording_moments(struct ms_recording *recording, struct ms_moment_info **out, size_t *count);

// The newest moment not after `before` (seconds since 1970; INFINITY: any, also one without a time) that was
// taken for `why` (NULL: for any reason), but for damaged ones: *damaged of those are newer, and one of them
// may be what is looked for. 0, ENODATA or another errno.
int ms_recording_find(struct ms_recording *recording, double before, const char *why,
                      struct ms_moment_info *out, size_t *damaged);

// What a moment has in the file, without decompressing any of it: bytes, and how many of its pieces are lost:
// they are not there, or the piece that they were compressed against is not. 0 or an errno.
struct ms_moment_size {
    uint64_t bytes, lost;
};
int ms_recording_size(struct ms_recording *recording, int64_t moment, struct ms_moment_size *out);

// Whether a moment has files of one kind (format.h), of all processes or of some. 0 or an errno.
int ms_recording_has(struct ms_recording *recording, int64_t moment, const char *kind, bool *has);

// Opens one moment: that of an id, the newest where that is 0. ENODATA: there is none; EUCLEAN: it is
// damaged. It holds the recording.
int ms_moment_open(struct ms_recording *recording, int64_t id, struct ms_moment **out);
void ms_moment_close(struct ms_moment *moment);
const struct ms_moment_info *ms_moment_info(const struct ms_moment *moment);
struct ms_recording *ms_moment_recording(const struct ms_moment *moment);

// A file that was found: its bytes live until it is released.
struct ms_found {
    struct ms_text text;
    struct ms_piece *piece;
};

// The file at a path. 0 or an errno: the recorded one; ENOMEDIUM where it was not recorded, EBADMSG where
// what was recorded is damaged.
int ms_moment_find(struct ms_moment *moment, const char *path, struct ms_found *out);
void ms_found_release(struct ms_found *found);

// How many pieces were decompressed so far for the sake of a moment, and how many bytes those have in the
// file.
struct ms_pieces_read {
    uint64_t pieces, bytes;
};
struct ms_pieces_read ms_moment_pieces_read(const struct ms_moment *moment);

// Whether finding it takes no time, because its piece was read already.
bool ms_moment_is_at_hand(struct ms_moment *moment, const char *path);

// Whether a file or a directory is at the path.
bool ms_moment_has(struct ms_moment *moment, const char *path);

// All process ids, ascending; the caller frees the list. 0 or an errno.
int ms_moment_pids(struct ms_moment *moment, pid_t **out, size_t *count);

// Gives the names directly below a directory of the machine's files; a directory in it may be given several
// times. 0 or an errno.
typedef bool ms_moment_name(void *ctx, struct ms_text name, bool is_directory); // false: no more
int ms_moment_list(struct ms_moment *moment, const char *directory, ms_moment_name *each, void *ctx);

// Process ids, ascending; NULL: all.
struct ms_pid_list {
    const pid_t *pids;
    size_t count;
};

// Gives the pieces of one kind that may have files of these processes, in order; each is held meanwhile. Ends
// early where `each` gives anything but 0. 0 or an errno.
typedef int ms_moment_piece(void *ctx, const struct ms_piece *piece);
int ms_moment_pieces(struct ms_moment *moment, const char *kind, struct ms_pid_list of, ms_moment_piece *each,
                     void *ctx);

// Gives every file of one kind (format.h; NULL: of all), with the path that it has in a saved root. Ends
// early where `each` gives anything but 0. 0 or an errno.
typedef int ms_moment_file(void *ctx, const char *path, struct ms_text text, int error);
int ms_moment_each(struct ms_moment *moment, const char *kind, ms_moment_file *each, void *ctx);
