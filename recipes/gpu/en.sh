#!/usr/bin/env bash
# The part of assets/en and assets/en-base that was made on a GPU. Three steps, the second one on the machine with the
# GPU, where only pretrain_torch.py and the files of OUT_DIR/gpu are needed:
#
#     recipes/gpu/en.sh prepare OUT_DIR WIKI_FILES..    # OUT_DIR as recipes/en-small/build.sh left it
#     recipes/gpu/en.sh train OUT_DIR                   # about nine minutes
#     recipes/gpu/en.sh finish OUT_DIR
#
# Files: those of build.sh, of which all articles are read here, but for the held-out ones.
set -euo pipefail

step=$1
out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
ulmfit=${ULMFIT:-$here/../../target/release/ulmfit}
torch() { python3 "$here/pretrain_torch.py" "$@"; }

prepare() {
    python3 "$here/../en-small/sections.py" "$out/text" "$@"
    # the words of `en`; a run that is broken off keeps its ids
    "$ulmfit" finetune "$out/forward-5" "$out/text/train.jsonl" --valid "$out/text/valid.jsonl" -o "$out/ids" \
        --base-words only --epochs 1 -q &
    local run=$!
    until [ -e "$out/ids.run/text/config.json" ]; do sleep 1; done
    kill -INT "$run"
    wait "$run" || true
    mkdir -p "$out/gpu"
    cp "$out/ids.run/text/vocab.json" "$out/gpu"
    torch pack "$out/ids.run/text/train.tokens" "$out/gpu/ids" --pieces 2
    torch pack "$out/ids.run/text/valid.tokens" "$out/gpu/valid"
    for direction in forward backward; do
        "$ulmfit" export fastai "$out/$direction-5" -o "$out/gpu/fastai-$direction" --overwrite
        torch split "$out/gpu/fastai-$direction/$direction.pth" --direction "$direction" --out "$out/gpu/en-start"
    done
}

# Both directions side by side on one GPU.
train() {
    local gpu=$out/gpu direction
    for direction in forward backward; do
        torch train "$gpu"/ids-*.xz --valid "$gpu"/valid-*.xz --vocab 15000 --net 400 1152 3 --batch 256 --lr 0.003 \
            --drop-mult 0.2 --minutes 5.6 --direction "$direction" --out "$gpu/en-base" &
    done
    wait
    for direction in forward backward; do
        torch train "$gpu"/ids-*.xz --valid "$gpu"/valid-*.xz --vocab 15000 --net 256 512 3 --batch 256 --lr 0.003 \
            --drop-mult 0.1 --minutes 2.1 --direction "$direction" --init "$gpu/en-start/$direction"-*.f16 \
            --out "$gpu/en" &
    done
    wait
}

finish() {
    local gpu=$out/gpu name direction
    for name in en en-base; do
        for direction in forward backward; do
            torch join "$gpu/$name/$direction"-*.f16 --vocab-json "$gpu/vocab.json" --out "$gpu/$name/$direction"
            "$ulmfit" import fastai "$gpu/$name/$direction.pth" "$gpu/$name/$direction.pkl" --direction "$direction" \
                -o "$gpu/$name/lm-$direction" --overwrite
        done
    done
    "$ulmfit" export compact "$gpu"/en/lm-{forward,backward} -o "$out/en" --store int8 \
        --card "$here/../en-small/card.md" --overwrite
    "$ulmfit" export compact "$gpu"/en-base/lm-{forward,backward} -o "$out/en-base" --store int6 \
        --card "$here/en-base.md" --overwrite
    "$ulmfit" evaluate "$out/en" "$out/text/valid.jsonl"
    "$ulmfit" evaluate "$out/en-base" "$out/text/valid.jsonl"
}

"$step" "$@"
