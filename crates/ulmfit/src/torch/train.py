"""Trains the language models of this folder with PyTorch: see README.md.

    python train.py [--direction forward|backward] [--device cuda|mps|xpu|cpu] [--precision f32|f16|bf16]

Losses, regularisation, optimiser and learning rates are those of `ulmfit finetune`; random numbers (dropout, order of
documents) are PyTorch's. Needs torch and safetensors (which needs numpy).
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import warnings
import zlib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

JOB = Path(__file__).resolve().parent
HEADER = 96  # bytes before the ids of a token file


def read_tokens(path):
    """Ids of a token file, mapped into memory, and where each document ends."""
    size = path.stat().st_size
    data = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
    if bytes(data[:8].tolist()) != b"ULMFTOK1":
        raise SystemExit(f"{path} is not a token file")
    width, tokens, documents = (int.from_bytes(bytes(data[n : n + 8].tolist()), "little") for n in (8, 16, 24))
    ids = data[HEADER : HEADER + tokens * width]
    ends = data[HEADER + tokens * width : HEADER + tokens * width + documents * 8].clone().view(torch.int64)
    if width == 2:
        return ids.clone().view(torch.int16).to(torch.int32) & 0xFFFF, ends
    return ids.clone().view(torch.int32), ends


def stream_of(ids, ends, backward, order):
    """All documents in this order, those of a backward network from their last token to their first."""
    starts = torch.cat([torch.zeros(1, dtype=torch.int64), ends[:-1]])
    pieces = [ids[starts[n] : ends[n]] for n in order.tolist()]
    return torch.cat([piece.flip(0) for piece in pieces] if backward else pieces)


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
    gradient = staticmethod(softmax_gradient)  # compiled on a GPU

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
    """Merity, Keskar & Socher 2017, with the tensors and names of a model folder of `ulmfit`."""

    PARTS = ("weight_hh_l0_raw", "module.weight_ih_l0", "module.bias_ih_l0", "module.bias_hh_l0")

    def __init__(self, tensors, dropout, dtype):
        super().__init__()
        self.dropout, self.dtype = dropout, dtype
        self.names = sorted(tensors)
        self.layers = sum(name.endswith(self.PARTS[0]) for name in tensors)
        for name, tensor in tensors.items():
            self.register_parameter(name.replace(".", "_"), torch.nn.Parameter(tensor.clone()))

    def tensor(self, name):
        return getattr(self, name.replace(".", "_"))

    def state(self):
        return {name: self.tensor(name).detach().cpu().contiguous() for name in self.names}

    def group(self, name):
        """Each LSTM layer, then embedding and softmax."""
        return int(name.split(".")[2]) if name.startswith("0.rnns.") else self.layers

    def start(self, batch, device):
        widths = [self.tensor(f"0.rnns.{n}.{self.PARTS[0]}").shape[1] for n in range(self.layers)]
        return [tuple(torch.zeros(1, batch, width, device=device) for _ in range(2)) for width in widths]

    def locked(self, x, p):
        if p == 0:
            return x
        return x * (torch.empty(1, x.shape[1], x.shape[2], device=x.device, dtype=x.dtype).bernoulli_(1 - p) / (1 - p))

    def forward(self, ids, states):
        """`[T, B]` ids to the outputs before and after the last dropout, and the states."""
        drop, table, dtype = self.dropout, self.tensor("0.encoder.weight"), self.dtype
        if drop["embed"] > 0:
            keep = torch.empty(table.shape[0], 1, device=table.device).bernoulli_(1 - drop["embed"])
            table = table * keep / (1 - drop["embed"])
        x = self.locked(F.embedding(ids, table, padding_idx=1).to(dtype), drop["input"])
        ended = []
        for n, (h, c) in enumerate(states):
            w_hh, w_ih, b_ih, b_hh = (self.tensor(f"0.rnns.{n}.{part}") for part in self.PARTS)
            w_hh = F.dropout(w_hh, drop["weight"]) if drop["weight"] > 0 else w_hh
            weights = [w.to(dtype) for w in (w_ih, w_hh, b_ih, b_hh)]
            x, h, c = torch._VF.lstm(x, (h.to(dtype), c.to(dtype)), weights, True, 1, 0.0, True, False, False)
            ended.append((h.detach().float(), c.detach().float()))
            raw = x
            x = self.locked(x, drop["output"] if n == self.layers - 1 else drop["hidden"])
        return raw, x, ended

    def loss(self, hidden, targets):
        """Mean cross entropy over `[T, B]` targets; the decoder is tied to the embedding."""
        flat = hidden.reshape(-1, hidden.shape[2])
        return Decoder.apply(flat, self.tensor("0.encoder.weight"), self.tensor("1.decoder.bias"), targets.reshape(-1))


def find_device(name):
    if name is None:
        found = [kind for kind in ("cuda", "xpu") if getattr(torch, kind, None) and getattr(torch, kind).is_available()]
        found += ["mps"] if torch.backends.mps.is_available() else []
        name = (found + ["cpu"])[0]
    return torch.device(name)


def name_of(device):
    return getattr(torch, device.type).get_device_name() if device.type in ("cuda", "xpu") else device.type


def replace(path, write):
    """Writes a file that is whole or absent."""
    part = path.with_name(path.name + ".part")
    write(part)
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    os.replace(part, path)


class Training:
    """One direction; everything that a checkpoint needs is in it."""

    def __init__(self, direction, device, precision):
        self.direction, self.device, self.precision = direction, device, precision
        self.job = json.loads((JOB / "job.json").read_text(encoding="utf-8"))
        self.identity = zlib.crc32((JOB / "manifest.json").read_bytes())
        self.schedule = load_file(JOB / "schedule.safetensors")
        self.ids, self.ends = read_tokens(JOB / "train.tokens")
        tensors = load_file(JOB / "model.safetensors")
        own = {name.removeprefix(f"{direction}."): t for name, t in tensors.items() if name.startswith(f"{direction}.")}
        if not own:
            raise SystemExit(f"this job has no {direction} network")
        dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[precision]
        self.model = AwdLstm(own, self.job["dropout"], dtype).to(device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "f16")
        number = ["forward", "backward"].index(direction)
        torch.manual_seed(self.job["seed"] * 2 + number)
        tokens = len(self.ids)
        self.rows = max(1, min(self.job["batch-size"], (tokens - 1) // 2))
        self.row = (tokens - 1) // self.rows
        self.phase = self.epoch = self.window = self.done = self.updates = self.tokens = 0
        self.seconds = 0.0
        self.states, self.stream = self.model.start(self.rows, device), None
        self.checkpoint = JOB / f"checkpoint-{direction}.safetensors"
        self.begin_phase()
        if self.checkpoint.exists():
            self.restore()

    def begin_phase(self):
        """Sets which groups are trainable, with a new optimiser as each phase has one."""
        phase, job = self.job["phases"][self.phase], self.job
        groups = []
        for name in self.model.names:
            group, tensor = self.model.group(name), self.model.tensor(name)
            tensor.requires_grad_(phase["trainable"][group])
            tensor.grad = None
            if phase["trainable"][group]:
                decay = 0.0 if name == "1.decoder.bias" else job["weight-decay"]
                groups.append({"params": [tensor], "weight_decay": decay, "peak": phase["rates"][group], "name": name})
        fused = {"fused": True} if self.device.type == "cuda" else {}
        self.optimizer = torch.optim.AdamW(groups, lr=0.0, eps=job["eps"], **fused)

    def begin_epoch(self):
        """A new order of documents, which depends on the seed and the epoch alone."""
        before = sum(phase["epochs"] for phase in self.job["phases"][: self.phase])
        generator = torch.Generator().manual_seed(self.job["seed"] * 1_000_003 + before + self.epoch)
        order = torch.randperm(len(self.ends), generator=generator)
        stream = stream_of(self.ids, self.ends, self.direction == "backward", order)
        self.stream = [part.view(self.rows, self.row).t() for part in self.cut(stream)]
        if self.window == 0:
            self.states = self.model.start(self.rows, self.device)

    def cut(self, stream):
        count = self.rows * self.row
        return stream[:count], stream[1 : count + 1]

    def update(self):
        """The windows of one update; returns the mean of their losses."""
        job, model = self.job, self.model
        windows = -(-self.row // job["bptt"])
        count = min(job["accumulate"], windows - self.window)
        total = 0.0
        self.optimizer.zero_grad(set_to_none=True)
        for _ in range(count):
            at = self.window * job["bptt"]
            x, y = (part[at : at + job["bptt"]].to(self.device) for part in self.stream)
            raw, out, self.states = model(x, self.states)
            loss = model.loss(out, y.long())
            whole = loss + job["ar"] * out.float().pow(2).mean()
            if len(raw) > 1:
                whole = whole + job["tar"] * (raw[1:].float() - raw[:-1].float()).pow(2).mean()
            self.scaler.scale(whole / count).backward()
            total = total + loss.detach() / count
            self.window += 1
            self.tokens += y.numel()
        self.scaler.unscale_(self.optimizer)
        if job["clip"] is not None:
            torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], job["clip"])
        factor, momentum = self.schedule[f"phase.{self.phase}"][self.done].tolist()
        for group in self.optimizer.param_groups:
            group["lr"], group["betas"] = group["peak"] * factor, (momentum, job["sqr-mom"])
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.done, self.updates = self.done + 1, self.updates + 1
        if self.window == windows:
            self.window, self.epoch, self.stream = 0, self.epoch + 1, None
        return total

    def run(self, options, stopped):
        """Returns whether it is done."""
        total = sum(len(rates) for rates in self.schedule.values())
        metrics = JOB / f"metrics-{self.direction}.jsonl"
        began = saved = time.monotonic()
        first, already = self.tokens, self.seconds
        while self.phase < len(self.job["phases"]):
            if self.epoch == self.job["phases"][self.phase]["epochs"]:
                self.phase, self.epoch, self.done = self.phase + 1, 0, 0
                if self.phase < len(self.job["phases"]):
                    self.begin_phase()
                continue
            if self.stream is None:
                self.begin_epoch()
            loss = self.update()
            now = time.monotonic()
            self.seconds = already + now - began
            if self.updates % options.log_every == 0 or self.updates == total:
                loss = float(loss)
                if loss != loss or loss == float("inf"):
                    raise SystemExit(f"{self.direction}: the loss became NaN; export the job with a lower --lr")
                rate = (self.tokens - first) / (now - began)
                print(f"{self.direction} {self.updates}/{total}: loss {loss:.4f}, {rate:.0f} tokens/s", flush=True)
                with open(metrics, "a", encoding="utf-8") as file:
                    file.write(json.dumps({"update": self.updates, "loss": loss}) + "\n")
            if stopped() or now - saved > 60 * options.checkpoint_minutes:
                self.save()
                saved = time.monotonic()
            if stopped():
                return False
        self.finish()
        return True

    def counters(self):
        names = ("identity", "phase", "epoch", "window", "done", "updates", "tokens", "seconds", "precision")
        return {name: getattr(self, name) for name in names}

    def save(self):
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state().items()}
        for group in self.optimizer.param_groups:
            for key, value in self.optimizer.state.get(group["params"][0], {}).items():
                tensors[f"optimizer.{group['name']}.{key}"] = value.detach().cpu().contiguous()
        for n, (h, c) in enumerate(self.states):
            tensors[f"state.{n}.h"], tensors[f"state.{n}.c"] = h.cpu().contiguous(), c.cpu().contiguous()
        tensors["random"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        counters = self.counters() | {"scaler": self.scaler.state_dict()}
        replace(self.checkpoint, lambda path: save_file(tensors, path, {"counters": json.dumps(counters)}))

    def restore(self):
        with safe_open(self.checkpoint, "pt") as file:
            counters = json.loads(file.metadata()["counters"])
        if counters["identity"] != self.identity:
            raise SystemExit(f"{self.checkpoint.name} is of another job: remove it to start again")
        if counters["precision"] != self.precision:
            raise SystemExit(f"the run began with --precision {counters['precision']}")
        tensors = load_file(self.checkpoint)
        for name in ("phase", "epoch", "window", "done", "updates", "tokens", "seconds"):
            setattr(self, name, counters[name])
        if self.phase < len(self.job["phases"]):
            self.begin_phase()
        with torch.no_grad():
            for name in self.model.names:
                self.model.tensor(name).copy_(tensors[f"model.{name}"])
        for group in self.optimizer.param_groups:
            parts = {key: tensors.get(f"optimizer.{group['name']}.{key}") for key in ("step", "exp_avg", "exp_avg_sq")}
            if parts["step"] is not None:
                place = self.device if self.device.type == "cuda" else "cpu"
                state = {key: value.to(place if key == "step" else self.device) for key, value in parts.items()}
                self.optimizer.state[group["params"][0]] = state
        self.states = [
            tuple(tensors[f"state.{n}.{part}"].to(self.device) for part in "hc") for n in range(self.model.layers)
        ]
        self.scaler.load_state_dict(counters["scaler"]) if counters["scaler"] else None
        torch.set_rng_state(tensors["random"])
        if "random.cuda" in tensors and self.device.type == "cuda":
            torch.cuda.set_rng_state(tensors["random.cuda"])
        print(f"{self.direction}: continuing after update {self.updates}", flush=True)

    def finish(self):
        weights = JOB / f"trained-{self.direction}.safetensors"
        replace(weights, lambda path: save_file(self.model.state(), path))
        note = {
            "job": self.identity,
            "crc32": zlib.crc32(weights.read_bytes()),
            "updates": self.updates,
            "device": name_of(self.device),
            "torch": torch.__version__,
            "precision": self.precision,
            "tokens_per_second": self.tokens / max(self.seconds, 1e-9),
        }
        text = json.dumps(note, indent=2) + "\n"
        replace(JOB / f"trained-{self.direction}.json", lambda path: path.write_text(text, encoding="utf-8"))
        self.checkpoint.unlink(missing_ok=True)


def train(direction, options):
    if (JOB / f"trained-{direction}.json").exists():
        print(f"{direction}: already trained")
        return 0
    device = find_device(options.device)
    precision = options.precision or ("f16" if device.type == "cuda" else "f32")
    if device.type == "cuda":
        # weights are masked anew at every step, so that they are never in cuDNN's one buffer
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous")
        torch._dynamo.config.suppress_errors = True  # without a compiler it is slower
        Decoder.gradient = staticmethod(torch.compile(softmax_gradient, dynamic=False))
    signals = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    done = Training(direction, device, precision).run(options, lambda: bool(signals))
    if not done:
        print(f"{direction}: stopped; run the same command again to continue", flush=True)
    return 0 if done else 128 + signals[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--direction", choices=["forward", "backward"], help="only this one")
    parser.add_argument("--device", help="cuda (also AMD's), mps, xpu or cpu [default: the first there is]")
    parser.add_argument("--precision", choices=["f32", "f16", "bf16"], help="of products [default: f16 on cuda, else f32]")
    parser.add_argument("--log-every", type=int, default=50, metavar="UPDATES")
    parser.add_argument("--checkpoint-minutes", type=float, default=10)
    options = parser.parse_args()
    names = json.loads((JOB / "config.json").read_text(encoding="utf-8"))["directions"]
    if options.direction or len(names) == 1:
        return train(options.direction or names[0], options)
    command = [sys.executable, __file__, *sys.argv[1:], "--direction"]
    if find_device(options.device).type in ("cuda", "xpu"):  # side by side: starting kernels takes as long as they do
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells both
        running = [subprocess.Popen([*command, name]) for name in names]
        signal.signal(signal.SIGTERM, lambda *_: [process.terminate() for process in running])
        return max(process.wait() for process in running)
    for name in names:
        if code := train(name, options):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
