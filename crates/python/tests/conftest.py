"""Tiny models, made once."""

import pytest

from ulmfit import TextClassifier

GOOD = "lovely great superb fine charming brilliant warm fresh clever bright".split()
BAD = "dull poor awful cold broken boring stale ugly clumsy dreadful".split()
NEUTRAL = "the a this that film book meal story room phone train garden was is with and".split()


def text(row: int) -> str:
    """Words of which a third tell the label."""
    telling = GOOD if row % 2 else BAD
    words = [
        telling[(row * 7 + n) % 10] if n % 3 == 2 else NEUTRAL[(row * 5 + n * 3) % 16]
        for n in range(12)
    ]
    return " ".join(words) + "."


def label(row: int) -> str:
    return ["bad", "good"][row % 2]


TEXTS = [text(row) for row in range(80)]
LABELS = [label(row) for row in range(80)]
TINY = {
    "base": "none",
    "network": {"emb": 12, "hid": 16, "layers": 1},
    "min_freq": 1,
    "epochs": 8,
    "lm_epochs": 1,
    "lr": 0.02,
    "batch_size": 8,
}


@pytest.fixture(scope="session")
def fitted():
    return TextClassifier(**TINY).fit(TEXTS, LABELS)
