"""Why a classifier answers as it does."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Word:
    """A word of a text and its weight.

    Attributes
    ----------
    text : str
        The word.
    column : int
        The text column that it is in, from 0.
    start, end : int
        Its first character, and the one behind its last, in this column.
    weight : float
        How much it added to the probability of the answer (to the number).
    """

    text: str
    column: int
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class Explanation:
    """Which words decided an answer.

    Attributes
    ----------
    label : Any
        The label that is explained: the most probable one. None for numbers.
    answer : float
        Its probability, or the number.
    empty : float
        The same for an empty text: the weights of ``"fast"`` add up to the difference.
    words : list of Word
        The words in the order of the text.
    texts : list of str
        The text, one per column.
    """

    label: Any
    answer: float
    empty: float
    words: list[Word]
    texts: list[str]

    def strongest(self, n: int = 10) -> list[Word]:
        """The words with the largest weights, for the answer or against it."""
        return sorted(self.words, key=lambda word: -abs(word.weight))[:n]

    def _repr_html_(self) -> str:
        most = max((abs(word.weight) for word in self.words), default=0.0) or 1.0
        pieces = []
        for column, text in enumerate(self.texts):
            at, marked = 0, []
            for word in (word for word in self.words if word.column == column):
                share = min(abs(word.weight) / most, 1.0)
                hue = "16, 120, 200" if word.weight >= 0 else "200, 90, 20"
                marked.append(html.escape(text[at : word.start]))
                marked.append(
                    f'<span title="{word.weight:+.3f}" style="background: rgba({hue}, {0.55 * share:.2f})">'
                    f"{html.escape(text[word.start : word.end])}</span>"
                )
                at = word.end
            pieces.append(f"<p>{''.join(marked)}{html.escape(text[at:])}</p>")
        name = "" if self.label is None else f"{html.escape(str(self.label))}: "
        return f"<p><b>{name}{self.answer:.3f}</b> (an empty text: {self.empty:.3f})</p>{''.join(pieces)}"
