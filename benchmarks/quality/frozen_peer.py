#!/usr/bin/env python3
"""Logistic regression on the vectors of a sentence encoder as it is; its strength by cross-validation.

    frozen_peer.py FOLDER --encoder all-MiniLM-L6-v2 --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of reading,
training and scoring, peak memory. Needs the packages `sentence-transformers` and `scikit-learn`; the encoder is a
folder, and nothing is downloaded.
"""
import argparse
import collections
import json
import os
import pathlib
import resource
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV  # noqa: E402
from sklearn.model_selection import StratifiedKFold  # noqa: E402


def read(folder, part):
    rows = [json.loads(line) for line in (folder / f"{part}.jsonl").open(encoding="utf-8")]
    return [row["text"] for row in rows], [str(row["label"]) for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    (texts, labels), (test, wanted) = (read(args.folder, part) for part in ("train", "test"))
    start = time.monotonic()
    encoder = SentenceTransformer(args.encoder, device="cpu")
    vectors = encoder.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    fewest = min(collections.Counter(labels).values())
    if fewest >= 2:
        folds = StratifiedKFold(min(5, fewest), shuffle=True, random_state=args.seed)
        model = LogisticRegressionCV(Cs=[1, 3, 10, 30, 100], cv=folds, max_iter=1000)
    else:
        model = LogisticRegression(C=10, max_iter=1000)
    model.fit(vectors, labels)
    found = model.predict(encoder.encode(test, normalize_embeddings=True, show_progress_bar=False))
    print(json.dumps({
        "error": sum(a != b for a, b in zip(found, wanted)) / len(wanted),
        "n": len(wanted),
        "seconds": time.monotonic() - start,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
