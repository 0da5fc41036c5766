"""Cuts the articles of plain-text Wikipedia files into sections, a JSON line each.

    python3 sections.py OUT_DIR PART.txt.xz..      (in the order of the files' names)

A section begins with its heading and is as long as what a classifier reads later: a few hundred words. The last 1 % of
the last file's articles goes to valid.jsonl; every `--every`th article of the rest, from number `--from` on, to
train.jsonl.
"""

import argparse
import json
import lzma
import re
from pathlib import Path

TITLE = re.compile(r"^ ?= [^=].*[^=] = ?$")
HEADING = re.compile(r"^ ?= = .* = = ?$")


def articles(path):
    """Lists of lines; a title begins a new one."""
    lines = []
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            line = line.strip("\n")
            if TITLE.match(line) and lines:
                yield lines
                lines = []
            if line.strip():
                lines.append(line.strip())
    if lines:
        yield lines


def sections(lines):
    """Texts; a heading begins a new one."""
    section = []
    for line in lines:
        if HEADING.match(line) and len(section) > 1:
            yield "\n".join(section)
            section = []
        section.append(line)
    if section:
        yield "\n".join(section)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out", type=Path)
    arguments.add_argument("parts", type=Path, nargs="+")
    arguments.add_argument("--every", type=int, default=1)
    arguments.add_argument("--from", type=int, default=0, dest="first")
    options = arguments.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    last = list(articles(options.parts[-1]))
    held_out = max(1, len(last) // 100)
    counts = {"train": 0, "valid": 0}

    def write(file, name, lines):
        for text in sections(lines):
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
            counts[name] += 1

    with open(options.out / "train.jsonl", "w", encoding="utf-8") as train:
        number = 0
        for part in [*map(articles, options.parts[:-1]), last[:-held_out]]:
            for lines in part:
                if number % options.every == options.first:
                    write(train, "train", lines)
                number += 1
    with open(options.out / "valid.jsonl", "w", encoding="utf-8") as valid:
        for lines in last[-held_out:]:
            write(valid, "valid", lines)
    print(f"{number} articles and {held_out} held out; sections: {counts}")


if __name__ == "__main__":
    main()
