"""Other methods than ULMFiT, and vectors."""

import json
import os
import subprocess

import numpy as np
import pytest

from conftest import LABELS, TEXTS
from ulmfit import TextClassifier, TextRegressor, TextVectorizer, UsageError


def test_ngrams_learn_and_refuse_what_they_ignore(tmp_path):
    model = TextClassifier(method="tfidf").fit(TEXTS, LABELS)
    assert model.score(TEXTS, LABELS) == 1.0
    model.save(tmp_path / "m")
    again = TextClassifier.load(tmp_path / "m")
    assert (again.predict_proba(TEXTS) == model.predict_proba(TEXTS)).all()
    numbers = TextRegressor(method="tfidf").fit(TEXTS, [float(n % 2) for n in range(len(TEXTS))])
    assert abs(numbers.predict(TEXTS[:2])[1] - 1) < 0.5
    with pytest.raises(UsageError, match="lr has no effect with method='tfidf'"):
        TextClassifier(method="tfidf", lr=0.1).fit(TEXTS, LABELS)
    with pytest.raises(UsageError, match='method is "svm"'):
        TextClassifier(method="svm").fit(TEXTS, LABELS)


def test_a_sentence_encoder_learns_from_few_texts():
    texts = ["where is my parcel", "it has not arrived", "i want my money back", "refund me please"] * 2
    labels = ["delivery", "delivery", "refund", "refund"] * 2
    model = TextClassifier(method="encoder").fit(texts, labels)
    assert list(model.predict(["when does the package come", "give me a refund"])) == ["delivery", "refund"]


def test_vectors_are_those_of_the_command_line(fitted, tmp_path):
    vectorizer = TextVectorizer("minilm")
    vectors = vectorizer.fit_transform(TEXTS[:5])
    assert vectors.shape == (5, 384) and vectors.dtype == np.float32
    assert (vectorizer.transform([TEXTS[3]])[0] == vectors[3]).all()
    program = os.environ.get("ULMFIT")
    if program is not None:
        (tmp_path / "texts.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in TEXTS[:5]))
        command = [program, "encode", "minilm", tmp_path / "texts.jsonl", "-o", tmp_path / "v.npy", "-q"]
        subprocess.run(command, check=True)
        assert (np.load(tmp_path / "v.npy") == vectors).all()
    fitted.save(tmp_path / "m")
    assert TextVectorizer(tmp_path / "m").transform(TEXTS[:2]).shape == (2, 36)  # three times the embedding
    assert TextVectorizer("minilm").transform([]).shape[0] == 0


def test_another_model_is_loaded_when_it_is_set(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    vectorizer = TextVectorizer(tmp_path / "m")
    exact = vectorizer.transform(TEXTS[:2])
    assert exact.shape == (2, 36)
    assert (vectorizer.set_params(precision="int8").transform(TEXTS[:2]) != exact).any()
    assert vectorizer.set_params(model="minilm").transform(TEXTS[:2]).shape == (2, 384)


def test_vectors_in_a_pipeline():
    pytest.importorskip("sklearn")
    from sklearn.base import clone
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = clone(make_pipeline(TextVectorizer("minilm"), LogisticRegression(max_iter=1000)))
    assert pipeline.fit(TEXTS, LABELS).score(TEXTS, LABELS) > 0.9
