#!/usr/bin/env python3
"""Kills `ulmfit workbench` (SIGKILL) at random moments while people label, and starts it again. Python's own library is enough.

    kills.py ULMFIT [--kills 100] [--people 2] [--seed 1]

Each person gives a label, leaves a text out or takes the last one back, as soon as the answer to the one before is there. What was
answered as saved must be in `labels.jsonl` under that number, after every start and at the end, and in what the page counts. Prints a
line of JSON; exit code 1 if a label was lost.
"""

import argparse
import http.client
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

TEXTS = 20_000


class Workbench:
    def __init__(self, ulmfit, folder, *words):
        command = [ulmfit, "workbench", *words, "-o", folder, "--json", "-q", "--listen", "127.0.0.1:0"]
        self.program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        url = json.loads(self.program.stdout.readline())["listening"].removeprefix("http://")
        self.address, self.key = url.split("/?key=")
        while self.call("GET", "/api/state")["reading"] == "reading":
            time.sleep(0.01)

    def call(self, method, path, body=None, connection=None):
        """The answer; `OSError` or `HTTPException` if there is none."""
        connection = connection or http.client.HTTPConnection(self.address, timeout=30)
        head = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), head)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        if answer.status != 200:
            raise ValueError(f"{path}: {said}")
        return said

    def kill(self):
        self.program.kill()
        self.program.wait()


def work(bench, by, draw, saved, unsure, failed):
    """A person, until the workbench is gone. `saved` gets what was answered, `unsure` what was sent and not answered."""
    sent = None
    try:
        connection = http.client.HTTPConnection(bench.address, timeout=30)
        text = bench.call("POST", "/api/label/current", {"by": by}, connection)["text"]
        mine = 0
        while True:
            if mine and draw.random() < 0.1:
                sent = (by, "undo", None)
                text = bench.call("POST", "/api/label/undo", {"by": by}, connection)["text"]
                sent, mine = None, mine - 1  # its answer has no number
                continue
            label = draw.choice(["good", "bad", None])
            sent = (by, text, label)
            answer = bench.call("POST", "/api/label", {"by": by, "text": text, "label": label}, connection)
            saved[answer["saved"]] = sent
            sent, text, mine = None, answer["next"]["text"], mine + 1
    except (OSError, http.client.HTTPException):
        if sent:
            unsure.append(sent)
    except Exception as error:  # a wrong answer
        failed.append(repr(error))


def check(folder, saved):
    """How many lines the log has, and which saved labels are not in it."""
    entries = [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]
    there = {entry["number"]: (entry["by"], entry.get("text"), entry.get("label")) for entry in entries}
    return len(entries), [number for number, given in saved.items() if there.get(number) != given]


def counted(folder):
    """Texts whose last label was not taken back, as the page should count them."""
    labels = {}
    for line in (folder / "labels.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["action"] == "undo":
            labels.pop(entry["of"], None)
        elif entry["action"] == "label":
            labels[entry["number"]] = entry["text"]
    return len(set(labels.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ulmfit")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--people", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=0.4, help="seconds of labelling before a kill, at most")
    args = parser.parse_args()
    draw = random.Random(args.seed)
    saved, unsure, failed, lost, wrong_counts = {}, [], [], [], 0
    with tempfile.TemporaryDirectory() as name:
        folder, data = pathlib.Path(name) / "bench", pathlib.Path(name) / "texts.csv"
        rows = (f"text number {row} of many,{['good', 'bad'][row % 2] if row < 20 else ''}\n" for row in range(TEXTS))
        data.write_text("text,label\n" + "".join(rows))
        words = [data]
        for number in range(args.kills):
            bench = Workbench(args.ulmfit, folder, *words)
            words = []
            if number:
                wrong_counts += bench.call("GET", "/api/state")["counts"]["here"] != counted(folder)
                lost += check(folder, saved)[1]
            people = [
                threading.Thread(target=work, args=(bench, f"person {who}", random.Random(f"{args.seed} {number} {who}"), saved, unsure, failed))
                for who in range(args.people)
            ]
            for person in people:
                person.start()
            time.sleep(draw.uniform(0, args.longest))
            bench.kill()
            for person in people:
                person.join()
        bench = Workbench(args.ulmfit, folder)
        wrong_counts += bench.call("GET", "/api/state")["counts"]["here"] != counted(folder)
        lines, missing = check(folder, saved)
        bench.kill()
    lost += missing
    ok = not lost and not failed and not wrong_counts and len(saved) > args.kills
    print(json.dumps({
        "kills": args.kills, "shown_as_saved": len(saved), "lines": lines, "sent_but_not_answered": len(unsure),
        "lost": len(lost), "wrong_counts": wrong_counts, "failed": failed[:3], "ok": ok,
    }))
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
