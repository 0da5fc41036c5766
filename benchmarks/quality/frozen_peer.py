#!/usr/bin/env python3
"""Logistic regression on the vectors of a sentence encoder as it is; its strength by cross-validation.

    frozen_peer.py FOLDER --encoder all-MiniLM-L6-v2 --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of reading,
training and scoring, peak memory. Needs the packages `sentence-transformers` and `scikit-learn`; the encoder is a
folder, and nothing is downloaded.
"""
import collections
import os
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV  # noqa: E402
from sklearn.model_selection import StratifiedKFold  # noqa: E402
from peer import arguments, report, rows  # noqa: E402


def main():
    args = arguments(__doc__, encoder=True)
    torch.set_num_threads(args.threads)
    (texts, labels), (test, wanted) = (rows(args.folder, part) for part in ("train", "test"))
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
    report(found, wanted, time.monotonic() - start)


if __name__ == "__main__":
    main()
