# SPDX-License-Identifier: GPL-3.0-or-later
"""What a memsh answers of each fixture, a file for each question: answers.py DIRECTORY COMMAND...
The command is memsh, or an emulator that runs it. Two directories with the same files are machines that agree:
every field of every process and mapping, all reports' examples, a recording that was written and read again."""
import os
import pathlib
import re
import shlex
import subprocess
import sys

import report_every

ROOT = pathlib.Path(os.environ["MEMSH_ROOT"])
FIXTURES = ROOT / "tests/fixtures"
# Of these the reports are asked, too.
REPORTED = ("full", "denied", "odd", "pages64k", "kernels/2.6.32", "kernels/6.12")
EVERYTHING = """for _, set in ipairs { procs, maps } do
  local names = set.schema:names()
  table.sort(names)
  print(set:show(table.concat(names, " ")))
end
print(maps:by "kind quadrant on_shmem":sum "rss")
print(sys)"""


def fixtures():
    named = [FIXTURES / name for name in ("full", "denied", "sealed", "odd", "pages64k")]
    return named + sorted(path for kind in ("kernels", "trials") for path in (FIXTURES / kind).iterdir() if path.is_dir())


def ask(command, words):
    """stdout, stderr and the exit status as one text."""
    # By one thread: where a saved copy has the mounts of some processes only, it matters who is asked first.
    done = subprocess.run([*command, "-j", "1", "--reports", str(ROOT / "scripts"), *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    answer = re.sub(rb"(?m)^(memsh_run_duration_seconds) .*", rb"\1 ...", done.stdout)
    return answer + b"--\n" + done.stderr + b"-- %d\n" % done.returncode


def everything(out, command, name, source):
    for form in ("json", "table"):
        (out / f"{name}.{form}").write_bytes(ask(command, ["-s", str(source), "-f", form, "-e", EVERYTHING]))


def reports(out, command, name, source):
    for report, examples in report_every.examples().items():
        for number, example in enumerate(examples, 1):
            words = shlex.split(example.replace("1234", "1107"))[1:]
            if re.search(r"web\d\.memsh", example) or "-o" in words:
                continue
            (out / f"{name}.{report}.{number}").write_bytes(ask(command, ["-s", str(source), *words]))


def main(directory, *command):
    out = pathlib.Path(directory)
    out.mkdir(parents=True, exist_ok=True)
    for fixture in fixtures():
        name = str(fixture.relative_to(FIXTURES)).replace("/", "-")
        everything(out, command, name, fixture)
        if str(fixture.relative_to(FIXTURES)) in REPORTED:
            reports(out, command, name, fixture)
    recording = out.parent / (out.name + ".memsh")
    (out / "recorded").write_bytes(ask(command, ["record", "--from", str(FIXTURES / "full"), "-o", str(recording)]))
    everything(out, command, "recorded", recording)
    for path in out.glob("recorded*"):
        path.write_bytes(path.read_bytes().replace(bytes(recording), b"FILE"))


if __name__ == "__main__":
    main(*sys.argv[1:])
