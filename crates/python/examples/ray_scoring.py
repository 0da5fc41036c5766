"""Scores a Parquet folder with Ray Data: ``python ray_scoring.py MODEL IN OUT``.

Actors take less than a core each, so that the tasks that read and write have room.
"""

import sys

import ray

from ulmfit.batch import Scorer


def main(model: str, source: str, target: str) -> None:
    rows = ray.data.read_parquet(source)
    rows.map_batches(
        Scorer,
        fn_constructor_kwargs={"model": model, "threads": 1},
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=2),
        num_cpus=0.5,
    ).write_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:4])
