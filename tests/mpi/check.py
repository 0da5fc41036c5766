"""`ulmfit pretrain --mpi` and `finetune --mpi` under `mpirun`, against one process without it.

    python3 tests/mpi/check.py ULMFIT --kills 10 --seed 1

The weights must be the same bytes for any number of ranks and threads, also if random ranks are killed at random moments
and the run continues with another number of ranks. Ranks that would not train the same are refused, an error is told
once, and a signal to one rank saves a checkpoint.
"""

import argparse
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MPIRUN = ["mpirun", "--oversubscribe", "--bind-to", "none", "-q"]
NETWORK = "--emb 24 --hid 48 --batch-size 8 --bptt 16 --lanes 4 --checkpoint-every 5".split()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    random.seed(args.seed)
    if os.geteuid() == 0:
        MPIRUN.append("--allow-run-as-root")
    with tempfile.TemporaryDirectory() as folder:
        check = Check(args.program.resolve(), Path(folder))
        check.write_texts()
        check.same_bits("pretrain", ["a.txt", *NETWORK, "--epochs", "1"])
        check.same_bits("finetune", ["pretrain-alone", "b.txt", *NETWORK[4:], "--epochs", "1", "--sampled-below", "0.001"])
        check.same_bits("pretrain", ["a.txt", *NETWORK, "--epochs", "1", "--direction", "both"], ranks=[(2, 2)], name="both")
        check.refusals()
        check.stop_signal()
        check.kills(args.kills)


class Check:
    def __init__(self, program, folder):
        self.program, self.folder = str(program), folder

    def write_texts(self):
        words = [f"word{n}" for n in range(900)]
        for name, start in {"a.txt": 0, "b.txt": 300}.items():
            documents = (random.choices(words[start : start + 600], k=random.randint(20, 80)) for _ in range(200))
            (self.folder / name).write_text("\n\n".join(map(" ".join, documents)))

    def command(self, ranks, arguments, threads=1):
        own = [self.program, *arguments, "--threads", str(threads)]
        return own if ranks is None else [*MPIRUN, "-n", str(ranks), *own, "--mpi"]

    def run(self, command, expected=0):
        """What it wrote on standard error."""
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)
        if done.returncode != expected:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}, not {expected}:\n{done.stderr}")
        return done.stderr

    def weights(self, output):
        files = sorted((self.folder / output).rglob("*.safetensors"))
        assert files, f"no weights in {output}"
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    def same_bits(self, stage, arguments, ranks=((1, 2), (2, 1), (2, 2), (4, 1)), name=None):
        name = name or stage
        self.run(self.command(None, [stage, *arguments, "-o", f"{name}-alone"], threads=2))
        for count, threads in ranks:
            output = f"{name}-{count}-{threads}"
            told = self.run(self.command(count, [stage, *arguments, "-o", output], threads))
            assert self.weights(output) == self.weights(f"{name}-alone"), f"{count} ranks, {threads} threads: other weights"
            assert told.count("epoch 1/1") == (2 if name == "both" else 1), f"not told once: {told}"
            assert not (self.folder / f"{output}.run").exists(), "the run folder is left"
            print(f"{name}: {count} ranks of {threads} threads train the weights of one process")

    def refusals(self):
        train = ["pretrain", "a.txt", *NETWORK, "-o", "refused"]
        two = lambda first, second: [
            *MPIRUN, "-n", "1", self.program, *first, "--mpi", ":", "-n", "1", self.program, *second, "--mpi",
        ]
        other_text = ["pretrain", "other/a.txt", *train[2:]]
        (self.folder / "other").mkdir()
        (self.folder / "other/a.txt").write_text("something else")
        for command, code, message in [
            (two([*train, "--lr", "0.01"], [*train, "--lr", "0.02"]), 2, "rank 1 and rank 0 differ in `recipe.lr`"),
            (two([*train, "--seed", "1"], [*train, "--seed", "2"]), 2, "rank 1 and rank 0 differ in `seed`"),
            (two(train, other_text), 2, "rank 1 and rank 0 read different texts"),
            (two(train, ["pretrain", "none.txt", *train[2:]]), 66, "none.txt: no such file"),
            (two(train, [*train[:-1], "elsewhere/refused"]), 66, "rank 1 cannot find the tokens of rank 0"),
            (self.command(3, train), 2, "4 lanes cannot be divided equally among 3 processes"),
            (self.command(2, [*train, "--no-such-option"]), 2, "unexpected argument `--no-such-option`"),
            (self.command(2, [*train[:-1], "pretrain-alone"]), 2, "pretrain-alone exists already"),
            (self.command(4, ["pretrain", "none.txt", *train[2:]]), 66, "none.txt: no such file"),
            (self.command(2, [*train, "--lr", "1e30", "--clip", "1e30"]), 1, "not finite|the loss is"),
        ]:
            told = self.run(command, code)
            lines = [line for line in told.splitlines() if line.startswith("ulmfit: ")]
            assert len(lines) == 1 and re.search(message, lines[0]), f"expected once: {message}\n{told}"
            assert not (self.folder / "refused").exists(), f"a result in spite of: {message}"
            subprocess.run(["rm", "-rf", self.folder / "refused.run"], check=True)
        print("unequal ranks are refused, and errors told once")

    def start(self, count, arguments):
        """The job, and its ranks once all have made an update or the job has ended."""
        command = self.command(count, [*arguments, "--verbose"])
        job = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in job.stderr:
            if line.lstrip().startswith("step "):
                break
        return job, ranks_of(job.pid, self.program)

    def stop_signal(self):
        long = ["pretrain", "a.txt", *NETWORK[:-2], "--epochs", "3", "-o", "stopped"]  # a checkpoint every 10 minutes
        job, ranks = self.start(4, long)
        os.kill(random.choice(ranks), signal.SIGTERM)
        told = job.stderr.read()
        assert job.wait(timeout=60) == 143, f"{job.returncode}: {told}"
        assert told.count("ulmfit: stopped") == 1, told
        checkpoints = list((self.folder / "stopped.run").rglob("*.safetensors"))
        assert checkpoints, "a stop saves no checkpoint"
        self.run(self.command(2, long))
        self.run(self.command(None, [*long[:-1], "whole"]))
        assert self.weights("stopped") == self.weights("whole"), "a stopped run ends with other weights"
        print("a signal to one rank saves a checkpoint, and two ranks continue from that of four")

    def kills(self, wanted):
        train = ["pretrain", "a.txt", *NETWORK, "--epochs", "6"]
        began = time.monotonic()
        self.run(self.command(2, [*train, "-o", "unharmed"]))
        seconds, killed, runs = time.monotonic() - began, 0, 0
        while killed < wanted:
            runs += 1
            output = f"killed-{runs}"
            while True:
                count = random.choice([1, 2, 4])
                job, ranks = self.start(count, [*train, "-o", output])
                victim = None
                if killed < wanted and ranks:
                    time.sleep(random.uniform(0, seconds / 3))
                    victim = random.choice(ranks)
                    try:
                        os.kill(victim, signal.SIGKILL)
                    except ProcessLookupError:
                        victim = None  # it was faster
                told = job.stderr.read()
                if job.wait(timeout=300) == 0:
                    break
                assert victim, f"it fails by itself: {told}"
                killed += 1
                last = [line.split()[1] for line in told.splitlines() if line.lstrip().startswith("step ")][-1:]
                print(f"kill {killed}: one of {count} ranks, after update {' '.join(last)}")
            assert self.weights(output) == self.weights("unharmed"), f"{output}: other weights"
        print(f"{killed} kills in {runs} runs change no bit")


def ranks_of(job, program):
    """Processes below `job` that run `program`."""
    parents, programs = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        try:
            parents[pid] = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            programs[pid] = os.readlink(process / "exe")
        except OSError:
            continue  # it has ended in the meantime, or is another user's
    below = lambda pid: pid == job or (parents.get(pid, 0) > 1 and below(parents[pid]))
    return [pid for pid in programs if programs[pid] == program and below(pid)]


if __name__ == "__main__":
    main()
