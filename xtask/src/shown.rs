//! A run in the words of a table.

use crate::results::Run;

/// On what a run was measured.
pub(crate) fn what(run: &Run) -> String {
    let labels = run.labels.map_or_else(String::new, |labels| format!(", {labels} labels"));
    format!("{}{labels}", run.dataset)
}

/// A value with its interval.
pub(crate) fn cell(run: &Run) -> String {
    let short = |value: f64| {
        if run.metric.contains('%') { format!("{value:.1}") } else { digits(value, 3) }
    };
    let range = |[low, high]: [f64; 2]| format!(" ({}–{})", short(low), short(high));
    format!("{}{}", short(run.value), run.ci95.map_or_else(String::new, range))
}

/// Four significant digits, and no fewer before the point.
pub(crate) fn number(value: f64) -> String {
    digits(value, 4)
}

/// So many significant digits, and no fewer before the point.
fn digits(value: f64, count: i32) -> String {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = usize::try_from((count - 1 - magnitude).clamp(0, 6)).unwrap_or(0);
    format!("{value:.decimals$}")
}

pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        assert_eq!(
            [0.0, 0.01234, 4.2, 57.3, 48_123.4].map(number),
            ["0.000", "0.01234", "4.200", "57.30", "48123"]
        );
        assert_eq!([61.4, 600.0, 9_000.0].map(duration), ["61 s", "10 min", "2.5 h"]);
    }
}
