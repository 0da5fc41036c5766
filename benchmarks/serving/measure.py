#!/usr/bin/env python3
"""The server beside `predict` on the same model and texts, in turns. Needs wrk; Python's own library is enough.

    measure.py ULMFIT MODEL TEXTS [--rounds 3] [--seconds 10] [--connections 32]

TEXTS has a JSON object with `text` a line. Prints a line of JSON: medians over the rounds.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import time

from server import Server, load


def predict(args, texts):
    """Seconds of `predict` on a file, loading included."""
    began = time.perf_counter()
    command = [args.ulmfit, "predict", args.model, texts, "-q"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def pipe(args, texts, at_once=1):
    """Milliseconds of each text, or of each `at_once` of them, in a pipe to `predict`."""
    command = [args.ulmfit, "predict", args.model, "-", "-q", "--format", "jsonl"]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    times = []
    for first in range(0, len(texts), at_once):
        lines = texts[first:first + at_once]
        began = time.perf_counter()
        program.stdin.write(b"".join(lines))
        program.stdin.flush()
        for _ in lines:
            program.stdout.readline()
        times.append(1000 * (time.perf_counter() - began))
    program.stdin.close()
    program.wait()
    return times[1:]  # the first one waits for the model


def of_children():
    """Seconds of processor time of all programs that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def loaded(server, texts, connections, seconds):
    """What wrk found, with the processor time of both sides."""
    ours, theirs = server.cpu_seconds(), of_children()
    found = load(server.url, texts, connections, seconds)
    found["server_cpu_s"] = server.cpu_seconds() - ours
    found["load_cpu_s"] = of_children() - theirs
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ulmfit")
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--queue", type=int, default=1024)
    args = parser.parse_args()
    lines = pathlib.Path(args.texts).read_bytes().splitlines(keepends=True)
    one = pathlib.Path(args.texts + ".one")
    one.write_bytes(lines[0])
    rounds = []
    for _ in range(args.rounds):
        loading = predict(args, str(one))
        used = of_children()
        on_file = len(lines) / (statistics.median(predict(args, args.texts) for _ in range(3)) - loading)
        used = (of_children() - used) / 3
        alone = sorted(pipe(args, lines[:300]))
        in_32s = pipe(args, lines, 32)
        server = Server(args.ulmfit, args.model, "--queue-texts", str(args.queue))
        loaded(server, args.texts, args.connections, 2)  # batches find their size
        many = loaded(server, args.texts, args.connections, args.seconds)
        single = loaded(server, args.texts, 1, args.seconds)
        full = loaded(server, args.texts, args.connections, args.seconds)
        rounds.append({
            "predict_texts_per_s": on_file,
            "server_texts_per_s": many["requests"] / many["seconds"],
            "share_of_predict": many["requests"] / many["seconds"] / on_file,
            "share_less_load": many["requests"] / (many["seconds"] - many["load_cpu_s"] / os.cpu_count()) / on_file,
            "pipe_32_texts_per_s": 32 * len(in_32s) / (sum(in_32s) / 1000),
            "predict_cpu_ms": 1000 * used / len(lines),
            "server_cpu_ms": 1000 * many["server_cpu_s"] / many["requests"],
            "load_cpu_ms": 1000 * many["load_cpu_s"] / many["requests"],
            "cores_busy": (many["server_cpu_s"] + many["load_cpu_s"]) / many["seconds"],
            "p50_ms_many": many["p50_ms"],
            "p99_ms_many": many["p99_ms"],
            "p50_ms_1": single["p50_ms"],
            "p99_ms_1": single["p99_ms"],
            "pipe_p50_ms": alone[len(alone) // 2],
            "pipe_p99_ms": alone[len(alone) * 99 // 100],
            "ready_s": server.ready,
            "rss_mb": server.memory(),
            "not_200": many["not_200"] + single["not_200"] + full["not_200"],
            "lost": many["lost"] + single["lost"] + full["lost"],
        })
        server.stop()
    one.unlink()
    medians = {key: round(statistics.median(each[key] for each in rounds), 3) for key in rounds[0]}
    print(json.dumps({"rounds": len(rounds), "texts": len(lines), **medians}))


if __name__ == "__main__":
    main()
