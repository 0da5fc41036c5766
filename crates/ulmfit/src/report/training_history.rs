//! Curves of a training, thinned for drawing.

use crate::train::{Event, Phase, Plan, Validation};
use serde::Serialize;
use std::io::{self, BufRead};

/// Losses and learning rates of a training, read from its `metrics.jsonl`.
///
/// That file has every update exactly once, however often the run was interrupted, so the curves
/// are those of a run that was not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingHistory {
    /// For people: "fine-tune the language model, forward".
    pub title: String,
    /// Updates made.
    pub steps: u64,
    /// Names of the groups of layers, lowest first.
    pub groups: Vec<String>,
    /// Training loss with dropout: means of neighbouring updates.
    pub loss: Curve,
    /// Every epoch.
    pub epochs: Vec<EpochScore>,
    /// Learning rates of each group; `None` while it is frozen.
    pub rates: Vec<GroupRates>,
    /// How often the run was rolled back because of NaN or infinity.
    pub rollbacks: usize,
}

/// Values over the update.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curve {
    /// Updates, rising.
    pub steps: Vec<f64>,
    /// One value per update.
    pub values: Vec<f64>,
}

impl Curve {
    /// Pairs of both.
    pub fn points(&self) -> Vec<(f64, f64)> {
        self.steps.iter().copied().zip(self.values.iter().copied()).collect()
    }
}

/// An epoch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpochScore {
    /// Updates at its end.
    pub step: u64,
    /// Mean training loss with dropout.
    pub train_loss: f64,
    /// Held-out figures.
    pub valid: Option<Validation>,
    /// Number of trainable groups.
    pub learning: usize,
}

/// Learning rates at an update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupRates {
    /// The update.
    pub step: u64,
    /// One per group, lowest first; `None` if it is frozen.
    pub rates: Vec<Option<f64>>,
}

/// Approximate maximum number of points in a curve.
const POINTS: u64 = 240;

impl TrainingHistory {
    /// Reads the lines of a training that followed `plan`; `groups` names its groups.
    ///
    /// # Errors
    /// Those of the reader, and [`io::ErrorKind::InvalidData`] for a line that is not an event.
    pub fn read(
        lines: impl BufRead,
        title: &str,
        plan: &Plan,
        groups: Vec<String>,
    ) -> io::Result<Self> {
        let mut course = Self {
            title: title.to_owned(),
            steps: 0,
            groups,
            loss: Curve::default(),
            epochs: Vec::new(),
            rates: Vec::new(),
            rollbacks: 0,
        };
        let (mut bucket, mut last) = (Bucket::default(), None);
        for line in lines.lines() {
            match serde_json::from_str(&line?)? {
                Event::Step { step, steps, phase, loss, lr, .. } => {
                    let stride = steps.div_ceil(POINTS).max(1);
                    course.steps = step;
                    bucket.add(step, loss);
                    if bucket.updates == stride {
                        bucket.empty_into(&mut course.loss);
                    }
                    let now = group_rates(plan.phases.get(phase), step, lr);
                    match last.replace((phase, now.clone())) {
                        None => course.push(now),
                        // both ends of a phase are kept, so that a jump stays one
                        Some((before, end)) if before != phase => {
                            course.push(end);
                            course.push(now);
                        }
                        Some(_) if step.is_multiple_of(stride) => course.push(now),
                        Some(_) => {}
                    }
                }
                Event::Epoch { step, phase, train_loss, valid, .. } => {
                    let learning = plan.phases.get(phase).map_or(0, learning);
                    course.epochs.push(EpochScore { step, train_loss, valid, learning });
                }
                Event::RolledBack { .. } => course.rollbacks += 1,
                _ => {}
            }
        }
        bucket.empty_into(&mut course.loss);
        if let Some((_, end)) = last {
            course.push(end);
        }
        Ok(course)
    }

    /// Adds rates, once an update.
    fn push(&mut self, rates: GroupRates) {
        if self.rates.last().is_none_or(|last| last.step < rates.step) {
            self.rates.push(rates);
        }
    }
}

/// Neighbouring updates on their way to a point.
#[derive(Default)]
struct Bucket {
    updates: u64,
    steps: f64,
    losses: f64,
}

impl Bucket {
    fn add(&mut self, step: u64, loss: f64) {
        self.updates += 1;
        self.steps += step as f64;
        self.losses += loss;
    }

    fn empty_into(&mut self, curve: &mut Curve) {
        if self.updates > 0 {
            curve.steps.push(self.steps / self.updates as f64);
            curve.values.push(self.losses / self.updates as f64);
        }
        *self = Self::default();
    }
}

/// The rates of all groups when that of the highest is `lr`.
fn group_rates(phase: Option<&Phase>, step: u64, lr: f64) -> GroupRates {
    let rates = phase.map_or(Vec::new(), |Phase { rates, trainable, .. }| {
        let highest = rates.last().copied().unwrap_or(lr);
        let rate = |group: usize| trainable.group(group).then(|| lr * rates[group] / highest);
        (0..rates.len()).map(rate).collect()
    });
    GroupRates { step, rates }
}

fn learning(phase: &Phase) -> usize {
    (0..phase.trainable.groups()).filter(|&group| phase.trainable.group(group)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TrainableGroups;
    use crate::optim::OptimizerConfig;
    use crate::schedule::ScheduleConfig;
    use std::fmt::Write;
    use ulmfit_ops::Key;

    fn plan() -> Plan {
        let phase = |trainable| Phase {
            epochs: 1,
            trainable,
            rates: vec![0.1, 0.2],
            schedule: ScheduleConfig::default(),
        };
        Plan {
            phases: vec![phase(TrainableGroups::top(2, 1)), phase(TrainableGroups::all(2))],
            optimizer: OptimizerConfig::default(),
            weight_decay: 0.0,
            clip: None,
            accumulate: 1,
            patience: None,
            keep_best: false,
            key: Key::new(1),
        }
    }

    /// Two phases of this many updates, whose loss is the number of the update.
    fn metrics(updates: u64) -> String {
        let mut text = String::new();
        for step in 1..=2 * updates {
            let phase = usize::from(step > updates);
            let (steps, epoch) = (2 * updates, phase);
            let event = Event::Step {
                step,
                steps,
                phase,
                epoch,
                loss: step as f64,
                lr: 0.2 / step as f64,
                mom: None,
                grad_norm: 1.0,
                tokens: 8,
            };
            writeln!(text, "{}", serde_json::to_string(&event).unwrap()).unwrap();
            if step % updates == 0 {
                let valid = Some(Validation { loss: 0.5, ..Validation::default() });
                let event = Event::Epoch {
                    step,
                    phase,
                    epoch,
                    epochs: 2,
                    train_loss: 1.0,
                    valid,
                    best: true,
                };
                writeln!(text, "{}", serde_json::to_string(&event).unwrap()).unwrap();
            }
        }
        text
    }

    fn read(text: &str) -> io::Result<TrainingHistory> {
        TrainingHistory::read(text.as_bytes(), "t", &plan(), vec!["low".into(), "high".into()])
    }

    #[test]
    fn a_short_run_is_kept_whole() {
        let course = read(&metrics(3)).unwrap();
        assert_eq!(course.loss.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(course.loss.steps, course.loss.values);
        let epochs: Vec<_> = course.epochs.iter().map(|e| (e.step, e.learning)).collect();
        assert_eq!(epochs, [(3, 1), (6, 2)]);
        let steps: Vec<u64> = course.rates.iter().map(|rates| rates.step).collect();
        assert_eq!(steps, [1, 2, 3, 4, 5, 6]);
        let near = |found: Option<f64>, wanted: f64| (found.unwrap() / wanted - 1.0).abs() < 1e-12;
        let [alone, both] = [&course.rates[2].rates, &course.rates[3].rates];
        assert!(alone[0].is_none() && near(alone[1], 0.2 / 3.0), "{alone:?}");
        assert!(near(both[0], 0.1 / 4.0) && near(both[1], 0.2 / 4.0), "{both:?}");
    }

    #[test]
    fn a_long_run_is_thinned_and_its_phases_keep_their_ends() {
        let course = read(&metrics(5_000)).unwrap();
        assert_eq!(course.steps, 10_000);
        assert!(course.loss.values.len() <= 240, "{}", course.loss.values.len());
        let mean = course.loss.values[0];
        assert!((mean - 21.5).abs() < 1e-9, "the first 42 updates: {mean}");
        let steps: Vec<u64> = course.rates.iter().map(|rates| rates.step).collect();
        assert!(steps.len() <= 244 && steps.is_sorted(), "{}", steps.len());
        for end in [1, 5_000, 5_001, 10_000] {
            assert!(steps.contains(&end), "{end} is missing");
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        assert!(read("{\"event\": \"step\"").is_err());
        assert_eq!(read("").unwrap().steps, 0);
    }
}
