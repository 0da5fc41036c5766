"""Texts and labels as people have them."""

import numpy as np
import pytest
from conftest import LABELS, TEXTS, TINY

from ulmfit import DataError, TextClassifier, TextRegressor, UsageError

pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

ARROW = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


def containers():
    yield "tuple", tuple(TEXTS)
    yield "generator", (text for text in TEXTS)
    yield "object array", np.array(TEXTS, dtype=object)
    yield "str array", np.array(TEXTS)
    if hasattr(np.dtypes, "StringDType"):
        yield "StringDType array", np.array(TEXTS, dtype=np.dtypes.StringDType())
    yield "column of a matrix", np.array(TEXTS, dtype=object)[:, None]
    yield "pandas", pd.Series(TEXTS)
    yield "pandas objects", pd.Series(TEXTS, dtype=object)
    yield "pandas table", pd.DataFrame({"text": TEXTS})
    yield "polars", pl.Series(TEXTS)
    yield "polars table", pl.DataFrame({"text": TEXTS})
    for kind in ARROW:
        yield str(kind), pa.array(TEXTS).cast(kind)
        yield f"chunks of {kind}", pa.chunked_array(
            [pa.array(TEXTS[:30]).cast(kind), pa.array(TEXTS[30:]).cast(kind)]
        )
    yield "slice", pa.array(["x", *TEXTS]).slice(1)
    yield "arrow table", pa.table({"text": TEXTS})


@pytest.mark.parametrize("name,texts", list(containers()), ids=lambda value: value if isinstance(value, str) else "")
def test_any_container_gives_the_same_bits(fitted, name, texts):
    expected = fitted.predict_proba(TEXTS)
    assert fitted.predict_proba(texts).tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "texts,says",
    [
        ("one text", "give a list of texts"),
        (b"bytes", "decode it"),
        (["a", None], r"X\[1\] is missing"),
        (["a", "b", float("nan")], r"X\[2\] is missing"),
        (["a", b"b"], r"X\[1\] is bytes, not str"),
        ([1, 2], r"X\[0\] is int, not str"),
        (np.zeros((3, 2)), "shape 3x2"),
        (pd.Series(["a", None]), r"X\[1\] is missing"),
        (pl.Series(["a", None]), r"X\[1\] is missing"),
        (pa.array(["a", None]).dictionary_encode(), r"X\[1\] is missing"),
        (pa.array([1, 2]), "not of texts"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "text_columns"),
    ],
)
def test_what_is_not_a_text_is_named(fitted, texts, says):
    with pytest.raises(DataError, match=says):
        fitted.predict(texts)


def test_nothing_gives_nothing(fitted):
    assert fitted.predict_proba([]).shape == (0, 2)
    assert len(fitted.predict([])) == 0


def test_tables_with_several_columns():
    table = pd.DataFrame({"id": range(80), "title": TEXTS, "body": TEXTS[::-1]})
    model = TextClassifier(**TINY, text_columns=["title", "body"]).fit(table, LABELS)
    shuffled = table[["body", "id", "title"]]
    assert (model.predict_proba(shuffled) == model.predict_proba(table)).all()
    assert (model.predict_proba(pl.from_pandas(table)) == model.predict_proba(table)).all()
    with pytest.raises(DataError, match="no column 'title'"):
        model.predict(table[["body"]])


def test_classes_keep_their_type():
    numbers = np.array([3, 10])[np.arange(80) % 2]
    model = TextClassifier(**TINY).fit(TEXTS, numbers)
    assert model.classes_.tolist() == [3, 10]
    assert model.predict(TEXTS).dtype == numbers.dtype
    assert model.score(TEXTS, numbers) > 0.9
    flags = np.arange(80) % 2 == 1
    assert TextClassifier(**TINY).fit(TEXTS, flags).predict(TEXTS[:4]).dtype == bool


def test_several_labels():
    lists = [[LABELS[row]] + (["third"] if row % 4 == 0 else []) for row in range(80)]
    model = TextClassifier(**TINY).fit(TEXTS, lists)
    assert model.classes_.tolist() == ["bad", "good", "third"]
    assert all(isinstance(labels, list) for labels in model.predict(TEXTS[:3]))
    matrix = np.array([[name in labels for name in model.classes_] for labels in lists]).astype(int)
    model = TextClassifier(**TINY).fit(TEXTS, matrix)
    assert model.predict(TEXTS).shape == (80, 3)
    assert 0 <= model.score(TEXTS, matrix) <= 1


def test_a_label_that_no_row_has_is_never_predicted():
    matrix = np.array([[row % 2, 0, 1 - row % 2, row % 4 == 0] for row in range(80)]).astype(int)
    model = TextClassifier(method="tfidf").fit(TEXTS, matrix)
    answers = model.predict_proba(TEXTS)
    assert answers.shape == (80, 4) and answers.dtype == np.float32
    assert (answers[:, 1] == 0).all() and (answers[:, [0, 2, 3]] > 0).all()
    without = TextClassifier(method="tfidf").fit(TEXTS, matrix[:, [0, 2, 3]])
    assert (answers[:, [0, 2, 3]] == without.predict_proba(TEXTS)).all()
    assert (model.predict(TEXTS)[:, :3] == matrix[:, :3]).all()
    assert model.decide(TEXTS[:2], threshold=0.1)


def test_numbers():
    values = (np.arange(80) % 2) * 2.0
    model = TextRegressor(**TINY).fit(TEXTS, values)
    assert model.predict(TEXTS).shape == (80,)
    assert model.score(TEXTS, values) > 0.3
    with pytest.raises(DataError, match=r"y\[1\] is not a finite number"):
        TextRegressor(**TINY).fit(["a", "b"], [1.0, float("nan")])


@pytest.mark.parametrize(
    "texts,labels,says",
    [
        (TEXTS, LABELS[:-1], "80 rows, y has 79"),
        (TEXTS, ["a"] * 80, "one class"),
        (TEXTS, [None, *LABELS[1:]], r"y\[0\] is missing"),
        (TEXTS, np.full((80, 2), 0.5), "not of zeros and ones"),
    ],
)
def test_labels_that_cannot_be_learned(texts, labels, says):
    with pytest.raises(DataError, match=says):
        TextClassifier(**TINY).fit(texts, labels)


def test_parameters_that_make_no_sense():
    for wrong in [{"direction": "up"}, {"recipe": "none-such"}, {"network": {"width": 3}}]:
        with pytest.raises(UsageError):
            TextClassifier(**{**TINY, **wrong}).fit(TEXTS, LABELS)
    told = []
    with pytest.raises(UsageError, match="f32, bf16, int8 or auto"):
        TextClassifier(**{**TINY, "precision": "f12"}).fit(TEXTS, LABELS, callback=lambda *event: told.append(event))
    assert told == [], "before the training"


def test_without_room_for_the_model_nothing_is_trained(tmp_path, monkeypatch):
    told = []
    model = TextClassifier(**TINY)
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path / "none"))  # for the engine; Python remembers its own
        with pytest.raises(OSError):
            model.fit(TEXTS, LABELS, callback=lambda *event: told.append(event))
    assert told == []
