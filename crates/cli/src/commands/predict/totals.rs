//! What the user is told about all predictions at the end.

use crate::progress::Terminal;
use ulmfit::Decision;
use ulmfit::data::{Place, Record};
use ulmfit::run::Progress;

/// Counts of predictions.
#[derive(Default)]
pub(super) struct Totals {
    rows: u64,
    abstained: u64,
    /// Sets of one label, and of another number of them.
    sets: [u64; 2],
    /// Texts of unknown words only, and the first of them.
    silent: (u64, Option<Place>),
}

impl Totals {
    pub(super) fn add(&mut self, record: &Record, found: &Decision) {
        self.rows += 1;
        self.abstained += u64::from(found.abstained);
        if let Some(set) = found.set.as_ref().filter(|_| !found.abstained) {
            self.sets[usize::from(set.len() != 1)] += 1;
        }
        if found.no_known_word && !record.is_blank() {
            self.silent.0 += 1;
            self.silent.1.get_or_insert_with(|| record.place.clone());
        }
    }

    /// Says how many texts were answered under a rule.
    pub(super) fn tell_of_rule(&self, terminal: &mut Terminal) {
        let Self { rows, abstained, sets, .. } = *self;
        if rows == 0 {
            return;
        }
        let rest = if abstained > 0 { "; the others are left to a person" } else { "" };
        let sets = match sets {
            [0, 0] => String::new(),
            [one, others] => {
                format!("; {one} of the sets have exactly one label, {others} have none or several")
            }
        };
        terminal.note(&format!("answered {} of {rows} texts{rest}{sets}", rows - abstained));
    }

    /// Warns of texts without a known word; `advice` says what becomes of them.
    pub(super) fn tell_of_silence(&self, advice: &str, terminal: &mut Terminal) {
        let (count, Some(first)) = &self.silent else { return };
        let texts =
            if *count == 1 { "1 text has".to_owned() } else { format!("{count} texts have") };
        terminal
            .warn(&format!("{texts} no word that the model knows, the first at {first}; {advice}"));
    }
}
