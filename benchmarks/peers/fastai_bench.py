#!/usr/bin/env python3
"""How fast fastai does what `ulmfit bench` does. Prints one JSON document.

    fastai_bench.py lm        one training step of the language model, again and again
    fastai_bench.py plain     the same of what anyone would write in PyTorch: torch.nn.LSTM, no AWD
    fastai_bench.py classify  training and prediction of the classifier, a batch of documents a step
    fastai_bench.py latency   one document alone
    fastai_bench.py gemm      the peak of a large matrix product, as torch reaches it

The steps are written out instead of run through `Learner`, so that no callback or progress bar is
timed: forward, cross entropy with AR and TAR, backward, clipping, fastai's Adam. All dropouts are on.
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time
import warnings

warnings.filterwarnings("ignore")
try:
    import fastai
    import torch
    from fastai.optimizer import Adam
    from fastai.text.models.awdlstm import (
        AWD_LSTM,
        awd_lstm_clas_config,
        awd_lstm_clas_split,
        awd_lstm_lm_config,
        awd_lstm_lm_split,
    )
    from fastai.text.models.core import get_language_model, get_text_classifier
except ModuleNotFoundError as missing:
    install = "pip install fastai==2.8.12 torch==2.15.0"
    sys.exit(f"{missing.name} is not installed here; in an environment of its own:\n    {install}")

FIRST_WORD = 9  # ids below are fastai's special tokens
PAD = 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("task", choices=["lm", "plain", "classify", "latency", "gemm"])
    parser.add_argument("--vocab", type=int, default=60_008)
    parser.add_argument("--emb", type=int, default=400)
    parser.add_argument("--hid", type=int, default=1_152)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--bs", type=int, default=64)
    parser.add_argument("--bptt", type=int, default=72)
    parser.add_argument("--tokens", type=int, help="of a document [default: as IMDb, 300 alone]")
    parser.add_argument("--classes", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--size", type=int, default=2_048, help="of the square matrices of `gemm`")
    return parser.parse_args()


def seconds(args, step):
    """Duration of each timed call of `step`, which gets its number; the first one warms up."""
    durations = []
    for number in [0, *range(args.steps)]:
        start = time.perf_counter()
        step(number)
        durations.append(time.perf_counter() - start)
    return durations[1:]


def rates(name, amounts, durations):
    """Amounts of something, one a step: all over all time, lowest and highest rate of a step."""
    each = [amount / duration for amount, duration in zip(amounts, durations)]
    return {name: sum(amounts) / sum(durations), f"{name}_min": min(each), f"{name}_max": max(each)}


# Lengths of IMDb's training documents in words and signs, at some quantiles; as `ulmfit bench` has them.
IMDB_LENGTHS = [(0, 10), (0.01, 52), (0.05, 80), (0.1, 115), (0.25, 158), (0.5, 220), (0.75, 360),
                (0.9, 581), (0.95, 757), (0.99, 1141), (1, 1440)]
SORTED = 50  # batches whose documents `SortedDL` sorts together


def imdb_lengths(step, steps, size):
    """Of one batch; they are evenly spaced among documents as long as those of IMDb, sorted."""
    batch = (2 * step + 1) * SORTED // (2 * steps)
    lengths = []
    for n in range(size):
        q = (batch * size + n + 0.5) / (SORTED * size)
        above = next(i for i, (at, _) in enumerate(IMDB_LENGTHS) if i and at >= q)
        (q0, l0), (q1, l1) = IMDB_LENGTHS[above - 1 : above + 1]
        lengths.append(int(l0 + (l1 - l0) * (q - q0) / (q1 - q0)))
    return lengths


def padded(args, lengths):
    """Random words, padding in front, as fastai's `pad_input_chunk` places it: whole pieces first."""
    longest = max(lengths)
    x = words(args, len(lengths), longest)
    for row, length in enumerate(lengths):
        missing = longest - length
        whole = missing // args.bptt * args.bptt
        x[row, :whole] = PAD
        if missing > whole:  # the rest of the padding stands at the end
            x[row, longest - (missing - whole) :] = PAD
    return x


def precision(args):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.precision == "bf16")


def words(args, *shape):
    return torch.randint(FIRST_WORD, args.vocab, shape)


def sizes(args, config):
    return {**config, "emb_sz": args.emb, "n_hid": args.hid, "n_layers": args.layers}


def loss_of(output, target):
    """Cross entropy, AR (alpha 2, after dropout) and TAR (beta 1, before it): RNNRegularizer's sum."""
    logits, raw, dropped = output
    loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, -2), target.flatten())
    loss = loss + 2.0 * dropped.float().pow(2).mean()
    return loss + (raw[:, 1:] - raw[:, :-1]).float().pow(2).mean()


def training_step(args, model, groups):
    optimizer = Adam(groups, lr=1e-3, mom=0.8, sqr_mom=0.99, eps=1e-5, wd=0.01)

    def step(x, y):
        with precision(args):
            loss = loss_of(model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        optimizer.zero_grad()

    return step


def prediction(args, model, x):
    """A step that predicts batch `number` of `x`."""
    model.eval()

    @torch.inference_mode()
    def step(number):
        model.reset()
        with precision(args):
            model(x[number])[0].float().softmax(-1)

    return step


def lm(args):
    model = get_language_model(AWD_LSTM, args.vocab, config=sizes(args, awd_lstm_lm_config)).train()
    step = training_step(args, model, awd_lstm_lm_split(model))
    stream = words(args, args.bs, args.bptt + 1)
    durations = seconds(args, lambda _: step(stream[:, :-1], stream[:, 1:]))
    return rates("tokens_per_s", [args.bs * args.bptt] * args.steps, durations)


class Plain(torch.nn.Module):
    """Embedding, LSTM layers and a tied decoder, without any of AWD-LSTM's dropouts."""

    def __init__(self, args):
        super().__init__()
        self.embedding = torch.nn.Embedding(args.vocab, args.emb)
        widths = [args.emb] + [args.hid] * (args.layers - 1) + [args.emb]
        layers = [torch.nn.LSTM(*pair, batch_first=True) for pair in zip(widths, widths[1:])]
        self.layers = torch.nn.ModuleList(layers)
        self.decoder = torch.nn.Linear(args.emb, args.vocab)
        self.decoder.weight = self.embedding.weight

    def forward(self, x):
        x = self.embedding(x)
        for layer in self.layers:
            x, _ = layer(x)
        return self.decoder(x)


def plain(args):
    model = Plain(args).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    stream = words(args, args.bs, args.bptt + 1)

    def step(_):
        with precision(args):
            logits = model(stream[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, -2), stream[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        optimizer.zero_grad()

    return rates("tokens_per_s", [args.bs * args.bptt] * args.steps, seconds(args, step))


def classifier(args):
    config = sizes(args, awd_lstm_clas_config)
    return get_text_classifier(
        AWD_LSTM, args.vocab, args.classes, seq_len=args.bptt, drop_mult=0.5, config=config
    )


def classify(args):
    model = classifier(args).train()
    step = training_step(args, model, awd_lstm_clas_split(model))
    lengths = [
        [args.tokens] * args.bs if args.tokens else imdb_lengths(number, args.steps, args.bs)
        for number in range(args.steps)
    ]
    x, y = [padded(args, batch) for batch in lengths], torch.randint(args.classes, (args.bs,))

    def train(number):
        model.reset()
        step(x[number], y)

    trained = rates("tokens_per_s", [sum(batch) for batch in lengths], seconds(args, train))
    predicted = seconds(args, prediction(args, model, x))
    return trained | rates("docs_per_s", [args.bs] * args.steps, predicted)


def latency(args):
    x = [words(args, 1, args.tokens or 300)] * args.steps
    durations = seconds(args, prediction(args, classifier(args), x))
    return {"latency_ms_p50": 1e3 * statistics.median(durations)}


def gemm(args):
    kind = {"f32": torch.float32, "bf16": torch.bfloat16}[args.precision]
    a, b = (torch.randn(args.size, args.size).to(kind) for _ in range(2))
    return rates("gflops", [2e-9 * args.size**3] * args.steps, seconds(args, lambda _: a @ b))


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    task = {"lm": lm, "plain": plain, "classify": classify, "latency": latency, "gemm": gemm}[args.task]
    isa = torch.backends.cpu.get_cpu_capability()
    try:
        result = task(args)
    except RuntimeError as error:
        if "primitive descriptor" not in str(error):
            raise
        sys.exit(f"torch {torch.__version__} has no {args.precision} LSTM for this processor ({isa})")
    in_a_megabyte = 1 << 20 if sys.platform == "darwin" else 1 << 10
    result |= {
        "schema": 1,
        "task": args.task,
        "precision": args.precision,
        "threads": torch.get_num_threads(),
        "isa": isa,
        "steps": args.steps,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / in_a_megabyte,
        "torch": torch.__version__,
        "fastai": fastai.__version__,
    }
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in result.items()}))


if __name__ == "__main__":
    main()
