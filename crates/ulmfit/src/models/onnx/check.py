"""Compares model.onnx with the answers of check.json. Needs numpy and onnxruntime: python check.py"""

import json
import pathlib
import sys

import numpy
import onnxruntime

folder = pathlib.Path(__file__).parent
check = json.loads((folder / "check.json").read_text(encoding="utf-8"))
session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])


def answers(texts):
    """Probabilities (or values) of texts that are lists of token ids, one row per text."""
    lengths = numpy.array([len(text) for text in texts], numpy.int32)
    ids = numpy.full((lengths.max(), len(texts)), check["padding"], numpy.int64)
    for column, text in enumerate(texts):
        ids[: len(text), column] = text
    return session.run([check["output"]], {"ids": ids, "lengths": lengths})[0]


if __name__ == "__main__":
    texts = [case["ids"] for case in check["cases"]]
    wanted = numpy.array([case[check["output"]] for case in check["cases"]])
    together, alone = answers(texts), numpy.concatenate([answers([text]) for text in texts])
    largest = max(abs(together - wanted).max(), abs(alone - wanted).max())
    print(f"{len(texts)} texts, largest difference {largest:.1e} (at most {check['tolerance']:.1e})")
    sys.exit(0 if largest <= check["tolerance"] else 1)
