# `just` lists the recipes. `.ci/run` does the same as `check` and needs nothing but Rust.

default:
    @just --list

# what CI runs, and the checks of tools that CI may lack
check:
    typos
    cargo deny check bans licenses sources
    .ci/run

# the README's test command
test *ARGS:
    cargo test --workspace {{ARGS}}

# three stages on a small corpus, under a minute
tiny:
    cargo build -p ulmfit-cli
    recipes/tiny.sh

# speed against the peers, e.g. `just bench --vocab 10000 --emb 256 --hid 512`
bench *ARGS:
    cargo build --release -p ulmfit-cli
    benchmarks/peers/compare.py {{ARGS}}

# the results table of the README, from results/*.jsonl
readme:
    cargo run -p xtask -- readme
