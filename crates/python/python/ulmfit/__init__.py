"""Text classification by transfer learning (ULMFiT), as a scikit-learn estimator.

The engine is written in Rust; a model has the same bits here, on the command line and in a server.
"""

from __future__ import annotations

import os as _os
from typing import TYPE_CHECKING, Any

from ._errors import DataError, ModelError, UlmfitError, UsageError
from ._ulmfit import LanguageModel, Tokenizer, __version__
from ._ulmfit import forget_threads as _forget_threads

if TYPE_CHECKING:
    from ._estimators import TextClassifier, TextRegressor
    from ._explanations import Explanation, Word
    from ._labelling import Suspect, check_data, next_texts, suspects
    from ._vectorizer import TextVectorizer

__all__ = [
    "DataError",
    "Explanation",
    "LanguageModel",
    "ModelError",
    "Suspect",
    "TextClassifier",
    "TextRegressor",
    "TextVectorizer",
    "Tokenizer",
    "UlmfitError",
    "UsageError",
    "Word",
    "__version__",
    "check_data",
    "next_texts",
    "suspects",
]

# The child of a fork does not have the threads of a pool.
if hasattr(_os, "register_at_fork"):
    _os.register_at_fork(after_in_child=_forget_threads)


def __getattr__(name: str) -> Any:
    # scikit-learn takes most of a second to import: it is only loaded with the estimators.
    if name in ("TextClassifier", "TextRegressor"):
        from . import _estimators

        return getattr(_estimators, name)
    if name == "TextVectorizer":
        from ._vectorizer import TextVectorizer

        return TextVectorizer
    if name in ("Suspect", "check_data", "next_texts", "suspects"):
        from . import _labelling

        return getattr(_labelling, name)
    if name in ("Explanation", "Word"):
        from . import _explanations

        return getattr(_explanations, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
