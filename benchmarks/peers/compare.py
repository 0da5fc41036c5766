#!/usr/bin/env python3
"""Our speed beside fastai's: both run in turns on the same machine, so that both meet its moods.

    cargo build --release -p ulmfit-cli
    benchmarks/peers/compare.py lm --peer-python VENV/bin/python

Prints medians, spread and their ratio beside the peak of a matrix product, and appends one line a
program to results/speed.jsonl (fields: xtask/src/results.rs). Python 3.9+, standard library only; the
peer's environment is the one named by --peer-python or PEER_PYTHON.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = pathlib.Path(__file__).with_name("fastai_bench.py").relative_to(ROOT)
ENCODER_PEER = PEER.with_name("encoder_bench.py")
METRICS = {  # field of the JSON, its name and unit in the results, what counts as better
    "lm": [("tokens_per_s", "language model, training tokens/s", max)],
    "classify": [
        ("tokens_per_s", "classifier, training tokens/s", max),
        ("docs_per_s", "classifier, documents/s", max),
        ("latency_ms_p50", "classifier, ms a document", min),
    ],
    "encoder": [
        ("texts_per_s", "sentence encoder, texts/s", max),
        ("text_ms", "sentence encoder, ms a text", min),
    ],
}
ENCODER_PEERS = [("torch", "f32"), ("torch", "bf16"), ("onnxruntime", "f32"), ("onnxruntime", "int8")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("task", choices=METRICS, nargs="?", default="lm")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each program")
    parser.add_argument("--vocab", type=int, default=60_008)
    parser.add_argument("--emb", type=int, default=400)
    parser.add_argument("--hid", type=int, default=1_152)
    parser.add_argument("--bs", type=int, default=64)
    parser.add_argument("--bptt", type=int, default=72)
    parser.add_argument("--document", type=int, help="tokens of a text [encoder: 64; classify: as IMDb, 300 alone]")
    parser.add_argument("--steps", type=int, default=3, help="timed steps of a run")
    parser.add_argument("--precision", choices=["f32", "bf16", "int8"], nargs="+", default=["f32"],
                        help="of ulmfit, one or several")
    parser.add_argument("--sampled-below", type=float, default=0.004,
                        help="also run ulmfit's language model with this sampled softmax; 0: do not")
    parser.add_argument("--peer-precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--ulmfit", default=os.path.relpath(ROOT / "target/release/ulmfit", ROOT))
    parser.add_argument("--peer-python", default=os.environ.get("PEER_PYTHON", sys.executable))
    parser.add_argument("--machine", default=machine(), help="in words, for the results")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "results/speed.jsonl")
    return parser.parse_args()


def machine():
    model = platform.processor() or platform.machine()
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores, {model}"


def run(command):
    """The JSON document that the command prints; its error ends this program."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")
    if done.returncode:
        sys.exit(f"{shlex.join(command)}: exit code {done.returncode}\n{done.stderr.strip()}")
    return json.loads(done.stdout)


def commands(args):
    """The commands of each program."""
    if args.task == "encoder":
        return encoder_commands(args)
    flags = ("vocab", "emb", "hid", "bs", "bptt", "steps", "threads")
    shape = [f"--{flag}={getattr(args, flag)}" for flag in flags]
    short = [args.document] if args.task == "classify" and args.document else []
    ours_tokens = [f"--document={tokens}" for tokens in short]
    peer_tokens = [f"--tokens={tokens}" for tokens in short]
    programs = {}
    for precision in args.precision:
        ours = [args.ulmfit, "bench", args.task, "--json", *shape, *ours_tokens, f"--precision={precision}"]
        programs[f"ulmfit {precision}"] = [ours]
        if args.task == "lm" and args.sampled_below > 0:
            sampled = [*ours, f"--sampled-below={args.sampled_below}"]
            programs[f"ulmfit {precision}, sampled softmax"] = [sampled]
    peer = lambda task: [args.peer_python, str(PEER), task, *shape, *peer_tokens, f"--precision={args.peer_precision}"]
    if args.task == "classify":
        programs["fastai"] = [peer("classify"), peer("latency")]
    else:
        programs["fastai"], programs["torch"] = [peer("lm")], [peer("plain")]
    return programs


def encoder_commands(args):
    args.document = args.document or 64
    shape = [f"--{flag}={getattr(args, flag)}" for flag in ("bs", "document", "steps", "threads")]
    ours = [args.ulmfit, "bench", "encoder", "--json", *shape]
    programs = {f"ulmfit {precision}": [[*ours, f"--precision={precision}"]] for precision in args.precision}
    for program, precision in ENCODER_PEERS:
        peer = [args.peer_python, str(ENCODER_PEER), program, *shape, f"--precision={precision}"]
        programs[f"{program}, {precision}"] = [peer]
    return programs


def measured(args):
    """Each program's documents, one a round, and the peak of the matrix product in each round."""
    runs, peaks = {program: [] for program in commands(args)}, []
    product = [args.peer_python, str(PEER), "gemm", f"--threads={args.threads}"]
    for number in range(1, args.rounds + 1):
        peaks.append(run(product)["gflops"])
        for program, parts in commands(args).items():
            start = time.monotonic()
            documents = [run(part) for part in parts]
            document = {field: value for found in documents for field, value in found.items()}
            document["peak_rss_mb"] = max(found["peak_rss_mb"] for found in documents)
            document["seconds"] = time.monotonic() - start
            runs[program].append(document)
        field, metric, _ = METRICS[args.task][0]
        last = {program: round(documents[-1].get(field, 0)) for program, documents in runs.items()}
        print(f"round {number}: {last} {metric}, peak {peaks[-1]:.0f} GFLOP/s", file=sys.stderr)
    return runs, statistics.median(peaks)


def commit():
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    done = subprocess.run(describe, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def name(program, document, args):
    if program.startswith("ulmfit"):
        return program
    if args.task == "encoder":
        library, precision = program.split(", ")
        return f"{library} {document[library]}, {precision}"
    library = f"fastai {document['fastai']} on " if program == "fastai" else "plain "
    return f"{library}torch {document['torch']}, {args.peer_precision}"


def lines(args, runs, peak):
    """One line a program and metric, as `xtask readme` reads them."""
    documents = f"{args.document} tokens" if args.document else "tokens as in IMDb, one alone 300"
    length = {"lm": f"{args.bptt}", "classify": documents, "encoder": f"{args.document}"}[args.task]
    sizes = "MiniLM-L6" if args.task == "encoder" else f"{args.vocab}/{args.emb}/{args.hid}"
    isa = next(iter(runs.values()))[0]["isa"]  # ours comes first; peers have coarser words for the same machine
    for field, metric, _ in METRICS[args.task]:
        for program, documents in runs.items():
            if "training" in metric and program.endswith("int8"):
                continue  # it trains in f32 to have something to predict with
            values = [document[field] for document in documents]
            command = commands(args)[program][0]
            if os.path.isabs(command[0]):
                command = [os.path.basename(command[0]), *command[1:]]  # no paths of one machine
            yield {
                "date": datetime.date.today().isoformat(),
                "machine": args.machine,
                "isa": isa,
                "threads": args.threads,
                "gemm_gflops": round(peak, 1),
                "task": "speed",
                "dataset": f"random tokens, {sizes}, batch {args.bs} x {length}",
                "model": name(program, documents[0], args),
                "metric": metric,
                "value": round(statistics.median(values), 3),
                "ci95": [round(min(values), 3), round(max(values), 3)],
                "seeds": len(values),
                "n": args.steps * len(values),
                "seconds": round(sum(document["seconds"] for document in documents), 1),
                "peak_rss_mb": round(max(document["peak_rss_mb"] for document in documents), 1),
                "command": shlex.join(command),
                "commit": commit(),
            }


def main():
    args = arguments()
    runs, peak = measured(args)
    found = list(lines(args, runs, peak))
    print(f"{args.machine}, {args.threads} threads, peak {peak:.0f} GFLOP/s (torch f32)")
    for _, metric, better in METRICS[args.task]:
        rows = [line for line in found if line["metric"] == metric]
        peer = next(line for line in rows if not line["model"].startswith("ulmfit"))
        for line in rows:
            (low, high), value = line["ci95"], line["value"]
            ratio = value / peer["value"] if better is max else peer["value"] / value
            print(f"{metric:>34}  {line['model']:<40} {value:>10.1f}  ({low:.1f} to {high:.1f}), "
                  f"{line['peak_rss_mb']:.0f} MB, {ratio:.2f} of the speed of {peer['model'].split()[0]}")
    with args.out.open("a") as out:
        out.writelines(json.dumps(line) + "\n" for line in found)


if __name__ == "__main__":
    main()
