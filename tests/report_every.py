# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the examples of the reports that ship: report_every.py [--all] [--allow STATUS,...] PID FORMAT,... OPTION...
PID stands in place of 1234; the options are memsh's own, `--` and a command that runs it may follow. Without --all it
is the first example of each report. Ends with 1 if one fails, or its output is not what it says it is."""
import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

LIST = """for _, found in ipairs(require("memsh.reports.report").all()) do
  if found.path:find(arg[1], 1, true) == 1 then
    print(found.name)
    for _, example in ipairs(found.report.examples) do print("  " .. example) end
  end
end"""
# What a terminal obeys: controls, C1 controls, marks that turn the direction of text.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# What an example names and a machine may lack.
LACKING = re.compile("there is no unit|the mounts are not known|oom_kills: ")
MEMSH = [os.environ["MEMSH"], "--reports", os.path.join(os.path.realpath(os.environ["MEMSH_ROOT"]), "scripts")]


def examples():
    """{report: its examples}"""
    done = subprocess.run([*MEMSH, "-e", LIST, MEMSH[2]], capture_output=True, text=True, check=True)
    found, of_report = {}, []
    for line in done.stdout.splitlines():
        if line.startswith(" "):
            of_report.append(line.strip())
        else:
            of_report = found[line] = []
    del found["record"]  # it writes files, and goes on until it is stopped: cli/recordings runs it
    return found


def make_recordings(directory):
    """What examples name web1.memsh and web2.memsh."""
    saved = os.path.join(os.environ["MEMSH_ROOT"], "tests/fixtures/full")
    os.chmod(directory, 0o755)
    for name in ("web1.memsh", "web2.memsh"):
        path = os.path.join(directory, name)
        subprocess.run([*MEMSH, "record", "--from", saved, "-o", path], check=True)
        os.chmod(path, 0o644)


def fault_of(text, form):
    """What is wrong with such an output, or None."""
    if form == "json":
        for document in re.split(r"(?<=\})\n(?=\{)", text.strip()):
            json.loads(document or "{}")
    elif form == "jsonl":
        for line in text.splitlines():
            json.loads(line)
    elif form == "csv":
        if len({len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)}) > 1:
            return "rows of different lengths"
    found = OBEYED.search(text.replace("\r\n", "\n") if form == "csv" else text)
    return found and f"the byte {found.group()!r} of {text[max(found.start() - 40, 0):found.end()]!r}"


def without_source(options):
    """An example that names its own is of that alone."""
    at = options.index("-s") if "-s" in options else len(options)
    return options[:at] + options[at + 2:]


def run(example, pid, form, options, before, allowed):
    words = shlex.split(example.replace("1234", pid))[1:]
    if words[0] == "-s":
        options, words = [*without_source(options), *words[:2]], words[2:]
    if words[0] == "-f":
        form, words = words[1], words[2:]
    if words[0] == "-o":
        words = words[2:]
    if words[0] == "--check":
        allowed, form = (0, 1, 2, 3), "table"
    command = [*before, *MEMSH, *options, "-f", form, *words]
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    said = done.stderr.decode("utf-8", "backslashreplace")
    if done.returncode == 1 and LACKING.search(said):
        return None
    if done.returncode not in (0, *allowed) or "stack traceback" in said:
        return f"status {done.returncode}, {said}"
    if done.returncode and not said and not done.stdout and done.returncode != 42:
        return f"status {done.returncode} without a word"
    try:
        return fault_of(done.stdout.decode("utf-8"), form) if done.returncode == 0 else None
    except ValueError as error:
        return f"no {form}: {error}, {done.stdout[:300]!r}"


def main(words):
    everything, allowed, before = False, [], []
    while words[0].startswith("--"):
        option = words.pop(0)
        everything = everything or option == "--all"
        if option == "--allow":
            allowed = [int(status) for status in words.pop(0).split(",")]
    pid, forms, *options = words
    if "--" in options:
        before, options = options[options.index("--") + 1:], options[:options.index("--")]
    recordings = tempfile.TemporaryDirectory()
    make_recordings(recordings.name)
    ran = failures = 0
    for name, own in examples().items():
        if not own:
            print(f"{name} has no example")
            failures += 1
        for example in own if everything else own[:1]:
            for form in forms.split(","):
                fault = run(re.sub(r"\b(?=web\d\.memsh)", recordings.name + "/", example), pid, form, options, before, allowed)
                ran += 1
                if fault:
                    failures += 1
                    print(f"{example} (-f {form}): {fault}")
    print(f"{ran} runs, {failures} failures")
    return failures > 0 or ran < 20


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
