#!/usr/bin/env python3
"""LitServe with onnxruntime on what `ulmfit export onnx` wrote: `litserve_peer.py EXPORT PORT [--precision int8]`.

The peer of `peers.py`. A request has `ids`, because the tokenizer is not in the graph: that is to its favour.
"""

import argparse
import pathlib

import litserve
import numpy
import onnxruntime


class Classifier(litserve.LitAPI):
    def __init__(self, path, threads, **options):
        super().__init__(**options)
        self.path, self.threads = path, threads

    def setup(self, device):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        self.session = onnxruntime.InferenceSession(str(self.path), options, providers=["CPUExecutionProvider"])

    def decode_request(self, request):
        return request["ids"]

    def batch(self, inputs):
        return inputs

    def predict(self, texts):
        lengths = numpy.array([len(text) for text in texts], numpy.int32)
        ids = numpy.full((lengths.max(), len(texts)), 1, numpy.int64)
        for column, text in enumerate(texts):
            ids[: len(text), column] = text
        return self.session.run(None, {"ids": ids, "lengths": lengths})[0]

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return {"probabilities": output.tolist()}


def quantized(folder):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    path = folder / "int8.onnx"
    if not path.exists():
        quantize_dynamic(folder / "model.onnx", path, weight_type=QuantType.QInt8)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--precision", choices=["f32", "int8"], default="f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    args = parser.parse_args()
    path = quantized(args.export) if args.precision == "int8" else args.export / "model.onnx"
    classifier = Classifier(path, args.threads, max_batch_size=args.batch, batch_timeout=0.002)
    server = litserve.LitServer(classifier, accelerator="cpu")
    server.run(host="127.0.0.1", port=args.port, generate_client_file=False, log_level="warning")


if __name__ == "__main__":
    main()
