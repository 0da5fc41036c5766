//! The bits that a fixed seed gives: a change of the code's layout, names or options moves none of
//! them. Whoever changes a number on purpose changes these hashes and says so in `CHANGELOG.md`.

use crate::common::{Place, SIZES};
use ulmfit::checkpoint::hash_file;

/// The trained model folders, the command line of each, and the BLAKE3 hash of its weights.
const MODELS: [(&str, &str, &str); 5] = [
    (
        "base",
        "pretrain texts.txt --direction both --epochs 3",
        "3fdb902714d300104311fe0bb8762681c575d4173fb023861b2dff40e90374ee",
    ),
    (
        "tuned",
        "finetune base train.csv --epochs 3",
        "fb493dd6eb85811b0daea38a133c7f22361cf97c7dac24c7a22bd7e3b7128962",
    ),
    (
        "final",
        "train tuned train.csv --test test.csv --epochs 2 --unlabeled texts.txt --self-training 40",
        "87e7fa8fffceb142a147bc21664bd4645d0b6b62bffbfa0bda50657316fb5946",
    ),
    (
        "scratch",
        "fit train.csv --base none --unlabeled texts.txt --epochs 2 --lm-epochs 2",
        "20015a07537ba918fdd26116beaec128cf1440e42f21de8bbc68b24abe5f8bf0",
    ),
    (
        "paper",
        "fit train.csv --base base --recipe paper-2018 --epochs 1 --lm-epochs 1",
        "9ef36552ea72b8f9f9e2e32d5d9bb0507fc17a1792c0695cfda9152de7e0c9ac",
    ),
];

/// BLAKE3 hash of the answers of `final` to the texts, as JSON lines.
const ANSWERS: &str = "a6bc1d7b310678a8ec2b04e5c58376be8e48a9436ae0190570f8764c53a244d3";

#[test]
fn a_fixed_seed_gives_the_bits_it_always_gave() {
    if ulmfit::isa() == "portable" {
        eprintln!("SKIPPED: the hashes are those of kernels with fused multiply-add");
        return;
    }
    let place = Place::new();
    for (name, line, expected) in MODELS {
        let network =
            if line.contains("--base none") || line.contains("pretrain") { SIZES } else { "" };
        place.run(&format!("{line} -o {name} --batch-size 8 --bptt 16 --quiet {network}")).ok();
        let hash = hash_file(&place.path(name).join("model.safetensors")).unwrap();
        assert_eq!(hash, expected, "{name}: {line}");
    }
    let answers = place.run("predict final texts.txt --format jsonl").ok();
    place.write("answers.jsonl", answers);
    assert_eq!(hash_file(&place.path("answers.jsonl")).unwrap(), ANSWERS);
}
