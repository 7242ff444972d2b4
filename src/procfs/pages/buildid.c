// SPDX-License-Identifier: GPL-3.0-or-later
// Build ids in ELF files. The file may be anybody's: everything is read into buffers of fixed sizes, nothing
// in it is believed, and it is never mapped, as a file that is cut while it is mapped kills its reader.
#include "pages/buildid.h"

#include <elf.h>

enum { MOST_SEGMENTS = 512, NOTES_SIZE = 64 * 1024, GNU_BUILD_ID = 3 };

struct elf {
    ms_build_id_read *read;
    void *ctx;
    bool wide; // 64 bits
    bool big;  // the highest byte of a number is first
};

struct segment {
    uint32_t type;
    uint64_t offset;
    uint64_t size;
    uint64_t align;
};

static uint64_t number(const struct elf *elf, const void *field, size_t size)
{
    const uint8_t *bytes = field;
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[elf->big ? i : size - 1 - i];
    return value;
}

// The number in a member of a header, a union of its narrow and its wide form.
#define NUMBER(elf, header, member)                                                                          \
    ((elf)->wide ? number(elf, &(header).wide.member, sizeof(header).wide.member)                            \
                 : number(elf, &(header).narrow.member, sizeof(header).narrow.member))

static enum ms_reason read_all(const struct elf *elf, void *bytes, size_t len, uint64_t offset)
{
    const ssize_t got = elf->read(elf->ctx, bytes, len, offset);
    if (got < 0)
        return MS_IO;
    return (size_t)got == len ? MS_KNOWN : MS_MALFORMED;
}

static enum ms_reason read_segment(const struct elf *elf, uint64_t offset, struct segment *out)
{
    union {
        Elf32_Phdr narrow;
        Elf64_Phdr wide;
    } header = {0};
    const enum ms_reason why =
        read_all(elf, &header, elf->wide ? sizeof header.wide : sizeof header.narrow, offset);
    *out = (struct segment){(uint32_t)NUMBER(elf, header, p_type), NUMBER(elf, header, p_offset),
                            NUMBER(elf, header, p_filesz), NUMBER(elf, header, p_align)};
    return why;
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) / align * align;
}

// Looks through the notes of a segment. Sizes in it are of 32 bits, so that sums of 64 don't overflow.
static enum ms_reason find_in_notes(const struct elf *elf, const uint8_t *notes, size_t size, uint64_t align,
                                    struct ms_build_id *out)
{
    uint64_t at = 0;
    while (at + sizeof(Elf32_Nhdr) <= size) {
        Elf32_Nhdr note; // that of 64 bits is the same
        memcpy(&note, notes + at, sizeof note);
        const uint64_t name = at + sizeof note, name_len = number(elf, &note.n_namesz, 4);
        const uint64_t body = round_up(name + name_len, align), len = number(elf, &note.n_descsz, 4);
        if (body > size || len > size - body)
            return MS_MALFORMED;
        if (number(elf, &note.n_type, 4) == GNU_BUILD_ID && name_len == 4 &&
            memcmp(notes + name, "GNU", 4) == 0) {
            if (len == 0 || len > MS_BUILD_ID_MOST)
                return MS_MALFORMED;
            out->len = (size_t)len;
            memcpy(out->bytes, notes + body, out->len);
            return MS_KNOWN;
        }
        at = round_up(body + len, align);
    }
    return MS_KNOWN;
}

static enum ms_reason read_notes(const struct elf *elf, const struct segment *segment,
                                 struct ms_build_id *out)
{
    uint8_t notes[NOTES_SIZE];
    if (segment->size > sizeof notes)
        return MS_TOO_LARGE;
    enum ms_reason why = read_all(elf, notes, (size_t)segment->size, segment->offset);
    if (why != MS_KNOWN)
        return why;
    return find_in_notes(elf, notes, (size_t)segment->size, segment->align == 8 ? 8 : 4, out);
}

// A segment of notes that makes no sense does not hide a sound one.
static enum ms_reason find_in_segments(const struct elf *elf, uint64_t offset, uint64_t step, unsigned count,
                                       struct ms_build_id *out)
{
    enum ms_reason worst = MS_KNOWN;
    const size_t least = elf->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (count && step < least)
        return MS_MALFORMED;
    if (count > MOST_SEGMENTS)
        return MS_TOO_LARGE;
    for (unsigned i = 0; i < count && !out->len; i++) {
        struct segment segment = {0};
        uint64_t at;
        if (__builtin_add_overflow(offset, i * step, &at))
            return MS_MALFORMED;
        enum ms_reason why = read_segment(elf, at, &segment);
        if (why != MS_KNOWN)
            return why;
        if (segment.type == PT_NOTE)
            why = read_notes(elf, &segment, out);
        worst = why != MS_KNOWN ? why : worst;
    }
    return out->len ? MS_KNOWN : worst;
}

enum ms_reason ms_build_id_of_elf(ms_build_id_read *read, void *ctx, struct ms_build_id *out)
{
    union {
        uint8_t ident[EI_NIDENT];
        Elf32_Ehdr narrow;
        Elf64_Ehdr wide;
    } header = {0};
    struct ms_build_id id = {0};
    const ssize_t got = read(ctx, &header, sizeof header, 0);
    if (got < 0)
        return MS_IO;
    if ((size_t)got < sizeof header.narrow || memcmp(header.ident, ELFMAG, SELFMAG) != 0) {
        *out = id;
        return MS_KNOWN;
    }
    const struct elf elf = {read, ctx, header.ident[EI_CLASS] == ELFCLASS64,
                            header.ident[EI_DATA] == ELFDATA2MSB};
    if (elf.wide && (size_t)got < sizeof header.wide)
        return MS_MALFORMED;
    const enum ms_reason why =
        find_in_segments(&elf, NUMBER(&elf, header, e_phoff), NUMBER(&elf, header, e_phentsize),
                         (unsigned)NUMBER(&elf, header, e_phnum), &id);
    if (why == MS_KNOWN)
        *out = id;
    return why;
}
