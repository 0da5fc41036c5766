//! An option that would have no effect is refused, not ignored.

use crate::common::Place;

#[test]
fn options_without_effect_are_refused() {
    let place = Place::new();
    let numbers: String = (0..40).map(|row| format!("a text of {row} words,{row}.5\n")).collect();
    place.write("numbers.csv", format!("text,label\n{numbers}"));
    for (line, message) in [
        ("train lm train.csv --task multi --label-smoothing 0.1", "label smoothing has no effect"),
        ("fit train.csv --task multi --label-smoothing 0.1", "label smoothing has no effect"),
        (
            "train lm numbers.csv --task regression --label-smoothing 0.1",
            "label smoothing has no effect",
        ),
        ("train lm numbers.csv --task regression --balance", "class weights have no effect"),
        ("train lm train.csv --self-training 10", "--self-training has no texts"),
        ("fit train.csv --self-training 10", "--self-training has no texts"),
        ("fit train.csv --base none --base-words seen", "--base-words has no effect"),
        ("fit train.csv --valid test.csv --valid-share 0.1", "cannot be used with"),
        ("fit train.csv --test test.csv --test-share 0.1", "cannot be used with"),
        ("train lm train.csv --valid test.csv --valid-share 0.1", "cannot be used with"),
        ("train lm train.csv --test test.csv --test-share 0.1", "cannot be used with"),
    ] {
        let done = place.run(&format!("{line} -o out"));
        assert_eq!(done.code, Some(2), "{line}: {done:?}");
        assert!(done.stderr.contains(message), "{line}: {done:?}");
        let clap = message.starts_with("cannot");
        assert!(clap || done.stderr.contains("\nhint: "), "{line}: {done:?}");
        assert!(!place.path("out").exists());
    }
    place.write(
        "rows.jsonl",
        "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"y\"}\n",
    );
    place.write("rows.txt", "one text\nanother text\n");
    for (line, message) in [
        ("pretrain train.csv -o out --label label", "--label has no effect"),
        ("pretrain train.csv -o out --label-delimiter ;", "--label-delimiter has no effect"),
        ("finetune lm train.csv -o out --label label", "--label has no effect"),
        ("evaluate lm train.csv --label label", "--label has no effect"),
        ("lr-find lm train.csv --label label", "--label has no effect"),
        ("predict classifier test.csv --echo --format text", "--echo has no effect"),
        ("predict classifier test.csv --label-delimiter ;", "--label-delimiter has no effect"),
        ("predict classifier rows.jsonl --header absent", "--header has no effect"),
        ("predict classifier rows.txt --quotes literal", "--quotes has no effect"),
        ("evaluate classifier rows.jsonl --delimiter ;", "--delimiter has no effect"),
        ("check-data rows.jsonl --quotes literal", "--quotes has no effect"),
        ("train lm rows.jsonl -o out --header present", "--header has no effect"),
        ("fit rows.jsonl -o out --header present", "--header has no effect"),
        ("ablate rows.jsonl -o out --base lm --header present", "--header has no effect"),
        ("labels rows.jsonl -o out --base lm --quotes literal", "--quotes has no effect"),
    ] {
        let done = place.run(line);
        assert_eq!(done.code, Some(2), "{line}: {done:?}");
        assert!(done.stderr.contains(message) && done.stderr.contains("\nhint: "), "{done:?}");
        assert!(!place.path("out").exists());
    }
    let done = place.run("predict classifier rows.jsonl --format csv --label-delimiter ;");
    assert_eq!(done.code, Some(0), "{done:?}");
    let done = place.run("lr-find lm train.csv --classifier --min-freq 2");
    assert_eq!(done.code, Some(2), "{done:?}");
}

/// What `clap` finds is said like everything else: one line and a hint.
#[test]
fn options_that_make_no_sense() {
    let place = Place::new();
    let before = place.names();
    for (line, wrong) in [
        ("train lm train.csv -o out --unfreeze sideways", "sideways"),
        ("train lm train.csv -o out --valid-share 1.5", "1.5"),
        ("train lm train.csv -o out --epochs many", "many"),
        ("train lm train.csv -o out --epochs -1", "invalid value `-1` for `--epochs <N>`"),
        ("predict classifier test.csv --threads -1", "invalid value `-1` for `--threads <K>`"),
        ("train lm train.csv -o out --checkpoint-every 10x", "10x"),
        ("train lm train.csv -o out --checkpoint-every 0", "0"),
        ("train lm train.csv -o out --nosuch", "--nosuch"),
        ("train lm train.csv", "--output"),
        ("train lm train.csv -o out --resume --restart", "--restart"),
        ("pretrain texts.txt -o out --emb 0", "--emb"),
        ("pretrain texts.txt -o out --direction up", "up"),
        ("pretrain -o out", "<TEXTS>"),
        ("predict classifier test.csv --format xml", "xml"),
        ("predict classifier test.csv --threads 0", "--threads"),
        ("predict classifier test.csv --input-format doc", "doc"),
        ("evaluate classifier test.csv --quiet --verbose", "--verbose"),
        ("bench lm --steps 0", "--steps"),
        ("lr-find lm texts.txt --start -1", "invalid value `-1` for `--start <RATE>`"),
        ("predict classifier --precision int4", "--precision"),
        ("nosuch", "nosuch"),
    ] {
        let done = place.run(line);
        assert_eq!(done.code, Some(2), "{line}: {done:?}");
        assert!(done.stderr.starts_with("ulmfit: "), "{line}: {done:?}");
        let (first, rest) = done.stderr.split_once('\n').unwrap();
        assert!(first.contains(wrong), "{line}: {done:?}");
        let is_hint = |line: &str| line.starts_with("hint: ");
        assert!(!rest.is_empty() && rest.lines().all(is_hint), "{line}: {done:?}");
        assert_eq!((done.stdout.as_str(), place.names()), ("", before.clone()), "{line}");
    }
}
