"""Scoring in many processes: Ray Data, Dask, Spark.

A picklable callable from one Arrow table to another. See ``examples/`` for each engine.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._inputs import ROWS, text_columns

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from ._ulmfit import Model

# Models of this process by path and precision, shared by all tasks of a worker.
_loaded: dict[tuple[str, str], Model] = {}


def _prefix(present: list[str], added: list[str]) -> str:
    """What the names of added columns start with, so that none is there already."""
    prefix = ""
    while any(prefix + name in present for name in added):
        prefix += "predicted_"
    return prefix


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

    def _model(self) -> Model:
        from ._ulmfit import Model

        key = (self.model, self.precision)
        if key not in _loaded:
            _loaded[key] = Model.load(self.model, self.precision)
        return _loaded[key]

    def __call__(self, batch: pa.Table | pa.RecordBatch) -> pa.Table:
        """Returns the columns of the batch, then ``label`` and ``confidence``, or ``value``.

        If the batch has a column of such a name, those of all added ones start with ``predicted_``.
        """
        import pyarrow as pa

        table = pa.table(batch)
        model = self._model()
        names = self.text or model.text_columns or None
        if names is None and len(table.column_names) > 1:
            names = ["text"]
        added: dict[str, list[pa.Array]] = {name: [] for name in self._kinds(model)}
        for start in range(0, table.num_rows, ROWS):
            columns, _ = text_columns(table.slice(start, ROWS), names)
            answers = model.predict(columns, self.threads)
            for name, column in self._columns(model, answers).items():
                added[name].append(column)
        result = table.select(self.keep) if self.keep is not None else table
        kinds = self._kinds(model)
        prefix = _prefix(result.column_names, list(kinds))
        for name, kind in kinds.items():
            result = result.append_column(prefix + name, pa.chunked_array(added[name], kind))
        return result

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema of what a call returns for batches of this schema. Loads the model."""
        import pyarrow as pa

        if self.keep is not None:
            schema = pa.schema([schema.field(name) for name in self.keep])
        kinds = self._kinds(self._model())
        prefix = _prefix(schema.names, list(kinds))
        for name, kind in kinds.items():
            schema = schema.append(pa.field(prefix + name, kind))
        return schema

    def _kinds(self, model: Model) -> dict[str, pa.DataType]:
        """The types of the added columns, by name."""
        import pyarrow as pa

        if model.task == "regression":
            return {"value": pa.float32()}
        if model.task == "multi":
            kinds = {"labels": pa.list_(pa.string())}
        else:
            kinds = {"label": pa.string(), "confidence": pa.float32()}
        if self.probabilities:
            kinds.update({f"p({label})": pa.float32() for label in model.labels})
        return kinds

    def _columns(self, model: Model, answers: np.ndarray) -> dict[str, pa.Array]:
        """The added columns for some rows, by name."""
        import pyarrow as pa

        if model.task == "regression":
            return {"value": pa.array(answers[:, 0])}
        labels = model.labels
        if model.task == "multi":
            chosen = [[labels[c] for c in row.nonzero()[0]] for row in answers >= 0.5]
            columns = {"labels": pa.array(chosen, pa.list_(pa.string()))}
        else:
            best = pa.array(answers.argmax(axis=1))
            columns = {
                "label": pa.array(labels, pa.string()).take(best),
                "confidence": pa.array(answers.max(axis=1), pa.float32()),
            }
        if self.probabilities:
            for at, label in enumerate(labels):
                columns[f"p({label})"] = pa.array(answers[:, at].copy(), pa.float32())
        return columns
