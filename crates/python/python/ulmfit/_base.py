"""The base classes of scikit-learn; if it is not installed, the part of them that is needed."""

from __future__ import annotations

import inspect
from typing import Any

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted
except ImportError:

    class NotFittedError(ValueError, AttributeError):  # type: ignore[no-redef]
        """``fit`` has not been called."""

    class BaseEstimator:  # type: ignore[no-redef]
        def get_params(self, deep: bool = True) -> dict[str, Any]:
            names = inspect.signature(type(self).__init__).parameters
            return {name: getattr(self, name) for name in names if name != "self"}

        def set_params(self, **params: Any) -> BaseEstimator:
            known = self.get_params()
            for name, value in params.items():
                if name not in known:
                    raise ValueError(f"invalid parameter {name!r}; valid parameters are {', '.join(known)}")
                setattr(self, name, value)
            return self

        def __repr__(self) -> str:
            usual = inspect.signature(type(self).__init__).parameters
            changed = [
                f"{name}={value!r}"
                for name, value in self.get_params().items()
                if value != usual[name].default
            ]
            return f"{type(self).__name__}({', '.join(changed)})"

    class ClassifierMixin:  # type: ignore[no-redef]
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            import numpy as np

            right = np.asarray(y) == self.predict(X)  # type: ignore[attr-defined]
            if right.ndim == 2:
                right = right.all(axis=1)
            return float(np.average(right, weights=sample_weight))

    class RegressorMixin:  # type: ignore[no-redef]
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            import numpy as np

            y = np.asarray(y, dtype=float)
            mean = np.average(y, weights=sample_weight)
            wrong = np.average((y - self.predict(X)) ** 2, weights=sample_weight)  # type: ignore[attr-defined]
            return float(1 - wrong / np.average((y - mean) ** 2, weights=sample_weight))

    class TransformerMixin:  # type: ignore[no-redef]
        def fit_transform(self, X: Any, y: Any = None) -> Any:
            return self.fit(X, y).transform(X)  # type: ignore[attr-defined]

    def check_is_fitted(estimator: Any) -> None:  # type: ignore[misc]
        if not estimator.__sklearn_is_fitted__():
            name = type(estimator).__name__
            raise NotFittedError(f"This {name} instance is not fitted yet; call fit first.")


__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "NotFittedError",
    "RegressorMixin",
    "TransformerMixin",
    "check_is_fitted",
]
