#!/usr/bin/env python3
"""Predicting a file of texts with one classifier: the program, the Python package, fastai's `get_preds`, onnxruntime on the export.

    predict.py ULMFIT MODEL TEXTS.jsonl --wheel-python W/bin/python --peer-python F/bin/python --onnx-python O/bin/python

All take turns with the same texts and threads; times leave out start and loading. fastai's are those of `get_preds` alone,
its tokenizing is told beside it; onnxruntime gets ids. A Python that is not named is skipped, loudly. Prints medians and ratios.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def lines_of(path):
    return [json.loads(line)["text"] for line in pathlib.Path(path).read_text().splitlines()]


def program(args, folder, precision):
    """Seconds of `predict` on the file less those on one text."""
    one = folder / "one.jsonl"
    one.write_text(json.dumps({"text": "one"}) + "\n")
    taken = []
    for texts in (one, args.texts):
        command = [args.ulmfit, "predict", args.model, texts, "-q", "--precision", precision, "--threads", str(args.threads)]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return {"seconds": taken[1] - taken[0]}


def child_wheel(args):
    from ulmfit import TextClassifier

    model = TextClassifier.load(args.model, precision=args.precision)
    model.threads = args.threads
    texts = lines_of(args.texts)
    model.predict_proba(texts[:2])
    began = time.perf_counter()
    model.predict_proba(texts)
    return {"seconds": time.perf_counter() - began}


def child_halves(args):
    """All texts by one Python thread, then halves by two, each with one thread of the engine; the longest stall of a third."""
    import threading

    from ulmfit import TextClassifier

    model = TextClassifier.load(args.model)
    model.threads = 1
    texts = lines_of(args.texts)
    model.predict_proba(texts[:2])
    began = time.perf_counter()
    model.predict_proba(texts)
    one = time.perf_counter() - began
    halves = [threading.Thread(target=model.predict_proba, args=(texts[half::2],)) for half in (0, 1)]
    began = time.perf_counter()
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    two = time.perf_counter() - began
    stalls, over = [], threading.Event()

    def tick():
        last = time.perf_counter()
        while not over.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            stalls.append(now - last)
            last = now

    ticking = threading.Thread(target=tick)
    ticking.start()
    model.predict_proba(texts)
    over.set()
    ticking.join()
    return {"seconds": one, "halves_s": two, "ratio": two / one, "longest_stall_ms": 1000 * max(stalls)}


def child_fastai(args):
    import warnings

    warnings.filterwarnings("ignore")
    import pandas
    import torch
    from fastai.text.all import (
        AWD_LSTM, CategoryBlock, ColReader, CrossEntropyLossFlat, DataBlock, IndexSplitter, Learner, TextBlock,
        awd_lstm_clas_config, get_text_classifier, load_pickle, rnn_cbs,
    )

    torch.set_num_threads(args.threads)
    tokens, labels = load_pickle(args.export / "forward.pkl")
    network = json.loads((pathlib.Path(args.model) / "config.json").read_text())["network"]
    sizes = {theirs: network["encoder"][ours] for theirs, ours in (("emb_sz", "emb"), ("n_hid", "hid"), ("n_layers", "layers"))}
    model = get_text_classifier(
        AWD_LSTM, len(tokens), len(labels), seq_len=network["seq-len"], max_len=network["max-len"],
        lin_ftrs=network["head"]["hidden"], config=awd_lstm_clas_config | sizes,
    )
    weights = torch.load(args.export / "forward.pth", weights_only=True)
    model.load_state_dict(weights)
    texts = lines_of(args.texts)
    few = pandas.DataFrame({"text": texts[:64], "label": [labels[row % len(labels)] for row in range(64)]})
    blocks = (TextBlock.from_df("text", vocab=tokens, seq_len=72), CategoryBlock(vocab=labels))
    block = DataBlock(blocks=blocks, get_x=ColReader("text"), get_y=ColReader("label"), splitter=IndexSplitter(range(32)))
    data = block.dataloaders(few, bs=64, num_workers=0)
    learner = Learner(data, model, loss_func=CrossEntropyLossFlat(), cbs=rnn_cbs())
    began = time.perf_counter()
    loader = data.test_dl(pandas.DataFrame({"text": texts}))
    tokenizing = time.perf_counter() - began
    with learner.no_bar(), learner.no_logging():
        learner.get_preds(dl=data.test_dl(few.head(2)))
        began = time.perf_counter()
        answers, _ = learner.get_preds(dl=loader)
        seconds = time.perf_counter() - began
    return {"seconds": seconds, "tokenizing_s": tokenizing, "first": answers[:, 0].tolist()}


def child_onnx(args):
    import numpy
    import onnx_export

    session = onnx_export.session(args.export, args.precision, args.threads)
    texts = [json.loads(line) for line in args.ids.read_text().splitlines()]
    order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))  # like lengths side by side, as ours

    def answer(rows):
        return onnx_export.probabilities(session, [texts[row] for row in rows])

    answer(order[-2:])
    answers = numpy.zeros(len(texts))
    began = time.perf_counter()
    for start in range(0, len(order), args.batch):
        rows = order[start:start + args.batch]
        answers[rows] = answer(rows)[:, 0]
    return {"seconds": time.perf_counter() - began, "first": answers.tolist()}


CHILDREN = {"wheel": child_wheel, "halves": child_halves, "fastai": child_fastai, "onnxruntime": child_onnx}


def child(args, python, name, precision, **options):
    command = [python, __file__, args.ulmfit, args.model, args.texts, "--child", name, "--precision", precision]
    command += ["--threads", str(args.threads), "--batch", str(args.batch)]
    for option, value in options.items():
        command += [f"--{option}", value]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{name} failed\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ulmfit")
    parser.add_argument("model")
    parser.add_argument("texts", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32, help="texts of a batch of onnxruntime")
    for kind in ("wheel", "peer", "onnx"):
        parser.add_argument(f"--{kind}-python", help="the interpreter with " + {"wheel": "ulmfit", "peer": "fastai", "onnx": "onnxruntime"}[kind])
    parser.add_argument("--child", choices=CHILDREN, help=argparse.SUPPRESS)
    parser.add_argument("--precision", default="f32", help=argparse.SUPPRESS)
    parser.add_argument("--export", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--ids", type=pathlib.Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(CHILDREN[args.child](args)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for form in ("fastai", "onnx"):
            subprocess.run([args.ulmfit, "export", form, args.model, "-o", folder / form, "-q"], check=True, stdout=subprocess.DEVNULL)
        ids = folder / "ids.jsonl"
        with ids.open("w") as out:
            subprocess.run([args.ulmfit, "tokenize", args.texts, "--model", args.model, "--ids"], check=True, stdout=out)
        ways = {f"program {precision}": lambda precision=precision: program(args, folder, precision) for precision in ("f32", "bf16", "int8")}
        if args.wheel_python:
            for precision in ("f32", "bf16", "int8"):
                ways[f"package {precision}"] = lambda precision=precision: child(args, args.wheel_python, "wheel", precision)
            ways["package, 2 Python threads"] = lambda: child(args, args.wheel_python, "halves", "f32")
        if args.peer_python:
            ways["fastai get_preds"] = lambda: child(args, args.peer_python, "fastai", "f32", export=folder / "fastai")
        if args.onnx_python:
            for precision in ("f32", "int8"):
                ways[f"onnxruntime {precision}"] = lambda precision=precision: child(args, args.onnx_python, "onnxruntime", precision, export=folder / "onnx", ids=ids)
        for option, python in (("--wheel-python", args.wheel_python), ("--peer-python", args.peer_python), ("--onnx-python", args.onnx_python)):
            if not python:
                print(f"SKIPPED: {option} is not given")
        rounds = []
        for number in range(args.rounds):
            rounds.append({way: run() for way, run in ways.items()})
            print(f"round {number + 1}:", {way: round(found["seconds"], 2) for way, found in rounds[-1].items()}, file=sys.stderr)
    texts = len(lines_of(args.texts))
    print(f"{'way':26} {'texts/s':>9} {'(min':>9} {'max)':>9}  of the program with the same precision")
    for way in ways:
        taken = [found[way]["seconds"] for found in rounds]
        ours = "program int8" if "int8" in way else "program f32"
        share = statistics.median(found[ours]["seconds"] / found[way]["seconds"] for found in rounds)
        print(f"{way:26} {texts / statistics.median(taken):9.1f} {texts / max(taken):9.1f} {texts / min(taken):9.1f}  {share:.2f}")
    for field in ("ratio", "longest_stall_ms", "tokenizing_s"):
        for way in ways:
            found = [round(each[way][field], 3) for each in rounds if field in each[way]]
            if found:
                print(f"{way}: {field} {found}")


if __name__ == "__main__":
    main()
