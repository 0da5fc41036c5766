"""`train.py` of `ulmfit export torch` against `ulmfit finetune`, on the processor, in f32 and without dropout.

    python tests/torch/compare.py ULMFIT

The losses of all updates must agree, both directions, frozen layers and accumulated batches included; so must the
weights that `ulmfit import torch` reads. A training that is stopped and continued must end with the same bytes. Needs
torch and safetensors.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOLERANCE = 1e-4
# one document, whose order cannot differ: 40 updates and more
RECIPES = {
    "one phase": "--epochs 5",
    "two batches an update, clipped": "--epochs 8 --accumulate 2 --clip 0.1",
}


def main():
    program = Path(sys.argv[1]).resolve()
    random.seed(5)
    words = [f"word{n}" for n in range(200)]
    text = lambda count: json.dumps({"text": " ".join(random.choice(words[n % 50 :]) for n in range(count))}) + "\n"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train.jsonl").write_text(text(3000))
        (folder / "valid.jsonl").write_text(text(500))

        def run(line):
            command = [str(program), "-q", *line.split()]
            return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout

        texts = "train.jsonl --valid valid.jsonl --text text"
        small = "--emb 16 --hid 24 --layers 3 --min-freq 1"
        run(f"pretrain {texts} -o lm {small} --direction both --epochs 1 --batch-size 8 --bptt 32")
        for name, options in RECIPES.items():
            options += " --lr 0.01 --drop-mult 0 --batch-size 8 --bptt 32 --sampled-below 0 --overwrite"
            run(f"finetune lm {texts} -o ours {options}")
            run(f"export torch lm {texts} -o job {options}")
            train(folder)
            run("import torch job -o theirs --overwrite")
            for direction in ("forward", "backward"):
                compare(name, direction, folder)
        text = text(200) * 40  # many documents, dropout
        (folder / "train.jsonl").write_text(text)
        resume(folder, run, texts)


def train(folder, *options, wait=True):
    command = [sys.executable, "job/train.py", "--device", "cpu", "--log-every", "1", *options]
    if wait:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return None if wait else subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def compare(name, direction, folder):
    from safetensors.torch import load_file

    def losses(path, key):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [line["loss"] for line in lines if key in line and "loss" in line]

    ours = losses(folder / "ours" / f"metrics-finetune-{direction}.jsonl", "grad_norm")
    theirs = losses(folder / "job" / f"metrics-{direction}.jsonl", "update")
    assert len(ours) == len(theirs) >= 40, (len(ours), len(theirs))
    largest = max(abs(a - b) for a, b in zip(ours, theirs))
    fell = ours[0] - ours[-1]
    one, other = (load_file(folder / part / "model.safetensors") for part in ("ours", "theirs"))
    start = load_file(folder / "job" / "model.safetensors")
    moved = max(float((one[key] - start[key]).abs().max()) for key in one)
    apart = max(float((one[key] - other[key]).abs().max()) for key in one)
    print(
        f"{name}, {direction}: {len(ours)} updates, loss fell by {fell:.3f}, largest difference of a loss {largest:.1e}; "
        f"weights moved by {moved:.3f} and are {apart:.1e} apart"
    )
    assert fell > 0.05 and largest <= TOLERANCE and apart < moved / 10


def resume(folder, run, texts):
    options = "--epochs 2 --batch-size 4 --bptt 16 --direction forward --overwrite"
    trained = folder / "job" / "trained-forward.safetensors"
    run(f"export torch lm {texts} -o job {options}")
    train(folder)
    whole = trained.read_bytes()
    run(f"export torch lm {texts} -o job {options}")
    stops = 0
    while not trained.exists():
        process = train(folder, wait=False)
        target = 60 * (stops + 1)
        for line in process.stdout:
            if stops < 3 and f" {target}/" in line:
                process.send_signal(signal.SIGTERM)
                break
        process.stdout.read()
        code = process.wait()
        assert code in (0, 128 + signal.SIGTERM), code
        stops += code != 0
    assert stops == 3, stops
    assert trained.read_bytes() == whole, "a training that was continued ended elsewhere"
    print(f"stopped {stops} times and continued: the same bytes")


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s")
