"""How much the winning probability falls when the strongest words are cut out.

    python benchmarks/explain/drop.py MODEL ROWS.jsonl [--rows 200] [--words 3] [--seed 1] [--ulmfit PROGRAM]

For each text of ROWS (lines with "text") the words of the highest weight by `fast` and by `exact`, and words drawn by
chance, are cut from the text, which is predicted again. Prints one line of JSON: mean fall of the probability of the
label that was predicted for the whole text, with its standard error, for each way of choosing words; texts with
fewer words than are cut are left out, for nothing would be left of them. Also what the weights of `fast` are off in their sum.
Needs Python alone. Rows should be ones that the model has not learned.
"""

import argparse
import json
import random
import statistics
import subprocess
import tempfile
from pathlib import Path


def predict(args, texts, *options):
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        command = [args.ulmfit, "predict", args.model, str(rows), "--quiet", *options]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in found.splitlines()]


def without(text, words):
    for word in sorted(words, key=lambda word: -word["start"]):
        text = text[: word["start"]] + text[word["end"] :]
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("rows")
    parser.add_argument("--rows", type=int, default=200, dest="count")
    parser.add_argument("--words", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ulmfit", default="ulmfit")
    args = parser.parse_args()
    lines = Path(args.rows).read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    random.Random(args.seed).shuffle(texts)
    texts = texts[: args.count]
    empty = predict(args, [""])[0]["probabilities"]
    explained = {how: predict(args, texts, "--explain", how) for how in ("fast", "exact")}
    off = max(
        abs(sum(word["weight"] for word in row["explanation"]) - row["confidence"] + empty[row["label"]])
        for row in explained["fast"]
        if row["explanation"]
    )
    draw = random.Random(args.seed)
    chosen = {
        how: [sorted(row["explanation"], key=lambda word: -word["weight"])[: args.words] for row in rows]
        for how, rows in explained.items()
    }
    chosen["random"] = [
        draw.sample(row["explanation"], min(args.words, len(row["explanation"]))) for row in explained["fast"]
    ]
    kept = [
        n
        for n in range(len(texts))
        if min(len(rows[n]["explanation"]) for rows in explained.values()) > args.words
    ]
    result = {"model": args.model, "rows": len(kept), "left_out": len(texts) - len(kept), "sum_off": off}
    for how, words in chosen.items():
        cut = predict(args, [without(texts[n], words[n]) for n in kept])
        before = [explained["fast"][n] for n in kept]
        falls = [row["confidence"] - new["probabilities"][row["label"]] for row, new in zip(before, cut)]
        error = statistics.stdev(falls) / len(falls) ** 0.5
        result[how] = [round(statistics.mean(falls), 3), round(error, 3)]
    print(json.dumps(result))


if __name__ == "__main__":
    main()
