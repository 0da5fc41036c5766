#!/usr/bin/env python3
"""LitServe with onnxruntime on what `ulmfit export onnx` wrote: `litserve_peer.py EXPORT PORT [--precision int8]`.

The peer of `peers.py`. A request has `ids`, because the tokenizer is not in the graph: that is to its favour.
"""

import argparse
import pathlib
import sys

import litserve

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
import onnx_export  # noqa: E402


class Classifier(litserve.LitAPI):
    def __init__(self, export, precision, threads, **options):
        super().__init__(**options)
        self.export, self.precision, self.threads = export, precision, threads

    def setup(self, device):
        self.session = onnx_export.session(self.export, self.precision, self.threads)

    def decode_request(self, request):
        return request["ids"]

    def batch(self, inputs):
        return inputs

    def predict(self, texts):
        return onnx_export.probabilities(self.session, texts)

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return {"probabilities": output.tolist()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--precision", choices=["f32", "int8"], default="f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    args = parser.parse_args()
    classifier = Classifier(args.export, args.precision, args.threads, max_batch_size=args.batch, batch_timeout=0.002)
    server = litserve.LitServer(classifier, accelerator="cpu")
    server.run(host="127.0.0.1", port=args.port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
