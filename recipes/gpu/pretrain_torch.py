"""Stage 1 on a GPU with PyTorch, for models that take too long on a CPU.

The network, the vocabulary and the ids are those of `ulmfit pretrain`; what comes out is imported with
`ulmfit import fastai`. Four steps, the second one on the machine with the GPU (PyTorch and NumPy, nothing else):

    python pretrain_torch.py pack RUN/text/train.tokens ids --mib 60        # ids-000.xz ids-001.xz ..
    python pretrain_torch.py train ids-*.xz --valid valid-*.xz --vocab 60000 --minutes 12 --out "$OUT" \\
           --direction forward                                               # forward-000.f16 ..
    python pretrain_torch.py join forward-*.f16 --vocab-json vocab.json --out forward    # forward.pth, forward.pkl
    ulmfit import fastai forward.pth forward.pkl --direction forward -o en-base-forward

`time` measures a training step and its parts (cuDNN's LSTM beside the decoder) at one size.
"""

import argparse
import json
import lzma
import math
import pickle
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

MAGIC = b"ULMFTOK1"
PIECE = 16 << 20


def read_tokens(path):
    """Ids of a token file of ours."""
    header = np.fromfile(path, dtype=np.uint8, count=96)
    if header[:8].tobytes() != MAGIC:
        raise SystemExit(f"{path} is no token file")
    width, tokens = (int(x) for x in header[8:24].view("<u8"))
    return np.fromfile(path, dtype={2: "<u2", 4: "<u4"}[width], count=tokens, offset=96)


def pack(options):
    """Compresses ids in pieces of a size that can be carried one at a time."""
    ids = read_tokens(options.tokens)
    # xz brings ids to about two thirds; a smaller guess of it only makes more pieces
    step = int(options.mib * (1 << 20) * 1.2) // ids.itemsize
    for n, start in enumerate(range(0, len(ids), step)):
        path = Path(f"{options.out}-{n:03}.xz")
        data = bytes([ids.itemsize]) + ids[start : start + step].tobytes()
        path.write_bytes(lzma.compress(data, preset=1))
        print(path, path.stat().st_size >> 20, "MiB")


def unpack(paths):
    parts = []
    for path in sorted(paths):
        data = lzma.decompress(Path(path).read_bytes())
        parts.append(np.frombuffer(data, dtype={2: "<u2", 4: "<u4"}[data[0]], offset=1).astype(np.int32))
    return np.concatenate(parts)


class AwdLstm(torch.nn.Module):
    """Merity, Keskar & Socher 2017; names and initial values as in fastai 2."""

    def __init__(self, vocab, emb, hid, layers, dropout):
        super().__init__()
        self.emb, self.dropout, self.layers = emb, dropout, layers
        self.encoder = torch.nn.Parameter(torch.empty(vocab, emb).uniform_(-0.1, 0.1))
        self.bias = torch.nn.Parameter(torch.zeros(vocab))
        self.rnns = torch.nn.ModuleList()
        for layer in range(layers):
            inputs, outputs = emb if layer == 0 else hid, emb if layer == layers - 1 else hid
            self.rnns.append(torch.nn.LSTM(inputs, outputs, batch_first=False))

    def start(self, batch, device):
        return [
            tuple(torch.zeros(1, batch, rnn.hidden_size, device=device) for _ in range(2)) for rnn in self.rnns
        ]

    def locked(self, x, p):
        if not self.training or p == 0:
            return x
        return x * (torch.empty(1, x.shape[1], x.shape[2], device=x.device, dtype=x.dtype).bernoulli_(1 - p) / (1 - p))

    def forward(self, ids, states):
        """`[T, B]` ids to the outputs before and after the last dropout, and the states."""
        drop, table = self.dropout, self.encoder
        if self.training and drop["embed"] > 0:
            keep = torch.empty(table.shape[0], 1, device=table.device).bernoulli_(1 - drop["embed"])
            table = table * keep / (1 - drop["embed"])
        x = self.locked(F.embedding(ids, table, padding_idx=1), drop["input"])
        ended = []
        for n, (rnn, (h, c)) in enumerate(zip(self.rnns, states)):
            w_hh = F.dropout(rnn.weight_hh_l0, drop["weight"], self.training)
            weights = [rnn.weight_ih_l0, w_hh, rnn.bias_ih_l0, rnn.bias_hh_l0]
            if torch.is_autocast_enabled():
                dtype = torch.get_autocast_gpu_dtype()
                weights, x, h, c = [w.to(dtype) for w in weights], x.to(dtype), h.to(dtype), c.to(dtype)
            x, h, c = torch._VF.lstm(x, (h, c), weights, True, 1, 0.0, self.training, False, False)
            ended.append((h.detach().float(), c.detach().float()))
            raw = x
            x = self.locked(x, drop["output"] if n == self.layers - 1 else drop["hidden"])
        return raw, x, ended

    def loss(self, hidden, targets, rows=2048):
        """Mean cross entropy; the logits of `rows` tokens exist at a time and are made again for the gradient."""
        hidden, targets = hidden.reshape(-1, self.emb), targets.reshape(-1)

        def part(h, t):
            logits = F.linear(h, self.encoder.to(h.dtype), self.bias.to(h.dtype))
            return F.cross_entropy(logits.float(), t, reduction="sum")

        total = hidden.new_zeros((), dtype=torch.float32)
        for start in range(0, len(targets), rows):
            chunk = hidden[start : start + rows], targets[start : start + rows]
            total = total + torch.utils.checkpoint.checkpoint(part, *chunk, use_reentrant=False)
        return total / len(targets)

    def state(self):
        """Tensors by fastai's names."""
        named = {"0.encoder.weight": self.encoder, "0.encoder_dp.emb.weight": self.encoder}
        for n, rnn in enumerate(self.rnns):
            prefix = f"0.rnns.{n}."
            named[prefix + "weight_hh_l0_raw"] = rnn.weight_hh_l0
            named[prefix + "module.weight_ih_l0"] = rnn.weight_ih_l0
            named[prefix + "module.bias_ih_l0"] = rnn.bias_ih_l0
            named[prefix + "module.bias_hh_l0"] = rnn.bias_hh_l0
        named["1.decoder.weight"], named["1.decoder.bias"] = self.encoder, self.bias
        return {name: tensor.detach() for name, tensor in named.items()}


def batchify(ids, batch, direction, device):
    ids = torch.from_numpy(ids if direction == "forward" else ids[::-1].copy())
    length = len(ids) // batch
    return ids[: length * batch].view(batch, length).t().contiguous().to(device)


def factor(done):
    """One cycle: up for a quarter, then down to nothing, by cosines."""
    if done < 0.25:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * done / 0.25)) / 2
    return (1 + math.cos(math.pi * (done - 0.25) / 0.75)) / 2


@torch.no_grad()
def perplexity(model, stream, bptt, autocast):
    model.eval()
    states, total, count = model.start(stream.shape[1], stream.device), 0.0, 0
    for start in range(0, len(stream) - 1, bptt):
        x = stream[start : min(start + bptt, len(stream) - 1)]
        y = stream[start + 1 : start + 1 + len(x)].long()
        with autocast():
            _, out, states = model(x, states)
            total += float(model.loss(out, y)) * y.numel()
        count += y.numel()
    model.train()
    return math.exp(total / count)


def save(model, out, direction, note):
    """Half precision, in pieces that can be carried back; the tied tensors once."""
    out.mkdir(parents=True, exist_ok=True)
    state = model.state()
    tied = {"0.encoder_dp.emb.weight", "1.decoder.weight"}
    names = [name for name in state if name not in tied]
    header = json.dumps({"names": [[n, list(state[n].shape)] for n in names], "note": note}).encode()
    body = b"".join(state[n].to(torch.float16).cpu().numpy().tobytes() for n in names)
    data = len(header).to_bytes(8, "little") + header + body
    for n, start in enumerate(range(0, len(data), PIECE)):
        temporary = out / f"{direction}-{n:03}.part"
        temporary.write_bytes(data[start : start + PIECE])
        temporary.rename(out / f"{direction}-{n:03}.f16")


def make(options, device):
    dropout = {"output": 0.1, "hidden": 0.15, "input": 0.25, "embed": 0.02, "weight": 0.2}
    dropout = {name: p * options.drop_mult for name, p in dropout.items()}
    model = AwdLstm(options.vocab, options.emb, options.hid, options.layers, dropout).to(device)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
    fused = device.type == "cuda"
    return model, torch.optim.AdamW(groups, lr=options.lr, betas=(0.8, 0.99), eps=1e-5, fused=fused)


def step(model, optimizer, x, y, states, autocast):
    with autocast():
        raw, out, states = model(x, states)
        loss = model.loss(out, y)
    total = loss + 2 * out.float().pow(2).mean() + (raw[1:].float() - raw[:-1].float()).pow(2).mean()
    optimizer.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    optimizer.step()
    return loss.detach(), states


def where():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.backends.cuda.matmul.allow_tf32 = True
    on = device.type == "cuda"
    return device, lambda: torch.autocast(device.type, dtype=torch.bfloat16, enabled=on)


def train(options):
    device, autocast = where()
    torch.manual_seed(options.seed)
    model, optimizer = make(options, device)
    stream = batchify(unpack(options.ids), options.batch, options.direction, device)
    valid = batchify(unpack(options.valid), 32, options.direction, device) if options.valid else None
    states, at, steps, seen = model.start(options.batch, device), 0, 0, 0
    began = saved = time.monotonic()
    limit = options.minutes * 60
    while (done := (time.monotonic() - began) / limit) < 1:
        for group in optimizer.param_groups:
            group["lr"] = options.lr * factor(done)
            group["betas"] = (0.8 - 0.1 * min(1.0, factor(done)), 0.99)
        if at + options.bptt + 1 > len(stream):
            states, at = model.start(options.batch, device), 0
        x, y = stream[at : at + options.bptt], stream[at + 1 : at + 1 + options.bptt].long()
        loss, states = step(model, optimizer, x, y, states, autocast)
        at, steps, seen = at + options.bptt, steps + 1, seen + y.numel()
        if steps % 100 == 0:
            elapsed = time.monotonic() - began
            print(f"step {steps} loss {float(loss):.4f} {seen / elapsed:.0f} tokens/s {100 * done:.1f} %", flush=True)
        if time.monotonic() - saved > 120:
            save(model, options.out, options.direction, {"steps": steps, "tokens": seen, "complete": False})
            saved = time.monotonic()
    note = {"steps": steps, "tokens": seen, "complete": True, "minutes": options.minutes, "torch": torch.__version__}
    if valid is not None:
        note["valid_perplexity"] = perplexity(model, valid, options.bptt, autocast)
    note["device"] = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    save(model, options.out, options.direction, note)
    print(json.dumps(note))


def join(options):
    data = b"".join(Path(path).read_bytes() for path in sorted(options.pieces))
    length = int.from_bytes(data[:8], "little")
    header, at = json.loads(data[8 : 8 + length]), 8 + length
    state = {}
    for name, shape in header["names"]:
        values = np.frombuffer(data, dtype="<f2", count=math.prod(shape), offset=at).astype(np.float32)
        state[name], at = torch.from_numpy(values.reshape(shape)), at + 2 * math.prod(shape)
    if at != len(data):
        raise SystemExit("the pieces do not belong together, or one is missing")
    state["0.encoder_dp.emb.weight"] = state["1.decoder.weight"] = state["0.encoder.weight"]
    torch.save(state, f"{options.out}.pth")
    with open(f"{options.out}.pkl", "wb") as file:
        pickle.dump(json.loads(Path(options.vocab_json).read_text(encoding="utf-8")), file)
    print(json.dumps(header["note"]))


def clock(options):
    """Milliseconds of a step, and of cuDNN's LSTM layers alone."""
    device, autocast = where()
    model, optimizer = make(options, device)
    x = torch.randint(9, options.vocab, (options.bptt, options.batch), device=device)
    states = model.start(options.batch, device)

    def layers():
        with autocast():
            raw, _, _ = model(x, states)
        raw.float().sum().backward()

    def whole():
        step(model, optimizer, x, x, states, autocast)

    wait = torch.cuda.synchronize if device.type == "cuda" else (lambda: None)
    for name, work in [("embedding and LSTM layers, both ways", layers), ("whole step", whole)]:
        work()
        wait()
        times = []
        for _ in range(options.steps):
            began = time.perf_counter()
            work()
            wait()
            times.append(1e3 * (time.perf_counter() - began))
        print(f"{name}: median {np.median(times):.2f} ms, {min(times):.2f} to {max(times):.2f}")


def sizes(parser):
    parser.add_argument("--vocab", type=int, required=True)
    parser.add_argument("--emb", type=int, default=400)
    parser.add_argument("--hid", type=int, default=1152)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--bptt", type=int, default=72)
    parser.add_argument("--lr", type=float, default=0.004)
    parser.add_argument("--drop-mult", type=float, default=0.2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("pack")
    verb.add_argument("tokens", type=Path)
    verb.add_argument("out")
    verb.add_argument("--mib", type=int, default=60)
    verb.set_defaults(run=pack)
    verb = verbs.add_parser("train")
    verb.add_argument("ids", nargs="+")
    verb.add_argument("--valid", nargs="*")
    verb.add_argument("--direction", choices=["forward", "backward"], default="forward")
    verb.add_argument("--minutes", type=float, required=True)
    verb.add_argument("--seed", type=int, default=1)
    verb.add_argument("--out", type=Path, required=True)
    sizes(verb)
    verb.set_defaults(run=train)
    verb = verbs.add_parser("join")
    verb.add_argument("pieces", nargs="+")
    verb.add_argument("--vocab-json", required=True)
    verb.add_argument("--out", required=True)
    verb.set_defaults(run=join)
    verb = verbs.add_parser("time")
    sizes(verb)
    verb.add_argument("--steps", type=int, default=10)
    verb.set_defaults(run=clock)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    import torch.utils.checkpoint  # not imported by torch itself

    main()
