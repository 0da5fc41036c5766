#!/usr/bin/env bash
# compare.sh DATA [PYTHON] [THREADS]: see README.md beside it.
set -euo pipefail
data=$1 python=${2:-python3} threads=${3:-2}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --release -p ulmfit --no-default-features --examples
bin=${CARGO_TARGET_DIR:-target}/release/examples
xz -dc "$data/imdb/train.jsonl.xz" | "$python" -c '
import json, sys
for line in sys.stdin:
    print(json.dumps([json.loads(line)["text"]]))' > "$work/imdb.jsonl"

echo "IMDb train, $threads threads; load before: $(cut -d' ' -f1-3 /proc/loadavg)"
for round in 1 2 3; do
    echo "ours    $("$bin/tokenize_speed" "$threads" 3 < "$work/imdb.jsonl" | sort -n | head -1)"
done
echo "fastai  $(OMP_NUM_THREADS=1 "$python" "$here/fastai_speed.py" "$threads" < "$work/imdb.jsonl" 2> /dev/null)"

for part in "$data"/wiki-en/part-*.txt.xz; do xz -dc "$part"; done > "$work/wiki.txt"
echo "wiki-en, $(stat -c %s "$work/wiki.txt") bytes to a token file"
RAYON_NUM_THREADS=$threads /usr/bin/time -f '%e s, %M KiB at most' "$bin/tokenize_file" "$work/wiki.tokens" "$work/wiki.txt"
