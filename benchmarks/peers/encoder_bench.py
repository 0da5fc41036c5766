#!/usr/bin/env python3
"""How fast PyTorch and onnxruntime do what `ulmfit bench encoder` does. Prints one JSON document.

    encoder_bench.py torch        transformers' BertModel, mean pooling, vectors of length one
    encoder_bench.py onnxruntime  the same network as a graph; int8: its weights quantised dynamically

The network has the sizes of all-MiniLM-L6-v2 and random weights. Needs `torch` and `transformers`, and for
onnxruntime also `onnx`, `onnxscript` and `onnxruntime`.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from transformers import BertConfig, BertModel  # noqa: E402


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        sizes = dict(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
        self.bert = BertModel(BertConfig(**sizes), add_pooling_layer=False)

    def forward(self, ids, mask):
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        return torch.nn.functional.normalize((states * weights).sum(1) / weights.sum(1), dim=-1)


def with_torch(args, model):
    bf16 = args.precision == "bf16"

    def vectors(ids, mask):
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            model(ids, mask)

    return vectors, {"torch": torch.__version__}


def with_onnxruntime(args, model):
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        example = (torch.ones(2, args.document, dtype=torch.long),) * 2
        axes = {"ids": {0: "batch", 1: "time"}, "mask": {0: "batch", 1: "time"}}
        torch.onnx.export(model, example, path, input_names=["ids", "mask"], dynamic_axes=axes, dynamo=False)
        if args.precision == "int8":
            quantize_dynamic(path, path.with_name("int8.onnx"), weight_type=QuantType.QInt8)
            path = path.with_name("int8.onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = args.threads
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    vectors = lambda ids, mask: session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})
    return vectors, {"onnxruntime": onnxruntime.__version__}


def median(steps, work):
    seconds = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])  # the first one warms up


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", choices=["torch", "onnxruntime"])
    parser.add_argument("--bs", type=int, default=32)
    parser.add_argument("--document", type=int, default=64, help="tokens of a text")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--precision", choices=["f32", "bf16", "int8"], default="f32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    model = Encoder().eval()
    vectors, version = (with_torch if args.program == "torch" else with_onnxruntime)(args, model)
    ids = torch.randint(1000, 30000, (args.bs, args.document))
    mask = torch.ones_like(ids)
    batch = median(args.steps, lambda: vectors(ids, mask))
    print(json.dumps({
        **version,
        "texts_per_s": args.bs / batch,
        "batch_ms": 1e3 * batch,
        "text_ms": 1e3 * median(args.steps, lambda: vectors(ids[:1], mask[:1])),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))


if __name__ == "__main__":
    main()
