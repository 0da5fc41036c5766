"""Stage 1 on a GPU with PyTorch, for models that take too long on a CPU.

The network, the vocabulary and the ids are those of `ulmfit pretrain`; what comes out is imported with
`ulmfit import fastai`. Four steps, the second one on the machine with the GPU (PyTorch and NumPy, nothing else):

    python pretrain_torch.py pack RUN/text/train.tokens ids --pieces 2       # ids-000.xz ids-001.xz
    python pretrain_torch.py train ids-*.xz --valid valid-*.xz --vocab 15000 --out "$OUT" \\
           --net 400 1152 3 --minutes 6 --direction forward                  # forward-000.f16 ..
    python pretrain_torch.py join forward-*.f16 --vocab-json vocab.json --out forward    # forward.pth, forward.pkl
    ulmfit import fastai forward.pth forward.pkl --direction forward -o en-base-forward

The other direction is another process, best at the same time: starting kernels, one for every time step, takes as long as
running them. `time` measures a training step and its parts (cuDNN's LSTM beside the decoder) at one size.
"""

import argparse
import json
import lzma
import math
import pickle
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
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


# ids are little-endian pairs of bytes: contexts of two bytes, and a window as long as a piece
XZ = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lp": 1, "lc": 0, "pb": 1, "dict_size": 64 << 20}]


def pack(options):
    """Compresses ids in pieces that can be carried one at a time."""
    ids = read_tokens(options.tokens)

    def piece(n, part):
        path = Path(f"{options.out}-{n:03}.xz")
        path.write_bytes(lzma.compress(bytes([ids.itemsize]) + part.tobytes(), filters=XZ))
        return f"{path}: {path.stat().st_size / (1 << 20):.1f} MiB"

    parts = np.array_split(ids, options.pieces)
    with ThreadPoolExecutor() as pool:
        print(*pool.map(piece, range(len(parts)), parts), sep="\n")


def unpack(paths):
    def piece(path):
        data = lzma.decompress(Path(path).read_bytes())
        return np.frombuffer(data, dtype={2: "<u2", 4: "<u4"}[data[0]], offset=1).astype(np.int32)

    with ThreadPoolExecutor() as pool:
        return np.concatenate(list(pool.map(piece, sorted(paths))))


def softmax_gradient(logits, targets):
    """Sum of the cross entropies of `[N, V]` logits, and its gradient by them in their type."""
    dtype, logits = logits.dtype, logits.float()
    rest = torch.logsumexp(logits, 1, keepdim=True)
    hit = torch.arange(logits.shape[1], device=logits.device)[None, :] == targets[:, None]
    loss = (rest - torch.where(hit, logits, 0.0).sum(1, keepdim=True)).sum()
    return loss, (torch.exp(logits - rest) - hit.float()).to(dtype)


class Decoder(torch.autograd.Function):
    """Linear layer and mean cross entropy in one: the logits of `ROWS` tokens exist at a time, and are made once."""

    ROWS = 4608
    gradient = staticmethod(softmax_gradient)  # `where` compiles it on a GPU

    @staticmethod
    def forward(ctx, hidden, table, bias, targets):
        table, bias = table.to(hidden.dtype), bias.to(hidden.dtype)
        d_hidden = torch.empty_like(hidden)
        d_table = torch.zeros(table.shape, device=table.device)
        d_bias = torch.zeros(bias.shape, device=bias.device)
        total = torch.zeros((), device=hidden.device)
        for start in range(0, len(targets), Decoder.ROWS):
            rows = slice(start, start + Decoder.ROWS)
            loss, gradient = Decoder.gradient(F.linear(hidden[rows], table, bias), targets[rows])
            total += loss
            torch.mm(gradient, table, out=d_hidden[rows])
            d_table += gradient.t() @ hidden[rows]
            d_bias += gradient.sum(0)
        ctx.save_for_backward(d_hidden, d_table, d_bias)
        ctx.share = 1.0 / len(targets)
        return total * ctx.share

    @staticmethod
    def backward(ctx, upstream):
        d_hidden, d_table, d_bias = ctx.saved_tensors
        share = upstream * ctx.share
        return d_hidden * share.to(d_hidden.dtype), d_table * share, d_bias * share, None


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
        """`[T, B]` ids to the outputs before and after the last dropout, and the states; half precision on a GPU."""
        drop, table = self.dropout, self.encoder
        dtype = torch.float16 if ids.is_cuda else torch.float32
        if self.training and drop["embed"] > 0:
            keep = torch.empty(table.shape[0], 1, device=table.device).bernoulli_(1 - drop["embed"])
            table = table * keep / (1 - drop["embed"])
        x = self.locked(F.embedding(ids, table, padding_idx=1).to(dtype), drop["input"])
        ended = []
        for n, (rnn, (h, c)) in enumerate(zip(self.rnns, states)):
            w_hh = F.dropout(rnn.weight_hh_l0, drop["weight"], self.training)
            weights = [w.to(dtype) for w in (rnn.weight_ih_l0, w_hh, rnn.bias_ih_l0, rnn.bias_hh_l0)]
            state = h.to(dtype), c.to(dtype)
            x, h, c = torch._VF.lstm(x, state, weights, True, 1, 0.0, self.training, False, False)
            ended.append((h.detach().float(), c.detach().float()))
            raw = x
            x = self.locked(x, drop["output"] if n == self.layers - 1 else drop["hidden"])
        return raw, x, ended

    def loss(self, hidden, targets):
        """Mean cross entropy over `[T, B]` targets."""
        return Decoder.apply(hidden.reshape(-1, self.emb), self.encoder, self.bias, targets.reshape(-1))

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


def batchify(ids, batch, device):
    length = len(ids) // batch
    return torch.from_numpy(ids[: length * batch].copy()).view(batch, length).t().contiguous().to(device)


def factor(done):
    """One cycle: up for a tenth, then down to nothing, by cosines."""
    if done < 0.1:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * done / 0.1)) / 2
    return (1 + math.cos(math.pi * (done - 0.1) / 0.9)) / 2


@torch.no_grad()
def perplexity(model, stream, bptt):
    model.eval()
    states, total, count = model.start(stream.shape[1], stream.device), 0.0, 0
    for start in range(0, len(stream) - 1, bptt):
        x = stream[start : min(start + bptt, len(stream) - 1)]
        y = stream[start + 1 : start + 1 + len(x)].long()
        _, out, states = model(x, states)
        logits = F.linear(out.flatten(0, 1), model.encoder.to(out.dtype), model.bias.to(out.dtype))
        total += float(F.cross_entropy(logits.float(), y.flatten(), reduction="sum"))
        count += y.numel()
    model.train()
    return math.exp(total / count)


TIED = {"0.encoder_dp.emb.weight", "1.decoder.weight"}


def save(state, out, direction, note):
    """Half precision, in pieces that can be carried back; the tied tensors once."""
    out.mkdir(parents=True, exist_ok=True)
    names = [name for name in state if name not in TIED]
    header = json.dumps({"names": [[n, list(state[n].shape)] for n in names], "note": note}).encode()
    body = b"".join(state[n].to(torch.float16).cpu().numpy().tobytes() for n in names)
    data = len(header).to_bytes(8, "little") + header + body
    for n, start in enumerate(range(0, len(data), PIECE)):
        temporary = out / f"{direction}-{n:03}.part"
        temporary.write_bytes(data[start : start + PIECE])
        temporary.rename(out / f"{direction}-{n:03}.f16")


def load(pieces):
    """What `save` wrote: the tensors by fastai's names, and the note."""
    data = b"".join(Path(path).read_bytes() for path in sorted(pieces))
    length = int.from_bytes(data[:8], "little")
    header, at = json.loads(data[8 : 8 + length]), 8 + length
    state = {}
    for name, shape in header["names"]:
        values = np.frombuffer(data, dtype="<f2", count=math.prod(shape), offset=at).astype(np.float32)
        state[name], at = torch.from_numpy(values.reshape(shape)), at + 2 * math.prod(shape)
    if at != len(data):
        raise SystemExit("the pieces do not belong together, or one is missing")
    return state | {name: state["0.encoder.weight"] for name in TIED}, header["note"]


def make(options, device):
    dropout = {"output": 0.1, "hidden": 0.15, "input": 0.25, "embed": 0.02, "weight": 0.2}
    dropout = {name: p * options.drop_mult for name, p in dropout.items()}
    model = AwdLstm(options.vocab, *options.net, dropout).to(device)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
    fused = device.type == "cuda"
    optimizer = torch.optim.AdamW(groups, lr=options.lr, betas=(0.8, 0.99), eps=1e-7, fused=fused)
    return model, optimizer, torch.amp.GradScaler(device.type, enabled=fused)


def step(model, optimizer, scaler, x, y, states):
    raw, out, states = model(x, states)
    loss = model.loss(out, y)
    total = loss + 2 * out.float().pow(2).mean() + (raw[1:].float() - raw[:-1].float()).pow(2).mean()
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(total).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach(), states


def where():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        # weights are masked anew at every step, so that they are never in cuDNN's one buffer
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous")
        Decoder.gradient = staticmethod(torch.compile(softmax_gradient, dynamic=False))
    return device


def train(options):
    """For as long as there is time; every epoch cuts the text at other places."""
    device = where()
    generator = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    ids, valid = unpack(options.ids), unpack(options.valid)
    print(f"{len(ids)} tokens, {len(valid)} held out", flush=True)
    if options.direction == "backward":
        ids, valid = ids[::-1], valid[::-1]
    model, optimizer, scaler = make(options, device)
    with torch.no_grad():
        if options.init:
            state, _ = load(options.init)
            for name, tensor in model.state().items():
                tensor.copy_(state[name])
        else:
            # each word's share of the text. From zeros, the layers learn it first: large steps in one direction, at
            # which 1,152 cells saturate for good (loss 6.0, the entropy of single words, after 470 steps)
            share = np.bincount(ids, minlength=options.vocab) + 0.5
            model.bias.copy_(torch.from_numpy(np.log(share / share.sum())))
    stream, states = None, None
    at, steps, seen, epochs = 0, 0, 0, 0
    began = saved = time.monotonic()
    while (done := (time.monotonic() - began) / (60 * options.minutes)) < 1:
        if stream is None or at + options.bptt + 1 > len(stream):
            stream = batchify(np.roll(ids, int(generator.integers(len(ids)))), options.batch, device)
            states, at, epochs = model.start(options.batch, device), 0, epochs + 1
        for group in optimizer.param_groups:
            group["lr"] = options.lr * factor(done)
        x, y = stream[at : at + options.bptt], stream[at + 1 : at + 1 + options.bptt].long()
        loss, states = step(model, optimizer, scaler, x, y, states)
        at, steps, seen = at + options.bptt, steps + 1, seen + y.numel()
        if steps % 100 == 0:
            loss, elapsed = float(loss), time.monotonic() - began
            about = f"{options.direction} step {steps}, {100 * done:.1f} %"
            print(f"{about}: loss {loss:.4f}, {seen / elapsed:.0f} tokens/s", flush=True)
        if time.monotonic() - saved > 120:
            save(model.state(), options.out, options.direction, {"steps": steps, "tokens": seen, "complete": False})
            saved = time.monotonic()
    note = {"net": options.net, "direction": options.direction, "steps": steps, "tokens": seen, "epochs": epochs}
    note |= {"batch": options.batch, "bptt": options.bptt, "lr": options.lr, "drop_mult": options.drop_mult}
    note |= {"seconds": time.monotonic() - began, "torch": torch.__version__, "complete": True}
    note["device"] = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    note["valid_perplexity"] = perplexity(model, batchify(valid, 32, device), options.bptt)
    save(model.state(), options.out, options.direction, note)
    print(json.dumps(note), flush=True)


def join(options):
    state, note = load(options.pieces)
    torch.save(state, f"{options.out}.pth")
    with open(f"{options.out}.pkl", "wb") as file:
        pickle.dump(json.loads(Path(options.vocab_json).read_text(encoding="utf-8")), file)
    print(json.dumps(note))


def split(options):
    state = torch.load(options.model, weights_only=True)
    save(state.get("model", state), options.out, options.direction, {"from": options.model.name})


def clock(options):
    """Milliseconds of a step, and of cuDNN's LSTM layers alone."""
    device = where()
    model, optimizer, scaler = make(options, device)
    x = torch.randint(9, options.vocab, (options.bptt, options.batch), device=device)
    states = model.start(options.batch, device)

    def layers():
        raw, _, _ = model(x, states)
        raw.float().sum().backward()

    def whole():
        step(model, optimizer, scaler, x, x, states)

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
    parser.add_argument("--net", type=int, nargs=3, default=[400, 1152, 3], metavar=("EMB", "HID", "LAYERS"))
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
    verb.add_argument("--pieces", type=int, default=1)
    verb.set_defaults(run=pack)
    verb = verbs.add_parser("train")
    verb.add_argument("ids", nargs="+")
    verb.add_argument("--valid", nargs="+", required=True)
    verb.add_argument("--direction", choices=["forward", "backward"], default="forward")
    verb.add_argument("--init", nargs="*", help="pieces of a model to go on from")
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
    verb = verbs.add_parser("split")
    verb.add_argument("model", type=Path, help="of `ulmfit export fastai`")
    verb.add_argument("--direction", choices=["forward", "backward"], required=True)
    verb.add_argument("--out", type=Path, required=True)
    verb.set_defaults(run=split)
    verb = verbs.add_parser("time")
    sizes(verb)
    verb.add_argument("--steps", type=int, default=10)
    verb.set_defaults(run=clock)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
