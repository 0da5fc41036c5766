#!/usr/bin/env python3
"""Test errors of `fit --method tfidf` and of scikit-learn with the same n-grams, on the same few or all rows.

    benchmarks/quality/tfidf_rows.py DATA --sets trec6 sst2 --counts 100 500 --seeds 3 --peer-python VENV/bin/python

DATA is that of measure.py. Of each set so many training rows are drawn with each seed (all of them: once), and the
test rows are scored once. Prints a table. Python 3.9+, standard library only; the peer needs scikit-learn.
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from measure import SETS, DataSet, rows  # noqa: E402

MORE = {
    "clinc150": DataSet("CLINC150, intents", "clinc150/train.jsonl.xz", "clinc150/test.jsonl.xz"),
    "germeval": DataSet("GermEval 2018, German tweets", "germeval2018_de/train.jsonl.xz", "germeval2018_de/test.jsonl.xz"),
    "smsa": DataSet("SmSA, Indonesian", "smsa_id/train_preprocess.jsonl.xz", "smsa_id/valid_preprocess.jsonl.xz"),
}


def run(command):
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def both(args, train, test, folder):
    for name, part in {"train": train, "test": test}.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    ours = run([args.ulmfit, "fit", str(folder / "train.jsonl"), "--test", str(folder / "test.jsonl"), "-o",
                str(folder / "model"), "--overwrite", "--method", "tfidf", "-q", "--json"])
    peer = run([args.peer_python, str(HERE / "sklearn_peer.py"), str(folder)])
    seconds = sum(stage["seconds"] for stage in ours["stages"] if stage["stage"] == "classifier")
    return (100 * ours["test"]["error"], 100 * ours["calibration_error"], seconds), (100 * peer["error"], peer["train_seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path, help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", choices=[*SETS, *MORE], default=["trec6"])
    parser.add_argument("--counts", nargs="*", type=int, default=[100, 500], help="training rows, besides all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--ulmfit", default=str(HERE.parents[1] / "target/release/ulmfit"))
    parser.add_argument("--peer-python", default=sys.executable)
    args = parser.parse_args()
    print("| data | labels | ours, error % | calibration error % | seconds | scikit-learn, error % | seconds |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in args.sets:
        chosen = {**SETS, **MORE}[name]
        train, test = list(rows(args.data / chosen.train)), list(rows(args.data / chosen.test))
        for count in [*args.counts, len(train)]:
            found = []
            for seed in range(1, args.seeds + 1 if count < len(train) else 2):
                drawn = random.Random(seed).sample(train, count)
                with tempfile.TemporaryDirectory() as folder:
                    found.append(both(args, drawn, test, pathlib.Path(folder)))
            ours, peer = ([statistics.mean(values) for values in zip(*side)] for side in zip(*found))
            print(f"| {chosen.title} | {count} | {ours[0]:.1f} | {ours[1]:.1f} | {ours[2]:.2f} | {peer[0]:.1f} | {peer[1]:.2f} |",
                  flush=True)


if __name__ == "__main__":
    main()
