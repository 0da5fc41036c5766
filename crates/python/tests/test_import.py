"""What an import costs and shows."""

import subprocess
import sys


def test_the_import_is_light():
    code = "import sys, ulmfit; print('sklearn' in sys.modules, 'TextClassifier' in dir(ulmfit))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "True"]


def test_it_works_without_scikit_learn():
    code = """
import sys
sys.modules["sklearn"] = None
sys.modules["sklearn.base"] = None
from ulmfit import TextClassifier, TextRegressor
from conftest import *
model = TextClassifier(**TINY).fit(TEXTS, LABELS)
print(model.score(TEXTS, LABELS) > 0.9, TextClassifier(epochs=2).get_params()["epochs"])
try:
    TextClassifier().predict(TEXTS)
except ValueError as error:
    print("not fitted" in str(error))
"""
    import os

    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=os.path.dirname(__file__)
    )
    assert shown.stdout.split() == ["True", "2", "True"], shown.stderr
