#!/usr/bin/env python3
"""fastai on tokenised rows: our weights to start from, our recipe's numbers, both directions.

    ulmfit export fastai en -o EN
    fastai_peer.py FOLDER --base EN --seed 1 --threads 2

FOLDER has train.jsonl and test.jsonl with labels, and train.tokens.jsonl and test.tokens.jsonl with the lists of
tokens of the same rows. The numbers below are those of recipes/default.toml for 2,000 to 100,000 short rows;
vocabulary, batches, dropouts, schedule and optimizer are fastai's own. Prints one JSON document. Needs fastai 2.8.12.
"""
import argparse
import json
import pathlib
import random
import resource
import tempfile
import time
import warnings
from collections import Counter

warnings.filterwarnings("ignore")
import torch  # noqa: E402
from fastai.text.all import (  # noqa: E402
    AWD_LSTM,
    Categorize,
    Datasets,
    LMDataLoader,
    Numericalize,
    SortedDL,
    accuracy,
    awd_lstm_clas_config,
    awd_lstm_lm_config,
    language_model_learner,
    make_vocab,
    pad_input_chunk,
    partial,
    set_seed,
    text_classifier_learner,
)

BATCH, BPTT = 32, 72
MOMENTA = (0.8, 0.7, 0.8)
LM = dict(epochs=4, lr=0.008, factor=2.6, drop=0.7)
HEAD = dict(factor=1.5, drop=0.3, phases=[(1, 1, 0.02), (2, 1, 0.02), (3, 1, 0.02), (0, 4, 0.01)])


def read(folder, part, backward):
    """Rows `[tokens, label]`; reversed for the backward model."""
    rows = [json.loads(line) for line in (folder / f"{part}.jsonl").open(encoding="utf-8")]
    tokens = [json.loads(line) for line in (folder / f"{part}.tokens.jsonl").open(encoding="utf-8")]
    assert len(rows) == len(tokens), part
    return [[words[::-1] if backward else words, str(row["label"])] for row, words in zip(rows, tokens)]


def words(row):
    return row[0]


def label(row):
    return row[1]


def rates(lr, factor, groups):
    return slice(lr / factor ** (groups - 1), lr)


def probabilities(args, direction, work):
    """Of the test rows, and which label is right."""
    rows, test = (read(args.folder, part, direction == "backward") for part in ("train", "test"))
    random.Random(args.seed).shuffle(rows)
    # all are learned from, as by `ulmfit fit`; fastai wants rows to validate, whose score nothing is made of
    splits = (range(len(rows)), range(BATCH))
    vocab = make_vocab(Counter(word for row in rows for word in row[0]), min_freq=3)
    sizes = {name: getattr(args, name) for name in ("emb_sz", "n_hid", "n_layers")}
    texts = Datasets(rows, [[words, Numericalize(vocab)]], splits=splits, dl_type=LMDataLoader)
    learner = language_model_learner(
        texts.dataloaders(bs=BATCH, seq_len=BPTT, path=work), AWD_LSTM, config={**awd_lstm_lm_config, **sizes},
        drop_mult=LM["drop"], pretrained=False, path=work)
    learner.load_pretrained(args.base / f"{direction}.pth", args.base / f"{direction}.pkl")
    learner.unfreeze()
    with learner.no_bar(), learner.no_logging():
        lr = rates(LM["lr"], LM["factor"], len(learner.splitter(learner.model)))
        learner.fit_one_cycle(LM["epochs"], lr, moms=MOMENTA, wd=0.01)
    learner.save_encoder(direction)

    labelled = Datasets(
        rows, [[words, Numericalize(vocab)], [label, Categorize()]], splits=splits, dl_type=SortedDL)
    loaders = labelled.dataloaders(bs=BATCH, before_batch=partial(pad_input_chunk, seq_len=BPTT), path=work)
    learner = text_classifier_learner(
        loaders, AWD_LSTM, seq_len=BPTT, config={**awd_lstm_clas_config, **sizes}, drop_mult=HEAD["drop"],
        pretrained=False, metrics=accuracy, path=work)
    learner.load_encoder(direction)
    with learner.no_bar(), learner.no_logging():
        groups = len(learner.splitter(learner.model))
        for last, epochs, lr in HEAD["phases"]:
            learner.freeze_to(-last) if last else learner.unfreeze()
            learner.fit_one_cycle(epochs, rates(lr, HEAD["factor"], groups), moms=MOMENTA, wd=0.01)
        found, right = learner.get_preds(dl=loaders.test_dl(test, with_labels=True))
    return found, right


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path, required=True, help="folder of `ulmfit export fastai`")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    weights = torch.load(args.base / "forward.pth", weights_only=True)
    args.emb_sz = weights["0.encoder.weight"].shape[1]
    args.n_hid = weights["0.rnns.0.weight_hh_l0_raw"].shape[1]
    args.n_layers = sum(name.endswith("weight_hh_l0_raw") for name in weights)
    start = time.monotonic()
    errors, total = {}, 0
    with tempfile.TemporaryDirectory() as work:
        for direction in ("forward", "backward"):
            set_seed(args.seed)
            found, right = probabilities(args, direction, pathlib.Path(work))
            total = total + found
            errors[direction] = 1 - (found.argmax(1) == right).float().mean().item()
    print(json.dumps({
        "error": 1 - (total.argmax(1) == right).float().mean().item(),
        "errors": errors,
        "n": len(right),
        "seconds": time.monotonic() - start,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
