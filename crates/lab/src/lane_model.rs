//! What a training step with lanes should take on more threads, from what was measured
//! (`docs/internals/many-cores.md`).

use serde::Serialize;
use std::time::Instant;

/// What the model knows of a machine and a network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LaneModel {
    /// Seconds of a step with one lane on one thread.
    pub alone: f64,
    /// By what part of that a step grows each time that the number of lanes doubles, on one thread.
    pub cost_of_doubling: f64,
    /// Loops over all threads in a step, at the end of which all wait for the slowest.
    pub loops: usize,
    /// Seconds until all threads have taken part in nothing, for each doubling of their number.
    pub wait: f64,
    /// Share of a step that more threads do not make shorter, from the measured step with one lane and
    /// most threads; 0 if only one thread was measured.
    pub serial: f64,
}

impl LaneModel {
    /// Seconds of a step.
    pub fn seconds(&self, threads: usize, lanes: usize) -> f64 {
        let together = lanes.min(threads);
        let rounds = lanes.div_ceil(together) as f64;
        let each = threads as f64 / together as f64; // threads of a lane
        let doublings = (lanes as f64).log2();
        let lane = self.alone * (1.0 + self.cost_of_doubling * doublings) / lanes as f64;
        let divided = self.serial + (1.0 - self.serial) / each;
        rounds * (lane * divided + self.loops as f64 * self.wait * each.log2())
    }

    /// Finds the serial share that explains a measured step with one lane.
    #[must_use]
    pub fn with_serial_from(self, threads: usize, seconds: f64) -> Self {
        let waiting = self.loops as f64 * self.wait * (threads as f64).log2();
        let (share, part) = ((seconds - waiting) / self.alone, 1.0 / threads as f64);
        let serial = if threads > 1 { (share - part) / (1.0 - part) } else { 0.0 };
        Self { serial: serial.clamp(0.0, 1.0), ..self }
    }
}

/// Loops over all threads in a step of an LSTM language model: for each layer and time step, a product and the
/// gates, forward and backward.
pub(crate) fn loops(layers: usize, steps: usize) -> usize {
    4 * layers * steps
}

/// Seconds until all threads of this pool have taken part in nothing: the median of many. A loop of empty tasks would
/// not tell, since one thread ends them before the others are awake.
pub fn wait_seconds() -> f64 {
    let seconds = || {
        let started = Instant::now();
        rayon::broadcast(|_| ());
        started.elapsed().as_secs_f64()
    };
    let mut all: Vec<f64> = (0..2001).map(|_| seconds()).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: LaneModel =
        LaneModel { alone: 8.0, cost_of_doubling: 0.05, loops: 1000, wait: 1e-5, serial: 0.1 };

    fn is(found: f64, wanted: f64) {
        assert!((found / wanted - 1.0).abs() < 1e-12, "{found}, not {wanted}");
    }

    #[test]
    fn one_lane_follows_amdahl_and_waits() {
        is(MODEL.seconds(1, 1), 8.0);
        is(MODEL.seconds(4, 1), 8.0 * (0.1 + 0.9 / 4.0) + 1000.0 * 1e-5 * 2.0);
    }

    #[test]
    fn lanes_on_threads_of_their_own_wait_for_nobody() {
        is(MODEL.seconds(4, 4), 8.0 * 1.1 / 4.0);
        // two after the other on each thread
        is(MODEL.seconds(2, 4), 8.0 * 1.1 / 2.0);
        // two threads for each
        is(MODEL.seconds(8, 4), 8.0 * 1.1 / 4.0 * 0.55 + 1000.0 * 1e-5);
    }

    #[test]
    fn the_serial_share_explains_what_it_was_taken_from() {
        let model = MODEL.with_serial_from(2, 5.0);
        is(model.seconds(2, 1), 5.0);
        assert_eq!(MODEL.with_serial_from(1, 8.0).serial.to_bits(), 0);
        assert_eq!(MODEL.with_serial_from(2, 1.0).serial.to_bits(), 0, "faster than it can be");
    }

    #[test]
    fn waiting_takes_time() {
        let seconds = wait_seconds();
        assert!(seconds > 0.0 && seconds.is_finite(), "{seconds}");
    }
}
