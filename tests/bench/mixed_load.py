#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mixed_load.py COPIES: programs of the distribution that have little in common, several of each, at work.

Prints "programs NUMBER", "processes NUMBER" and "ready", and ends them when its standard input does. Each program that
is installed runs COPIES times, and waits for its standard input. Each second a tenth of those that answer to a line get
one, so that some of what a recorder sees changes, as it does on a machine that is used.
"""
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

C_FILE = '#include <stdio.h>\n'
PYTHON = 'import sys\nx = []\nfor line in sys.stdin: x.append(bytearray(int(line) * 1000))'

# The command, and what it is fed now and then: {} is a number.
PROGRAMS = [
    (["bash", "-s"], "x=$(seq {})\n"), (["dash", "-s"], "x={}\n"), (["sh", "-c", "read x; read y"], ""),
    (["python3", "-c", PYTHON], "{}\n"), (["python3", "-m", "http.server", "-b", "127.0.0.1", "0"], ""),
    (["python3", "-c", "import asyncio, json, sqlite3, ssl, xml.dom, multiprocessing, decimal; input()"], ""),
    (["perl", "-ne", "push @x, $_ x 100"], "{}\n"), (["perl", "-MIO::Socket", "-MPOSIX", "-e", "<>"], ""),
    (["lua5.4", "-"], "x={}\n"), (["tclsh"], "set x {}\n"), (["expect", "-"], "set x {}\n"),
    (["node", "-e", "process.stdin.on('data', x => { global.x = 'x'.repeat(1000 * x) })"], "{}\n"),
    (["jshell", "-s"], ""), (["gdb", "-q", "-nx"], "print {}\n"), (["vim", "-es"], ""), (["ed", "-s"], "a\n{}\n.\n"),
    (["sqlite3"], "select randomblob({});\n"), (["bc", "-q"], "2^{}\n"), (["dc"], "{} 2 ^ p\n"), (["jq", "."], "{}\n"),
    (["m4"], "{}\n"), (["make", "-f", "-"], ""), (["gcc", "-x", "c", "-c", "-", "-o", "/dev/null"], C_FILE),
    (["clang", "-x", "c", "-c", "-", "-o", "/dev/null"], C_FILE), (["as", "-o", "/dev/null"], ""), (["clangd"], ""),
    (["rustc", "-", "-o", "/dev/null"], ""), (["git", "hash-object", "--stdin"], "{}\n"), (["gpg", "--list-packets"], ""),
    (["openssl", "sha256"], "{}\n"), (["ssh-agent", "-D"], ""), (["dbus-daemon", "--session", "--nofork"], ""),
    (["top", "-b", "-d", "5"], ""), (["vmstat", "2"], ""), (["gzip"], "{}\n"), (["xz"], "{}\n"),
    (["zstd"], "{}\n"), (["bzip2"], "{}\n"), (["sort"], "{}\n"), (["awk", "{ x[NR] = $0 }"], "{}\n"),
    (["sed", "p"], "{}\n"), (["grep", "x"], "{}\n"), (["tail", "-f", "/dev/null"], ""), (["tee"], "{}\n"),
    (["curl", "-s", "telnet://127.0.0.1:9"], ""), (["strace", "-o", "/dev/null", "cat"], "{}\n"),
    (["valgrind", "-q", "cat"], "{}\n"), (["cmake", "-E", "sleep", "10000"], ""), (["xmllint", "-"], ""),
    (["luacheck", "-"], ""), (["shellcheck", "-"], ""), (["groff", "-Tascii"], "{}\n"), (["debconf-communicate"], ""),
    (["prometheus-node-exporter", "--web.listen-address=127.0.0.1:0"], ""), (["tmux", "-D", "-L", "{copy}"], ""),
    (["prometheus-alertmanager", "--storage.path={copy}", "--cluster.listen-address=",
      "--web.listen-address=127.0.0.1:0", "--config.file=alertmanager.yml"], ""),
    (["prometheus", "--storage.tsdb.path={copy}", "--config.file=prometheus.yml", "--web.listen-address=127.0.0.1:0"], ""),
    (["less"], "{}\n"), (["od"], "{}\n"), (["wc"], "{}\n"), (["nl"], "{}\n"), (["tac"], "{}\n"), (["sleep", "10000"], ""),
]


def start(command, copy, folder):
    words = [word.replace("{copy}", f"mixed-{os.getpid()}-{copy}") for word in command]
    environment = dict(os.environ, TMPDIR=folder, HOME=folder, NUMBER=str(copy))
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            cwd=folder, env=environment, bufsize=0, process_group=0)


def feed(running, turn):
    for number, (process, line) in enumerate(running):
        if line and (number + turn) % 10 == 0:
            try:
                process.stdin.write(line.replace("{}", str(turn % 1000 + number)).encode())
            except OSError:
                pass  # it ended


def end(running):
    for process, _ in running:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def main():
    copies = int(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    here = [program for program in PROGRAMS if shutil.which(program[0][0])]
    with tempfile.TemporaryDirectory(prefix="memsh-mixed-") as folder:
        for name, text in ("prometheus.yml", "global: {}\n"), ("alertmanager.yml", "route: {receiver: x}\nreceivers: [{name: x}]\n"):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        running = []
        try:
            for copy in range(copies):
                running += [(start(command, copy, folder), line) for command, line in here]
            time.sleep(5)
            alive = [process for process, _ in running if process.poll() is None]
            print("programs", len({process.args[0] for process in alive}), flush=True)
            print("processes", len(alive), flush=True)
            print("ready", flush=True)
            turn = 0
            while not select.select([sys.stdin], [], [], 1)[0]:
                feed(running, turn)
                turn += 1
        finally:
            end(running)


if __name__ == "__main__":
    main()
