#!/usr/bin/env python3
"""scikit-learn's own TF-IDF of words and characters under a linear SVM, on the same rows, with the same settings.

    sklearn_peer.py FOLDER --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of reading,
training and scoring, of which `train_seconds` for vectors and machine, and of these `cpu_seconds` of the process.
Needs the package `scikit-learn`. Nothing here is random, and it uses one thread.
"""
import argparse
import json
import pathlib
import resource
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def read(folder, part):
    rows = [json.loads(line) for line in (folder / f"{part}.jsonl").open(encoding="utf-8")]
    return [row["text"] for row in rows], [str(row["label"]) for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1, help="of no effect")
    parser.add_argument("--threads", type=int, default=1, help="of no effect")
    args = parser.parse_args()
    start = time.monotonic()
    (texts, labels), (test, wanted) = (read(args.folder, part) for part in ("train", "test"))
    words = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True)
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, chars), LinearSVC(C=1))
    before, cpu = time.monotonic(), time.process_time()
    model.fit(texts, labels)
    train_seconds, cpu_seconds = time.monotonic() - before, time.process_time() - cpu
    found = model.predict(test)
    print(json.dumps({
        "error": sum(a != b for a, b in zip(found, wanted)) / len(wanted),
        "n": len(wanted),
        "seconds": time.monotonic() - start,
        "train_seconds": train_seconds,
        "cpu_seconds": cpu_seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
