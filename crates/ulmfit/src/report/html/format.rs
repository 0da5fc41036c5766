//! Numbers for people.

/// 84.2 %
pub(super) fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}

/// 84.2, where the head of the column says per cent.
pub(super) fn points(part: f64) -> String {
    format!("{:.1}", 100.0 * part)
}

/// 80.7 to 87.3
pub(super) fn interval([low, high]: [f64; 2]) -> String {
    format!("{:.1} to {:.1}", 100.0 * low, 100.0 * high)
}

/// 0.4031 to 0.5123; a dash where there is only one row.
pub(super) fn plain_interval([low, high]: [f64; 2]) -> String {
    if low.is_finite() { format!("{low:.4} to {high:.4}") } else { "–".to_owned() }
}

/// 1,224
pub(super) fn count(n: impl TryInto<u64>) -> String {
    let digits = n.try_into().unwrap_or(u64::MAX).to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 1 row, 2 rows
pub(super) fn counted(n: usize, thing: &str) -> String {
    format!("{} {thing}{}", count(n), if n == 1 { "" } else { "s" })
}

/// 8 s, 3 min 20 s, 2 h 5 min
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0_u64, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(1500, "row"), "1,500 rows");
        assert_eq!(duration(3.26), "3.3 s");
        assert_eq!([59.4, 200.0, 7500.0].map(duration), ["59 s", "3 min 20 s", "2 h 5 min"]);
        assert_eq!(interval([0.807, 0.8733]), "80.7 to 87.3");
        assert_eq!(percent(1.0), "100.0 %");
    }
}
