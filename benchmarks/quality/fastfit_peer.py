#!/usr/bin/env python3
"""FastFit on a sentence encoder, with the settings of its README: 40 epochs, batches of 32, four repetitions.

    fastfit_peer.py FOLDER --encoder all-MiniLM-L6-v2 --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with `text` and `label`. Prints one JSON document: error, seconds of training,
peak memory. Needs `fast-fit==1.2.1`, which wants the libraries of its time: `transformers==4.40.2 datasets==2.19.2
accelerate==0.30.1 numpy<2`. The encoder is a folder, and nothing is downloaded.
"""
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"

import datasets  # noqa: E402
import torch  # noqa: E402
from datasets import Dataset, DatasetDict, Features, Value  # noqa: E402


class Accuracy:
    """The metric that FastFit would download."""

    def compute(self, predictions, references):
        return {"accuracy": float((predictions == references).mean())}


datasets.load_metric = lambda *_, **__: Accuracy()
from fastfit import FastFitTrainer  # noqa: E402
from peer import arguments, report, rows  # noqa: E402


def main():
    args = arguments(__doc__, encoder=True)
    torch.set_num_threads(args.threads)
    (texts, labels), (test, wanted) = (rows(args.folder, part) for part in ("train", "test"))
    names = sorted(set(labels))
    features = Features({"text": Value("string"), "label": Value("string")})
    table = lambda texts, labels: Dataset.from_dict({"text": texts, "label": labels}, features=features)
    # it knows no text without a label of the training rows: the guesses are compared below
    asked = table(test, [label if label in names else names[0] for label in wanted])
    stdout, sys.stdout = sys.stdout, sys.stderr  # its logs go to stdout
    start = time.monotonic()
    trainer = FastFitTrainer(
        model_name_or_path=args.encoder, label_column_name="label", text_column_name="text", num_train_epochs=40,
        per_device_train_batch_size=32, per_device_eval_batch_size=64, max_text_length=128, num_repeats=4,
        dataloader_drop_last=False, optim="adafactor", clf_loss_factor=0.1, seed=args.seed, use_cpu=True,
        report_to="none", dataset=DatasetDict(train=table(texts, labels), validation=asked, test=asked),
    )
    trainer.train()
    seconds = time.monotonic() - start
    predictions = trainer.trainer.predict(trainer.predict_dataset).predictions
    predictions = predictions[0] if isinstance(predictions, tuple) else predictions
    found = [names[int(best)] for best in predictions.argmax(axis=1)]
    sys.stdout = stdout
    report(found, wanted, seconds)


if __name__ == "__main__":
    main()
