#!/usr/bin/env bash
# Makes assets/en from plain-text Wikipedia articles:
#
#     recipes/en-small/build.sh OUT_DIR WIKI_FILES..
#
# Files: `.txt.xz`, articles as in WikiText (` = Title = `), the last one's last 1 % of articles held out.
# Two cores take an afternoon. Killed, it goes on where it was when it is run again.
set -euo pipefail

out=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
ulmfit=${ULMFIT:-$here/../../target/release/ulmfit}

[ -e "$out/train.jsonl" ] || python3 "$here/sections.py" "$out" "$@" --every 14
for direction in forward backward; do
    # side by side, a core each: faster than one after the other on two cores
    [ -e "$out/$direction/manifest.json" ] || "$ulmfit" pretrain "$out/train.jsonl" --valid "$out/valid.jsonl" \
        -o "$out/$direction" --direction $direction --emb 256 --hid 512 --layers 3 --max-vocab 15000 \
        --epochs 1 --batch-size 32 --drop-mult 0.2 --lr 0.004 --seed 1 --threads 1 &
done
wait
"$ulmfit" export compact "$out/forward" "$out/backward" -o "$out/en" --store int8 --card "$here/card.md" --overwrite
"$ulmfit" evaluate "$out/en" "$out/valid.jsonl"
