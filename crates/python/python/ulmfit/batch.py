"""Scoring in many processes: Ray Data, Dask, Spark.

A picklable callable from one Arrow table to another. See ``examples/`` for each engine.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from ._estimators import _TextEstimator

# Models of this process by path and precision, shared by all tasks of a worker.
_loaded: dict[tuple[str, str], Any] = {}


class Scorer:
    """Adds predictions to batches of rows.

    Parameters
    ----------
    model : path
        A model folder that every worker can read.
    text : str or list of str, optional
        Columns with text (default: those that the model was trained on).
    threads : int
        Number of threads of a worker.
    precision : {"f32", "bf16", "int8", "auto"}
        Precision of predictions.
    probabilities : bool
        Whether to add a column for each label, ``p(LABEL)``.
    keep : list of str, optional
        Columns of the input to keep (default: all).
    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        text: str | list[str] | None = None,
        threads: int = 1,
        precision: str = "f32",
        probabilities: bool = False,
        keep: list[str] | None = None,
    ) -> None:
        self.model = os.fspath(model)
        self.text = [text] if isinstance(text, str) else text
        self.threads = threads
        self.precision = precision
        self.probabilities = probabilities
        self.keep = keep

    def _estimator(self) -> _TextEstimator:
        from ._estimators import TextClassifier, TextRegressor
        from ._ulmfit import Model

        key = (self.model, self.precision)
        if key not in _loaded:
            model = Model.load(self.model, self.precision)
            kind = TextRegressor if model.task == "regression" else TextClassifier
            estimator = kind(precision=self.precision)
            estimator._take(model)
            _loaded[key] = estimator
        return _loaded[key]

    def __call__(self, batch: pa.Table | pa.RecordBatch) -> pa.Table:
        """Returns the columns of the batch, then ``label`` and ``confidence``, or ``value``."""
        import pyarrow as pa

        from ._inputs import text_columns

        table = pa.table(batch)
        estimator = self._estimator()
        model = estimator._fitted()
        names = self.text or model.text_columns or None
        if names is None and len(table.column_names) > 1:
            names = ["text"]
        columns, _ = text_columns(table, names)
        answers = model.predict(columns, self.threads)
        result = table.select(self.keep) if self.keep is not None else table
        if model.task == "regression":
            return result.append_column("value", pa.array(answers[:, 0]))
        labels = model.labels
        if model.task == "multi":
            chosen = [[labels[c] for c in row.nonzero()[0]] for row in answers >= 0.5]
            result = result.append_column("labels", pa.array(chosen, pa.list_(pa.string())))
        else:
            best = answers.argmax(axis=1)
            result = result.append_column("label", pa.array([labels[c] for c in best], pa.string()))
            confidence = answers.max(axis=1)
            result = result.append_column("confidence", pa.array(confidence, pa.float32()))
        if self.probabilities:
            for at, label in enumerate(labels):
                column = pa.array(answers[:, at].copy(), pa.float32())
                result = result.append_column(f"p({label})", column)
        return result
