//! Processes of this program that outlive the workbench.
//!
//! A job's output goes to files, so that it does not need a reader. Its standard output holds a lock
//! (`flock`), which the process inherits: it is released when the process ends, however it ends. So a
//! workbench that was killed and started again knows which jobs still run, and the process id in the
//! file is that of the job as long as the lock is held.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A job's place: three files in the folder of jobs.
#[derive(Clone, Debug)]
pub(super) struct Job {
    jobs: PathBuf,
    name: String,
}

impl Job {
    /// The job of this name; it need not have been started.
    pub(super) fn new(folder: &Path, name: impl Into<String>) -> Self {
        Self { jobs: folder.join("jobs"), name: name.into() }
    }

    /// Its standard output.
    pub(super) fn out(&self) -> PathBuf {
        self.jobs.join(format!("{}.out", self.name))
    }

    /// Its standard error.
    pub(super) fn log(&self) -> PathBuf {
        self.jobs.join(format!("{}.log", self.name))
    }

    fn pid(&self) -> PathBuf {
        self.jobs.join(format!("{}.pid", self.name))
    }

    /// Starts it.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::ResourceBusy`] if it runs already.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<Child> {
        std::fs::create_dir_all(&self.jobs)?;
        let out = OpenOptions::new().create(true).truncate(false).append(true).open(self.out())?;
        lock_soon(&out)?;
        out.set_len(0)?;
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        // a group of its own: Ctrl-C in the terminal of the workbench is not for it
        command.stdin(Stdio::null()).stdout(out).stderr(log).process_group(0);
        let mut child = command.spawn()?;
        // our copies of the files are closed with the command's
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let written = File::create(self.pid()).and_then(|mut file| write!(file, "{}", child.id()));
        if let Err(error) = written {
            // nobody could stop it later
            _ = child.kill();
            _ = child.wait();
            return Err(error);
        }
        Ok(child)
    }

    /// Whether it runs.
    pub(super) fn is_running(&self) -> bool {
        File::open(self.out())
            .is_ok_and(|out| matches!(out.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Asks it to stop. A training saves a checkpoint first.
    ///
    /// # Errors
    /// The system's, for instance when it ends at this moment.
    pub(super) fn stop(&self) -> io::Result<()> {
        if !self.is_running() {
            return Ok(());
        }
        let text = std::fs::read_to_string(self.pid())?;
        let pid = text.trim().parse().ok().and_then(Pid::from_raw);
        let pid = pid.ok_or(io::ErrorKind::InvalidData)?;
        Ok(kill_process(pid, Signal::TERM)?)
    }

    /// Waits for its end, whoever started it.
    pub(super) fn wait(&self, child: Option<Child>) {
        if let Some(mut child) = child {
            _ = child.wait();
        }
        if let Ok(out) = File::open(self.out()) {
            _ = out.lock_shared();
        }
    }

    /// Forgets what it wrote.
    pub(super) fn clear(&self) {
        for path in [self.log(), self.pid()] {
            _ = std::fs::remove_file(path);
        }
    }
}

/// Takes the lock. Whoever looks whether the job runs has a share of it for a moment.
fn lock_soon(out: &File) -> io::Result<()> {
    for _ in 0..20 {
        match out.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn eventually(mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn who_looks_is_not_in_the_way() {
        let place = tempfile::tempdir().unwrap();
        let job = Job::new(place.path(), "true");
        job.wait(Some(job.start(&mut Command::new("true")).unwrap()));
        let looking = File::open(job.out()).unwrap();
        looking.lock_shared().unwrap();
        assert!(!job.is_running());
        let letting_go = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            drop(looking);
        });
        job.wait(Some(job.start(&mut Command::new("true")).unwrap()));
        letting_go.join().unwrap();
    }

    #[test]
    fn it_runs_until_it_is_stopped_or_has_done() {
        let place = tempfile::tempdir().unwrap();
        let job = Job::new(place.path(), "sleep");
        assert!(!job.is_running());
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; echo told >&2; exec sleep 100"]);
        let child = job.start(&mut command).unwrap();
        eventually(|| std::fs::read_to_string(job.out()).unwrap() == "begun\n");
        assert!(job.is_running());
        let twice = job.start(&mut Command::new("true")).unwrap_err();
        assert_eq!(twice.kind(), io::ErrorKind::ResourceBusy);
        // another workbench finds the same job by its name
        let found = Job::new(place.path(), "sleep");
        found.stop().unwrap();
        job.wait(Some(child));
        eventually(|| !found.is_running());
        assert_eq!(std::fs::read_to_string(job.log()).unwrap(), "told\n");
        let child = job.start(Command::new("sh").args(["-c", "echo again"])).unwrap();
        job.wait(Some(child));
        assert_eq!(std::fs::read_to_string(job.out()).unwrap(), "again\n");
    }
}
