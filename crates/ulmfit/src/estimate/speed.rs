//! The speed of a training.

use crate::train::measure::UpdateTime;

/// Seconds of an update, as a linear function of its tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Speed {
    /// Seconds of a token.
    pub(crate) per_token: f64,
    /// Seconds of an update besides.
    pub(crate) per_update: f64,
}

impl Speed {
    /// From an update with few tokens and one with more.
    pub(crate) fn of(few: UpdateTime, more: UpdateTime) -> Self {
        let tokens = more.tokens as f64 - few.tokens as f64;
        // measurements are noisy: a token is neither free nor all that takes time
        let most = more.batch / more.tokens.max(1) as f64;
        let per_token = if tokens > 0.0 {
            ((more.batch - few.batch) / tokens).clamp(0.5 * most, most)
        } else {
            most
        };
        let besides = (more.batch - per_token * more.tokens as f64).max(0.0);
        Self { per_token, per_update: besides + few.update.min(more.update) }
    }

    /// From the times of two updates; none if they could not be measured.
    pub(crate) fn of_two(times: &[UpdateTime]) -> Self {
        match *times {
            [few, more] => Self::of(few, more),
            _ => Self::default(),
        }
    }

    /// Seconds of so many updates with so many tokens in all.
    pub(crate) fn seconds(&self, tokens: f64, updates: f64) -> f64 {
        self.per_token * tokens + self.per_update * updates
    }

    /// That of two trainings side by side, or one after the other.
    pub(crate) fn with(self, other: Self, together: Together) -> Self {
        Self {
            per_token: together.seconds(self.per_token, other.per_token),
            per_update: together.seconds(self.per_update, other.per_update),
        }
    }
}

/// How several trainings are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Together {
    /// At the same time.
    SideBySide,
    /// One after the other.
    InTurn,
}

impl Together {
    /// Seconds of both.
    pub(crate) fn seconds(self, one: f64, other: f64) -> f64 {
        match self {
            Self::SideBySide => one.max(other),
            Self::InTurn => one + other,
        }
    }

    /// How so many trainings are run on the present threads.
    pub(crate) fn of(trainings: usize) -> Self {
        if rayon::current_num_threads() < trainings { Self::InTurn } else { Self::SideBySide }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_updates_make_a_line() {
        let time = |tokens, batch| UpdateTime { tokens, batch, update: 0.5 };
        let speed = Speed::of(time(100, 2.0), time(300, 4.0));
        assert!((speed.per_token - 0.01).abs() < 1e-12);
        assert!((speed.seconds(1000.0, 2.0) - 13.0).abs() < 1e-9);
        // the longer one was not slower: what is left is at most all of it
        let noisy = Speed::of(time(100, 4.0), time(300, 3.0));
        assert!((noisy.per_token - 0.005).abs() < 1e-12, "{noisy:?}");
        let pair = speed.with(noisy, Together::SideBySide);
        assert!((pair.per_token - 0.01).abs() < 1e-12);
        assert!((speed.with(noisy, Together::InTurn).per_token - 0.015).abs() < 1e-12);
    }
}
