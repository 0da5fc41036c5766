#!/usr/bin/env python3
"""fastText on tokenised rows: settings chosen on one in ten training rows, then trained on all, scored once.

    fasttext_peer.py FOLDER --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with labels, and train.tokens.jsonl and test.tokens.jsonl with the lists of
tokens of the same rows. Prints one JSON document. Needs the package `fasttext`.
"""
import argparse
import itertools
import json
import pathlib
import random
import resource
import sys
import tempfile
import time

import fasttext

GRID = {"lr": [0.1, 0.5, 1.0], "epoch": [5, 25, 50], "wordNgrams": [1, 2]}


def read(folder, part):
    """A line `__label__L tokens` a row."""
    rows = [json.loads(line) for line in (folder / f"{part}.jsonl").open(encoding="utf-8")]
    tokens = [json.loads(line) for line in (folder / f"{part}.tokens.jsonl").open(encoding="utf-8")]
    assert len(rows) == len(tokens), part
    name = lambda row: str(row["label"]).replace(" ", "_")
    return [f"__label__{name(row)} {' '.join(words)}\n" for row, words in zip(rows, tokens)]


def error(train, test, settings, args, folder):
    for name, lines in [("train", train), ("test", test)]:
        (folder / name).write_text("".join(lines), encoding="utf-8")
    try:
        model = fasttext.train_supervised(
            str(folder / "train"), dim=100, minCount=1, seed=args.seed, thread=args.threads, verbose=0, **settings)
    except RuntimeError as failure:  # it gives up where a high rate leads to NaN
        print(f"{settings}: {failure}", file=sys.stderr)
        return 1.0
    return 1 - model.test(str(folder / "test"))[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    start = time.monotonic()
    train, test = read(args.folder, "train"), read(args.folder, "test")
    order = train[:]
    random.Random(args.seed).shuffle(order)
    held = len(order) // 10
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        grid = [dict(zip(GRID, values)) for values in itertools.product(*GRID.values())]
        best = min(grid, key=lambda settings: error(order[held:], order[:held], settings, args, folder))
        # in that order, too: it learns from the rows as they come, and a file may have one class after the other
        found = error(order, test, best, args, folder)
    print(json.dumps({
        "error": found,
        "settings": best,
        "n": len(test),
        "seconds": time.monotonic() - start,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
