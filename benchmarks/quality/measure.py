#!/usr/bin/env python3
"""Test errors on published data sets: ours, ours from scratch, and simpler tools, on the same rows.

    cargo build --release -p ulmfit-cli
    benchmarks/quality/measure.py DATA --sets trec6 --seeds 3 --peer-python VENV/bin/python

DATA has a folder a data set with the files named in SETS below. Every run leaves its folder in --work; a run
that is there is not repeated, and one that was broken off goes on. Appends a line a number to
results/quality.jsonl (fields: xtask/src/results.rs). Python 3.9+, standard library only.
"""
import argparse
import datetime
import hashlib
import json
import lzma
import math
import os
import pathlib
import random
import shlex
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "peers"))
from compare import commit, machine  # noqa: E402


class DataSet:
    """Files of rows to learn from, of rows to score on (none: every tenth row), and texts without labels.

    `scored`: so many of the rows to score on, drawn once for all. `names`: what the labels stand for, where the files
    have codes; only the model `named` sees them.
    """

    def __init__(self, title, train, test=None, unlabeled=None, scored=None, names=None):
        self.title, self.train, self.test, self.unlabeled, self.scored = title, train, test, unlabeled, scored
        self.names = names


SENTIMENT = {"0": "negative", "1": "positive"}
QUESTIONS = {"ABBR": "abbreviation", "DESC": "description", "ENTY": "entity", "HUM": "human", "LOC": "location", "NUM": "number"}


SETS = {
    "trec6": DataSet("TREC-6", "trec6/train.jsonl.xz", "trec6/test.jsonl.xz", names=QUESTIONS),
    "r8": DataSet("Reuters R8", "reuters_r8/train.jsonl.xz", "reuters_r8/test.jsonl.xz"),
    "sst2": DataSet("SST-2, whole sentences", "sst2/train.jsonl.xz", "sst2/test.jsonl.xz", names=SENTIMENT),
    "mr": DataSet("MR, a tenth for the test", "mr/all.jsonl.xz", names=SENTIMENT),
    "ag": DataSet("AG News, a part", "ag_news/train_subset.jsonl.xz", "ag_news/test.jsonl.xz"),
    "imdb": DataSet("IMDb", "imdb/train.jsonl.xz", "imdb/test.jsonl.xz", "imdb/unsup.jsonl.xz"),
    "imdb-sample": DataSet("IMDb, sample", "imdb/train.jsonl.xz", "imdb/test.jsonl.xz", "imdb/unsup.jsonl.xz", 5_000),
    "clinc": DataSet("CLINC150", "clinc150/train.jsonl.xz", "clinc150/test.jsonl.xz"),
    "smsa": DataSet("SmSA, Indonesian", "smsa_id/train_preprocess.jsonl.xz", "smsa_id/valid_preprocess.jsonl.xz"),
    "germeval": DataSet("GermEval 2018, German", "germeval2018_de/train.jsonl.xz", "germeval2018_de/test.jsonl.xz"),
}
TF_IDF = "TF-IDF + linear classifier"
SCRATCH = ["--base", "none", "--emb", "256", "--hid", "512", "--layers", "3"]
MODELS = {  # options of `ulmfit fit`, and what else its run tells: options of `ulmfit evaluate` by title
    "fit": ([], "ulmfit fit", {}),
    "named": ([], "ulmfit fit, labels named in words", {}),
    "texts": ([], "ulmfit fit, other texts without labels", {}),
    "encoder": (["--method", "encoder"], "ulmfit, fine-tuned minilm alone", {}),
    "ulmfit": (["--direction", "both"], "ulmfit, both directions", {"ulmfit, forward only": ["--direction", "forward"]}),
    "en-base": (
        ["--direction", "both", "--base", "en-base"],
        "ulmfit from en-base, both directions",
        {"ulmfit from en-base, forward only": ["--direction", "forward"]},
    ),
    "scratch": (["--direction", "both", *SCRATCH], "ulmfit from scratch", {}),
    "tfidf": (["--method", "tfidf"], TF_IDF, {}),
}
PEERS = {
    "fasttext": "fastText",
    "fastai": "fastai 2.8.12 from the same weights, both directions",
    "sklearn": "scikit-learn: TF-IDF + linear SVM",
    "setfit": "SetFit 1.2.0 on the same encoder",
    "frozen": "frozen MiniLM-L6 + logistic regression",
    "nbsvm": "NB-SVM",
    "fastfit": "FastFit 1.2.1 on the same encoder",
}
CURVES = {  # ways of `ulmfit labels`
    "supervised": "ulmfit, forward only",
    "semi-supervised": "ulmfit, forward only, all texts read",
    "from-scratch": "ulmfit from scratch, forward only",
    "tf-idf": TF_IDF,
}
METRIC = "test error, %"
DRAWN_TEST = 1_000  # test rows of a run with drawn labels, at most


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=pathlib.Path, help="folder of the data sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["trec6"])
    parser.add_argument("--models", nargs="+", choices=[*MODELS, *PEERS], default=[*(name for name in MODELS if name not in ("named", "texts")), "fasttext"])
    parser.add_argument("--seeds", type=int, default=3, help="runs of each, with the seeds 1, 2, ...")
    parser.add_argument("--drawn", nargs="+", type=int, help="learns from so many training rows instead, drawn anew for each seed")
    parser.add_argument("--encoder", help="folder of all-MiniLM-L6-v2, for SetFit and the frozen encoder")
    parser.add_argument("--no-times", action="store_true", help="records no times: the machine had other work, too")
    parser.add_argument("--counts", nargs="+", type=int, help="runs `ulmfit labels` with these numbers of labels instead")
    parser.add_argument("--methods", default=",".join(CURVES), help="ways of `ulmfit labels`, with commas")
    parser.add_argument("--tuned", help="language model of all texts, for `ulmfit labels --tuned`")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", choices=["f32", "bf16"], help="of ours (default: what `ulmfit fit` chooses)")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/quality", help="folder of all runs")
    parser.add_argument("--ulmfit", default=os.path.relpath(ROOT / "target/release/ulmfit", ROOT))
    parser.add_argument("--peer-python", default=os.environ.get("PEER_PYTHON", sys.executable))
    parser.add_argument("--fastfit-python", help="Python of FastFit, which needs older libraries than the other peers")
    parser.add_argument("--machine", default=machine(), help="in words, for the results")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "results/quality.jsonl")
    return parser.parse_args()


def rows(path):
    """The file's rows, with one text and one label each."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            text = row["text"] if "text" in row else f"{row['title']} . {row['description']}"
            yield {"text": text, **({"label": str(row["label"])} if "label" in row else {})}


def prepare(data, chosen, folder):
    """Writes train.jsonl, test.jsonl and, where there are such texts, unlabeled.jsonl; says how many rows."""
    train, test = list(rows(data / chosen.train)), None
    if chosen.test:
        test = list(rows(data / chosen.test))
        if chosen.scored:
            test = random.Random(0).sample(test, chosen.scored)
    else:  # every tenth row of the file's order, which has one class after the other
        train, test = [row for n, row in enumerate(train) if n % 10 != 5], train[5::10]
    parts = {"train": train, "test": test}
    if chosen.unlabeled:
        parts["unlabeled"] = list(rows(data / chosen.unlabeled))
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        path = folder / f"{name}.jsonl"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return {name: len(part) for name, part in parts.items()}


def lines_of(path):
    """The lines of a file with their ends. (`splitlines` also ends one at characters that JSON leaves as they are.)"""
    with path.open(encoding="utf-8", newline="\n") as lines:
        return list(lines)


def draw(folder, count, seeds):
    """Folders with `count` training rows each, drawn anew for each seed, and the same test rows for all.

    `others.jsonl` has texts without labels: the set's own, or those of the training rows that were not drawn.
    """
    read = lambda part: lines_of(folder / f"{part}.jsonl")
    train, test = read("train"), read("test")
    scored = random.Random(0).sample(test, min(DRAWN_TEST, len(test)))
    folders = []
    for seed in range(1, seeds + 1):
        shuffled = list(train)
        random.Random(seed).shuffle(shuffled)
        drawn = folder / f"drawn-{count}-{seed}"
        drawn.mkdir(exist_ok=True)
        for part, lines in (("train", shuffled[:count]), ("test", scored)):
            (drawn / f"{part}.jsonl").write_text("".join(lines), encoding="utf-8")
        others = shuffled[count:]
        if (folder / "unlabeled.jsonl").exists():
            others = read("unlabeled")
        texts = (json.dumps({"text": json.loads(line)["text"]}, ensure_ascii=False) + "\n" for line in others)
        (drawn / "others.jsonl").write_text("".join(texts), encoding="utf-8")
        folders.append(drawn)
    return folders


def renamed(folder, names):
    """A folder with the same rows, whose labels are named in words."""
    other = folder / "named"
    other.mkdir(exist_ok=True)
    for part in ("train", "test"):
        read = (json.loads(line) for line in lines_of(folder / f"{part}.jsonl"))
        text = "".join(json.dumps({**row, "label": names[row["label"]]}, ensure_ascii=False) + "\n" for row in read)
        (other / f"{part}.jsonl").write_text(text, encoding="utf-8")
    return other


def document(command):
    """The JSON document that a command prints; its errors end this program."""
    print(shlex.join(command), file=sys.stderr)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}: exit code {done.returncode}")
    return json.loads(done.stdout)


def remembered(path, command, program):
    """What a command printed when it was first run for this path, if the program is still the same."""
    made_by = {"command": command, "program": hashlib.sha256((ROOT / program).read_bytes()).hexdigest()}
    if not path.exists():
        path.write_text(json.dumps({"made_by": made_by, "found": document(command)}))
    kept = json.loads(path.read_text())
    if kept.get("made_by") != made_by:
        sys.exit(f"{path} comes from another program or command: remove it, or choose another --work")
    return kept["found"]


def precision(args):
    return ["--precision", args.precision] if args.precision else []


def ours(args, name, folders, counts):
    """Runs of `fit`, one per folder of rows: errors by title, and the command of one run."""
    options, title, variants = MODELS[name]
    found = {title: []}
    for seed, folder in enumerate(folders, start=1):
        if name == "named":
            folder = renamed(folder, SETS[args.of].names or sys.exit(f"{args.of} has names already"))
        files = [str(folder / "train.jsonl"), "--test", str(folder / "test.jsonl")]
        if "unlabeled" in counts and not args.drawn:
            files += ["--unlabeled", str(folder / "unlabeled.jsonl")]
        if name == "texts":
            files += ["--unlabeled", str(folder / "others.jsonl")]
        out = folder / f"{name}-{seed}"
        command = [args.ulmfit, "fit", *files, "-o", str(out), *options, *precision(args), f"--seed={seed}",
                   f"--threads={args.threads}", "-q", "--json"]
        report = remembered(folder / f"{name}-{seed}.json", command, args.ulmfit)
        run = {"seconds": report["seconds"], "peak_rss_mb": report["peak_rss_mb"],
               "n": report["test"]["n"], "command": command}
        add = lambda title, error: found.setdefault(title, []).append({**run, "error": error})
        add(title, report["test"]["error"])
        for variant, extra in variants.items():
            score = [args.ulmfit, "evaluate", str(out), str(folder / "test.jsonl"), *extra, *precision(args), "--json"]
            evaluated = remembered(folder / f"{name}-{seed}{''.join(extra)}.json", score, args.ulmfit)
            found.setdefault(variant, []).append(
                {**run, "error": evaluated["error"], "seconds": None, "peak_rss_mb": None, "command": score})
        if name in ("ulmfit", "fit"):
            simple = {"seconds": None, "peak_rss_mb": None}
            fields = {"tfidf": TF_IDF, "majority": "most frequent label"}
            if "tfidf" in args.models:  # which is the same
                del fields["tfidf"]
            for field, title_ in fields.items():
                # a classifier of n-grams alone is its own baseline
                accuracy = report["baselines"].get(f"{field}_accuracy", 1 - report["test"]["error"])
                found.setdefault(title_, []).append({**run, **simple, "error": 1 - accuracy})
    return found


def tokenize(args, folder):
    """Writes the tokens of `ulmfit tokenize` beside the rows."""
    for part in ("train", "test"):
        tokens = folder / f"{part}.tokens.jsonl"
        if not tokens.exists():
            done = subprocess.run([args.ulmfit, "tokenize", str(folder / f"{part}.jsonl"), "-q"], cwd=ROOT,
                                  stdout=subprocess.PIPE, check=True)
            tokens.write_bytes(done.stdout)


def peer(args, name, folders):
    """Runs of a peer, one per folder of rows: errors by title, and the command of one run."""
    title, extra = PEERS[name], []
    if name == "fastai":
        base = args.work / "en-for-fastai"
        if not base.exists():
            subprocess.run([args.ulmfit, "export", "fastai", "en", "-o", str(base), "-q"], cwd=ROOT, check=True)
        extra = ["--base", str(base)]
    if name in ("setfit", "fastfit", "frozen"):
        extra = ["--encoder", args.encoder or sys.exit(f"{name} needs --encoder")]
    runs = []
    for seed, folder in enumerate(folders, start=1):
        if name in ("fasttext", "fastai"):
            tokenize(args, folder)
        script = str((HERE / f"{name}_peer.py").relative_to(ROOT))
        python = args.fastfit_python or args.peer_python if name == "fastfit" else args.peer_python
        command = [python, script, str(folder), *extra, f"--seed={seed}", f"--threads={args.threads}"]
        runs.append({**remembered(folder / f"{name}-{seed}.json", command, script), "command": command})
    return {title: runs}


def curve(args, folder, counts):
    """Runs of `ulmfit labels`: number of labels, title and its runs."""
    out = folder / "labels"
    command = [args.ulmfit, "labels", str(folder / "train.jsonl"), "--test", str(folder / "test.jsonl"), "-o", str(out),
               "--counts", ",".join(map(str, args.counts)), f"--methods={args.methods}", f"--seeds={args.seeds}",
               "--seed=1", f"--threads={args.threads}", *precision(args), "-q", "--json"]
    if "unlabeled" in counts:
        command += ["--unlabeled", str(folder / "unlabeled.jsonl")]
    if args.tuned:
        command += ["--tuned", str(pathlib.Path(args.tuned).resolve())]
    report = document(command)  # keeps its own runs, and repeats none
    for point in report["points"]:
        title = CURVES[point["method"]]
        run = {"seconds": None, "peak_rss_mb": None, "n": report["scored"], "command": command}
        yield point["labels"], title, [{**run, "error": error} for error in point["errors"]]


def wilson(error, n, z=1.96):
    """95 % interval of a share."""
    centre = (error + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(error * (1 - error) / n + z * z / (4 * n * n))
    return [centre - half, centre + half]


def line(args, title, labels, model, runs, revision):
    errors = [run["error"] for run in runs]
    mean = statistics.mean(errors)
    times = [run["seconds"] for run in runs if run["seconds"] is not None]
    memory = [run["peak_rss_mb"] for run in runs if run["peak_rss_mb"] is not None]
    percent = lambda share: round(100 * share, 2)
    return {
        "date": datetime.date.today().isoformat(),
        "machine": args.machine,
        "isa": args.isa,
        "threads": args.threads,
        "gemm_gflops": None,
        "task": "classify",
        "dataset": title,
        "labels": labels,
        "model": model,
        "metric": METRIC,
        "value": percent(mean),
        "ci95": [percent(bound) for bound in wilson(mean, runs[0]["n"])],
        "each": [percent(error) for error in errors],
        "seeds": len(runs),
        "n": runs[0]["n"],
        "seconds": round(statistics.mean(times), 1) if times and not args.no_times else None,
        "peak_rss_mb": round(max(memory), 1) if memory else None,
        "command": shlex.join(shorter(args, runs[0]["command"])),
        "commit": revision,
    }


def record(args, result):
    with args.out.open("a", encoding="utf-8") as out:
        out.write(json.dumps(result) + "\n")
    words = "{dataset}, {labels} labels: {model}: {value} % of {n}, each {each}"
    print(words.format(**result), flush=True)


def shorter(args, command):
    """The command without the folders of this machine."""
    work = str(args.work.resolve())
    names = {args.ulmfit: "ulmfit", args.peer_python: "python", args.fastfit_python: "python", args.encoder: "all-MiniLM-L6-v2"}
    return [names.get(word, word.replace(work + "/", "")) for word in command if word not in ("-q", "--json")]


def main():
    args = arguments()
    args.work = args.work.resolve()
    tiny = ["--vocab=64", "--emb=8", "--hid=8", "--bs=2", "--bptt=4", "--steps=1"]
    args.isa = document([args.ulmfit, "bench", "lm", "--json", *tiny])["isa"]
    for name in args.sets:
        args.of = name
        chosen, folder = SETS[name], args.work / name
        counts = prepare(args.data, chosen, folder)
        if args.counts:
            revision = commit()
            few = chosen.title if chosen.scored else f"{chosen.title}, few labels"
            for labels, title, runs in curve(args, folder, counts):
                record(args, line(args, few, labels, title, runs, revision))
            continue
        for labels in args.drawn or [counts["train"]]:
            folders = draw(folder, labels, args.seeds) if args.drawn else [folder] * args.seeds
            dataset = f"{chosen.title}, drawn labels" if args.drawn else chosen.title
            for model in args.models:
                start = time.monotonic()
                revision = commit()
                found = peer(args, model, folders) if model in PEERS else ours(args, model, folders, counts)
                for title, runs in found.items():
                    record(args, line(args, dataset, labels, title, runs, revision))
                print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
