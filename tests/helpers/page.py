#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a page that memsh wrote as a browser's parser would, and judges it.

    page.py PAGE                           well formed, no script, nothing from outside
    page.py --pictures PAGE NAME BYTES     and each drawing of that treemap: its areas are as the bytes that they say
                                           and add up to BYTES; nothing overlaps
"""

import html.parser
import re
import sys

VOID = {"meta", "br", "rect", "path", "line"}
KNOWN = set("html head meta title style body main header section h1 h2 h3 p svg g rect path line text details summary table thead tbody "
            "tr th td br div dl dt dd ul li b i code pre span strong ol".split())


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.pictures, self.kinds = [], [], {}

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.kinds[tag] = self.kinds.get(tag, 0) + 1
        assert not any(name.startswith("on") for name in values), values
        assert not values.keys() & {"src", "href", "action", "data", "xlink:href"}, values
        if tag == "svg" and "data-picture" in values:
            self.pictures.append((values, []))
        if tag == "rect" and "data-bytes" in values:
            self.pictures[-1][1].append(values)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert tag in VOID, tag
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if tag == "rect" and self.open[-1] != "rect":
            return  # it had a title
        assert self.open.pop() == tag, tag


def judge(values, rects, total):
    width, height = map(float, values["viewbox"].split()[2:])
    numbers = [tuple(float(r[name]) for name in ("x", "y", "width", "height")) + (int(r["data-bytes"]),) for r in rects]
    assert sum(n[4] for n in numbers) == total, (sum(n[4] for n in numbers), total)
    for x, y, w, h, size in numbers:
        assert -0.02 <= x and x + w <= width + 0.02 and -0.02 <= y and y + h <= height + 0.02, (x, y, w, h)
        area = size * width * height / total
        assert abs(w * h - area) <= 0.02 * (w + h) + 0.01, (w, h, size, area)
    for i, a in enumerate(numbers):
        for b in numbers[:i]:
            over = (min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]), min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
            assert min(over) < 0.03, (a, b)


def read(path):
    text = open(path, encoding="utf-8").read()
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == [], page.open
    assert page.kinds.keys() <= KNOWN, page.kinds.keys() - KNOWN
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|url\(|@import", text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    return page


def main(arguments):
    if arguments[:1] != ["--pictures"]:
        return read(arguments[0])
    page = read(arguments[1])
    drawings = [one for one in page.pictures if one[0]["data-picture"] == arguments[2]]
    assert sorted(values["class"] for values, _ in drawings) == ["desk", "paper", "phone"], len(drawings)
    for values, rects in drawings:
        judge(values, rects, int(arguments[3]))


if __name__ == "__main__":
    main(sys.argv[1:])
