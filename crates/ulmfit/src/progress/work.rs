//! What a job consists of, and how long it is expected to take.

/// The phases of a job in their order, each with its expected time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    /// One after the other.
    pub phases: Vec<WorkPhase>,
}

/// A phase of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkPhase {
    /// For people: "fine-tune the language model".
    pub title: String,
    /// Names of its trainings ([`StageName::name`](super::StageName::name)), which run side by side;
    /// none for work without updates.
    pub tasks: Vec<String>,
    /// Expected wall time in seconds.
    pub seconds: f64,
}

impl Work {
    /// Expected wall time of all phases in seconds.
    pub fn seconds(&self) -> f64 {
        self.phases.iter().map(|phase| phase.seconds).sum()
    }

    /// The time, and the phases that take most of it: "about 4 min: train the classifier 3 min, ...".
    pub fn words(&self) -> String {
        let total = self.seconds();
        let mut parts: Vec<(&str, f64)> = Vec::new();
        for phase in &self.phases {
            match parts.iter_mut().find(|(title, _)| *title == phase.title) {
                Some((_, seconds)) => *seconds += phase.seconds,
                None => parts.push((&phase.title, phase.seconds)),
            }
        }
        parts.retain(|(_, seconds)| *seconds >= LEAST_SHARE * total && *seconds >= LEAST_SECONDS);
        let time = about(total);
        if parts.len() < 2 {
            return time;
        }
        let named = parts.iter().map(|(title, seconds)| format!("{title} {}", rounded(*seconds)));
        format!("{time}: {}", named.collect::<Vec<_>>().join(", "))
    }
}

/// Phases that take less are not named.
const LEAST_SHARE: f64 = 0.05;
/// As above, in seconds.
const LEAST_SECONDS: f64 = 2.0;

/// A time in words, as exact as an estimate is: "about 4 min".
pub fn about(seconds: f64) -> String {
    if seconds < 10.0 { "a few seconds".into() } else { format!("about {}", rounded(seconds)) }
}

fn rounded(seconds: f64) -> String {
    let minutes = seconds / 60.0;
    match seconds {
        ..10.0 => format!("{:.0} s", seconds.max(1.0)),
        ..57.5 => format!("{:.0} s", 5.0 * (seconds / 5.0).round()),
        ..165.0 => format!("{} min", (2.0 * minutes).round() / 2.0),
        ..3_570.0 => format!("{minutes:.0} min"),
        ..36_000.0 => {
            let tens = (minutes / 10.0).round() as u64;
            match (tens / 6, 10 * (tens % 6)) {
                (hours, 0) => format!("{hours} h"),
                (hours, minutes) => format!("{hours} h {minutes} min"),
            }
        }
        _ => format!("{:.0} h", minutes / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(title: &str, seconds: f64) -> WorkPhase {
        WorkPhase { title: title.to_owned(), tasks: Vec::new(), seconds }
    }

    #[test]
    fn times_are_as_exact_as_estimates_are() {
        let words = [
            (0.2, "a few seconds"),
            (12.2, "about 10 s"),
            (58.0, "about 1 min"),
            (100.0, "about 1.5 min"),
            (235.0, "about 4 min"),
            (3_599.0, "about 1 h"),
            (4_700.0, "about 1 h 20 min"),
            (80_000.0, "about 22 h"),
        ];
        for (seconds, expected) in words {
            assert_eq!(about(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn phases_of_one_title_are_one_and_small_ones_are_not_named() {
        let phases = vec![
            phase("learn", 100.0),
            phase("fold", 60.0),
            phase("fold", 60.0),
            phase("save", 3.0),
        ];
        assert_eq!(Work { phases }.words(), "about 4 min: learn 1.5 min, fold 2 min");
        assert_eq!(Work { phases: vec![phase("learn", 30.0)] }.words(), "about 30 s");
    }
}
