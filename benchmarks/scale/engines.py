"""How each engine scores a folder of Parquet files: the scripts of `crates/python/examples`, and shards of the program."""

import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "crates/python/examples"
SHARDS = 16
SCRIPTS = {"ray": "ray_scoring.py", "dask": "dask_scoring.py", "spark": "spark_scoring.py"}
MODULES = {"ray": "ray.data", "dask": "dask.distributed", "spark": "pyspark"}


def missing(engine):
    """What has to be installed before this engine can run, or None."""
    name = MODULES[engine]
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        found = None
    if found is None:
        return name.split(".")[0]
    if engine == "spark" and subprocess.run(["sh", "-c", "command -v java"], capture_output=True).returncode:
        return "java"
    return None


def start(engine, model, source, target):
    """Starts the example; it writes a folder of Parquet files."""
    quiet = {"RAY_DEDUP_LOGS": "1", "RAY_DATA_DISABLE_PROGRESS_BARS": "1", "RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    # `local[2,4]`: two tasks at a time, each tried four times; without it Spark tries a task once on one machine
    workers = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_SUBMIT_ARGS": "--master local[2,4] pyspark-shell"}
    command = [sys.executable, EXAMPLES / SCRIPTS[engine], model, source, target]
    return subprocess.Popen(
        command, env={**os.environ, **quiet, **workers}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(program, engine):
    said, _ = program.communicate()
    if program.returncode:
        sys.exit(f"{engine} failed with exit code {program.returncode}\n{said[-4000:]}")


def shard(ulmfit, model, texts, number, folder):
    """Starts one of `SHARDS` processes."""
    output = folder / f"part-{number}.jsonl"
    command = [ulmfit, "predict", model, texts, "--shard", f"{number}/{SHARDS}", "-o", output, "-q", "--threads", "1"]
    return subprocess.Popen(command)


def shards(ulmfit, model, texts, folder, at_once=2):
    """Runs all shards that are not there yet, some at once, as a job array does."""
    waiting = [number for number in range(SHARDS) if not (folder / f"part-{number}.jsonl").exists()]
    running = []
    while waiting or running:
        while waiting and len(running) < at_once:
            running.append(shard(ulmfit, model, texts, waiting.pop(0), folder))
        if running[0].wait():
            sys.exit("a shard failed")
        running.pop(0)


def rows_of(folder):
    """(id, label, confidence) of all Parquet files in a folder."""
    import pyarrow.parquet as pq

    found = []
    for path in sorted(folder.glob("*.parquet")):
        table = pq.ParquetFile(path).read(["id", "label", "confidence"])
        found += zip(*(table[name].to_pylist() for name in table.column_names))
    return found


def rows_of_shards(folder):
    """(id, label, confidence) of all shards, as 32-bit numbers."""
    import numpy as np

    found = []
    for number in range(SHARDS):
        lines = (folder / f"part-{number}.jsonl").read_text().splitlines()
        for place, line in enumerate(lines):
            row = json.loads(line)
            found.append((place * SHARDS + number, row["label"], float(np.float32(row["confidence"]))))
    return found


def workers(program):
    """Processes below this one that have loaded the engine."""
    parents = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue  # it has ended
    found, below = [], [program.pid]
    while below:
        parent = below.pop()
        for pid in [pid for pid, its in parents.items() if its == parent]:
            below.append(pid)
            try:
                if "/_ulmfit." in pathlib.Path(f"/proc/{pid}/maps").read_text():
                    found.append(pid)
            except OSError:
                continue
    return found


def cpu_seconds(pid):
    """Processor time of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill_one(program, after):
    """Kills the first worker that has computed for `after` seconds since it loaded the engine; returns whether there was one."""
    loaded = {}
    while program.poll() is None:
        for pid in workers(program):
            try:
                used = cpu_seconds(pid)
                if used - loaded.setdefault(pid, used) >= after:
                    os.kill(pid, signal.SIGKILL)
                    return program.poll() is None
            except OSError:
                continue  # it has ended
        time.sleep(0.02)
    return False
