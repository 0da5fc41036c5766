"""Decisions, explanations, and help with labels."""

import json
import os
import subprocess

import numpy as np
import pytest

from conftest import LABELS, TEXTS, TINY, label, text
from ulmfit import (
    DataError,
    TextClassifier,
    TextRegressor,
    UlmfitError,
    UsageError,
    check_data,
    next_texts,
    suspects,
)


@pytest.fixture(scope="module")
def scored():
    return TextClassifier(method="tfidf", test_share=0.25).fit(TEXTS, LABELS)


def test_unsure_answers_are_left_to_a_person(scored):
    new = [*TEXTS[:4], "the train garden with room", ""]
    answers = scored.decide(new, threshold=0.6)
    assert answers[:4] == LABELS[:4]
    assert answers[5] is None, "a text without words"
    sure = scored.predict_proba(new).max(axis=1)
    for rule in (0.0, 0.5, 0.99):
        below = [answer is None for answer in scored.decide(new, threshold=rule)][:5]
        assert below == (sure[:5] < np.float32(rule)).tolist()
    assert scored.decide(TEXTS[:4], max_error=0.5) == LABELS[:4]
    with pytest.raises(UsageError, match="either threshold or max_error"):
        scored.decide(new)
    with pytest.raises(UsageError, match="threshold"):
        scored.decide(new, threshold=1.5)


def test_sets_hold_the_right_label(scored):
    sets = scored.predict_set(TEXTS, coverage=0.8)
    assert np.mean([own in found for own, found in zip(LABELS, sets)]) >= 0.8
    assert all(found[0] == answer for found, answer in zip(sets, scored.predict(TEXTS)) if found)


def test_a_calibration_can_be_made_later(fitted):
    with pytest.raises(UlmfitError, match="calibrat"):
        fitted.predict_set(TEXTS)
    fresh = [text(row) for row in range(1000, 1060)]
    model = TextClassifier(method="tfidf").fit(TEXTS, LABELS)
    model.calibrate(fresh, [label(row) for row in range(1000, 1060)])
    assert len(model.predict_set(fresh)) == 60
    with pytest.warns(UserWarning, match="was trained on 80 of these 80 rows"):
        model.calibrate(TEXTS, LABELS)


def test_intervals_of_numbers():
    numbers = [float(row % 2) + row % 5 / 10 for row in range(80)]
    model = TextRegressor(method="tfidf", test_share=0.25).fit(TEXTS, numbers)
    found = model.predict_interval(TEXTS, coverage=0.8)
    assert found.shape == (80, 2) and (found[:, 0] <= model.predict(TEXTS)).all()


@pytest.mark.parametrize("method", ["fast", "gradients", "exact"])
def test_the_words_that_decided_are_pieces_of_the_text(fitted, method):
    texts = ["Ein Film: \U0001f600 lovely great — dull.", ""]
    first, empty = fitted.explain(texts, method=method)
    assert all(texts[0][word.start : word.end] == word.text for word in first.words)
    assert first.label in ("good", "bad") and not empty.words
    if method == "fast":
        total = sum(word.weight for word in first.words)
        assert abs(total - (first.answer - first.empty)) < 1e-4
    assert "lovely" in first._repr_html_()
    with pytest.raises(UsageError, match="fast, gradients or exact"):
        fitted.explain(texts, method="slow")


def test_explanations_are_those_of_the_command_line(fitted, tmp_path):
    program = os.environ.get("ULMFIT")
    if program is None:
        pytest.skip("ULMFIT does not name the program")
    fitted.save(tmp_path / "m")
    (tmp_path / "x.jsonl").write_text(json.dumps({"text": TEXTS[0]}) + "\n")
    command = [program, "predict", tmp_path / "m", tmp_path / "x.jsonl", "--explain", "fast", "--format", "jsonl", "-q"]
    printed = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    ours = {(word.start, word.end): word.weight for word in fitted.explain(TEXTS[:1])[0].words}
    theirs = {(word["start"], word["end"]): word["weight"] for word in printed["explanation"]}
    assert ours.keys() == theirs.keys()
    assert all(abs(ours[place] - theirs[place]) < 1e-6 for place in ours)


def test_findings_about_the_data():
    report = check_data([*TEXTS[:10], TEXTS[0], ""], [*LABELS[:10], "good", "Good"])
    found = " ".join(finding["message"] for finding in report["findings"])
    assert report["parts"][0]["rows"] == 12
    assert "Good" in found or "duplicate" in found, found
    assert check_data(TEXTS[:4], X_test=TEXTS[:2], y_test=LABELS[:2])["parts"][1]["name"] == "test"
    with pytest.raises(UsageError, match="y_test is missing"):
        check_data(TEXTS[:4], X_test=TEXTS[:2])
    with pytest.raises(DataError, match="X has 4 rows, y has 3"):
        check_data(TEXTS[:4], LABELS[:3])


def test_a_wrong_label_is_suspected():
    words = [("where is my parcel number {}", "delivery"), ("i want my money back for order {}", "refund")]
    texts = [words[row % 2][0].format(row) for row in range(40)]
    labels = [words[row % 2][1] for row in range(40)]
    labels[7] = "delivery"
    found = suspects(texts, labels)
    assert found and found[0].row == 7
    assert (found[0].label, found[0].suggested) == ("delivery", "refund")
    assert found[0].probability < found[0].suggested_probability
    with pytest.raises(UsageError, match="folds is 1"):
        suspects(texts, labels, folds=1)


def test_texts_to_label_next():
    pool = ["where is my parcel", "where is my package", "refund me please", "give me my money back"]
    first = next_texts(pool, 2)
    assert len(first) == 2 and first[0] // 2 != first[1] // 2, "one of each kind"
    assert not set(next_texts(pool, 4, labelled=[pool[0]])) & {0}
    model = TextClassifier(method="tfidf").fit(TEXTS, LABELS)
    unsure = next_texts(["lovely great superb", "lovely dull film"], 1, model=model, strategy="breaking-ties")
    assert unsure.tolist() == [1]
    with pytest.raises(UsageError, match="mixed, breaking-ties, entropy or coverage"):
        next_texts(pool, 1, model=model, strategy="best")


def test_folds_score_all_rows_and_time_is_a_budget():
    model = TextClassifier(folds=3, **TINY).fit(TEXTS, LABELS)
    assert model.report_["folds"] == 3 and model.report_["comparison"]["n"] == len(TEXTS)
    assert len(model.predict_set(TEXTS[:2])) == 2
    quick = TextClassifier(method="auto", time_budget=2).fit(TEXTS, LABELS)
    assert quick.report_["time_budget"]["seconds"] == 2.0
    for wrong in (-1, 0, float("nan")):
        with pytest.raises(UsageError, match="time_budget"):
            TextClassifier(method="auto", time_budget=wrong).fit(TEXTS, LABELS)
    with pytest.raises(UsageError):
        TextClassifier(time_budget=5, **TINY).fit(TEXTS, LABELS)
