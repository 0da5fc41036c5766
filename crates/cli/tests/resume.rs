//! Runs that are killed, stopped or disturbed go on as if nothing had happened.

use crate::common::{Place, SIZES, STEPS, csv, names};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use ulmfit::checkpoint::{ModelFolder, hash_file};

/// Three stages of both directions, each on the one before, by the name of their results; the last
/// one trains two classifiers.
fn stages() -> [(&'static str, String); 3] {
    let self_training = "--unlabeled texts.txt --self-training 40";
    let rest = "--batch-size 8 --bptt 16 --checkpoint-every 2 --quiet";
    [
        ("base", format!("pretrain texts.txt -o base --direction both {SIZES} --epochs 5 {rest}")),
        ("tuned", format!("finetune base train.csv -o tuned --epochs 5 {rest}")),
        ("final", format!("train tuned train.csv -o final --epochs 2 {self_training} {rest}")),
    ]
}

/// All of a result that must not depend on how it came about: hash of the weights, metrics.
#[derive(Debug, PartialEq)]
pub(crate) struct Ending {
    weights: String,
    metrics: Vec<String>,
}

impl Ending {
    /// Reads a model; checks that each step stands exactly once in its metrics.
    pub(crate) fn of(place: &Place, name: &str) -> Self {
        let folder = ModelFolder::open(&place.path(name)).unwrap();
        let files = folder.files().map(|(name, _)| name);
        let metrics = files.filter(|name| name.starts_with("metrics-")).map(|file| {
            let metrics = String::from_utf8(folder.read(file).unwrap()).unwrap();
            let events = metrics.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let (mut steps, mut last) = (0, Value::Null);
            for event in events.filter(|event| event["event"] == "step") {
                steps += 1;
                assert_eq!(event["step"], steps, "{name}: a step is missing or stands twice");
                last = event;
            }
            assert_eq!(last["steps"], steps, "{name}: not all steps were taken");
            metrics
        });
        let metrics = metrics.collect();
        let weights = hash_file(&place.path(name).join("model.safetensors")).unwrap();
        Self { weights, metrics }
    }
}

fn no_litter(place: &Place) {
    let litter: Vec<_> = place.names().into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(litter.is_empty(), "{litter:?}");
}

pub(crate) fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How a shell reports the end of a process.
fn code(status: ExitStatus) -> i32 {
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap()
}

/// A training below `base.run`.
pub(crate) fn run_of_base(place: &Place) -> PathBuf {
    place.path("base.run/pretrain-forward")
}

fn lines_so_far(place: &Place) -> usize {
    fs::read_to_string(run_of_base(place).join("metrics.jsonl"))
        .map_or(0, |text| text.lines().count())
}

/// Waits until a started `pretrain -o base` has made `more` steps.
pub(crate) fn wait_for_steps(place: &Place, child: &mut Child, more: usize) {
    let (before, started) = (lines_so_far(place), Instant::now());
    while lines_so_far(place) < before + more {
        assert_eq!(child.try_wait().unwrap(), None, "ended before {more} more than {before}");
        assert!(started.elapsed() < Duration::from_secs(30), "no step was made");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts a `pretrain -o base` and kills it after some steps.
pub(crate) fn kill_after_steps(place: &Place, line: &str, steps: usize) {
    let mut child = start(&mut place.command(line));
    wait_for_steps(place, &mut child, steps);
    child.kill().unwrap();
    assert_eq!(code(child.wait().unwrap()), 137);
}

#[test]
fn killed_at_any_moment_a_run_ends_with_the_same_bits() {
    survives(15, &stages());
}

/// The same with stages of a quarter of a minute and more kills; by hand, it takes half an hour:
///
/// ```text
/// cargo test -p ulmfit-cli --test cli -- --ignored --nocapture killed_a_hundred_times
/// ```
#[test]
#[ignore = "half an hour; by hand"]
fn killed_a_hundred_times() {
    let sizes = "--emb 64 --hid 128 --layers 3";
    let rest = "--batch-size 8 --bptt 16 --checkpoint-every 5 --quiet";
    let stages = [
        ("base", format!("pretrain texts.txt -o base --direction both {sizes} --epochs 40 {rest}")),
        ("tuned", format!("finetune base train.csv -o tuned --epochs 40 {rest}")),
        ("final", format!("train tuned train.csv -o final --epochs 20 {rest}")),
    ];
    survives(100, &stages);
}

/// Kills the stages `kills` times at random moments and compares what they end with.
fn survives(kills_wanted: usize, stages: &[(&'static str, String)]) {
    let whole = Place::new();
    let mut wanted = Vec::new();
    for (name, line) in stages {
        let started = Instant::now();
        whole.run(line).ok();
        wanted.push((Ending::of(&whole, name), started.elapsed()));
    }

    let mut random = 2018_u64;
    let mut kills = 0;
    while kills < kills_wanted {
        let place = Place::new();
        for ((name, line), (ending, time)) in stages.iter().zip(&wanted) {
            let mut tries = 0;
            while ModelFolder::open(&place.path(name)).is_err() {
                tries += 1;
                assert!(tries < 60, "{name} makes no progress");
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let delay = time.mul_f64((random >> 33) as f64 / f64::from(1_u32 << 31));
                let mut child =
                    start(&mut place.command(&format!("{line} --threads {}", 1 + tries % 2)));
                std::thread::sleep(delay);
                child.kill().unwrap();
                let output = child.wait_with_output().unwrap();
                match code(output.status) {
                    0 => {}
                    137 => kills += 1,
                    other => panic!(
                        "{name} ends with {other}: {}",
                        String::from_utf8_lossy(&output.stderr)
                    ),
                }
            }
            assert_eq!(Ending::of(&place, name), *ending, "{name} after {kills} kills");
            no_litter(&place);
            // a run that was killed while it cleaned up is cleaned up by the same command
            if place.path(&format!("{name}.run")).exists() {
                place.run(line).ok();
                assert!(!place.path(&format!("{name}.run")).exists());
            }
            eprintln!(
                "{name}: {kills} kills, {tries} tries, uninterrupted {time:?}, as it should be"
            );
        }
    }
}

/// A report without what may differ: time and memory.
fn report(place: &Place, name: &str) -> Value {
    let text = fs::read_to_string(place.path(name).join("report.json")).unwrap();
    let mut report: Value = serde_json::from_str(&text).unwrap();
    let fields = report.as_object_mut().unwrap();
    for cost in ["seconds", "stages", "peak_rss_mb", "continued"] {
        assert!(fields.remove(cost).is_some(), "no {cost} in {text}");
    }
    report
}

#[test]
fn a_continued_run_has_the_report_of_one_that_was_not() {
    let line = "fit train.csv --base lm -o out --lm-epochs 20 --epochs 8 --batch-size 8 --bptt 16 \
                --checkpoint-every 3 --threads 1";
    let whole = Place::new();
    whole.run(line).ok();
    let place = Place::new();
    for task in ["finetune-forward", "train-forward"] {
        let metrics = place.path(&format!("out.run/{task}/metrics.jsonl"));
        let mut child = start(&mut place.command(line));
        let started = Instant::now();
        while fs::read_to_string(&metrics).map_or(0, |text| text.lines().count()) < 8 {
            assert_eq!(child.try_wait().unwrap(), None, "it ended too soon");
            assert!(started.elapsed() < Duration::from_mins(1), "no step was made");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        assert_eq!(code(child.wait().unwrap()), 137);
    }
    let text = place.run(line).ok();
    assert!(text.contains("before it was continued"), "{text}");
    let text = fs::read_to_string(place.path("out/report.json")).unwrap();
    let cost: Value = serde_json::from_str(&text).unwrap();
    let earlier = &cost["stages"][0];
    assert_eq!(earlier["stage"], "before it was continued", "{text}");
    let seconds = |of: &Value| of["seconds"].as_f64().unwrap();
    let parts: f64 = cost["stages"].as_array().unwrap().iter().map(seconds).sum();
    assert!(seconds(earlier) > 0.0 && seconds(&cost) >= parts - 1e-6, "{text}");
    assert_eq!(report(&place, "out"), report(&whole, "out"));
    assert!(!whole.run("inspect out").ok().is_empty());
}

#[test]
fn signals_stop_a_run_in_order() {
    let line = format!(
        "pretrain texts.txt -o base {SIZES} --epochs 40 --batch-size 8 --bptt 16 --direction both --threads 2"
    );
    let whole = Place::new();
    whole.run(&line).ok();

    let place = Place::new();
    for (signal, wanted) in [("INT", 130), ("TERM", 143)] {
        let mut child = start(&mut place.command(&line));
        wait_for_steps(&place, &mut child, 5);
        let sent = Instant::now();
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        assert!(sent.elapsed() < Duration::from_secs(5), "{signal}: {:?}", sent.elapsed());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(wanted), "{signal}: {stderr}");
        assert!(
            stderr.ends_with("ulmfit: stopped; run the same command again to continue\n"),
            "{stderr}"
        );
        assert!(!place.path("base").exists());
        no_litter(&place);
    }
    let done = place.run(&format!("{line} --resume"));
    assert!(done.stderr.contains("continuing after update "), "{done:?}");
    done.ok();
    assert_eq!(Ending::of(&place, "base"), Ending::of(&whole, "base"));
    assert!(!place.path("base.run").exists());
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Whether what is started here begins with the signal ignored, as in the background of a shell: a
/// program that does not ask for it never sees it then.
fn ignored(signal: &str) -> bool {
    Command::new("sh").args(["-c", "kill -s $0 $$; exit 0", signal]).status().unwrap().success()
}

/// Where there is nothing to save, the first signal ends the program.
#[test]
fn signals_stop_what_is_no_run() {
    let place = Place::new();
    for (signal, wanted) in [("INT", 130), ("TERM", 143)] {
        if ignored(signal) {
            eprintln!("SKIPPED: SIG{signal} is ignored here");
            continue;
        }
        let mut child = start(place.command("predict classifier").stdin(Stdio::piped()));
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"a film\n").unwrap();
        let mut answer = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut answer).unwrap();
        assert!(answer.starts_with('{'), "{answer}"); // and now it waits for more
        let sent = Instant::now();
        send(signal, &child);
        while sent.elapsed() < Duration::from_secs(5) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(ended.map(code), Some(wanted), "{signal}");
    }
}

/// Killed when the result is there and its run folder, or half of it, too: the same command ends
/// well, without training again.
#[cfg(all(unix, debug_assertions))]
#[test]
fn what_is_finished_is_only_cleaned_up() {
    let line = format!("pretrain texts.txt -o base {SIZES} {STEPS} --quiet");
    for half_removed in [false, true] {
        let place = Place::new();
        // first the checkpoint is renamed, in the next go the result
        for _ in (0..9).take_while(|_| !place.path("base").exists()) {
            place.command(&line).env("ULMFIT_CRASH_AT", "folder.renamed").output().unwrap();
        }
        assert!(place.path("base.run/finished").exists());
        if half_removed {
            fs::remove_dir_all(run_of_base(&place)).unwrap();
        }
        let model = ModelFolder::open(&place.path("base")).unwrap().hash();
        let done = place.run(&line);
        assert!(done.stderr.starts_with("base was finished by an earlier run; "), "{done:?}");
        done.ok();
        assert_eq!(ModelFolder::open(&place.path("base")).unwrap().hash(), model);
        assert!(!place.path("base.run").exists());
        // and now there is nothing left of it
        let done = place.run(&line);
        assert_eq!(done.code, Some(2), "{done:?}");
        assert!(done.stderr.contains("base exists already"), "{done:?}");
    }
}

#[test]
fn a_rate_that_is_too_high_stops_or_is_lowered() {
    let place = Place::new();
    let line = format!("pretrain texts.txt -o base {SIZES} {STEPS} --lr 1e30");
    let done = place.run(&line);
    assert_eq!(done.code, Some(1), "{done:?}");
    let (message, hint) = done.stderr.trim_end().rsplit_once('\n').unwrap();
    let message = message.lines().last().unwrap();
    assert!(message.contains(" step ") && message.contains('`'), "{done:?}");
    assert!(hint.starts_with("hint: lower the learning rate"), "{done:?}");

    let done = place.run(&format!("{line} --restart --on-nan rollback"));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("hint: add `--checkpoint-every"), "{done:?}");

    let done = place.run(&format!("{line} --restart --on-nan rollback --checkpoint-every 2"));
    assert_eq!(done.code, Some(1), "{done:?}");
    let lowered = [0.5, 0.25, 0.125].map(|factor| format!("all learning rates times {factor}\n"));
    assert!(lowered.iter().all(|line| done.stderr.contains(line)), "{done:?}");
    assert!(!place.path("base").exists());
}

#[test]
fn a_changed_corpus_is_refused() {
    let line = format!("pretrain texts.txt -o base {SIZES} {STEPS} --checkpoint-every 2 --quiet");
    let line = line.replace("--epochs 1 ", "--epochs 40 ");
    let place = Place::new();
    kill_after_steps(&place, &line, 5);
    let texts = fs::read_to_string(place.path("texts.txt")).unwrap();
    place.write("texts.txt", texts.replace("lovely", "lovely lovely"));
    for line in [&line, &format!("{line} --resume")] {
        let done = place.run(line);
        assert!(matches!(done.code, Some(2 | 65)), "{done:?}");
        let (message, hint) = done.stderr.trim_end().split_once('\n').unwrap();
        let said = "base.run/text was started with different settings: `texts.txt` has changed";
        assert_eq!(message, format!("ulmfit: {said}"));
        assert!(hint.ends_with("to continue, or pass `--restart` to start over"), "{done:?}");
        assert!(!place.path("base").exists());
        no_litter(&place);
    }
    // other settings are refused alike
    place.write("texts.txt", &texts);
    let done = place.run(&format!("{line} --lr 0.1"));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("`lr` of the recipe was 0.004, now 0.1\n"), "{done:?}");
    let done = place.run(&format!("{line} --header present --min-freq 2"));
    let said = "settings: `header` was not set, now present; `min-freq` was 3, now 2\n";
    assert!(done.stderr.contains(said), "{done:?}");

    // what was begun is still there, and goes on with the old texts
    let done = place.run(&line.replace("--quiet", "--resume"));
    assert!(done.stderr.starts_with("reusing the tokens in base.run/text: nothing has changed\n"));
    assert!(done.stderr.contains("continuing after update"), "{done:?}");
    done.ok();
}

/// What is piped in is kept in the run folder: it is read twice, and compared on a resume.
#[test]
fn standard_input_gives_the_same_model_as_a_file() {
    let place = Place::new();
    let texts = fs::read_to_string(place.path("texts.txt")).unwrap();
    place.run(&format!("pretrain texts.txt -o file {SIZES} {STEPS}")).ok();
    place.feed(&format!("pretrain - -o piped {SIZES} {STEPS}"), &texts).ok();
    assert_eq!(Ending::of(&place, "piped"), Ending::of(&place, "file"));
    assert!(!place.path("piped.run").exists());

    let done = place.feed(&format!("pretrain - --valid - -o twice {SIZES} {STEPS}"), &texts);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("\nhint: store it in a file first"), "{done:?}");
    assert!(!place.path("twice.run").exists());
}

#[test]
fn restart_starts_over() {
    let line = format!("pretrain texts.txt -o base {SIZES} {STEPS} --checkpoint-every 2");
    let place = Place::new();
    place.write("texts.txt", csv(3000..3200));
    kill_after_steps(&place, &line.replace("--epochs 1 ", "--epochs 40 "), 5);
    place.write("texts.txt", csv(4000..4060));
    let done = place.run(&format!("{line} --restart"));
    assert!(!done.stderr.contains("continuing"), "{done:?}");
    done.ok();
    let fresh = Place::new();
    fresh.write("texts.txt", csv(4000..4060));
    fresh.run(&line).ok();
    assert_eq!(Ending::of(&place, "base"), Ending::of(&fresh, "base"));

    let done = place.run("pretrain texts.txt -o other --resume");
    assert_eq!(done.code, Some(2), "{done:?}");
}

#[test]
fn a_damaged_checkpoint_is_passed_over() {
    let line = format!(
        "pretrain texts.txt -o base {SIZES} --epochs 40 --batch-size 8 --bptt 16 --checkpoint-every 2"
    );
    let whole = Place::new();
    whole.run(&line).ok();
    let place = Place::new();
    kill_after_steps(&place, &line, 9);
    let folder = run_of_base(&place).join("checkpoints");
    let checkpoints =
        || names(&folder).into_iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>();
    let flip = |checkpoint: &str| {
        let path = folder.join(checkpoint).join("state.safetensors");
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    };
    let newest = checkpoints().pop().unwrap();
    flip(&newest);
    let done = place.run(&line);
    let warnings: Vec<&str> =
        done.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(warnings.len(), 1, "{done:?}");
    assert!(warnings[0].contains("skipped a damaged checkpoint: "), "{done:?}");
    assert_eq!(warnings[0].matches(&newest).count(), 1, "{done:?}");
    done.ok();
    assert_eq!(Ending::of(&place, "base"), Ending::of(&whole, "base"));

    let place = Place::new();
    kill_after_steps(&place, &line, 9);
    let folder = run_of_base(&place).join("checkpoints");
    for name in names(&folder) {
        let state = folder.join(&name).join("state.safetensors");
        if state.exists() {
            fs::File::options().write(true).open(&state).unwrap().set_len(100).unwrap();
        }
    }
    let done = place.run(&format!("{line} --quiet"));
    assert_eq!(done.code, Some(65), "{done:?}");
    assert!(done.stderr.starts_with("ulmfit: all "), "{done:?}");
    assert!(done.stderr.contains("\nhint: "), "{done:?}");
}

/// Every named place in the code where a kill could do harm, first, second and third visit.
#[cfg(all(unix, debug_assertions))]
#[test]
fn every_crash_point_is_survived() {
    let line = format!("pretrain texts.txt -o base {SIZES} {STEPS} --checkpoint-every 2 --quiet");
    let whole = Place::new();
    whole.run(&line).ok();
    let wanted = Ending::of(&whole, "base");
    for point in ulmfit::checkpoint::CRASH_POINTS {
        let place = Place::new();
        let mut line = line.clone();
        match *point {
            "folder.moved_away" => {
                place.run(&line).ok();
                line += " --overwrite --seed 42";
            }
            "resume.before_truncate" => kill_after_steps(&place, &line, 3),
            _ => {}
        }
        let mut kills = 0;
        for visit in 1..=3 {
            let at = format!("{point}#{visit}");
            let output = place.command(&line).env("ULMFIT_CRASH_AT", at).output().unwrap();
            kills += usize::from(output.status.signal().is_some());
        }
        assert!(kills >= 1, "{point} was never reached");
        let done = place.path("base").exists() && !place.path("base.run").exists();
        if !done || point == &"folder.moved_away" {
            place.run(&line).ok();
        }
        assert_eq!(Ending::of(&place, "base"), wanted, "{point}");
        assert!(!place.path("base.run").exists(), "{point}");
        no_litter(&place);
    }
}
