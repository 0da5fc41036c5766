#!/usr/bin/env python3
"""Ray, Dask, Spark and 16 processes give the answers of one, also if a worker is killed at its work.

    equal.py ULMFIT
    equal.py ULMFIT --texts 60000 --kills 3 --within 3

Trains a tiny model on made-up texts. Engines that are not installed are skipped, loudly. Needs the wheel and pyarrow.
"""

import argparse
import json
import pathlib
import random
import signal
import sys
import tempfile
import time

import engines

WORDS = [f"word{n}" for n in range(300)]


def made_up(count, longest):
    draw = random.Random(1)
    telling = [WORDS[:130], WORDS[100:230], WORDS[170:]]
    return [" ".join(draw.choices(telling[row % 3], k=draw.randint(0, longest))) for row in range(count)]


def prepare(folder, count):
    """A model, the texts as 16 Parquet files and as lines of JSON, and the answers of one process."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ulmfit import TextClassifier
    from ulmfit.batch import Scorer

    network = {"emb": 48, "hid": 96, "layers": 2}
    learning = {"base": "none", "network": network, "epochs": 3, "lm_epochs": 1, "lr": 0.02, "batch_size": 16}
    rows = made_up(240, 40)
    model = TextClassifier(**learning).fit(rows, ["abc"[row % 3] for row in range(len(rows))])
    model.save(folder / "model")
    texts = made_up(count, 200)
    table = pa.table({"id": range(count), "text": texts})
    (folder / "in").mkdir()
    size = -(-count // engines.SHARDS)
    for part in range(engines.SHARDS):
        pq.write_table(table.slice(part * size, size), folder / f"in/part-{part:02}.parquet")
    (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    answers = Scorer(folder / "model", text="text", threads=2)(table)
    assert len(set(answers["label"].to_pylist())) > 1, "a model that knows one label shows nothing"
    return list(zip(*(answers[name].to_pylist() for name in ("id", "label", "confidence"))))


def differences(found, expected):
    lost = len({row[0] for row in expected} - {row[0] for row in found})
    double = len(found) - len({row[0] for row in found})
    wrong = len(set(found) - set(expected))
    return lost, double, wrong


def of_engine(engine, folder, name, kill_after):
    """Rows of a run, and whether a worker was killed in it."""
    target = folder / name
    program = engines.start(engine, folder / "model", folder / "in", target)
    killed = engines.kill_one(program, kill_after) if kill_after else False
    engines.finish(program, engine)
    return engines.rows_of(target), killed


def of_shards(ulmfit, folder, name, kill_after):
    target = folder / name
    target.mkdir()
    killed = False
    if kill_after:
        program = engines.shard(ulmfit, folder / "model", folder / "texts.jsonl", 3, target)
        time.sleep(kill_after / 4)  # one of 16 is over sooner
        program.send_signal(signal.SIGKILL)
        killed = program.wait() != 0
    engines.shards(ulmfit, folder / "model", folder / "texts.jsonl", target)
    return engines.rows_of_shards(target), killed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ulmfit", type=pathlib.Path)
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--kills", type=int, default=0, help="further runs of each engine in which a worker is killed")
    parser.add_argument("--within", type=float, default=0.5, help="a kill comes after at most so many seconds of a worker's work")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engines", nargs="+", default=["shards", *engines.SCRIPTS])
    args = parser.parse_args()
    ulmfit = args.ulmfit.resolve()
    failed, moments = False, random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        expected = prepare(folder, args.texts)
        print(f"{'engine':8} {'killed':>6} {'rows':>6} {'lost':>5} {'double':>6} {'wrong':>5} {'seconds':>7}")
        for engine in args.engines:
            if engine != "shards" and (lacking := engines.missing(engine)):
                print(f"SKIPPED: {engine}: {lacking} is not installed")
                continue
            for run in range(1 + args.kills):
                began = time.monotonic()
                kill_after = moments.uniform(0.05, args.within) if run else 0
                if engine == "shards":
                    found, killed = of_shards(ulmfit, folder, f"shards-{run}", kill_after)
                else:
                    found, killed = of_engine(engine, folder, f"{engine}-{run}", kill_after)
                lost, double, wrong = differences(found, expected)
                bad = lost or double or wrong or (run > 0 and not killed)
                note = "  FAILED" if bad else ""
                if run > 0 and not killed:
                    note += ": the work was over before a worker could be killed"
                seconds = time.monotonic() - began
                print(f"{engine:8} {killed!s:>6} {len(found):6} {lost:5} {double:6} {wrong:5} {seconds:7.1f}{note}", flush=True)
                failed |= bool(bad)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
