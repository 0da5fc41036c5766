"""What to label next: the rules of `ulmfit next` beside random drawing, on frozen sentence vectors.

A logistic regression on the vectors of `ulmfit encode minilm` starts with 50 labels and gets 50 more
in each of seven rounds. Printed is the mean of its test errors over all rounds (the area under error
over labels) and the first and last of them, means over the seeds. The rules are written again here,
since thousands of fits are quicker this way; a pool has 2,500 texts.

    ulmfit encode minilm train.jsonl -o train.npy; ulmfit encode minilm test.jsonl -o test.npy
    python next.py train test --strategies random,breaking-ties,mixed --seeds 3

Needs numpy and scikit-learn.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression

FIRST, BATCH, LAST, POOL, UNCERTAIN = 50, 50, 400, 2500, 10


def load(name):
    vectors = np.load(name + ".npy")
    labels = [json.loads(line)["label"] for line in Path(name + ".jsonl").open()]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.array(labels)


def one_per_cluster(vectors, count, seed):
    """The first texts without a model: a random member of each cluster."""
    of = KMeans(count, n_init=4, random_state=seed).fit(vectors).labels_
    draw = np.random.default_rng(seed)
    return [draw.choice(np.where(of == cluster)[0]) for cluster in range(count)]


def mixed(vectors, uncertain, count, seed):
    """Weighted clusters of the most uncertain texts, the member next to each centre."""
    top = np.argsort(-uncertain, kind="stable")[: UNCERTAIN * count]
    means = KMeans(count, n_init=4, random_state=seed).fit(
        vectors[top], sample_weight=uncertain[top]
    )
    chosen = []
    for cluster, centre in enumerate(means.cluster_centers_):
        members = top[means.labels_ == cluster]
        if len(members):
            chosen.append(members[np.argmin(((vectors[members] - centre) ** 2).sum(1))])
    return np.array(chosen)


def errors(train, test, strategy, cold, seed):
    draw = np.random.default_rng(seed)
    pool = draw.choice(len(train[0]), min(POOL, len(train[0])), replace=False)
    vectors, labels = train[0][pool], train[1][pool]
    first = draw.choice(len(pool), FIRST, replace=False)
    known = list(one_per_cluster(vectors, FIRST, seed) if cold else first)
    found = []
    while True:
        model = LogisticRegression(C=10, max_iter=300).fit(vectors[known], labels[known])
        found.append(1 - model.score(*test))
        if len(known) >= LAST:
            return found
        free = np.setdiff1d(np.arange(len(pool)), known)
        p = np.sort(model.predict_proba(vectors[free]), axis=1)
        uncertain = 1 - (p[:, -1] - p[:, -2])
        if strategy == "random":
            chosen = draw.choice(len(free), BATCH, replace=False)
        elif strategy == "breaking-ties":
            chosen = np.argsort(-uncertain, kind="stable")[:BATCH]
        elif strategy == "entropy":
            chosen = np.argsort((p * np.log(p + 1e-12)).sum(1), kind="stable")[:BATCH]
        else:
            chosen = mixed(vectors[free], uncertain, BATCH, seed)
        known += list(free[chosen])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("train")
    parser.add_argument("test")
    parser.add_argument("--strategies", default="random,breaking-ties,entropy,mixed")
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    train, test = load(args.train), load(args.test)
    random = None
    for strategy in args.strategies.split(","):
        for cold in [False, True]:
            runs = [errors(train, test, strategy, cold, seed) for seed in range(args.seeds)]
            means = np.array(runs).mean(0)
            random = random or means.mean()
            change = 100 * (means.mean() / random - 1)
            print(
                f"{strategy:14} first texts {'by clusters' if cold else 'at random':11} area "
                f"{means.mean():.4f} ({change:+.1f} %), first {means[0]:.4f}, last {means[-1]:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
