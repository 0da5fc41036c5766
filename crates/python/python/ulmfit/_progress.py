"""Progress of a training: tqdm bars, or one line per stage."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Callback = Callable[[str, str, str], Any]


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and "ZMQ" in type(shell.get_ipython()).__name__


@contextmanager
def watcher(
    verbose: bool | None, callback: Callback | None, epochs: list[dict[str, Any]]
) -> Iterator[Callback]:
    """Receives the engine's events: shows them if ``verbose``, passes them to ``callback``, and adds
    every epoch to ``epochs``."""
    show = _Show() if (_in_notebook() if verbose is None else verbose) else None

    def told(kind: str, stage: str, data: str) -> None:
        if kind == "warning":
            warnings.warn(data, UserWarning, stacklevel=2)
        if kind == "event" and '"event":"epoch"' in data:
            epochs.append({"stage": stage, **json.loads(data)})
        if show is not None:
            show.told(kind, stage, data)
        if callback is not None:
            callback(kind, stage, data)

    try:
        yield told
    finally:
        if show is not None:
            show.close()


class _Show:
    def __init__(self) -> None:
        self.bars: dict[str, Any] = {}
        self.titles: dict[str, str] = {}
        try:
            from tqdm.auto import tqdm

            self.tqdm: Any = tqdm
        except ImportError:
            self.tqdm = None

    def told(self, kind: str, stage: str, data: str) -> None:
        if kind == "stage":
            self.titles[stage] = data
            if self.tqdm is None:
                print(data, file=sys.stderr)
        elif kind == "event" and self.tqdm is not None:
            event = json.loads(data)
            if event["event"] == "step":
                if stage not in self.bars:
                    title = self.titles.get(stage, stage)
                    self.bars[stage] = self.tqdm(total=event["steps"], desc=title)
                bar = self.bars[stage]
                bar.update(event["step"] - bar.n)
                bar.set_postfix(loss=f"{event['loss']:.3f}", refresh=False)

    def close(self) -> None:
        for bar in self.bars.values():
            bar.close()
