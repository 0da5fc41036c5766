#!/usr/bin/env bash
# Makes what assets/en was before a GPU read on (recipes/gpu/en.sh), from plain-text Wikipedia articles:
#
#     recipes/en-small/build.sh OUT_DIR WIKI_FILES..
#
# Files: `.txt.xz`, articles as in WikiText (` = Title = `), the last one's last 1 % of articles held out.
# Two cores take a long afternoon. Killed, it goes on where it was when it is run again.
set -euo pipefail

out=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
ulmfit=${ULMFIT:-$here/../../target/release/ulmfit}

# Articles that no other part has, but for one in seven of 5e and 5f, which the first part has.
part() {
    [ -e "$out/text-$1/train.jsonl" ] || python3 "$here/sections.py" "$out/text-$1" "${@:4}" --every "$2" --from "$3"
}
part 1 14 0 "$@"
part 2 16 1 "$@"
part 3 16 3 "$@"
part 4a 16 5 "$@"
part 4b 16 7 "$@"
part 4c 32 9 "$@"
part 5a 16 11 "$@"
part 5b 16 13 "$@"
part 5c 16 15 "$@"
part 5d 32 25 "$@"
part 5e 16 2 "$@"
part 5f 16 6 "$@"
for number in 4 5; do
    mkdir -p "$out/text-$number"
    cat "$out/text-$number"[a-f]/train.jsonl > "$out/text-$number/train.jsonl"
    cp "$out/text-${number}a/valid.jsonl" "$out/text-$number/valid.jsonl"
done

# The first part from nothing; the others from the model so far, a new cycle of the learning rate each.
train() {
    local direction=$1 model=$out/$1-1 number
    [ -e "$model/manifest.json" ] || "$ulmfit" pretrain "$out/text-1/train.jsonl" --valid "$out/text-1/valid.jsonl" \
        -o "$model" --direction "$direction" --emb 256 --hid 512 --layers 3 --max-vocab 15000 \
        --epochs 1 --batch-size 32 --drop-mult 0.2 --lr 0.004 --sampled-below 0 --seed 1 --threads 1
    for number in 2 3 4 5; do
        local base=$model
        model=$out/$direction-$number
        [ -e "$model/manifest.json" ] || "$ulmfit" finetune "$base" "$out/text-$number/train.jsonl" \
            --valid "$out/text-$number/valid.jsonl" -o "$model" --base-words only \
            --epochs 1 --batch-size 24 --drop-mult 0.1 --lr 0.003 --lr-factor 1 --seed "$number" --threads 1 \
            --precision auto
    done
}
# side by side, a core each: faster than one after the other on two cores
train forward &
forward=$!
train backward
wait "$forward"
for direction in forward backward; do
    "$ulmfit" evaluate "$out/$direction-5" "$out/text-1/valid.jsonl"
done
