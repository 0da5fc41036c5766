"""Help with labels: checks of a data set, labels that are probably wrong, texts to label next."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _labels
from ._errors import UsageError
from ._inputs import text_columns as _columns
from ._progress import watcher
from ._ulmfit import check_data as _check_data
from ._ulmfit import next_texts as _next_texts
from ._ulmfit import suspects as _suspects


@dataclass(frozen=True)
class Suspect:
    """A row whose label is probably wrong.

    Attributes
    ----------
    row : int
        Its number in X.
    label : Any
        The label that it has.
    probability : float
        Probability of this label, by a model that has not learned it.
    suggested : Any
        The most probable label.
    suggested_probability : float
        Its probability.
    contradicted_by : list of int
        Near-duplicates of the row that have another label.
    """

    row: int
    label: Any
    probability: float
    suggested: Any
    suggested_probability: float
    contradicted_by: list[int] = field(default_factory=list)


def _labelled(y: Any) -> tuple[str | None, list[Any]]:
    """The task, and the labels as the engine takes them."""
    if _labels.are_several(y):
        return "multi", _labels.lists(y)[1]
    return None, _labels.Classes.of(_labels.column(y))[1]


def check_data(
    X: Any,
    y: Any = None,
    *,
    X_test: Any = None,
    y_test: Any = None,
    text_columns: list[str] | None = None,
) -> dict[str, Any]:
    """Checks a data set before training: duplicates, conflicting labels, spelling variants of labels, empty
    and very long texts.

    Returns ``{"parts": [..], "findings": [..]}``, as ``ulmfit check-data --json`` prints it. A finding has a
    ``severity``, a ``message`` and ``examples``; rows are counted from 1 there.
    """
    columns, _ = _columns(X, text_columns)
    task, labels = (None, None) if y is None else _labelled(y)
    test = None
    if X_test is not None:
        if y_test is None:
            raise UsageError("y_test is missing: the labels of X_test")
        test = (_columns(X_test, text_columns)[0], _labelled(y_test)[1])
    found: dict[str, Any] = json.loads(_check_data(columns, labels, test, task))
    return found


def suspects(
    X: Any,
    y: Any,
    *,
    base: str | os.PathLike[str] = "minilm",
    folds: int = 5,
    text_columns: list[str] | None = None,
    seed: int = 42,
    threads: int | None = None,
    verbose: bool | None = None,
) -> list[Suspect]:
    """Rows whose label is probably wrong, the most suspicious first.

    Each row is answered by a model that has not learned its label (confident learning, Northcutt et al. 2021):
    a linear layer on the sentence encoder ``base``, trained on the other ``folds``.
    """
    if folds < 2:
        raise UsageError(f"folds is {folds}; give 2 or more")
    columns, _ = _columns(X, text_columns)
    classes, names = _labels.Classes.of(_labels.column(y))
    value = dict(zip(classes.names, classes.values.tolist()))
    with watcher(verbose, None, []) as watch:
        found = _suspects((columns, names), os.fspath(base), folds, seed, threads, watch)
    return [
        Suspect(row, value[names[row]], probability, value[suggested], other, doubles)
        for row, probability, suggested, other, doubles in found
    ]


def next_texts(
    X: Any,
    n: int = 50,
    *,
    model: Any = None,
    labelled: Any = None,
    strategy: str = "mixed",
    base: str | os.PathLike[str] | None = None,
    text_columns: list[str] | None = None,
    seed: int = 42,
    threads: int | None = None,
    verbose: bool | None = None,
) -> np.ndarray:
    """Numbers of the rows of X to label next, the best first; at most ``n``.

    Without ``model``, for the first labels: texts of different kinds. With a fitted ``TextClassifier``: those
    that it is uncertain of, of different kinds (``strategy``: ``"mixed"``, ``"breaking-ties"``,
    ``"entropy"`` or ``"coverage"``). ``labelled`` are texts that have labels already; neither they nor their
    near-duplicates are chosen.
    """
    if n < 1:
        raise UsageError(f"n is {n}; give 1 or more")
    own = None if model is None else model._fitted()
    names = text_columns or (model.text_columns or own.text_columns or None if own else None)
    columns, _ = _columns(X, names)
    known = None if labelled is None else _columns(labelled, names)[0]
    folder = None if base is None else os.fspath(base)
    with watcher(verbose, None, []) as watch:
        rows = _next_texts(own, columns, known, folder, strategy, n, seed, threads, watch)
    return np.array(rows, dtype=np.intp)
