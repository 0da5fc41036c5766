//! The other processes of `mpirun`, where `--mpi` asks for them.
//!
//! MPI starts before the command line is parsed, so that what is wrong with it is said once.

#[cfg(not(feature = "mpi"))]
pub(crate) use without::{abort, begin_report, end, of, start};

#[cfg(feature = "mpi")]
pub(crate) use with::{abort, begin_report, end, of, start};

#[cfg(feature = "mpi")]
mod with {
    use std::sync::{Arc, OnceLock};
    use ulmfit::Error;
    use ulmfit::train::Ranks;
    use ulmfit::train::ranks::Alone;
    use ulmfit_mpi::Mpi;

    static MPI: OnceLock<Arc<Mpi>> = OnceLock::new();

    /// Waits for the other processes, if the command line has `--mpi`.
    pub(crate) fn start() {
        if std::env::args_os().any(|word| word == "--mpi")
            && let Some(mpi) = Mpi::start()
        {
            if mpi.rank() > 0 {
                crate::stderr::be_silent();
            }
            MPI.get_or_init(|| Arc::new(mpi));
        }
    }

    /// The ranks of a training.
    pub(crate) fn of(asked: bool) -> Result<Arc<dyn Ranks>, Error> {
        match MPI.get().filter(|_| asked) {
            Some(mpi) => Ok(Arc::clone(mpi) as Arc<dyn Ranks>),
            None => Ok(Arc::new(Alone)),
        }
    }

    /// An error is about to be reported, by one rank.
    pub(crate) fn begin_report() {
        if MPI.get().is_some() {
            crate::stderr::hold();
        }
    }

    /// All ranks end with the same exit code.
    pub(crate) fn end(code: u8) -> u8 {
        MPI.get().map_or(code, |mpi| mpi.end(code, crate::stderr::release))
    }

    /// After a panic, which has been reported: ends all ranks.
    pub(crate) fn abort() -> u8 {
        MPI.get().map_or(1, |mpi| mpi.abort(1))
    }
}

#[cfg(not(feature = "mpi"))]
mod without {
    use std::sync::Arc;
    use ulmfit::Error;
    use ulmfit::train::Ranks;
    use ulmfit::train::ranks::Alone;

    pub(crate) fn start() {}

    pub(crate) fn of(asked: bool) -> Result<Arc<dyn Ranks>, Error> {
        if !asked {
            return Ok(Arc::new(Alone));
        }
        Err(Error::Usage {
            message: "this program was built without MPI".into(),
            hint: Some(
                "build it with `cargo build --release -p ulmfit-cli --features mpi`, which needs \
                 Open MPI or MPICH and libclang"
                    .into(),
            ),
        })
    }

    pub(crate) fn begin_report() {}

    pub(crate) fn end(code: u8) -> u8 {
        code
    }

    pub(crate) fn abort() -> u8 {
        1
    }
}
