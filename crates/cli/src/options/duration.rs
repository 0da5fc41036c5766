//! Times as people write them.

use std::time::Duration;

/// Seconds.
const YEAR: f64 = 365.0 * 86_400.0;

/// A time such as `500ms`, `1.5s`, `10m` or `2h`, at most a year; 0 is one, too.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    let (number, unit) = text.split_at(text.find(|c| !is_digit(c)).unwrap_or(text.len()));
    if unit.is_empty() && !number.is_empty() {
        return Err("give a unit, too: ms, s, m or h".into());
    }
    let number: f64 =
        number.parse().map_err(|_| "a time is a number and a unit, such as 10m".to_owned())?;
    let seconds = match unit {
        "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(format!("`{unit}` is not a unit of time; use ms, s, m or h")),
    };
    if seconds > YEAR {
        return Err("that is too long a time".into());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// A time above 0.
pub(crate) fn some_time(text: &str) -> Result<Duration, String> {
    match time(text)? {
        Duration::ZERO => Err("give a time above 0".into()),
        time => Ok(time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let millis = |text: &str| some_time(text).map(|time| time.as_millis());
        assert_eq!(millis("2ms"), Ok(2));
        assert_eq!(millis("0.5s"), Ok(500));
        assert_eq!(millis("90s"), Ok(90_000));
        assert_eq!(millis("2m"), Ok(120_000));
        assert_eq!(millis("1.5h"), Ok(5_400_000));
        let wrong = [
            "", "m", "10", "0s", "-2m", "3d", "2 m", "2m30s", "1.2.3s", ".s", "NaNs", "infs",
            "1e3s",
        ];
        for wrong in wrong {
            assert!(millis(wrong).is_err(), "{wrong}");
        }
        assert_eq!(time("0ms"), Ok(Duration::ZERO));
        assert!(time("9999999999999999999h").unwrap_err().contains("too long"));
        assert!(time("10").unwrap_err().contains("unit"));
    }
}
