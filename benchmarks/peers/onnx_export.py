"""What `ulmfit export onnx` wrote, in onnxruntime."""

import numpy
import onnxruntime


def session(folder, precision, threads):
    """Runs the graph in f32, or with weights that onnxruntime rounds to int8 (kept beside it)."""
    path = folder / "model.onnx"
    if precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        rounded = folder / "int8.onnx"
        if not rounded.exists():
            quantize_dynamic(path, rounded, weight_type=QuantType.QInt8)
        path = rounded
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def probabilities(session, texts):
    """Those of a batch of texts, which are lists of token ids."""
    lengths = numpy.array([len(text) for text in texts], numpy.int32)
    ids = numpy.full((lengths.max(), len(texts)), 1, numpy.int64)
    for column, text in enumerate(texts):
        ids[: len(text), column] = text
    return session.run(None, {"ids": ids, "lengths": lengths})[0]
