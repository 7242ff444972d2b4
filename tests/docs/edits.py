#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an addition costs, as src/README.md says: adds one of each to a copy of the project, builds it, and sees each
work, be helped, completed and documented. An edit is one place in one file."""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(os.environ["MEMSH_ROOT"])
FIXTURE = pathlib.Path(os.environ["MEMSH_FIXTURES"]) / "full"
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"

# what -> [(file, the line it goes before; None: a new file, text)]
FIELDS, ENTRIES = "src/procfs/table/fields.def", "lua/memsh/catalogue/entries.lua"
EDITS = {
    "a field": [(FIELDS, "END(STATUS)",
                 'FIELD(STATUS, fresh_size, "FreshSize", 0, KB, "6.19", "fresh memory", "stale memory is not included")')],
    "a computed field": [("lua/memsh/fields/computed.lua", '    { name = "mem_percent"',
                          '    { name = "fresh_twice", type = "bytes", text = "2 * fresh_size",\n'
                          '      meaning = "twice the fresh memory", omits = "" },')],
    "a file of a process": [
        (FIELDS, "FILE(NUMA_MAPS,", 'FILE(FRESH, PROCESS, "fresh", "anybody", fresh, 0)\n'
         'FIELD(FRESH, fresh_first, "", 0, COUNT, "6.19", "the first number of fresh", "")\nEND(FRESH)\n'),
        ("src/procfs/parse/parse.h", "ms_parser ms_parse_limits;", "ms_parser ms_parse_fresh;"),
        ("src/procfs/parse/fresh.c", None,
         f'// {LICENCE}\n#include "parse/parse.h"\n\n'
         "void ms_parse_fresh(struct ms_block *block, struct ms_text text, struct ms_parse_context context)\n{\n"
         "    (void)context;\n    const int place = ms_file_table[block->file].first;\n    uint64_t number;\n"
         "    if (ms_text_u64(ms_text_word(&text), &number))\n        ms_block_set_number(block, place, number);\n"
         "    else\n        ms_block_set_why(block, place, MS_MALFORMED);\n}\n"),
    ],
    "a field of control groups": [("lua/memsh/query/cgroups.lua", '  { name = "events_high"',
                                   '  { name = "memory_fresh", type = "bytes", meaning = "fresh memory of the group",\n'
                                   '    omits = "", v2 = { "memory.fresh", number } },')],
    "a verb": [
        (ENTRIES, '  { "skip", takes', '  { "largest", takes = "N", gives = "SET", meaning = "the N with most memory",\n'
         "    example = 'procs:largest(3)' },"),
        ("lua/memsh/query/rowset.lua", "-- ---- ends",
         'function methods:largest(n)\n  return self:sort"-rss":top(n)\nend\n'),
    ],
    "a function of expressions": [("lua/memsh/expr/operators.lua", "  basename = { usage",
                                   '  shout = { usage = "shout(text)", meaning = "a text, louder",\n'
                                   "    example = 'procs:show\"shout(comm)\"', args = { \"text\" }, unit = \"text\",\n"
                                   '    run = function(text) return text:upper() .. "!" end },')],
    "a format": [
        ("src/output/writer.h", "    X(TABLE, table)", "    X(STARS, stars) \\"),
        ("src/output/stars.c", None,
         f'// {LICENCE}\n#include "output/writer_private.h"\n\nstatic bool row(struct ms_writer *writer, const struct '
         "ms_cell *cells)\n{\n    ms_buf_clear(&writer->cell);\n    ms_cell_text(&writer->cell, &cells[0], "
         "writer->columns[0].type, writer->style);\n    ms_buf_addf(&writer->line, \"*%.*s*\\n\", "
         "(int)writer->cell.len, writer->cell.data);\n    return ms_writer_send(writer);\n}\n\nstatic bool begin(struct "
         "ms_writer *writer)\n{\n    (void)writer;\n    return true;\n}\n\nstatic bool end(struct ms_writer *writer, "
         "struct ms_text meta)\n{\n    (void)writer, (void)meta;\n    return true;\n}\n\nconst struct ms_format_ops "
         "ms_format_stars = {.kind = MS_FORMAT_LINES, .begin = begin, .row = row, .end = end};\n"),
    ],
    "a unit": [("src/procfs/table/units.def", "#undef UNIT",
                'UNIT(RATIO, "number", NUMBER, real, real) // for the test')],
    "a field of that unit": [(FIELDS, "END(STATUS)",
                              'FIELD(STATUS, fresh_ratio, "FreshRatio", 0, RATIO, "6.19", "fresh part of all", "")')],
    "a global": [
        ("src/shell/modules.c", '    "report",', '    "freshly",'),
        (ENTRIES, '  { "budget", takes', '  { "freshly", takes = "", gives = "string", example = "freshly()",\n'
         '    meaning = "says how fresh it is" },'),
        ("lua/memsh/init.lua", "function globals.help(", 'function globals.freshly() return "very fresh" end'),
    ],
    "a method of rows": [
        (ENTRIES, '  { "raw", takes = \'"FILE"\'', '  { "freshen", takes = "", gives = "integer", example = '
         '"proc(1):freshen()",\n    meaning = "the fresh memory, twice" },'),
        ("lua/memsh/fields/row_methods.lua", "-- Errors of C's functions",
         "core.methods(\"process\").freshen = function(process) return 2 * process.fresh_size end\n"),
    ],
    "a row set of something else": [
        ("src/shell/modules.c", '    "report",', '    "stalls",'),
        (ENTRIES, '  { "sys", gives', '  { "stalls", gives = "memsh.RowSet", meaning = "the stalls of a market",\n'
         '    example = \'stalls:sort"-price"\' },'),
        ("lua/memsh/init.lua", "  sys = function()",
         '  stalls = function()\n    return require "memsh.query.from_tables"({ { name = "fish", price = 3 }, '
         '{ name = "figs", price = 5 } },\n      { { "name", "text", "what is sold" }, '
         '{ "price", "number", "what it costs" } })\n  end,'),
    ],
    "a command-line option": [
        ("src/shell/options.def", "X(MS_OPT_HELP,", 'X(MS_OPT_FRESH, 0, "fresh", NULL, "say that it is fresh")'),
        ("src/shell/options.c", "    {MS_OPT_LIST,", '    {MS_OPT_FRESH, NULL, "print \'fresh option\'"},'),
    ],
    "a reason for unknown": [
        ("src/base/reason.h", "    X(MS_DENIED,", '    X(MS_STALE, "stale", "it is not fresh") \\'),
        ("lua/memsh/exec/coverage.lua", "local RANK = {}", 'ORDER[#ORDER + 1] = "stale"'),
    ],
    "a report": [("scripts/fresh.lua", None,
                  f'-- {LICENCE}\nlocal opt = report {{ summary = "who has fresh memory" }}\n'
                  'return opt and procs:where"fresh_size > 0":show"pid fresh_size"\n')],
    "a command": [("lua/memsh/prompt/commands/fresh.lua", None,
                   f'-- {LICENCE}\nreturn {{\n  usage = ":fresh", help = "says that it is fresh",\n'
                   '  run = function() print "fresh it is" end,\n}\n')],
}
COST = {"a verb": 2, "a format": 2, "a file of a process": 3, "a global": 3, "a method of rows": 2,
        "a row set of something else": 3, "a command-line option": 2, "a reason for unknown": 2}


def edit(copy, path, before, text):
    path = copy / path
    if before is None:
        assert not path.exists(), path
        path.write_text(text)
        return
    old = path.read_text()
    at = old.index("\n" + before) + 1
    path.write_text(old[:at] + text + "\n" + old[at:])


# What builds and installs.
TOPS = ("CMakeLists.txt", "LICENSE", "README.md", "src", "lua", "scripts", "package")


def make_copy(place):
    copy = place / "copy"
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=False,
                           capture_output=True, text=True).stdout.split("\n") if (ROOT / ".git").exists() else []
    names = [name for name in names if name] or [
        str(path.relative_to(ROOT)) for top in TOPS
        for path in ([ROOT / top] if (ROOT / top).is_file() else (ROOT / top).rglob("*")) if path.is_file()]
    for name in names:
        if name.split("/")[0] in TOPS and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


def build(copy):
    out, generator = copy / "build", ["-G", "Ninja"] if shutil.which("ninja") else []
    for command in (["cmake", "-S", copy, "-B", out, *generator, "-DMEMSH_TESTS=OFF", "-DCMAKE_BUILD_TYPE=Debug",
                     "-DCMAKE_C_FLAGS_DEBUG=-O0", "-DMEMSH_WERROR=ON"], ["cmake", "--build", out, "--parallel", "2"]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return out


def make_root(place):
    root = place / "root"
    shutil.copytree(FIXTURE, root, symlinks=True)
    status = root / "413" / "status"
    status.write_text(status.read_text() + "FreshSize:\t      12 kB\nFreshRatio:\t1.5\n")
    (root / "413" / "fresh").write_text("42 7\n")
    group = root / ".machine" / "cgroup" / "a.slice"
    group.mkdir(parents=True)
    (group / "memory.fresh").write_text("8192\n")
    return root


def main(place):
    place = pathlib.Path(place)
    copy, root = make_copy(place), make_root(place)
    for what, places in EDITS.items():
        assert len(places) == COST.get(what, 1), what
        for one in places:
            edit(copy, *one)
    out = build(copy)

    def memsh(*arguments, text=None):
        done = subprocess.run([out / "memsh", "-s", root, *arguments], input=text, capture_output=True, text=True)
        return done.stdout + done.stderr

    def completes(line, word):
        code = ('local _, words = require("memsh.prompt.complete").complete(%s, function() return "memsh.rowset" end, '
                '{ "procs" }) print(table.concat(words, " "))')
        found = memsh("-e", code % f"[==[{line}]==]")
        assert any(one.startswith(word) for one in found.split()), (line, word, found)

    failures = []

    def expect(what, said, *parts):
        failures.extend(f"{what}: no {part!r} in {said!r}" for part in parts if part not in said)

    shown = memsh("-f", "csv", "-e", 'procs:where"pid == 413":show"fresh_size, fresh_twice, fresh_first, fresh_ratio, '
                  't=shout(comm)"')
    expect("fields, the file, the unit, the function", shown, "12288,24576,42,1.5,NGINX!")
    for name, meaning in (("fresh_size", "stale memory is not included"), ("fresh_twice", "twice the fresh memory"),
                          ("fresh_first", "the first number of fresh"), ("fresh_ratio", "fresh part of all")):
        expect(name, memsh("-e", f'desc"{name}"'), meaning)
        expect(name, memsh("--fields=text"), name)
        completes('procs:where"' + name[:-1], name)
    shown = memsh("-f", "csv", "-e", "cgroups:where\"path == '/a.slice'\":show'memory_fresh'")
    expect("the field of groups", shown, "8192")
    expect("the field of groups", memsh("--fields=text"), "memory_fresh")
    expect("the global", memsh("-e", "freshly()"), "very fresh")
    expect("the global", memsh("-e", 'help"freshly"'), "says how fresh it is")
    expect("the global", memsh("-e", "freshly(1)"), "freshly()")
    expect("the method", memsh("-e", "proc(413):freshen()"), "24576")
    expect("the method", memsh("-e", 'help"freshen"'), "the fresh memory, twice")
    expect("the row set", memsh("-f", "csv", "-e", 'stalls:sort"-price":top(1)'), "figs,5")
    expect("the row set", memsh("-e", 'help"stalls"'), "the stalls of a market")
    expect("the option", memsh("--fresh"), "fresh option")
    expect("the option", memsh("--help"), "--fresh", "say that it is fresh")
    expect("the reason", memsh("-e", 'require("memsh.core").reason_text "stale"'), "it is not fresh")
    expect("the reason", memsh("-e", 'local seen = require("memsh.exec.coverage").new() seen:process(1) '
                               'seen:note(1, "stale") print(seen:text())'), "1 stale")
    expect("the verb", memsh("-f", "csv", "-e", 'procs:largest(1):show"pid"'), "901")
    expect("the verb", memsh("-e", 'help"largest"'), "largest(N)", "the N with most memory", "procs:largest(3)")
    expect("the verb", memsh("-e", "procs:largest(1, 2)"), "largest(N)")
    completes("procs:larg", "largest")
    expect("the function", memsh("-e", 'help"shout"'), "a text, louder")
    completes("procs:show'sho", "shout")
    expect("the format", memsh("-f", "stars", "-e", 'procs:where"pid == 413":show"comm"'), "*nginx*")
    expect("the format", memsh("-e", 'print(procs:where"pid == 413":show"comm":stars())'), "*nginx*")
    expect("the format", memsh("-f", "starz", "-e", "1"), "stars")
    expect("the format", memsh("-e", 'help"stars"'), "stars()")
    expect("the report", memsh("fresh"), "413", "12288")
    expect("the report", memsh("--list"), "who has fresh memory")
    expect("the command", memsh("-e", 'require("memsh").command("fresh")'), "fresh it is")
    expect("the command", memsh("-e", 'help"commands"'), "says that it is fresh")
    completes(":fre", "fresh")
    page = "".join(path.read_text() for path in sorted(out.glob("memsh*.[17]")))
    for text in ("fresh_size", "fresh_twice", "fresh_first", "largest(N)", "shout(text)", ":fresh"):
        expect("the manual page", page.replace("\\-", "-").replace("\\&", ""), text)
    definitions = (out / "library" / "memsh.lua").read_text()
    for text in ("fresh_size", "largest"):
        expect("editors' definitions", definitions, text)
    print(*failures, sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main(sys.argv[1])
