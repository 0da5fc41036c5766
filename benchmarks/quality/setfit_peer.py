#!/usr/bin/env python3
"""SetFit on a sentence encoder, with the settings of its paper: one epoch over 20 positive and 20 negative pairs per text.

    setfit_peer.py FOLDER --encoder all-MiniLM-L6-v2 --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of training,
peak memory. Needs the packages `setfit` and `torch`; the encoder is a folder, and nothing is downloaded.
"""
import os
import sys
import tempfile
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"

import torch  # noqa: E402
from datasets import Dataset  # noqa: E402
from setfit import SetFitModel, Trainer, TrainingArguments  # noqa: E402
from peer import arguments, report, rows  # noqa: E402


def main():
    args = arguments(__doc__, encoder=True)
    torch.set_num_threads(args.threads)
    (texts, labels), (test, wanted) = (rows(args.folder, part) for part in ("train", "test"))
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
    report(found, wanted, seconds)


if __name__ == "__main__":
    main()
