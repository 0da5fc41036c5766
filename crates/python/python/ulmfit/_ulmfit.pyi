from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "LanguageModel",
    "Model",
    "Tokenizer",
    "VectorModel",
    "__version__",
    "check_data",
    "forget_threads",
    "next_texts",
    "suspects",
    "train",
]

__version__: str

@final
class Model:
    @staticmethod
    def load(path: str | PathLike[str], precision: str) -> Model: ...
    @staticmethod
    def from_files(files: dict[str, bytes], precision: str) -> Model: ...
    def files(self) -> dict[str, bytes]: ...
    def text_file(self, name: str) -> str | None: ...
    @property
    def hash(self) -> str: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def task(self) -> str: ...
    @property
    def text_columns(self) -> list[str]: ...
    def predict(
        self, columns: Sequence[Any], threads: int | None
    ) -> npt.NDArray[np.float32]: ...
    def decide(
        self, columns: Sequence[Any], asked: tuple[str, float, bool], threads: int | None
    ) -> tuple[list[tuple[list[str], bool, list[str] | None, list[float] | None]], list[str]]: ...
    def explain(
        self, columns: Sequence[Any], how: str, threads: int | None
    ) -> list[tuple[int, float, float, list[tuple[int, int, int, float]]]]: ...
    def calibrated(
        self, rows: tuple[Sequence[Any], Sequence[Any]], precision: str, threads: int | None
    ) -> tuple[Model, list[str]]: ...

@final
class LanguageModel:
    @staticmethod
    def load(path: str | PathLike[str]) -> LanguageModel: ...
    def encode(self, texts: Sequence[str]) -> list[list[int]]: ...
    def tokenize(self, text: str) -> list[str]: ...
    @property
    def vocabulary_size(self) -> int: ...

@final
class Tokenizer:
    @staticmethod
    def load(path: str | PathLike[str]) -> Tokenizer: ...
    def encode(self, texts: Sequence[str]) -> list[list[int]]: ...
    def tokenize(self, text: str) -> list[str]: ...

@final
class VectorModel:
    @staticmethod
    def load(path: str | PathLike[str], precision_name: str) -> VectorModel: ...
    @property
    def text_columns(self) -> list[str]: ...
    def encode(
        self, columns: Sequence[Any], threads: int | None
    ) -> npt.NDArray[np.float32]: ...

def train(
    train_set: tuple[Sequence[Any], Sequence[Any]],
    validation_set: tuple[Sequence[Any], Sequence[Any]] | None,
    options: dict[str, Any],
    callback: Callable[[str, str, str], Any] | None = None,
) -> Model: ...
def forget_threads() -> None: ...
def check_data(
    columns: Sequence[Any],
    labels: Sequence[Any] | None,
    test_set: tuple[Sequence[Any], Sequence[Any]] | None,
    task_name: str | None,
) -> str: ...
def suspects(
    rows: tuple[Sequence[Any], Sequence[Any]],
    base: str | PathLike[str],
    folds: int,
    seed: int,
    threads: int | None,
    callback: Callable[[str, str, str], Any] | None,
) -> list[tuple[int, float, str, float, list[int]]]: ...
def next_texts(
    model: Model | None,
    pool: Sequence[Any],
    labelled: Sequence[Any] | None,
    base: str | PathLike[str] | None,
    strategy: str,
    count: int,
    seed: int,
    threads: int | None,
    callback: Callable[[str, str, str], Any] | None,
) -> list[int]: ...
