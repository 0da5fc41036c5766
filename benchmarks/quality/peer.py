"""What the peers of this folder have in common: their arguments, their rows and what they print."""
import argparse
import json
import pathlib
import resource


def arguments(description, encoder=False):
    """FOLDER has train.jsonl and test.jsonl; `encoder`: also the folder of a sentence encoder."""
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    if encoder:
        parser.add_argument("--encoder", required=True)
    return parser.parse_args()


def rows(folder, part):
    """Texts and labels of train.jsonl or test.jsonl."""
    found = [json.loads(line) for line in (folder / f"{part}.jsonl").open(encoding="utf-8")]
    return [row["text"] for row in found], [str(row["label"]) for row in found]


def report(found, wanted, seconds, **besides):
    """Prints one JSON document: error, rows, seconds, peak memory."""
    print(json.dumps({
        "error": sum(a != b for a, b in zip(found, wanted)) / len(wanted),
        "n": len(wanted),
        "seconds": seconds,
        **besides,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))
