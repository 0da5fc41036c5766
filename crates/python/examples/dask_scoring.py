"""Scores a Parquet folder with Dask: ``python dask_scoring.py MODEL IN OUT``."""

import sys

import dask
import pyarrow.parquet as pq

from ulmfit.batch import Scorer


@dask.delayed
def score(scorer: Scorer, source: str, target: str) -> str:
    pq.write_table(scorer(pq.read_table(source)), target)
    return target


def main(model: str, source: str, target: str) -> None:
    import os

    os.makedirs(target, exist_ok=True)
    scorer = Scorer(model, threads=1)
    parts = sorted(name for name in os.listdir(source) if name.endswith(".parquet"))
    work = [score(scorer, os.path.join(source, part), os.path.join(target, part)) for part in parts]
    print(len(dask.compute(*work, scheduler="processes")), "parts")


if __name__ == "__main__":
    main(*sys.argv[1:4])
