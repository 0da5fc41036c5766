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
    assert scorer(table.slice(0, 0)).num_rows == 0
