#!/usr/bin/env bash
# The part of assets/en and assets/en-base that was made on a GPU. Three steps, the second one on the machine with the
# GPU, where only the folder OUT_DIR/gpu is needed:
#
#     recipes/gpu/en.sh prepare OUT_DIR WIKI_FILES..    # OUT_DIR as recipes/en-small/build.sh left it
#     recipes/gpu/en.sh train OUT_DIR                   # needs PyTorch
#     recipes/gpu/en.sh finish OUT_DIR
#
# Files: those of build.sh, of which all articles are read here, but for the held-out ones. The models inside the program were
# made by a script that this one replaced (`git log recipes/gpu`): it stopped by the clock, after 2.6 epochs for en-base and
# about 1.5 for en, and let en-base begin with the words' shares of the text as the decoder's bias.
set -euo pipefail

step=$1
out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
ulmfit=${ULMFIT:-$here/../../target/release/ulmfit}

prepare() {
    python3 "$here/../en-small/sections.py" "$out/text" "$@"
    "$ulmfit" export compact "$out/forward-5" "$out/backward-5" -o "$out/start" --store f32 --overwrite
    local texts=("$out/text/train.jsonl" --valid "$out/text/valid.jsonl" --direction both --batch-size 256 --lr 0.003)
    # the words of `en`
    "$ulmfit" export torch "$out/start" "${texts[@]}" -o "$out/gpu/en" --base-words only --epochs 2 --lr-factor 1 \
        --drop-mult 0.1
    "$ulmfit" export torch none "${texts[@]}" -o "$out/gpu/en-base" --max-vocab 15000 --emb 400 --hid 1152 --epochs 3 \
        --drop-mult 0.2
}

train() {
    python3 "$out/gpu/en-base/train.py"
    python3 "$out/gpu/en/train.py"
}

finish() {
    local name
    for name in en en-base; do
        "$ulmfit" import torch "$out/gpu/$name" -o "$out/$name-trained"
    done
    "$ulmfit" export compact "$out/en-trained" -o "$out/en" --store int8 --card "$here/../en-small/card.md" --overwrite
    "$ulmfit" export compact "$out/en-base-trained" -o "$out/en-base" --store int6 --card "$here/en-base.md" --overwrite
    "$ulmfit" evaluate "$out/en" "$out/text/valid.jsonl"
    "$ulmfit" evaluate "$out/en-base" "$out/text/valid.jsonl"
}

"$step" "$@"
