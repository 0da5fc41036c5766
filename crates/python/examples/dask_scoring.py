"""Scores a Parquet folder with Dask: ``python dask_scoring.py MODEL IN OUT [SCHEDULER]``.

SCHEDULER is the address of a cluster; without it two workers are started here. Dask gives the part of a worker that
dies to another one; a part of the result is whole or absent.
"""

import os
import sys

import pyarrow.parquet as pq
from dask.distributed import Client, as_completed

from ulmfit.batch import Scorer


def score(scorer: Scorer, source: str, target: str) -> str:
    scored = scorer(pq.read_table(source))
    pq.write_table(scored, f"{target}.tmp")
    os.replace(f"{target}.tmp", target)
    return target


def main(model: str, source: str, target: str, scheduler: str | None = None) -> None:
    os.makedirs(target, exist_ok=True)
    parts = sorted(name for name in os.listdir(source) if name.endswith(".parquet"))
    local = {} if scheduler else {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with Client(scheduler, **local) as client:
        scorer = Scorer(os.path.abspath(model), threads=1)
        places = [[os.path.abspath(os.path.join(folder, part)) for part in parts] for folder in (source, target)]
        work = client.map(score, [scorer] * len(parts), *places)
        for number, done in enumerate(as_completed(work), 1):
            done.result()
            print(f"{number} of {len(parts)} parts", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:5])
