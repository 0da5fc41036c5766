"""Scores a Parquet folder with Spark: ``spark-submit spark_scoring.py MODEL IN OUT``.

Every worker needs the package and a path to the model.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from ulmfit.batch import Scorer


def main(model: str, source: str, target: str) -> None:
    spark = SparkSession.builder.appName("ulmfit").getOrCreate()
    rows = spark.read.parquet(source)
    scorer = Scorer(model, threads=1)

    def scored(batches):
        for batch in batches:
            yield from scorer(batch).to_batches()

    schema = from_arrow_schema(scorer.schema(to_arrow_schema(rows.schema)))
    rows.mapInArrow(scored, schema).write.mode("overwrite").parquet(target)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:4])
