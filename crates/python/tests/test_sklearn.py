"""scikit-learn's own checks, and its tools around the estimator."""

import pytest
from conftest import LABELS, TEXTS, TINY

sklearn = pytest.importorskip("sklearn")

import numpy as np  # noqa: E402
from sklearn.base import clone, is_classifier, is_regressor  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.ensemble import StackingClassifier, VotingClassifier  # noqa: E402
from sklearn.exceptions import NotFittedError  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score, learning_curve  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402
from sklearn.utils.validation import validate_data  # noqa: E402

from ulmfit import TextClassifier, TextRegressor  # noqa: E402

FAST = {**TINY, "epochs": 1}


@parametrize_with_checks([TextClassifier(**FAST)])
def test_checks_for_texts(estimator, check):
    check(estimator)


class Shim(TextClassifier):
    """Turns rows of numbers into texts: scikit-learn has next to no checks for texts, and all of
    them for tables of numbers."""

    def fit(self, X, y):
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        X, y = validate_data(self, X, y)
        from sklearn.utils.multiclass import check_classification_targets

        check_classification_targets(y)
        return super().fit(self._texts(X), y)

    def _answers(self, X):
        self._fitted()
        return super()._answers(self._texts(validate_data(self, X, reset=False)))

    @staticmethod
    def _texts(X):
        return [" ".join(f"c{c}b{int(np.clip(v * 4, -99, 99))}" for c, v in enumerate(row)) for row in X]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = False
        tags.input_tags.string = False
        tags.no_validation = False
        tags.classifier_tags.poor_score = True
        tags.classifier_tags.multi_label = False
        return tags


@parametrize_with_checks([Shim(**FAST)])
def test_all_checks_through_the_shim(estimator, check):
    check(estimator)


def test_kind():
    assert is_classifier(TextClassifier()) and is_regressor(TextRegressor())
    with pytest.raises(NotFittedError):
        TextClassifier().predict(["text"])
    model = TextClassifier(epochs=3)
    assert clone(model).get_params() == model.get_params()
    assert repr(model) == "TextClassifier(epochs=3)"


def test_pipeline_grid_and_cross_validation():
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    assert Pipeline([("lower", lower), ("ulmfit", TextClassifier(**TINY))]).fit(TEXTS, LABELS).score(TEXTS, LABELS) > 0.9
    longer = TextClassifier(**{**TINY, "epochs": 30})
    assert cross_val_score(longer, TEXTS, LABELS, cv=4).mean() > 0.8
    grid = GridSearchCV(TextClassifier(**TINY), {"lr": [0.001, 0.02]}, cv=2).fit(TEXTS, LABELS)
    assert grid.best_params_["lr"] in (0.001, 0.02)
    sizes, train, _ = learning_curve(TextClassifier(**FAST), TEXTS, LABELS, cv=2, train_sizes=[0.5, 1.0])
    assert len(sizes) == len(train) == 2


def test_ensembles():
    tfidf = make_pipeline(TfidfVectorizer(), LogisticRegression())
    parts = [("ulmfit", TextClassifier(**TINY)), ("tfidf", tfidf)]
    for ensemble in (VotingClassifier(parts, voting="soft"), StackingClassifier(parts, cv=2)):
        assert ensemble.fit(TEXTS, LABELS).score(TEXTS, LABELS) > 0.9
    calibrated = CalibratedClassifierCV(TextClassifier(**TINY), cv=2).fit(TEXTS, LABELS)
    assert calibrated.predict_proba(TEXTS).shape == (80, 2)
