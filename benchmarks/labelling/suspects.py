"""Wrong labels: `ulmfit suspects` beside cleanlab, on the same out-of-fold probabilities.

One label in ten is replaced by another one at random. The vectors of `ulmfit encode minilm` are
classified by scikit-learn in five folds, and its probabilities go to both programs. Printed is the
precision among the first K rows of each list, K being the number of labels that were replaced.

    ulmfit encode minilm rows.jsonl -o vectors.npy
    python suspects.py rows.jsonl vectors.npy --ulmfit target/release/ulmfit --seeds 3

`rows.jsonl` has `text` and `label`. Needs cleanlab, numpy and scikit-learn.
"""

import argparse
import csv
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from cleanlab.filter import find_label_issues
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict


def excerpt(text):
    """The beginning of a text, as `scored.csv` has it."""
    line = " ".join(text.split())
    return line if len(line) <= 240 else line[:240].rstrip() + "…"


def ours(program, folder, rows, labels, names, probabilities):
    """Numbers of the rows that `ulmfit suspects --scored` lists."""
    data, scored = folder / "rows.jsonl", folder / "scored.csv"
    with data.open("w") as file:
        for number, (row, label) in enumerate(zip(rows, labels)):
            line = {"id": number, "text": row["text"], "label": names[label]}
            file.write(json.dumps(line) + "\n")
    head = ["id", "place", "text", "label", "prediction", "confidence", "right", "fold"]
    with scored.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head + [f"p({name})" for name in names])
        for number, (row, label, p) in enumerate(zip(rows, labels, probabilities)):
            best = p.argmax()
            right = str(best == label).lower()
            cells = [number, f"{data.name}:{number + 1}", excerpt(row["text"]), names[label]]
            cells += [names[best], p[best], right, 1]
            writer.writerow(cells + [repr(float(value)) for value in p])
    command = [program, "suspects", data, "--scored", scored, "--json", "--quiet"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [row["columns"]["id"] for row in found["suspects"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("--ulmfit", default="ulmfit")
    parser.add_argument("--seeds", type=int, default=1)
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.rows.open()]
    vectors = np.load(args.vectors)
    names = sorted({str(row["label"]) for row in rows})
    true = np.array([names.index(str(row["label"])) for row in rows])
    for seed in range(args.seeds):
        rng = np.random.default_rng(seed)
        labels = true.copy()
        for row in rng.choice(len(rows), len(rows) // 10, replace=False):
            labels[row] = rng.choice([label for label in range(len(names)) if label != true[row]])
        wrong = labels != true
        model = LogisticRegression(C=10, max_iter=500)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        p = cross_val_predict(model, vectors, labels, cv=folds, method="predict_proba")
        p = p.astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            lists = {"ulmfit": ours(args.ulmfit, Path(folder), rows, labels, names, p)}
        exact = p.astype(float) / p.sum(1, keepdims=True, dtype=float)
        for rule in ["prune_by_noise_rate", "confident_learning", "both", "prune_by_class"]:
            for order in ["self_confidence", "normalized_margin"]:
                lists[f"cleanlab {rule} {order}"] = find_label_issues(
                    labels, exact, filter_by=rule, return_indices_ranked_by=order
                )
        count = wrong.sum()
        for name, found in lists.items():
            found = np.array(found, dtype=int)
            first, all_ = wrong[found[:count]].sum() / count, wrong[found].mean()
            print(f"seed {seed}  {name:42} first {count}: {first:.4f}  {len(found)} listed: {all_:.4f}")


if __name__ == "__main__":
    main()
