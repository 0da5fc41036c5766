//! `results/table.md`: everything about every number, and the commands that make them again.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::results::Run;
use crate::shown::{duration, number, what};

/// Everything about every number.
pub(crate) fn table(runs: &[Run]) -> String {
    let mut text = String::from(
        "# Results\n\nMade from the `.jsonl` files beside it by `cargo xtask readme`; the story is in \
         [LOG.md](LOG.md).\n\n| task | data set | model | metric | value | 95 % interval or range | runs | each | n | time | memory | machine |\n\
         |---|---|---|---|---:|---|---:|---|---:|---:|---:|---|\n",
    );
    for run in runs {
        let range = run.ci95.map_or_else(
            || "-".to_owned(),
            |[low, high]| format!("{} to {}", number(low), number(high)),
        );
        let memory = run.peak_rss_mb.map_or_else(|| "-".to_owned(), |mb| format!("{mb:.0} MB"));
        let each: Vec<String> = run.each.iter().map(|&value| number(value)).collect();
        let each = if each.is_empty() { "-".to_owned() } else { each.join(", ") };
        let peak = run.gemm_gflops.map_or_else(String::new, |peak| format!(", {peak:.0} GFLOP/s"));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {range} | {} | {each} | {} | {} | {memory} | {}, {}, {} threads{peak} |",
            run.task,
            what(run),
            run.model,
            run.metric,
            number(run.value),
            run.seeds,
            run.n,
            run.seconds.map_or_else(|| "-".to_owned(), duration),
            run.machine,
            run.isa,
            run.threads,
        );
    }
    text.push_str("\n## How each was measured\n\n```\n");
    let mut shown = BTreeSet::new(); // one command can give several numbers
    for run in runs {
        if shown.insert((&run.command, &run.commit)) {
            let _ = writeln!(
                text,
                "# {}, {}: {}, commit {}\n{}",
                what(run),
                run.model,
                run.date,
                run.commit,
                run.command
            );
        }
    }
    text.push_str("```\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::result;

    #[test]
    fn a_row_shows_interval_time_and_machine_and_below_it_the_command() {
        let text = table(&[result("ulmfit", 4.2), result("ulmfit", 5.0)]);
        let row = text.lines().nth(6).unwrap();
        let wanted = "| classify | trec6 | ulmfit | error % | 4.200 | 2.500 to 6.400 | 3 | - | 500 | 95 s | - | \
                      2 cores, avx512, 2 threads, 223 GFLOP/s |";
        assert_eq!(row, wanted);
        assert!(text.contains("# trec6, ulmfit: 2026-01-31, commit abc\nulmfit fit\n"));
        assert_eq!(text.matches("ulmfit fit").count(), 1);
    }
}
