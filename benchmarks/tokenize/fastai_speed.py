"""fastai's speed: documents on stdin as for `tokenize_speed`, one JSON array of fields a line.

    python fastai_speed.py THREADS < documents.jsonl
"""

import json
import sys
import time

from fastai.text.core import SpacyTokenizer, parallel_tokenize


def main():
    workers = int(sys.argv[1])
    texts = [" ".join(json.loads(line)) for line in sys.stdin]
    size = sum(len(text.encode()) for text in texts)
    start = time.perf_counter()
    tokens = sum(len(t) for _, t in parallel_tokenize(texts, tok=SpacyTokenizer("en"), n_workers=workers))
    seconds = time.perf_counter() - start
    print(f"{seconds:.3f} s {size / 1e6 / seconds:.2f} MB/s {tokens} tokens")


if __name__ == "__main__":
    main()
