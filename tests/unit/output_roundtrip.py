# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what test_output_roundtrip wrote, with Python's own csv and json, and compares every value.

Run in the directory with out.csv out.tsv out.json out.jsonl and expected, which has a line for each row:
number, text and path as hexadecimal bytes, the bits of a double."""

import base64
import csv
import json
import re
import struct
import sys


def undo(text):
    """The escapes of the text formats, from their description: backslash, n, t, xNN."""
    out = bytearray()
    for match in re.finditer(r"\\x([0-9a-f]{2})|\\(.)|([^\\]+)", text, re.S):
        if match[1]:
            out.append(int(match[1], 16))
        elif match[2]:
            out += {"\\": b"\\", "n": b"\n", "t": b"\t"}[match[2]]
        else:
            out += match[3].encode()
    return bytes(out)


def unique(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), names
    return dict(pairs)


def no_constant(name):
    raise AssertionError(name)


def parse(text):
    return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)


def json_bytes(row, name):
    twin = row.get(name + "_b64")
    text = row[name]
    if twin is None:
        return text.encode()
    data = base64.b64decode(twin, validate=True)
    assert data.decode(errors="replace").count("\ufffd") > 0
    assert "\ufffd" in text
    return data


expected = []
for line in open("expected"):
    number, text, path, bits = line.rstrip("\n").split(" ")
    value = struct.unpack(">d", bytes.fromhex(bits))[0]
    expected.append((int(number), bytes.fromhex(text), bytes.fromhex(path), value))


def check_text_rows(rows):
    assert rows[0] == ["number", "text", "path", "double", "nothing", "denied"], rows[0]
    assert len(rows) == len(expected) + 1, len(rows)
    for row, (number, text, path, value) in zip(rows[1:], expected):
        assert row[0] == str(number)
        assert undo(row[1]) == text, (row[1], text)
        assert undo(row[2]) == path, (row[2], path)
        assert struct.pack(">d", float(row[3])) == struct.pack(">d", value), (row[3], value)
        assert row[4] == "" and row[5] == ""


def check_json_rows(rows):
    assert len(rows) == len(expected)
    for row, (number, text, path, value) in zip(rows, expected):
        assert row["number"] == number and isinstance(row["number"], int)
        assert json_bytes(row, "text") == text
        assert json_bytes(row, "path") == path
        assert row["double"] == value
        assert row["nothing"] is None and row["denied"] is None
        assert row["unknown"] == {"denied": "denied"}


csv_text = open("out.csv", newline="", encoding="utf-8", errors="strict").read()
assert csv_text.count("\r\n") == csv_text.count("\n") == len(expected) + 1
check_text_rows(list(csv.reader(csv_text.splitlines(keepends=True), strict=True)))
tsv_text = open("out.tsv", newline="", encoding="utf-8", errors="strict").read()
check_text_rows([line.split("\t") for line in tsv_text.split("\n")[:-1]])
document = parse(open("out.json", encoding="utf-8", errors="strict").read())
assert list(document) == ["rows", "meta"] and document["meta"] == {"schema": 1}
check_json_rows(document["rows"])
lines = open("out.jsonl", encoding="utf-8", errors="strict", newline="").read().split("\n")
check_json_rows([parse(line) for line in lines[:-1]])
sys.exit(0)
