#!/usr/bin/env python3
"""BentoML with onnxruntime on what `ulmfit export onnx` wrote: `bentoml_peer.py EXPORT PORT [--precision int8]`.

A peer of `peers.py`. A request has `ids`, a list with one list of token ids, because the tokenizer is not in the graph: that is
to its favour. BentoML imports this file again as the module of its service, so the options travel as variables.
"""

import argparse
import os
import pathlib
import sys

import bentoml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))
import onnx_export  # noqa: E402


@bentoml.service(workers=1, traffic={"timeout": 60})
class Classifier:
    def __init__(self):
        export, precision, threads = (os.environ[f"PEER_{name}"] for name in ("EXPORT", "PRECISION", "THREADS"))
        self.session = onnx_export.session(pathlib.Path(export), precision, int(threads))

    @bentoml.api(route="/predict", batchable=True, max_batch_size=32, max_latency_ms=1000)
    def predict(self, ids: list[list[int]]) -> list[list[float]]:
        return onnx_export.probabilities(self.session, ids).tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--precision", choices=["f32", "int8"], default="f32")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    options = {"EXPORT": args.export.resolve(), "PRECISION": args.precision, "THREADS": args.threads}
    os.environ.update({f"PEER_{name}": str(value) for name, value in options.items()})
    serve = ["serve", "bentoml_peer:Classifier", "--host", "127.0.0.1", "--port", str(args.port), "--working-dir", str(HERE)]
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *serve])


if __name__ == "__main__":
    main()
