#!/usr/bin/env python3
"""SetFit on a sentence encoder, with its defaults: one epoch over 20 positive and 20 negative pairs per text.

    setfit_peer.py FOLDER --encoder all-MiniLM-L6-v2 --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of training,
peak memory. Needs the packages `setfit` and `torch`; the encoder is a folder, and nothing is downloaded.
"""
import argparse
import json
import os
import pathlib
import resource
import sys
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from setfit import SetFitModel, Trainer, TrainingArguments  # noqa: E402


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
    names = sorted(set(labels))
    numbers = [names.index(label) for label in labels]
    stdout, sys.stdout = sys.stdout, sys.stderr  # its logs go to stdout
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        model = SetFitModel.from_pretrained(args.encoder)
        settings = TrainingArguments(
            batch_size=16, num_epochs=1, num_iterations=20, seed=args.seed,
            report_to="none", save_strategy="no", output_dir=scratch,
        )
        Trainer(model=model, args=settings, train_dataset=Dataset.from_dict({"text": texts, "label": numbers})).train()
    seconds = time.monotonic() - start
    found = [names[int(number)] for number in model.predict(test)]
    sys.stdout = stdout
    print(json.dumps({
        "error": sum(a != b for a, b in zip(found, wanted)) / len(wanted),
        "n": len(wanted),
        "seconds": seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
