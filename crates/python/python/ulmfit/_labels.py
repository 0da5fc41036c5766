"""Labels: any type in Python, names in the engine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ._errors import DataError


def _name(label: Any) -> str:
    return str(label.item() if isinstance(label, np.generic) else label)


def column(y: Any) -> np.ndarray:
    """Labels as an array of one dimension."""
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"y has {array.ndim} dimensions; one label per text is needed")
    return array


class Classes:
    """The classes of a training set, with their names in the model."""

    def __init__(self, classes: np.ndarray) -> None:
        self.values = classes
        self.names = [_name(value) for value in classes]
        if len(set(self.names)) < len(self.names):
            raise DataError("two classes of y become the same string")

    @classmethod
    def of(cls, y: np.ndarray) -> tuple[Classes, list[str]]:
        """The classes of ``y`` and the name of each label."""
        missing = [row for row, label in enumerate(y.tolist()) if label is None or label != label]
        if missing:
            raise DataError(f"y[{missing[0]}] is missing")
        values, codes = np.unique(y, return_inverse=True)
        classes = cls(values)
        return classes, [classes.names[code] for code in codes.tolist()]

    def in_order(self, answers: np.ndarray, labels: list[str]) -> np.ndarray:
        """The answers of a model with one column for each class. A class that the model does not know, as no row
        had it, has the probability 0."""
        if self.names == labels:
            return answers
        place = {label: at for at, label in enumerate(labels)}
        known = [at for at, name in enumerate(self.names) if name in place]
        ordered = np.zeros((len(answers), len(self.names)), answers.dtype)
        ordered[:, known] = answers[:, [place[self.names[at]] for at in known]]
        return ordered


def are_several(y: Any) -> bool:
    """Whether ``y`` gives several labels per text: a matrix of several columns, or lists."""
    if getattr(y, "ndim", 1) == 2:
        return int(y.shape[1]) > 1
    if isinstance(y, (list, tuple)) or getattr(y, "dtype", None) == object:
        return any(isinstance(label, (list, tuple, set, frozenset)) for label in y)
    return False


def lists(y: Any) -> tuple[np.ndarray, list[list[str]], bool]:
    """Several labels per text: the classes, their names for each row, and whether ``y`` was an
    indicator matrix."""
    array = y.toarray() if hasattr(y, "toarray") else y
    if hasattr(array, "ndim") and array.ndim == 2:
        matrix = np.asarray(array)
        if not np.isin(matrix, (0, 1)).all():
            raise DataError("y is a matrix, but not of zeros and ones")
        classes = np.arange(matrix.shape[1])
        return classes, [[str(at) for at in np.flatnonzero(row)] for row in matrix], True
    rows = []
    for row, labels in enumerate(y):
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise DataError(f"y[{row}] is not a list of labels")
        rows.append([_name(label) for label in labels])
    classes = np.array(sorted({label for labels in rows for label in labels}))
    return classes, rows, False
