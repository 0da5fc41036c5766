"""Texts from lists, numpy, pandas, polars and pyarrow."""

from __future__ import annotations

from typing import Any

from ._errors import DataError

# Rows that are handled at a time where something is needed beside the result.
ROWS = 65_536


def text_columns(X: Any, names: list[str] | None) -> tuple[list[Any], list[str]]:
    """Columns of texts for the engine, with their names if they have any.

    Objects with the Arrow interface are passed on without a copy. ``names`` selects the columns of
    a table.
    """
    if isinstance(X, str):
        raise DataError("X is one str; give a list of texts, such as [text]")
    if isinstance(X, (bytes, bytearray)):
        raise DataError("X is bytes; decode it to str first")
    if _is_table(X):
        columns = [str(name) for name in _column_names(X)]
        chosen = list(names) if names else columns
        missing = [name for name in chosen if name not in columns]
        if missing:
            raise DataError(f"X has no column {missing[0]!r}; its columns are {', '.join(columns)}")
        if not names and len(columns) > 1:
            raise DataError(
                f"X has {len(columns)} columns; name the text columns with text_columns"
            )
        return [_one(X[name]) for name in chosen], chosen
    return [_one(X)], []


def _is_table(X: Any) -> bool:
    return hasattr(X, "columns") or hasattr(X, "column_names")


def _column_names(X: Any) -> list[Any]:
    return list(X.column_names) if hasattr(X, "column_names") else list(X.columns)


def _one(column: Any) -> Any:
    """A column for the engine: Arrow, or a list."""
    if hasattr(column, "__arrow_c_stream__") or hasattr(column, "__arrow_c_array__"):
        # pandas offers the interface for all types, but copies columns of objects.
        if getattr(column, "dtype", None) != object:
            return column
    shape = getattr(column, "shape", None)
    if shape is not None and len(shape) != 1:
        if len(shape) == 2 and shape[1] == 1:
            column = column[:, 0] if not hasattr(column, "iloc") else column.iloc[:, 0]
        else:
            dimensions = "x".join(map(str, shape))
            raise DataError(f"X has the shape {dimensions}; one text per row is needed")
    if hasattr(column, "tolist"):
        return column.tolist()
    return column if isinstance(column, list) else list(column)
