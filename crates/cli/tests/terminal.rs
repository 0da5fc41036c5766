//! No training is lost to its terminal, and a signal may come twice.

use crate::common::{Place, SIZES, STEPS};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Two trainings side by side.
fn line() -> String {
    format!("pretrain texts.txt -o base --direction both --threads 2 -v {SIZES} {STEPS}")
        .replace("--epochs 1 ", "--epochs 4 ")
}

/// The exit code, or a failure where the program hangs.
fn ends(child: &mut Child) -> Option<i32> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_mins(2) {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("the program hangs");
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

fn weights(place: &Place) -> Vec<u8> {
    fs::read(place.path("base/model.safetensors")).unwrap()
}

#[test]
fn training_goes_on_when_nobody_reads_its_progress() {
    let whole = Place::new();
    whole.run(&line()).ok();

    let place = Place::new(); // as in `2>&1 | head -1`
    let mut child =
        place.command(&line()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut first).unwrap();
    assert!(!first.is_empty());
    assert_eq!(ends(&mut child), Some(0));
    assert_eq!(weights(&place), weights(&whole));

    let place = Place::new();
    let mut child = place.command(&line()).stderr(full()).spawn().unwrap();
    assert_eq!(ends(&mut child), Some(0));
    assert_eq!(weights(&place), weights(&whole));
}

#[test]
fn training_goes_on_when_tee_is_killed() {
    let place = Place::new();
    let mut tee = Command::new("tee")
        .arg(place.path("log"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let stderr: Stdio = tee.stdin.take().unwrap().into();
    let mut command = place.command(&line());
    let mut child = command.stderr(stderr).spawn().unwrap();
    drop(command); // the last writer of the pipe but the child
    let log = || fs::read_to_string(place.path("log")).unwrap_or_default();
    let started = Instant::now();
    while !log().contains("step 2/") && started.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(2));
    }
    tee.kill().unwrap();
    tee.wait().unwrap();
    assert!(log().contains("step 2/"), "{}", log());
    assert_eq!(ends(&mut child), Some(0));
    assert!(place.path("base").exists());
}

#[test]
fn a_signal_sent_twice_does_not_lose_the_checkpoint() {
    let place = Place::new();
    let line = line().replace("--epochs 4 ", "--epochs 400 ");
    let mut child = place.command(&line).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains("step 3/") {
        assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "it ended too soon: {told}");
    }
    let twice = "kill -s TERM $0; sleep 0.002; kill -s TERM $0 2>/dev/null; exit 0";
    let sent = Command::new("sh").args(["-c", twice, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(ends(&mut child), Some(143), "{told}");
    assert!(told.ends_with("ulmfit: stopped; run the same command again to continue\n"), "{told}");

    let mut child = place.command(&line).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    while !told.contains("continuing after update ") {
        assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "it began again: {told}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_full_log_does_not_change_the_exit_code() {
    let place = Place::new();
    for (line, code) in [
        ("predict classifier nofile", 66),
        ("predict classifier test.csv", 0),
        ("train lm test.csv -o classifier", 2),
        ("no-such-command", 2),
    ] {
        let mut child = place.command(line).stdout(Stdio::null()).stderr(full()).spawn().unwrap();
        assert_eq!(ends(&mut child), Some(code), "{line}");
    }
}

#[test]
fn predictions_end_quietly_with_their_reader() {
    let place = Place::new();
    let rows: Vec<String> = (0..3000).map(|row| format!("a film of number {row}")).collect();
    place.write("many.txt", rows.join("\n"));
    let mut child = place
        .command("predict classifier many.txt")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with('{'), "{first}");
    assert_eq!(ends(&mut child), Some(0));
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
}

#[test]
fn impossible_times_between_checkpoints_are_refused() {
    let place = Place::new();
    for every in ["99999999999999999h", "0s", "0m", "0", "5d", "18446744073709551616"] {
        let done = place.run(&format!("{} --checkpoint-every {every}", line()));
        assert_eq!(done.code, Some(2), "{every}: {done:?}");
        assert!(!place.path("base.run").exists(), "{every}");
    }
}

/// A terminal that is closed stops a run in order, but not one that was started with `nohup`.
#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_stops_a_run_unless_it_is_ignored() {
    let place = Place::new();
    let line = |epochs: &str| line().replace("--epochs 4 ", &format!("--epochs {epochs} "));
    let run = |shell: &str, line: &str| {
        let program = place.command("");
        let script = format!("{shell}; exec {} {line}", program.get_program().to_str().unwrap());
        let mut child = Command::new("env")
            .args(["--default-signal=HUP", "sh", "-c", &script])
            .current_dir(place.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        while !told.contains("step 3/") {
            assert_ne!(stderr.read_line(&mut told).unwrap(), 0, "it ended too soon: {told}");
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", "HUP", &id]).status().unwrap().success());
        stderr.read_to_string(&mut told).unwrap();
        (ends(&mut child), told)
    };
    let (code, told) = run(":", &line("400"));
    assert_eq!(code, Some(129), "{told}");
    assert!(told.ends_with("ulmfit: stopped; run the same command again to continue\n"), "{told}");
    let (code, told) = run("trap '' HUP", &format!("{} --restart", line("20")));
    assert_eq!(code, Some(0), "{told}");
}
