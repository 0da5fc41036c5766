//! The log on standard error. It never contains texts of requests.

use crate::{LogFormat, LogLevel};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use ulmfit::printable::printable;

/// Severity of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Info,
    Warn,
    Error,
}

/// Where events go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    format: LogFormat,
    least: LogLevel,
}

impl Log {
    pub(crate) fn new(format: LogFormat, least: LogLevel) -> Self {
        Self { format, least }
    }

    pub(crate) fn info(self, event: &str, fields: &[(&str, Value)]) {
        self.write(Level::Info, event, fields);
    }

    pub(crate) fn warn(self, event: &str, fields: &[(&str, Value)]) {
        self.write(Level::Warn, event, fields);
    }

    pub(crate) fn error(self, event: &str, fields: &[(&str, Value)]) {
        self.write(Level::Error, event, fields);
    }

    /// Whether events of this severity are logged.
    fn has(self, level: Level) -> bool {
        level != Level::Info || self.least == LogLevel::Info
    }

    fn write(self, level: Level, event: &str, fields: &[(&str, Value)]) {
        if !self.has(level) {
            return;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let line = line(self.format, since, level, event, fields);
        // the server must go on if nobody reads the log
        _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn line(
    format: LogFormat,
    since: Duration,
    level: Level,
    event: &str,
    fields: &[(&str, Value)],
) -> String {
    let level = match level {
        Level::Info => "info",
        Level::Warn => "warning",
        Level::Error => "error",
    };
    let time = rfc3339(since);
    if format == LogFormat::Json {
        let mut object = Map::new();
        object.insert("time".into(), time.into());
        object.insert("level".into(), level.into());
        object.insert("event".into(), event.into());
        object.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        return format!("{}\n", Value::Object(object));
    }
    let mut line = format!("{time} {level}: {}", printable(event));
    for (name, value) in fields {
        let value = match value {
            Value::String(text) => printable(text).into_owned(),
            other => other.to_string(),
        };
        _ = write!(line, " {name}={value}");
    }
    line.push('\n');
    line
}

/// Time in UTC with milliseconds, in the format of RFC 3339.
pub(crate) fn rfc3339(since: Duration) -> String {
    let seconds = since.as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // days to a date: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    let millis = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        let of = |seconds| rfc3339(Duration::from_secs(seconds));
        assert_eq!(of(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(of(951_782_399), "2000-02-28T23:59:59.000Z");
        assert_eq!(of(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(of(1_772_323_199), "2026-02-28T23:59:59.000Z");
        assert_eq!(of(1_772_323_200), "2026-03-01T00:00:00.000Z");
    }

    #[test]
    fn a_line_is_a_line() {
        let fields = [("path", Value::from("/a\n\u{1b}[2J")), ("status", Value::from(404))];
        let zero = Duration::ZERO;
        let text = line(LogFormat::Text, zero, Level::Warn, "request", &fields);
        let wanted = "1970-01-01T00:00:00.000Z warning: request path=/a\\n\\u{1b}[2J status=404\n";
        assert_eq!(text, wanted);
        let json = line(LogFormat::Json, zero, Level::Info, "request", &fields);
        assert_eq!(json.lines().count(), 1);
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["path"], "/a\n\u{1b}[2J");
        assert_eq!(json["level"], "info");
    }

    #[test]
    fn a_quiet_log_keeps_its_format() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let log = Log::new(format, LogLevel::Warning);
            assert!(!log.has(Level::Info) && log.has(Level::Warn) && log.has(Level::Error));
            assert_eq!(log.format, format);
            assert!(Log::new(format, LogLevel::Info).has(Level::Info));
        }
    }
}
