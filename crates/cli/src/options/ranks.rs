//! Training on several machines.

use std::sync::Arc;
use ulmfit::Error;
use ulmfit::train::Ranks;

/// Whether the processes of `mpirun` train together.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Run")]
pub(crate) struct RanksOption {
    /// Train together with the other processes of `mpirun` or `srun`: each computes its part of the
    /// lanes, and the result is the same, bit for bit (needs a program built with MPI)
    #[arg(long)]
    mpi: bool,
}

impl RanksOption {
    /// The processes.
    pub(crate) fn ranks(&self) -> Result<Arc<dyn Ranks>, Error> {
        crate::ranks::of(self.mpi)
    }
}
