#!/usr/bin/env python3
"""Peak memory of scoring many rows of pyarrow text, beside the size of the rows.

    memory.py MODEL [--rows 10000000]

Each way runs in a process of its own (Linux). Needs the wheel and pyarrow.
"""

import argparse
import pathlib
import subprocess
import sys
import time

WAYS = ["scorer", "predict_proba", "predict"]
SLICE = 100_000


def status(field):
    """A line of /proc/self/status in bytes."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(field)).split()[1])


def texts(rows):
    """A chunked column; texts of a chunk differ, and chunks are alike but for their memory."""
    import pyarrow as pa

    words = "good bad film book meal story room phone train garden".split()
    return pa.chunked_array(
        pa.array([f"{words[row % 10]} {words[row // 10 % 10]} {row + start}" for row in range(min(SLICE, rows - start))])
        for start in range(0, rows, SLICE)
    )


def child(way, model, rows):
    import pyarrow as pa

    if way == "scorer":
        from ulmfit.batch import Scorer

        scorer = Scorer(model, text="text", threads=2, keep=[])
        score = lambda column: scorer(pa.table({"text": column}))
    else:
        from ulmfit import TextClassifier

        score = getattr(TextClassifier.load(model), way)
    score(pa.chunked_array([["the model is loaded"]]))
    column = texts(rows)
    size = column.nbytes
    pa.default_memory_pool().release_unused()
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    before = status("VmRSS")
    began = time.monotonic()
    answers = score(column)
    seconds = time.monotonic() - began
    assert len(answers) == rows
    peak = status("VmHWM")
    print(
        f"{way:14} {size / 1e6:8.0f} {before / 1e6:8.0f} {peak / 1e6:8.0f} {answers.nbytes / 1e6:8.0f} "
        f"{(peak - before) / 1e6:10.0f} {(peak - size) / 1e6:10.0f} {rows / seconds:10.0f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        return child(args.child, args.model, args.rows)
    print("MB             texts    before     peak   answer  over before  over texts    rows/s")
    for way in args.ways:
        subprocess.run([sys.executable, __file__, args.model, "--rows", str(args.rows), "--child", way], check=True)


if __name__ == "__main__":
    main()
