#!/usr/bin/env bash
# Makes docs/pictures/report.png from a real report: the top of its page. The one in the README is of 500 questions
# of TREC-6 (`fit --method auto`, lab book, 2026-11-28).
#
#     ulmfit fit TRAIN --test TEST --method auto -o model && docs/pictures/report.sh model/report.html
set -euo pipefail
report="$(realpath "${1:?usage: report.sh REPORT.html}")"
picture="$(realpath "$(dirname "$0")")/report.png"
browser="$(command -v chromium || command -v chromium-browser || command -v google-chrome)"
profile="$(mktemp -d)"
trap 'rm -rf "$profile"' EXIT
"$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" \
    --window-size=900,760 --screenshot="$picture" "file://$report"
