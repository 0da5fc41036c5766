#!/usr/bin/env python3
"""Wall and processor time of `fit --method tfidf` on many short texts, in turns with scikit-learn on the same rows.

    benchmarks/quality/tfidf_speed.py DATA --rows 100000 --rounds 3 --peer-python VENV/bin/python

DATA is a folder with one folder per data set, which holds JSONL files compressed with xz. The task is to tell from which
data set the beginning of a text is. Ours includes cross-validation, calibration and the report; scikit-learn reads, trains
and scores once. Prints both medians and their ratio. Python 3.9+, standard library only; the peer needs scikit-learn.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "peers"))
from compare import machine  # noqa: E402
from measure import rows  # noqa: E402

SCORED = 2_000
CHARACTERS = 160  # of each text, about 25 words
MOST = 12_000  # texts of one data set


def beginnings(folder):
    """The first characters of the texts of one data set, at most MOST of them."""
    found = []
    for path in sorted(folder.glob("*.jsonl.xz")):
        try:
            found += [row["text"][:CHARACTERS] for row in rows(path)]
        except (KeyError, TypeError):
            continue  # not a file of labelled texts
    random.Random(0).shuffle(found)
    return [text for text in found if text.strip()][:MOST]


def drawn(data, count):
    """So many rows to learn from, and the ones to score on."""
    found = [{"text": text, "label": folder.name}
             for folder in sorted(data.iterdir()) if folder.is_dir() for text in beginnings(folder)]
    random.Random(1).shuffle(found)
    if len(found) < count + SCORED:
        sys.exit(f"only {len(found):,} texts are in {data}")
    return found[:count], found[count:count + SCORED]


def run(command):
    """Wall seconds, processor seconds, and the JSON document that the command prints."""
    began, before = time.monotonic(), os.times()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    after = os.times()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, processor, json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path, help="folder of the data sets")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ulmfit", default=str(HERE.parents[1] / "target/release/ulmfit"))
    parser.add_argument("--peer-python", default=sys.executable)
    args = parser.parse_args()
    train, test = drawn(args.data, args.rows)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for part, chosen in {"train": train, "test": test}.items():
            (folder / f"{part}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in chosen), encoding="utf-8")
        commands = {
            "ulmfit": [args.ulmfit, "fit", str(folder / "train.jsonl"), "--test", str(folder / "test.jsonl"),
                       "-o", str(folder / "model"), "--overwrite", "--method", "tfidf", "-q", "--json"],
            "scikit-learn": [args.peer_python, str(HERE / "sklearn_peer.py"), str(folder)],
        }
        times = {who: [] for who in commands}
        print(f"{machine()}; {len(train):,} texts, {len({row['label'] for row in train})} classes")
        for _ in range(args.rounds):
            for who, command in commands.items():
                wall, processor, document = run(command)
                error = document.get("test", document)["error"]
                print(f"{who:12}  {wall:7.1f} s  processor {processor:7.1f} s  error {100 * error:5.2f} %", flush=True)
                times[who].append(wall)
    medians = {who: statistics.median(walls) for who, walls in times.items()}
    print(f"medians: {medians['ulmfit']:.1f} and {medians['scikit-learn']:.1f} s, ratio {medians['ulmfit'] / medians['scikit-learn']:.2f}")


if __name__ == "__main__":
    main()
