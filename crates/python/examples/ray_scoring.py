"""Scores a Parquet folder with Ray Data: ``python ray_scoring.py MODEL IN OUT``.

Actors take less than a core each, so that the tasks that read and write have room. Ray may read many small files as one block, which
one actor gets: blocks of so many rows give all of them work.
"""

import sys

import ray

from ulmfit.batch import Scorer


ROWS = 500  # of a block


def main(model: str, source: str, target: str) -> None:
    rows = ray.data.read_parquet(source).repartition(target_num_rows_per_block=ROWS)
    rows.map_batches(
        Scorer,
        fn_constructor_kwargs={"model": model, "threads": 1},
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=2),
        num_cpus=0.5,
    ).write_parquet(target)


if __name__ == "__main__":
    main(*sys.argv[1:4])
