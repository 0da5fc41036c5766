#!/usr/bin/env python3
"""NB-SVM (Wang & Manning 2012): a linear SVM on words and pairs of words, weighted by naive Bayes' log-count ratios.

    nbsvm_peer.py FOLDER --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. One machine per class against the others, each with
ratios of its own, without the paper's interpolation of the weights, which is for two classes. Prints one JSON
document: error, seconds, peak memory. Needs the package `scikit-learn`. Nothing here is random.
"""
import time

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.svm import LinearSVC

from peer import arguments, report, rows


def scores(found, is_class, test):
    """How far the test rows are on the side of a class."""
    p, q = (1 + found[where].sum(axis=0) for where in (is_class, ~is_class))
    ratios = np.asarray(np.log((p / p.sum()) / (q / q.sum()))).ravel()
    machine = LinearSVC(C=1).fit(found.multiply(ratios).tocsr(), is_class)
    return machine.decision_function(test.multiply(ratios).tocsr())


def main():
    args = arguments(__doc__)
    start = time.monotonic()
    (texts, labels), (test, wanted) = (rows(args.folder, part) for part in ("train", "test"))
    vectors = CountVectorizer(token_pattern=r"\w+|[^\w\s]", ngram_range=(1, 2), binary=True)
    found, unseen = vectors.fit_transform(texts).tocsr(), vectors.transform(test).tocsr()
    names, labels = sorted(set(labels)), np.array(labels)
    each = np.stack([scores(found, labels == name, unseen) for name in names])
    report([names[best] for best in each.argmax(axis=0)], wanted, time.monotonic() - start)


if __name__ == "__main__":
    main()
