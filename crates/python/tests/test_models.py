"""Models that are kept, sent to other processes, interrupted and continued."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from conftest import LABELS, TEXTS, TINY

from ulmfit import ModelError, TextClassifier, TextRegressor, Tokenizer, UsageError, check_data


def test_a_saved_model_answers_with_the_same_bits(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = TextClassifier.load(tmp_path / "model")
    assert loaded.classes_.tolist() == fitted.classes_.tolist()
    assert loaded.predict_proba(TEXTS).tobytes() == fitted.predict_proba(TEXTS).tobytes()
    assert loaded.model_hash_ == fitted.model_hash_
    with pytest.raises(ModelError, match="exists already"):
        fitted.save(tmp_path / "model")
    assert sorted(os.listdir(tmp_path)) == ["model"]
    with pytest.raises(UsageError, match="TextClassifier"):
        TextRegressor.load(tmp_path / "model")
    with pytest.raises(ModelError):
        TextClassifier.load(tmp_path / "none")
    (tmp_path / "model" / "labels.json").write_text("[]")
    with pytest.raises(Exception, match="labels.json"):
        TextClassifier.load(tmp_path / "model")


def test_tokens_of_a_model(fitted, tmp_path):
    import json

    fitted.save(tmp_path / "model")
    tokenizer = Tokenizer.load(tmp_path / "model")
    vocabulary = json.loads((tmp_path / "model" / "vocab.json").read_text())
    ids = tokenizer.encode(TEXTS)
    tokens = [tokenizer.tokenize(text) for text in TEXTS]
    assert tokens[0][0] == "xxbos"
    known = {token: n for n, token in enumerate(vocabulary)}
    assert ids == [[known.get(token, 0) for token in text] for text in tokens]
    with pytest.raises(ModelError):
        Tokenizer.load(tmp_path / "none")


@pytest.mark.skipif("ULMFIT" not in os.environ, reason="ULMFIT names no program to compare with")
@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
def test_the_command_line_gives_the_same_bits(fitted, tmp_path, precision):
    import json

    fitted.save(tmp_path / "model")
    texts = [" ".join(TEXTS[:n]) for n in range(40)] + TEXTS
    with open(tmp_path / "texts.jsonl", "w") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    command = [os.environ["ULMFIT"], "predict", "model", "texts.jsonl", "--precision", precision]
    lines = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout.splitlines()
    expected = [list(json.loads(line)["probabilities"].values()) for line in lines]
    model = TextClassifier.load(tmp_path / "model", precision=precision)
    assert (np.array(expected, dtype=np.float32) == model.predict_proba(texts)).all()


def test_same_bits_for_any_threads_and_alone(fitted):
    expected = fitted.predict_proba(TEXTS)
    for threads in (1, 2, 3):
        model = copy.copy(fitted).set_params(threads=threads)
        assert model.predict_proba(TEXTS).tobytes() == expected.tobytes()
    alone = np.concatenate([fitted.predict_proba([text]) for text in TEXTS])
    assert alone.tobytes() == expected.tobytes()
    hashes = {TextClassifier(**TINY, threads=n).fit(TEXTS, LABELS).model_hash_ for n in (1, 2)}
    assert hashes == {fitted.model_hash_}


def test_pickle_and_copies(fitted):
    expected = fitted.predict_proba(TEXTS).tobytes()
    for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert other.predict_proba(TEXTS).tobytes() == expected
        assert other.model_hash_ == fitted.model_hash_
    files = fitted._model.files()
    assert len(pickle.dumps(fitted)) < sum(map(len, files.values())) + 64_000


def test_another_process_and_a_fork(fitted):
    joblib = pytest.importorskip("joblib")
    expected = fitted.predict_proba(TEXTS).tobytes()
    jobs = (joblib.delayed(fitted.predict_proba)(TEXTS) for _ in range(2))
    for answer in joblib.Parallel(n_jobs=2)(jobs):
        assert answer.tobytes() == expected
    in_a_fork(lambda: fitted.predict_proba(TEXTS).tobytes() == expected)


def test_a_fork_may_check_decide_and_load(fitted, tmp_path):
    texts = TEXTS * 20  # so many that they are compared on several threads
    report = check_data(texts)
    fitted.save(tmp_path / "model")
    in_a_fork(lambda: check_data(texts) == report)
    in_a_fork(lambda: TextClassifier.load(tmp_path / "model").decide(TEXTS[:2], threshold=0.0) == LABELS[:2])


def in_a_fork(holds):
    child = os.fork()
    if child == 0:
        os._exit(0 if holds() else 1)
    for _ in range(600):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the child hangs")


def test_threads_share_a_model(fitted):
    expected = fitted.predict_proba(TEXTS).tobytes()
    answers = []
    work = [threading.Thread(target=lambda: answers.append(fitted.predict_proba(TEXTS))) for _ in range(4)]
    [thread.start() for thread in work]
    [thread.join() for thread in work]
    assert [answer.tobytes() for answer in answers] == [expected] * 4


def test_what_a_training_tells():
    told = []
    model = TextClassifier(**TINY, test_share=0.2)
    model.fit(TEXTS, LABELS, callback=lambda *event: told.append(event))
    assert {kind for kind, _, _ in told} >= {"stage", "event"}
    assert model.report_["rows"]["test"] == 16
    assert "TF-IDF" in model._repr_html_() and "<html" in model.report_html_
    stages = [epoch["stage"] for epoch in model.history_]
    assert stages.count("pretrain-forward") == 1 and stages.count("train-forward") >= 8

    class Enough(Exception):
        pass

    def stop(kind, stage, data):
        raise Enough

    with pytest.raises(Enough):
        TextClassifier(**TINY).fit(TEXTS, LABELS, callback=stop)


def test_unlabeled_texts_and_a_validation_set(fitted):
    model = TextClassifier(**TINY).fit(TEXTS, LABELS, unlabeled=TEXTS[:10] + ["more words"])
    assert model.model_hash_ != fitted.model_hash_
    model = TextClassifier(**TINY).fit(TEXTS, LABELS, X_valid=TEXTS[:8], y_valid=LABELS[:8])
    assert model.predict(TEXTS[:2]).tolist() == LABELS[:2]


INTERRUPTED = """
import sys, _thread, random
sys.path.insert(0, {tests!r})
from conftest import *
import os, signal
options = dict(TINY, checkpoint_dir={folder!r}, checkpoint_updates=3, epochs=30)
seen = 0
def callback(kind, stage, data):
    global seen
    seen += 1
    if seen == {at}:
        os.kill(os.getpid(), signal.SIGINT)
print(TextClassifier(**options).fit(TEXTS, LABELS, callback=callback).model_hash_)
"""


def test_ctrl_c_saves_and_the_same_fit_goes_on(tmp_path):
    def run(at, folder):
        code = INTERRUPTED.format(tests=os.path.dirname(__file__), folder=str(folder), at=at)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    whole = run(0, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    interrupted = 0
    for at in (5, 40, 77, 150, 200):
        folder = tmp_path / str(at)
        first = run(at, folder)
        if first.returncode != 0:
            interrupted += 1
            assert "KeyboardInterrupt" in first.stderr, first.stderr
            assert os.listdir(folder)
            first = run(0, folder)
        assert first.stdout == whole.stdout, first.stderr
        assert os.listdir(folder) == []
    assert interrupted >= 3
