//! Times as people write them.

use std::str::FromStr;
use std::time::Duration;

/// A time such as `90s`, `10m` or `2h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DurationArg(pub(crate) Duration);

impl FromStr for DurationArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match number_and_unit(text, "a time like 10m")? {
            (_, "") => Err("give a unit, too: s, m or h".into()),
            (number, unit) => duration(number, unit).map(Self),
        }
    }
}

/// A whole number above 0, and what follows it. `wanted` says what is expected, for messages.
pub(super) fn number_and_unit<'a>(text: &'a str, wanted: &str) -> Result<(u64, &'a str), String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    match number.parse() {
        Ok(0) => Err("give a number above 0".into()),
        Ok(number) => Ok((number, unit)),
        Err(_) => Err(format!("give {wanted}")),
    }
}

/// A number of seconds, minutes or hours.
pub(super) fn duration(number: u64, unit: &str) -> Result<Duration, String> {
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(format!("`{unit}` is not a unit of time; use s, m or h")),
    };
    let seconds = number.checked_mul(seconds).ok_or("that is too long a time")?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        let seconds = |text: &str| text.parse::<DurationArg>().map(|time| time.0.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("2m"), Ok(120));
        assert_eq!(seconds("1h"), Ok(3600));
        for wrong in
            ["", "m", "10", "0s", "1.5h", "-2m", "3d", "2 m", "2m30s", "99999999999999999999h"]
        {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert!(seconds("9999999999999999999h").unwrap_err().contains("too long"));
    }
}
