#!/usr/bin/env python3
"""scikit-learn's own TF-IDF of words and characters under a linear SVM, on the same rows, with the same settings.

    sklearn_peer.py FOLDER --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of reading,
training and scoring, of which `train_seconds` for vectors and machine, and of these `cpu_seconds` of the process.
Needs the package `scikit-learn`. Nothing here is random, and it uses one thread.
"""
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from peer import arguments, report, rows


def main():
    args = arguments(__doc__)
    start = time.monotonic()
    (texts, labels), (test, wanted) = (rows(args.folder, part) for part in ("train", "test"))
    words = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), sublinear_tf=True)
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, chars), LinearSVC(C=1))
    before, cpu = time.monotonic(), time.process_time()
    model.fit(texts, labels)
    train_seconds, cpu_seconds = time.monotonic() - before, time.process_time() - cpu
    found = model.predict(test)
    seconds = time.monotonic() - start
    report(found, wanted, seconds, train_seconds=train_seconds, cpu_seconds=cpu_seconds)


if __name__ == "__main__":
    main()
