"""The callable for engines of many processes."""

import pickle

import pytest
from conftest import TEXTS

pa = pytest.importorskip("pyarrow")

from ulmfit.batch import Scorer  # noqa: E402


def test_batches_give_the_rows_of_one_table(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    scorer = pickle.loads(pickle.dumps(Scorer(tmp_path / "model", text="text", probabilities=True)))
    table = pa.table({"id": range(80), "text": TEXTS})
    whole = scorer(table)
    assert whole.column_names == ["id", "text", "label", "confidence", "p(bad)", "p(good)"]
    assert whole["label"].to_pylist() == fitted.predict(TEXTS).tolist()
    parts = [scorer(batch) for batch in table.to_batches(max_chunksize=7)]
    assert pa.concat_tables(parts) == whole
    kept = Scorer(tmp_path / "model", text="text", keep=["id"])(table)
    assert kept.column_names == ["id", "label", "confidence"]
    assert kept.schema == Scorer(tmp_path / "model", keep=["id"]).schema(table.schema)
    assert scorer(table.slice(0, 0)).num_rows == 0


def test_pieces_of_a_table_give_the_rows_of_the_whole(fitted, tmp_path, monkeypatch):
    fitted.save(tmp_path / "model")
    scorer = Scorer(tmp_path / "model", probabilities=True)
    table = pa.table({"text": TEXTS})
    whole = scorer(table)
    monkeypatch.setattr("ulmfit.batch.ROWS", 7)
    assert scorer(table) == whole


def test_columns_of_the_table_stay_what_they_are(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    table = pa.table({"text": TEXTS, "label": ["mine"] * 80})
    scored = Scorer(tmp_path / "model", text="text")(table)
    assert scored.column_names == ["text", "label", "predicted_label", "predicted_confidence"]
    assert scored.schema == Scorer(tmp_path / "model").schema(table.schema)
    assert set(scored["label"].to_pylist()) == {"mine"}
    assert scored["predicted_label"].to_pylist() == fitted.predict(TEXTS).tolist()
