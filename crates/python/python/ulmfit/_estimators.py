"""The estimators."""

from __future__ import annotations

import html
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from . import _labels
from ._base import BaseEstimator, ClassifierMixin, RegressorMixin, check_is_fitted
from ._errors import DataError, ModelError, UsageError
from ._explanations import Explanation, Word
from ._inputs import ROWS, text_columns
from ._progress import watcher
from ._ulmfit import Model
from ._ulmfit import train as _train


class _TextEstimator(BaseEstimator):
    """What the classifier and the regressor share."""

    _model: Model | None = None

    def __init__(
        self,
        *,
        method: str | None = None,
        base: str | os.PathLike[str] | None = None,
        direction: str | None = None,
        recipe: str = "default",
        epochs: int | None = None,
        lm_epochs: int | None = None,
        lr: float | None = None,
        batch_size: int | None = None,
        self_training: int | None = None,
        test_share: float = 0.0,
        folds: int | None = None,
        time_budget: float | None = None,
        network: dict[str, int] | None = None,
        min_freq: int | None = None,
        text_columns: list[str] | None = None,
        precision: str = "f32",
        seed: int = 42,
        threads: int | None = None,
        checkpoint_dir: str | os.PathLike[str] | None = None,
        checkpoint_updates: int | None = None,
        verbose: bool | None = None,
    ) -> None:
        self.method = method
        self.base = base
        self.direction = direction
        self.recipe = recipe
        self.epochs = epochs
        self.lm_epochs = lm_epochs
        self.lr = lr
        self.batch_size = batch_size
        self.self_training = self_training
        self.test_share = test_share
        self.folds = folds
        self.time_budget = time_budget
        self.network = network
        self.min_freq = min_freq
        self.text_columns = text_columns
        self.precision = precision
        self.seed = seed
        self.threads = threads
        self.checkpoint_dir = checkpoint_dir
        self.checkpoint_updates = checkpoint_updates
        self.verbose = verbose

    # Training

    def _options(self, task: str, names: list[str], unlabeled: list[str]) -> dict[str, Any]:
        directions = {None: [], "both": ["forward", "backward"]}
        sizes = {"emb": 256, "hid": 512, "layers": 3}
        unknown = set(self.network or {}) - set(sizes)
        if unknown:
            raise UsageError(f"network has no size {unknown.pop()!r}; its sizes are emb, hid and layers")
        if self.method in ("encoder", "tfidf"):
            self._refuse_ignored(unlabeled)
        return {
            "method": self.method,
            "base": None if self.base is None else os.fspath(self.base),
            "directions": directions.get(self.direction, [self.direction]),
            "recipe": os.fspath(self.recipe),
            "task": task,
            "epochs": self.epochs,
            "lm_epochs": self.lm_epochs,
            "lr": self.lr,
            "batch_size": self.batch_size,
            "self_training": self.self_training,
            "test_share": float(self.test_share),
            # Nothing is held out by default, as scikit-learn does the splitting.
            "validation_share": None if self.test_share else 0.0,
            "folds": self.folds,
            "time_budget": None if self.time_budget is None else float(self.time_budget),
            **sizes,
            **(self.network or {}),
            "min_freq": self.min_freq,
            "seed": self.seed,
            "threads": self.threads,
            "precision": self.precision,
            "text_columns": names,
            "checkpoint_dir": self.checkpoint_dir,
            "checkpoint_updates": self.checkpoint_updates,
            "unlabeled": unlabeled,
        }

    def _refuse_ignored(self, unlabeled: list[str]) -> None:
        """Refuses what only a language model has a use for."""
        names = ["direction", "epochs", "lm_epochs", "lr", "batch_size", "self_training", "network", "min_freq"]
        given = [name for name in names if getattr(self, name) is not None]
        given += ["recipe"] if self.recipe != "default" else []
        given += ["unlabeled"] if unlabeled else []
        given += ["base"] if self.method == "tfidf" and self.base is not None else []
        if given:
            raise UsageError(f"{given[0]} has no effect with method={self.method!r}")

    def _learn(
        self,
        task: str,
        X: Any,
        labels: list[Any],
        unlabeled: Any,
        validation: tuple[Any, list[Any]] | None,
        callback: Any,
    ) -> None:
        columns, names = text_columns(X, self.text_columns)
        held_out = None
        if validation is not None:
            held_out = (text_columns(validation[0], self.text_columns)[0], validation[1])
        epochs: list[dict[str, Any]] = []
        with (
            tempfile.TemporaryDirectory() as folder,
            watcher(self.verbose, callback, epochs) as watch,
        ):
            files = []
            if unlabeled is not None:
                files = [_write_texts(unlabeled, self.text_columns, names, Path(folder))]
            options = self._options(task, names, files)
            self._model = _train((columns, labels), held_out, options, watch)
        self._after_loading()
        self.history_ = epochs

    def _after_loading(self) -> None:
        model = self._fitted()
        self.model_hash_ = model.hash
        report = model.text_file("report.json")
        self.report_ = None if report is None else json.loads(report)
        self.history_: list[dict[str, Any]] = []

    # Predictions

    def _fitted(self) -> Model:
        check_is_fitted(self)
        assert self._model is not None
        return self._model

    def __sklearn_is_fitted__(self) -> bool:
        return self._model is not None

    def _answers(self, X: Any) -> np.ndarray:
        model = self._fitted()
        names = self.text_columns or model.text_columns or None
        columns, _ = text_columns(X, names)
        return model.predict(columns, self.threads)

    def _texts_of(self, X: Any) -> tuple[list[Any], list[list[str]]]:
        """Columns for the engine, and the same as lists of texts, one list per row."""
        model = self._fitted()
        columns, _ = text_columns(X, self.text_columns or model.text_columns or None)
        return columns, [list(row) for row in zip(*(_texts(column) for column in columns))]

    def explain(self, X: Any, *, method: str = "fast") -> list[Explanation]:
        """Which words decided the answer to each text.

        With ``"fast"`` and ``"gradients"`` the weights add up to the difference from the answer to an empty text.
        ``"fast"`` takes one pass, ``"gradients"`` about 30 of a sentence encoder and tells more; ``"exact"`` leaves
        out each word in turn, which takes as many predictions as there are words.
        """
        columns, rows = self._texts_of(X)
        found = self._fitted().explain(columns, method, self.threads)
        explanations = []
        for (output, answer, empty, words), texts in zip(found, rows):
            own = [Word(texts[at][start:end], at, start, end, weight) for at, start, end, weight in words]
            explanations.append(Explanation(self._name_of(output), answer, empty, own, texts))
        return explanations

    def _name_of(self, output: int) -> Any:
        return None

    def _decisions(self, X: Any, rule: tuple[str, float, bool]) -> list[Any]:
        model = self._fitted()
        columns, _ = text_columns(X, self.text_columns or model.text_columns or None)
        found, told = model.decide(columns, rule, self.threads)
        for warning in told:
            warnings.warn(warning, stacklevel=3)
        return found

    def calibrate(self, X: Any, y: Any) -> Any:
        """Measures the errors on labelled texts that were not trained on, for ``decide``, ``predict_set`` and
        ``predict_interval``. Replaces the calibration that a training with a test set or folds has made."""
        model = self._fitted()
        columns, _ = text_columns(X, self.text_columns or model.text_columns or None)
        found = model.calibrated((columns, self._names_of(y)), self.precision, self.threads)
        self._model, told = found
        for warning in told:
            warnings.warn(warning, stacklevel=2)
        return self

    def _names_of(self, y: Any) -> list[Any]:
        raise NotImplementedError

    # Saving and loading

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a model folder, for ``load``, the command line and the server.

        The folder appears complete or not at all. Raises ``ModelError`` if ``path`` exists.
        """
        model = self._fitted()
        target = Path(path)
        if target.exists():
            raise ModelError(f"{target} exists already")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".ulmfit-") as place:
            folder = Path(place) / "model"
            folder.mkdir()
            for name, content in model.files().items():
                with open(folder / name, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            os.rename(folder, target)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        precision: str = "f32",
        threads: int | None = None,
    ) -> Any:
        """Reads a model folder. Nothing in it is executed."""
        model = Model.load(os.fspath(path), precision)
        estimator = cls(precision=precision, threads=threads)
        estimator._take(model)
        return estimator

    def _take(self, model: Model) -> None:
        self._model = model
        self._after_loading()

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__() if hasattr(super(), "__getstate__") else self.__dict__)
        model = state.pop("_model", None)
        if model is not None:
            state["_files"] = model.files()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        files = state.pop("_files", None)
        if hasattr(super(), "__setstate__"):
            super().__setstate__(state)
        else:
            self.__dict__.update(state)
        if files is not None:
            self._model = Model.from_files(files, self.precision)

    # Reports

    @property
    def report_html_(self) -> str | None:
        """The report as an HTML page."""
        return self._fitted().text_file("report.html")

    def _repr_html_(self) -> str:
        if not self.__sklearn_is_fitted__():
            return f"<pre>{html.escape(repr(self))}</pre>"
        text = self._fitted().text_file("report.txt")
        facts = f"model {self.model_hash_[:12]}" if text is None else text
        return f"<pre>{html.escape(repr(self))}\n\n{html.escape(facts)}</pre>"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.sparse = False
        tags.no_validation = True
        tags.non_deterministic = False
        tags.target_tags.required = True
        return tags


def _write_texts(X: Any, chosen: list[str] | None, names: list[str], folder: Path) -> str:
    """Writes texts without labels to a file for the engine."""
    columns, _ = text_columns(X, chosen)
    names = names or ["text"]
    path = folder / "unlabeled.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for row in zip(*(_texts(column) for column in columns)):
            file.write(json.dumps(dict(zip(names, row)), ensure_ascii=False) + "\n")
    return str(path)


def _texts(column: Any) -> list[str]:
    if isinstance(column, list):
        return column
    return column.to_list() if hasattr(column, "to_list") else column.to_pylist()


class TextClassifier(ClassifierMixin, _TextEstimator):
    """Classifies texts. By default several methods are trained and their answers weighed: see ``method``.

    A text may have several labels: ``y`` is then an indicator matrix, or a list of lists. A column of the matrix
    without a 1 is a class that nothing is known about; its probability is 0.

    Parameters
    ----------
    method : {"auto", "ulmfit", "encoder", "tfidf"}, optional
        ``"auto"`` trains all that the data is enough for and weighs their answers; ``"ulmfit"``
        fine-tunes a language model, ``"encoder"`` a sentence encoder, and ``"tfidf"`` trains a linear
        classifier on n-grams in seconds. Without it: ``"auto"``, or ``"ulmfit"`` where something is set
        that only a language model has a use for (``base``, ``direction``, ``network``, ``epochs`` ..).
    base : str or path, optional
        The model to start from. For ULMFiT a language model: ``"en"`` (default), ``"en-base"``,
        ``"none"`` (random weights of the sizes in ``network``), or a model folder. For a sentence encoder
        ``"minilm"`` (default), or a model folder.
    direction : {"forward", "backward", "both"}, optional
        Reading directions (default: those of the base).
    recipe : str
        Hyper-parameters: a name such as ``"default"`` or ``"paper-2018"``, or a TOML file.
    epochs, lm_epochs, lr, batch_size, self_training : optional
        Replace those of the recipe.
    test_share : float
        Share of the rows that is held out, so that ``report_`` has a score. With 0, all rows are
        used for training.
    folds : int, optional
        Trains so many further classifiers, each without one part of the rows, so that every row is scored by
        one that has not learned it: ``report_`` has a score, and ``decide`` a calibration, of all rows. For
        ``"auto"`` and ``"ulmfit"``.
    time_budget : float, optional
        Seconds that ``fit`` with several methods may take: what is not expected to fit is left out, and
        ``report_["time_budget"]`` names it.
    network : dict, optional
        ``{"emb": 256, "hid": 512, "layers": 3}`` for ``base="none"``.
    min_freq : int, optional
        How often a new word must occur to be added to the vocabulary.
    text_columns : list of str, optional
        Columns with text, if X is a table.
    precision : {"f32", "bf16", "int8", "auto"}
        Precision of predictions.
    seed : int
        The same seed gives the same bits, for any number of threads.
    threads : int, optional
        Number of threads (default: the number of cores).
    checkpoint_dir : path, optional
        Folder for checkpoints. After Ctrl-C or a crash, the same ``fit`` continues from the last one
        and ends with the same bits.
    checkpoint_updates : int, optional
        Save a checkpoint after this many updates (default: every ten minutes).
    verbose : bool, optional
        Whether to show progress (default: only in notebooks).

    Attributes
    ----------
    classes_ : ndarray
        The classes, in the order of the columns of ``predict_proba``.
    report_ : dict
        ``report.json``: scores with intervals, beside those of simple baselines.
    history_ : list of dict
        Every epoch of the training: stage, losses, and validation scores if there are any. Empty
        for a loaded model; ``report_["training"]`` has its history.
    multi_label_ : bool
        Whether a text may have several labels.
    model_hash_ : str
        Hash of the model.
    """

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        unlabeled: Any = None,
        X_valid: Any = None,
        y_valid: Any = None,
        callback: Any = None,
    ) -> TextClassifier:
        """Trains.

        ``unlabeled`` are further texts without labels. ``X_valid`` and ``y_valid`` are the validation
        set, on which epochs are selected if the recipe does so. ``callback(kind, stage, data)`` is
        called for every event.
        """
        if _labels.are_several(y):
            classes, labels, indicator = _labels.lists(y)
            valid = None if X_valid is None else (X_valid, _labels.lists(y_valid)[1])
            self._learn("multi", X, labels, unlabeled, valid, callback)
            self.classes_ = classes
            self.multi_label_, self._indicator = True, indicator
        else:
            known, names = _labels.Classes.of(_labels.column(y))
            if len(known.names) < 2:
                raise DataError("y has one class; two or more classes are needed")
            valid = None
            if X_valid is not None:
                valid = (X_valid, _labels.Classes.of(_labels.column(y_valid))[1])
            self._learn("single", X, names, unlabeled, valid, callback)
            self.classes_ = known.values
            self.multi_label_, self._indicator = False, False
        return self

    def _after_loading(self) -> None:
        super()._after_loading()
        labels = self._fitted().labels
        if not hasattr(self, "classes_"):
            self.classes_ = np.array(labels)
            self.multi_label_ = self._fitted().task == "multi"
            self._indicator = False

    def _take(self, model: Model) -> None:
        if model.task == "regression":
            raise UsageError("the model predicts numbers; load it with TextRegressor")
        super()._take(model)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities ``(n, C)`` as float32, one column for each of ``classes_``."""
        answers = self._answers(X)
        return _labels.Classes(self.classes_).in_order(answers, self._fitted().labels)

    def predict(self, X: Any) -> Any:
        """The class of each text; with several labels an indicator matrix or lists, as in ``y``."""
        self._fitted()
        if not self.multi_label_:
            answers = self.predict_proba(X)
            best = np.empty(len(answers), self.classes_.dtype)
            for start in range(0, len(answers), ROWS):  # no places of all rows beside the classes
                rows = slice(start, start + ROWS)
                best[rows] = self.classes_[answers[rows].argmax(axis=1)]
            return best
        chosen = self.predict_proba(X) >= 0.5
        if self._indicator:
            return chosen.astype(np.int64)
        return [self.classes_[row].tolist() for row in chosen]

    def _names_of(self, y: Any) -> list[Any]:
        if self.multi_label_:
            return _labels.lists(y)[1]
        return _labels.Classes.of(_labels.column(y))[1]

    def _values(self) -> dict[str, Any]:
        """The classes by their names in the model."""
        known = _labels.Classes(self.classes_)
        return dict(zip(known.names, self.classes_.tolist()))

    def _name_of(self, output: int) -> Any:
        return self._values()[self._fitted().labels[output]]

    def decide(self, X: Any, *, threshold: float | None = None, max_error: float | None = None) -> list[Any]:
        """The class of each text, or None where a person should look: below ``threshold``, or below the
        confidence above which at most the share ``max_error`` of the answers is wrong (with probability 95 %).

        With several labels per text, a list of those that reach their threshold. A text without a word that
        the model knows is never answered. ``max_error`` needs a calibration: ``test_share``, ``folds``, or
        ``calibrate``.
        """
        given = [(name, value) for name, value in (("threshold", threshold), ("max_error", max_error)) if value is not None]
        if len(given) != 1:
            raise UsageError("give either threshold or max_error")
        (name, value), values = given[0], self._values()
        answers: list[Any] = []
        for labels, abstained, _, _ in self._decisions(X, (name, float(value), False)):
            chosen = [values[label] for label in labels]
            answers.append(None if abstained else chosen if self.multi_label_ else chosen[0])
        return answers

    def predict_set(self, X: Any, *, coverage: float = 0.9, per_class: bool = False) -> list[list[Any]]:
        """For each text the classes that may be right, the most probable first: the right one is among them
        with the probability ``coverage``; with ``per_class``, in the texts of every class.

        Needs a calibration: ``test_share``, ``folds``, or ``calibrate``.
        """
        values = self._values()
        found = self._decisions(X, ("coverage", float(coverage), per_class))
        return [[values[label] for label in chosen or []] for _, _, chosen, _ in found]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy; with several labels, the share of texts with all labels right."""
        if self.multi_label_ and not self._indicator:
            right = [set(a) == set(b) for a, b in zip(self.predict(X), y)]
            return float(np.average(right, weights=sample_weight))
        return float(super().score(X, y, sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class TextRegressor(RegressorMixin, _TextEstimator):
    """Predicts a number for each text. Parameters and attributes as in :class:`TextClassifier`."""

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        unlabeled: Any = None,
        X_valid: Any = None,
        y_valid: Any = None,
        callback: Any = None,
    ) -> TextRegressor:
        """Trains, like :meth:`TextClassifier.fit`."""
        valid = None if X_valid is None else (X_valid, _numbers(y_valid))
        self._learn("regression", X, _numbers(y), unlabeled, valid, callback)
        return self

    def _take(self, model: Model) -> None:
        if model.task != "regression":
            raise UsageError("the model predicts labels; load it with TextClassifier")
        super()._take(model)

    def predict(self, X: Any) -> np.ndarray:
        """The number for each text, as float32."""
        return self._answers(X)[:, 0]

    def predict_interval(self, X: Any, *, coverage: float = 0.9) -> np.ndarray:
        """An interval for each text, ``(n, 2)``, that holds the right number with the probability ``coverage``.

        Needs a calibration: ``test_share``, ``folds``, or ``calibrate``.
        """
        found = self._decisions(X, ("coverage", float(coverage), False))
        return np.array([interval for _, _, _, interval in found], dtype=np.float32).reshape(-1, 2)

    def _names_of(self, y: Any) -> list[Any]:
        return _numbers(y)


def _numbers(y: Any) -> list[str]:
    values = _labels.column(y).astype(float)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise DataError(f"y[{wrong[0]}] is not a finite number")
    return [repr(value) for value in values.tolist()]
