#!/usr/bin/env python3
"""Which network should `en` be? Candidates are pretrained for the same time and judged by what they are for.

    recipes/en-small/search.py OUT TEXT.jsonl DATA --minutes 30

TEXT.jsonl is a `train.jsonl` of sections.py with more text than any candidate can read in that time. DATA is the folder
of benchmarks/quality. Each candidate reads forward on one core, two at a time, as much text as its measured speed
allows; then `ulmfit fit` learns LABELS rows of each data set from it, and is scored on other rows of the training
set: the test sets are left alone. Runs that are there are not repeated. Python 3.9+, standard library only.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks/quality"))
from measure import SETS, document, remembered, rows  # noqa: E402

CANDIDATES = {  # vocabulary, tokenizer, embedding, hidden, layers
    "words 15k, 256/512/3": (15_000, "words", 256, 512, 3),
    "words 15k, 192/384/3": (15_000, "words", 192, 384, 3),
    "words 15k, 320/768/3": (15_000, "words", 320, 768, 3),
    "words 30k, 256/512/3": (30_000, "words", 256, 512, 3),
    "unigram 8k, 256/512/3": (8_000, "unigram", 256, 512, 3),
}
BYTES_A_TOKEN = {"words": 4.6, "unigram": 3.7}  # of the sections' JSON lines, measured
LABELS = {"trec6": (1_000, 600), "sst2": (1_000, 1_000), "imdb": (300, 500)}  # learned from, scored on
SEEDS = 2
BATCH, BPTT = 24, 72


def shape(candidate):
    vocab, _, emb, hid, layers = CANDIDATES[candidate]
    return [f"--emb={emb}", f"--hid={hid}", f"--layers={layers}"], vocab


def pretrain(args, candidate, folder):
    """Reads for as long as all others; seconds and validation perplexity."""
    sizes, vocab = shape(candidate)
    tokenizer = CANDIDATES[candidate][1]
    speed = ["bench", "lm", *sizes, f"--vocab={vocab}", f"--bs={BATCH}", f"--bptt={BPTT}", "--sampled-below=0.004",
             f"--precision={args.precision}", "--threads=1", "--steps=20", "--json", "-q"]
    speed = remembered(folder / "speed.json", lambda: document([args.ulmfit, *speed]))["tokens_per_s"]
    most = speed * 60 * args.minutes * BYTES_A_TOKEN[tokenizer]
    text = folder / "text.jsonl"
    if not text.exists():
        with args.text.open(encoding="utf-8") as lines, text.open("w", encoding="utf-8") as out:
            for line in lines:
                out.write(line)
                if out.tell() >= most:
                    break
            else:
                sys.exit(f"{args.text} is too short for {candidate}: {most / 1e6:.0f} MB are wanted")
    command = [args.ulmfit, "pretrain", str(text), "--valid", str(args.text.with_name("valid.jsonl")), "-o",
               str(folder / "lm"), *sizes, f"--max-vocab={vocab}", f"--tokenizer={tokenizer}", "--epochs=1",
               f"--batch-size={BATCH}", "--drop-mult=0.1", "--lr=0.004", "--seed=1", f"--precision={args.precision}",
               "--threads=1", "-q", "--json"]
    return remembered(folder / "pretrain.json", lambda: document(command))


def downstream(args, candidate, folder, name, seed):
    sample = args.out / f"{name}.jsonl"
    scored = args.out / f"{name}-scored.jsonl"
    command = [args.ulmfit, "fit", str(sample), "--test", str(scored), "--base", str(folder / "lm"), "-o",
               str(folder / f"{name}-{seed}"), f"--seed={seed}", f"--precision={args.precision}", "--threads=1",
               "-q", "--json"]
    found = remembered(folder / f"{name}-{seed}.json", lambda: document(command))
    return 100 * found["test"]["error"]


def samples(args):
    for name, (learned, scored) in LABELS.items():
        everything = list(rows(args.data / SETS[name].train))
        random.Random(0).shuffle(everything)
        for part, chosen in [("", everything[:learned]), ("-scored", everything[learned : learned + scored])]:
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
            path = args.out / f"{name}{part}.jsonl"
            if not path.exists():
                path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--precision", default="f32", help="f32, or bf16 where the processor multiplies it")
    parser.add_argument("--only", nargs="+", default=list(CANDIDATES), help="some of the candidates")
    parser.add_argument("--ulmfit", default=os.path.relpath(ROOT / "target/release/ulmfit", ROOT))
    args = parser.parse_args()
    args.out, args.text, args.data = (path.resolve() for path in (args.out, args.text, args.data))
    args.out.mkdir(parents=True, exist_ok=True)
    samples(args)
    folders = {}
    for candidate in args.only:
        folders[candidate] = args.out / "".join(c if c.isalnum() else "-" for c in candidate)
        folders[candidate].mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        training = {candidate: pool.submit(pretrain, args, candidate, folders[candidate]) for candidate in args.only}

        def error(job):
            candidate, name, seed = job
            training[candidate].result()  # first in the queue: running, if not done
            return downstream(args, candidate, folders[candidate], name, seed)

        jobs = list(itertools.product(args.only, LABELS, range(1, SEEDS + 1)))
        errors = dict(zip(jobs, pool.map(error, jobs)))
    print("| candidate | perplexity | " + " | ".join(f"{name}, {LABELS[name][0]} labels" for name in LABELS) + " |")
    print("|---" * (2 + len(LABELS)) + "|")
    for candidate in args.only:
        perplexity = training[candidate].result()["validation"][0]["perplexity"]
        cells = [[errors[candidate, name, seed] for seed in range(1, SEEDS + 1)] for name in LABELS]
        words = [f"{statistics.mean(cell):.1f} ({', '.join(f'{error:.1f}' for error in cell)})" for cell in cells]
        print(f"| {candidate} | {perplexity:.1f} | {' | '.join(words)} |")


if __name__ == "__main__":
    main()
