//! `pretrain --teacher`: a sentence encoder teaches a language model.

use crate::common::{Place, SIZES};
use crate::resume::{Ending, kill_after_steps};
use serde_json::Value;
use std::fs;

fn line(name: &str) -> String {
    let sets = "--set pretrain.teacher.batch-size=4 --set pretrain.teacher.max-tokens=12";
    format!(
        "pretrain texts.txt -o {name} --teacher minilm {sets} {SIZES} --epochs 3 --batch-size 8 --bptt 16 \
         --checkpoint-every 2 --quiet"
    )
}

#[test]
fn a_teacher_changes_the_model_and_threads_or_a_kill_do_not() {
    let place = Place::new();
    place.run(&format!("{} --threads 1", line("one"))).ok();
    place.run(&format!("{} --threads 3", line("three"))).ok();
    kill_after_steps(&place, &line("base"), 3); // its run folder is watched
    place.run(&line("base")).ok();
    let ending = Ending::of(&place, "one");
    assert_eq!(Ending::of(&place, "three"), ending);
    assert_eq!(Ending::of(&place, "base"), ending);
    place.run(&line("alone").replace("--teacher minilm", "")).ok();
    assert_ne!(Ending::of(&place, "alone"), ending);

    let run: Value =
        serde_json::from_slice(&fs::read(place.path("one/run.json")).unwrap()).unwrap();
    assert_eq!(run["teacher"]["name"], "minilm");
    let metrics = fs::read_to_string(place.path("one/metrics-pretrain-forward.jsonl")).unwrap();
    assert!(metrics.contains("teacher_cosine"), "{metrics}");
    // a model like others
    place.run("fit train.csv -o model --base one --method ulmfit --epochs 1 --lm-epochs 1 -q").ok();
}

#[test]
fn both_directions_are_taught_and_a_base_can_be() {
    let place = Place::new();
    place.run(&format!("{} --direction both --lanes 2", line("both"))).ok();
    let finetune = line("tuned").replace("pretrain texts.txt", "finetune both train.csv");
    place.run(&finetune.replace("pretrain.", "finetune.").replace(SIZES, "")).ok();
    let run = fs::read_to_string(place.path("tuned/run.json")).unwrap();
    assert!(run.contains("\"teacher\""), "{run}");
}

#[test]
fn what_cannot_teach_is_refused() {
    let place = Place::new();
    let refused = |line: &str, code: i32, said: &str| {
        let done = place.run(line);
        assert_eq!(done.code, Some(code), "{done:?}");
        assert!(done.stderr.contains(said), "{done:?}");
    };
    refused("pretrain texts.txt -o out --teacher lm", 65, "sentence encoder");
    refused("pretrain texts.txt -o out --teacher nowhere", 66, "nowhere does not exist");
    refused("pretrain - -o out --teacher minilm", 2, "standard input can be read only once");
    let weight = "pretrain texts.txt -o out --teacher minilm --set pretrain.teacher.weight=-1";
    refused(weight, 2, "`teacher.weight` of the recipe is -1");
    assert!(!place.path("out").exists() && !place.path("out.run").exists());
}
