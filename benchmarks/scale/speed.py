#!/usr/bin/env python3
"""Rows a second of Ray (2 actors), Dask (2 workers), Spark local[2] and 16 shards (2 at a time), beside one process with 2 threads.

    speed.py ULMFIT MODEL [--rounds 3] [--rows 4000] [--engines ray]

All take turns. Every engine scores a small folder and then all rows; the difference gives the rate, so that its start and the
loading of the model are left out, and the time of the start is told beside it. Texts are pieces of the demo's mails.
"""

import argparse
import json
import lzma
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import engines

DEMO = pathlib.Path(__file__).resolve().parents[2] / "assets/demo"
PIECE = 40  # words
SMALL = 400  # rows of the small folder


def pieces(count):
    """Pieces of mails of 1 to 40 words."""
    mails = [json.loads(line)["text"] for line in lzma.open(DEMO / "unlabeled.jsonl.xz", "rt")]
    words = " ".join(mails).split()
    found, start = [], 0
    while len(found) < count:
        length = 1 + len(found) * 7 % PIECE
        if start + length > len(words):
            start = len(found) % PIECE
        found.append(" ".join(words[start:start + length]))
        start += length
    return found


def write(folder, texts):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "in").mkdir(parents=True)
    table = pa.table({"id": range(len(texts)), "text": texts})
    size = -(-len(texts) // engines.SHARDS)
    for part in range(engines.SHARDS):
        pq.write_table(table.slice(part * size, size), folder / f"in/part-{part:02}.parquet")
    (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))


ONE = """
import sys, pyarrow.parquet as pq
from ulmfit.batch import Scorer
model, source, target = sys.argv[1:]
pq.write_table(Scorer(model, text="text", threads=2)(pq.read_table(source)), target)
"""


def seconds(engine, args, folder):
    """Seconds of a whole run."""
    with tempfile.TemporaryDirectory() as name:
        target = pathlib.Path(name) / "out"
        began = time.perf_counter()
        if engine == "one":
            subprocess.run([sys.executable, "-c", ONE, args.model, folder / "in", target], check=True)
        elif engine == "predict":
            command = [args.ulmfit, "predict", args.model, folder / "texts.jsonl", "-q", "-o", target, "--threads", "2"]
            subprocess.run(command, check=True)
        elif engine == "shards":
            target.mkdir()
            engines.shards(args.ulmfit, args.model, folder / "texts.jsonl", target)
        else:
            engines.finish(engines.start(engine, args.model, folder / "in", target), engine)
        return time.perf_counter() - began


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ulmfit")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--engines", nargs="+", default=["shards", *engines.SCRIPTS])
    args = parser.parse_args()
    chosen = ["one", "predict"]
    for engine in args.engines:
        lacking = engine in engines.SCRIPTS and engines.missing(engine)
        if lacking:
            print(f"SKIPPED: {engine}: {lacking} is not installed")
        else:
            chosen.append(engine)
    with tempfile.TemporaryDirectory() as name:
        small, large = pathlib.Path(name) / "small", pathlib.Path(name) / "large"
        texts = pieces(SMALL + args.rows)
        write(small, texts[:SMALL])
        write(large, texts)
        rates, starts = {engine: [] for engine in chosen}, {engine: [] for engine in chosen}
        for _ in range(args.rounds):
            for engine in chosen:
                few, all_rows = seconds(engine, args, small), seconds(engine, args, large)
                rates[engine].append(args.rows / (all_rows - few))
                starts[engine].append(few - SMALL / rates[engine][-1])
                print(f"{engine}: {few:.1f} and {all_rows:.1f} s", file=sys.stderr)
    print(f"{'engine':8} {'rows/s':>8} {'(min':>8} {'max)':>8} {'of one process':>14} {'start s':>8}")
    for engine, found in rates.items():
        share = statistics.median(its / one for its, one in zip(found, rates["one"]))
        middle, start = statistics.median(found), statistics.median(starts[engine])
        print(f"{engine:8} {middle:8.0f} {min(found):8.0f} {max(found):8.0f} {share:14.2f} {start:8.1f}")


if __name__ == "__main__":
    main()
