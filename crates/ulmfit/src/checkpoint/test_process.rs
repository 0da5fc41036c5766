//! Tests that need a process of their own.

use std::process::{Command, Output};

/// Runs one test of this binary again, in a child with this environment.
pub(crate) fn run_alone(test: &str, variables: &[(&str, &str)]) -> Output {
    child(Command::new(std::env::current_exe().unwrap()), test, variables)
}

/// The same below a shell that first executes `setup`, such as a limit.
#[cfg(all(unix, feature = "train"))]
pub(crate) fn run_limited(setup: &str, test: &str, variables: &[(&str, &str)]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{setup}; exec \"$0\" \"$@\"")]);
    shell.arg(std::env::current_exe().unwrap());
    child(shell, test, variables)
}

fn child(mut command: Command, test: &str, variables: &[(&str, &str)]) -> Output {
    let output = command
        .args(["--exact", test, "--test-threads=1", "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("running 0 tests"), "there is no test {test}");
    output
}

/// Runs `body` in a process of its own and asserts that it takes at most 64 MiB on top of its
/// input.
pub(crate) fn within_64_mib<T>(test: &str, input: impl FnOnce() -> T, body: impl FnOnce(T)) {
    const VARIABLE: &str = "ULMFIT_TEST_ALONE";
    if std::env::var(VARIABLE).is_ok_and(|alone| alone == test) {
        let input = input();
        let before = peak_kib();
        body(input);
        let growth = peak_kib() - before;
        assert!(growth <= 64 << 10, "{test} took {growth} KiB");
    } else {
        let output = run_alone(test, &[(VARIABLE, test)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Highest resident memory of this process so far; 0 where the system does not tell.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap())
}
