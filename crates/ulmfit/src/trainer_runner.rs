//! The runner of a [`Trainer`]: where it keeps its state, and whose state that is.

use crate::run::{Progress, Runner, claim, run_folder};
use crate::trainer::Stages;
use crate::{Error, Method, Trainer};
use serde_json::json;

impl Trainer {
    /// A runner that keeps its state beside the output, which must be free.
    pub(crate) fn runner<'a>(
        &self,
        method: Method,
        progress: &'a mut dyn Progress,
    ) -> Result<Runner<'a>, Error> {
        if let Some(output) = &self.output {
            claim(output, self.overwrite)?;
        }
        let run = self.output.as_deref().map(run_folder);
        let command = match self.stages {
            Stages::All => json!({
                "command": "fit",
                "method": method.name(),
                "time": self.time_budget.map(|time| time.as_secs_f64()),
            }),
            Stages::Classifier => json!({ "command": "train" }),
        };
        Runner::new(progress, run, self.checkpoint_interval)
            .with_on_nan(self.on_nan)?
            .for_command(command)
    }
}
