#!/usr/bin/env bash
# The whole method in under a minute: pretrain, fine-tune, train, evaluate and predict with a tiny
# model on the demo mails. Checks exit codes, the fields of the JSON and that threads change nothing.
#
# ULMFIT names the program; without it the debug build is taken.
set -euo pipefail
cd "$(dirname "$0")/.."

ulmfit="${ULMFIT:-${CARGO_TARGET_DIR:-target}/debug/ulmfit}"
mails=assets/demo
out="$(mktemp -d)"
trap 'rm -rf "$out"' EXIT

fail() {
    echo "tiny: $*" >&2
    exit 1
}

# expect CODE COMMAND..: the command ends with exactly this code
expect() {
    local wanted=$1 code=0
    shift
    "$@" >"$out/stdout" 2>"$out/stderr" || code=$?
    if [ "$code" != "$wanted" ]; then
        cat "$out/stderr" >&2
        fail "exit code $code, not $wanted: $*"
    fi
}

# holds FILE CONDITION PATTERN: a Python condition on the document `d`; a pattern where there is no Python
holds() {
    if command -v python3 >/dev/null; then
        python3 -c 'import json, math, sys
d = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), d' "$1" "$2" || fail "$1: not ($2)"
    else
        grep -Eq "$3" "$1" || fail "$1: no $3"
    fi
}

is_model() {
    local file
    for file in config.json model.safetensors vocab.json README.md run.json manifest.json; do
        [ -s "$1/$file" ] || fail "$1 has no $file"
    done
}

quick=(--seed 1 --quiet)

echo "tiny: pretrain"
expect 0 "$ulmfit" pretrain "$mails/unlabeled.jsonl.xz" -o "$out/base" \
    --emb 32 --hid 64 --layers 2 --epochs 1 "${quick[@]}"
is_model "$out/base"

echo "tiny: finetune"
expect 0 "$ulmfit" finetune "$out/base" "$mails/train.jsonl.xz" -o "$out/lm" --epochs 1 "${quick[@]}"
is_model "$out/lm"
expect 0 "$ulmfit" evaluate "$out/lm" "$mails/test.jsonl.xz" --json
cp "$out/stdout" "$out/lm.json"
holds "$out/lm.json" \
    'd["schema"] == 1 and d["tokens"] > 50_000 and abs(d["perplexity"] / math.exp(d["loss"]) - 1) < 1e-3 and 0 <= d["oov_rate"] < 0.5' \
    '"perplexity": ?[0-9.]+'

echo "tiny: train"
expect 0 "$ulmfit" train "$out/lm" "$mails/train.jsonl.xz" -o "$out/classifier" --epochs 12 --batch-size 16 "${quick[@]}"
is_model "$out/classifier"
[ -s "$out/classifier/labels.json" ] || fail "the classifier has no labels.json"

echo "tiny: evaluate"
expect 0 "$ulmfit" evaluate "$out/classifier" "$mails/test.jsonl.xz" --json
cp "$out/stdout" "$out/scores.json"
holds "$out/scores.json" \
    'd["schema"] == 1 and d["n"] == 600 and d["labels"] == ["ham", "spam"]' '"n": ?600'
holds "$out/scores.json" \
    'abs(d["accuracy"] + d["error"] - 1) < 1e-6 and d["accuracy_ci95"][0] <= d["accuracy"] <= d["accuracy_ci95"][1]' \
    '"accuracy_ci95"'
holds "$out/scores.json" 'sum(map(sum, d["confusion"])) == 600 and 0 <= d["macro_f1"] <= 1' '"confusion"'
holds "$out/scores.json" 'd["accuracy"] > 0.5' '"accuracy": ?0\.[5-9]' # half are spam

echo "tiny: predict"
cat >"$out/new.jsonl" <<'JSON'
{"text": "Re: [link]\n\nI read the patch, and the second test still fails on my machine."}
{"text": "FREE CASH!!! Click here NOW to claim your $$$ today"}
{"text": ""}
JSON
for threads in 1 2; do
    expect 0 "$ulmfit" predict "$out/classifier" "$out/new.jsonl" --threads "$threads"
    cp "$out/stdout" "$out/rows.$threads"
done
cmp "$out/rows.1" "$out/rows.2" || fail "the number of threads changed a prediction"
[ "$(wc -l <"$out/rows.1")" -eq 3 ] || fail "three rows in, $(wc -l <"$out/rows.1") out"
head -n 1 "$out/rows.1" >"$out/row.json"
holds "$out/row.json" \
    'd["label"] in d["probabilities"] and abs(sum(d["probabilities"].values()) - 1) < 1e-5 and d["confidence"] == max(d["probabilities"].values())' \
    '"label": ?"(ham|spam)"'

echo "tiny: mistakes"
expect 2 "$ulmfit" train --no-such-option
expect 66 "$ulmfit" predict "$out/classifier" "$out/absent.jsonl"
printf '{"text": "cut off in the mid\n' >"$out/broken.jsonl"
expect 65 "$ulmfit" train "$out/lm" "$out/broken.jsonl" -o "$out/never"
[ ! -e "$out/never" ] || fail "a failed run left its output folder"
grep -q "broken.jsonl:1" "$out/stderr" || fail "bad data without its file and line: $(cat "$out/stderr")"

echo "tiny: ok"
