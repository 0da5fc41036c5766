"""Classifiers of `ulmfit` against onnxruntime on what `ulmfit export onnx` makes of them.

    python tests/onnx/compare.py ULMFIT [TEXTS]

Trains small classifiers of all kinds on made-up texts, exports them, and compares the answers for 1,000 texts (or TEXTS) of 0
to 3,000 words: each alone, and in batches of unlike lengths. Needs numpy and onnxruntime.
"""

import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy

TEXTS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
LONGEST = 3000
BATCH = 16
TOLERANCE = 1e-5  # of a probability, and of the deviation of values
KINDS = [
    ("single", "both", "label", ""),
    ("single", "forward", "label", ""),
    ("multi", "backward", "tags", "--label-delimiter ;"),
    ("regression", "both", "value", ""),
]
MEAN, DEVIATION = 5000.0, 700.0

random.seed(1)
WORDS = [f"word{n}" for n in range(300)]


def words(kind, count):
    return " ".join(random.choice(WORDS[100 * kind : 100 * kind + 130]) for _ in range(count))


def write(folder):
    rows, texts = [], []
    for n in range(150):
        tags = [["x", "y"], ["y"], ["x"]][n % 3]
        value = MEAN + DEVIATION * (n % 3 + random.random() / 10)
        rows.append({"text": words(n % 3, 30), "label": "abc"[n % 3], "tags": ";".join(tags), "value": value})
    lengths = [0, 1, 2, 71, 72, 73, 1439, 1440, 1441, 1512, 1513, LONGEST]
    lengths += [random.randint(0, LONGEST) for _ in range(TEXTS - len(lengths))]
    random.shuffle(lengths)
    for n, length in enumerate(lengths):
        texts.append({"text": words(n % 3, length) + " and what is UNKNOWN, nooooo" * (n % 2)})
    for name, objects in [("train.jsonl", rows), ("texts.jsonl", texts)]:
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in objects))


def module(path):
    spec = importlib.util.spec_from_file_location("check", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def main():
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def run(line):
            command = [program, *line.split(), *(["-q"] if "train" in line else [])]
            return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout

        write(folder)
        learning = "--epochs 12 --lr 0.02 --drop-mult 0 --batch-size 8 --bptt 16"
        run(f"pretrain train.jsonl -o lm --text text --emb 32 --hid 48 --direction both --min-freq 1 {learning}")
        for task, direction, label, options in KINDS:
            name = f"{task}-{direction}"
            learning = "--unfreeze full --epochs 8 --lr 0.01 --drop-mult 0 --batch-size 8"
            run(
                f"train lm train.jsonl -o {name} --text text --label {label} {options} --task {task} "
                f"--direction {direction} {learning}"
            )
            run(f"export onnx {name} -o {name}-onnx")
            subprocess.run([sys.executable, folder / f"{name}-onnx" / "check.py"], check=True)
            compare(folder, name, task, run)


def compare(folder, name, task, run):
    began = time.monotonic()
    lines = run(f"predict {name} texts.jsonl --precision f32 --format jsonl").splitlines()
    rows = [json.loads(line) for line in lines]
    wanted = [[row["value"]] if task == "regression" else list(row["probabilities"].values()) for row in rows]
    wanted = numpy.array(wanted, numpy.float64)
    ours = time.monotonic() - began
    ids = [json.loads(line) for line in run(f"tokenize texts.jsonl --model {name}-onnx --ids").splitlines()]
    assert len(ids) == len(wanted) == TEXTS, (len(ids), len(wanted))
    answers = module(folder / f"{name}-onnx" / "check.py").answers
    began = time.monotonic()
    alone = numpy.concatenate([answers([text]) for text in ids])
    theirs = time.monotonic() - began
    batches = [answers(ids[start : start + BATCH]) for start in range(0, TEXTS, BATCH)]
    unit = DEVIATION if task == "regression" else 1.0
    together = numpy.concatenate(batches)
    spread = wanted.std(axis=0).max() / unit
    largest = max(abs(alone - wanted).max(), abs(together - wanted).max()) / unit
    same = "equal" if (alone == together).all() else f"within {abs(alone - together).max() / unit:.1e} of"
    print(
        f"{name}: {TEXTS} texts of {min(map(len, ids))} to {max(map(len, ids))} tokens, largest difference "
        f"{largest:.1e} (answers spread by {spread:.2f}); alone is {same} batched; ours {ours:.1f} s with start, "
        f"onnxruntime one at a time {theirs:.1f} s"
    )
    assert spread > 0.05, "answers that are all alike prove nothing"
    assert largest <= TOLERANCE


if __name__ == "__main__":
    main()
