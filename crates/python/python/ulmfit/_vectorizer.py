"""Texts as vectors for other models."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ._base import BaseEstimator, TransformerMixin
from ._inputs import text_columns
from ._ulmfit import VectorModel


class TextVectorizer(TransformerMixin, BaseEstimator):
    """Turns texts into vectors for any model of scikit-learn. There is nothing to fit.

    Parameters
    ----------
    model : str or path
        ``"minilm"``, ``"en"``, ``"en-base"``, or a model folder of any kind but n-grams. Vectors of a
        sentence encoder are the mean of its states; of the others they are the last, the maximum
        and the mean state.
    text_columns : list of str, optional
        Columns with text, if X is a table.
    precision : {"f32", "bf16", "int8", "auto"}
        Precision of the computation.
    threads : int, optional
        Number of threads (default: the number of cores).
    """

    _loaded: VectorModel | None = None
    _loaded_as: tuple[str, str] | None = None

    def __init__(
        self,
        model: str | os.PathLike[str] = "minilm",
        *,
        text_columns: list[str] | None = None,
        precision: str = "f32",
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.text_columns = text_columns
        self.precision = precision
        self.threads = threads

    def fit(self, X: Any = None, y: Any = None) -> TextVectorizer:
        """Loads the model; ``X`` and ``y`` are not used."""
        self._load()
        return self

    def _load(self) -> VectorModel:
        wanted = (os.fspath(self.model), self.precision)
        self._loaded, self._loaded_as = VectorModel.load(*wanted), wanted
        return self._loaded

    def transform(self, X: Any) -> np.ndarray:
        """The vector of each text, ``(n, width)`` as float32. Their bits do not depend on each other."""
        model = self._loaded
        if model is None or self._loaded_as != (os.fspath(self.model), self.precision):
            model = self._load()  # the first time, or after `set_params`
        names = self.text_columns or model.text_columns or None
        columns, _ = text_columns(X, names)
        return model.encode(columns, self.threads)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __getstate__(self) -> dict[str, Any]:
        # The model is loaded again from its folder.
        state = dict(super().__getstate__() if hasattr(super(), "__getstate__") else self.__dict__)
        state.pop("_loaded", None)
        state.pop("_loaded_as", None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        tags.requires_fit = False
        return tags
