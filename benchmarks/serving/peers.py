#!/usr/bin/env python3
"""`ulmfit serve` beside LitServe and BentoML with onnxruntime on the export of the same classifier, in turns on the same
cores. Needs wrk.

    peers.py ULMFIT MODEL TEXTS.jsonl --peer-python VENV/bin/python [--rounds 3] [--seconds 10] [--peers LitServe BentoML]

VENV has litserve, bentoml and onnxruntime. The peers get token ids, ours text. Prints medians: texts a second and p99 with 32
connections, resident memory of all its processes, and seconds from the start to the first answer.
"""

import argparse
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

from server import HERE, load

PEERS = {"LitServe": ("litserve_peer.py", '{"ids": %s}'), "BentoML": ("bentoml_peer.py", '{"ids": [%s]}')}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def family(pid):
    """A process and all below it."""
    children = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(folder.name))
    found, below = [], [pid]
    while below:
        found.append(below.pop())
        below += children.get(found[-1], [])
    return found


def memory(pid):
    """MB of resident memory, pages that processes share counted once (PSS)."""
    total = 0
    for member in family(pid):
        try:
            lines = pathlib.Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def measured(command, bodies, first, seconds):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    program = subprocess.Popen(command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while True:
            try:
                request = urllib.request.Request(url + "/predict", first, {"Content-Type": "application/json"})
                urllib.request.urlopen(request, timeout=30).read()
                break
            except OSError:
                if program.poll() is not None or time.perf_counter() - began > 120:
                    raise SystemExit(f"{command(port)} does not answer")
                time.sleep(0.01)
        ready = time.perf_counter() - began
        load(url, bodies, 32, 2)
        many, single = load(url, bodies, 32, seconds), load(url, bodies, 1, min(seconds, 5))
        return {
            "texts_per_s": many["requests"] / many["seconds"],
            "p50_ms": many["p50_ms"],
            "p99_ms": many["p99_ms"],
            "alone_p50_ms": single["p50_ms"],
            "memory_mb": memory(program.pid),
            "ready_s": ready,
            "failed": many["not_200"] + many["lost"],
        }
    finally:
        os.killpg(program.pid, signal.SIGTERM)
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ulmfit")
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--precisions", nargs="+", default=["f32", "int8"])
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        export = folder / "onnx"
        subprocess.run([args.ulmfit, "export", "onnx", args.model, "-o", export, "-q"], check=True, stdout=subprocess.DEVNULL)
        said = subprocess.run([args.ulmfit, "tokenize", args.texts, "--model", args.model, "--ids"], check=True, capture_output=True, text=True)
        bodies = {}
        for name in args.peers:
            bodies[name] = folder / f"{name}.jsonl"
            bodies[name].write_text("".join(PEERS[name][1] % line + "\n" for line in said.stdout.splitlines()))
        first = lambda path: pathlib.Path(path).read_bytes().splitlines()[0]
        rounds = []
        for _ in range(args.rounds):
            found = {}
            for precision in args.precisions:
                serve = lambda port: [args.ulmfit, "serve", args.model, "--listen", f"127.0.0.1:{port}", "--precision", precision]
                found[f"ulmfit {precision}"] = measured(serve, args.texts, first(args.texts), args.seconds)
                for name in args.peers:
                    peer = lambda port: [args.peer_python, HERE / PEERS[name][0], export, str(port), "--precision", precision]
                    found[f"{name} {precision}"] = measured(peer, bodies[name], first(bodies[name]), args.seconds)
            rounds.append(found)
    fields = list(next(iter(rounds[0].values())))
    print(f"{'':14}", *(f"{field:>12}" for field in fields))
    for name in rounds[0]:
        print(f"{name:14}", *(f"{statistics.median(each[name][field] for each in rounds):12.2f}" for field in fields))
    for name in args.peers:
        for precision in args.precisions:
            share = [each[f"ulmfit {precision}"]["texts_per_s"] / each[f"{name} {precision}"]["texts_per_s"] for each in rounds]
            print(f"{precision}: {statistics.median(share):.2f} times the texts a second of {name} ({min(share):.2f} to {max(share):.2f})")


if __name__ == "__main__":
    main()
