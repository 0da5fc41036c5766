//! What is wrong ends with one clear line, a hint, the documented exit code, and nothing left
//! behind.

use crate::common::{Done, Place, SIZES, STEPS, csv};
use std::fs;
use std::time::{Duration, Instant};
use ulmfit::checkpoint::{FolderWriter, ModelFolder, Overwrite};

/// Runs cases quietly in the same place, which must stay as it is.
///
/// A case is a line: command | exit code | part of the error | part of the hint, or `-` for none.
fn check(place: &Place, cases: &str) {
    for case in cases.lines().map(str::trim).filter(|case| !case.is_empty()) {
        let [line, code, says, hint] = case.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("no case: {case}");
        };
        let before = place.names();
        let done = place.run(&format!("{line} --quiet"));
        assert_eq!(done.code, code.parse().ok(), "{line}: {done:?}");
        let points_at_a_line = done.stderr.contains("TOML parse error at line");
        let stderr = if points_at_a_line {
            done.stderr.trim().replace('\n', " ")
        } else {
            done.stderr.clone()
        };
        let lines: Vec<&str> = stderr.lines().collect();
        assert!(lines[0].starts_with("ulmfit: ") && lines[0].contains(says), "{line}: {done:?}");
        assert_eq!(lines.len(), if hint == "-" { 1 } else { 2 }, "{line}: {done:?}");
        if let Some(advice) = lines.get(1) {
            assert!(advice.starts_with("hint: ") && advice.contains(hint), "{line}: {done:?}");
            let words = if line.contains(" fastai ") { 2 } else { 1 };
            let command: Vec<&str> = line.split(' ').take(words).collect();
            let help = place.run(&format!("{} --help", command.join(" "))).ok();
            for option in options_in(advice) {
                assert!(options_in(&help).any(|known| known == option), "{line}: no {option}");
            }
        }
        // the rows before a bad one are answered
        assert!(done.stdout.is_empty() || line.starts_with("predict "), "{line}: {done:?}");
        assert_eq!(place.names(), before, "{line} leaves something behind");
    }
}

/// Everything in `text` that looks like an option of the command line.
fn options_in(text: &str) -> impl Iterator<Item = &str> {
    let letter = |c: char| c.is_ascii_lowercase() || c == '-';
    text.split(move |c| !letter(c)).filter(|word| word.starts_with("--"))
}

#[test]
fn columns_that_are_not_there() {
    let place = Place::new();
    place.write("odd.csv", "txt,lable,more\na,b,c\n");
    place.write("table.dat", "txt,label_\na,b\n");
    place.write("table.txt", "txt,label_\na,b\n");
    check(
        &place,
        "
        train lm train.csv -o out --text nosuch | 65 | train.csv:1: no column `nosuch`; there are `text` and `label` | choose a column among
        train lm train.csv -o out --text txt | 65 | no column `txt` | did you mean `text`?
        fit train.csv -o out --label lable | 65 | train.csv:1: no column `lable` | did you mean `label`?
        evaluate classifier test.csv --label lable | 65 | no column `lable` | did you mean `label`?
        predict classifier test.csv --text txt | 65 | test.csv:1: no column `txt` | did you mean `text`?
        finetune lm train.csv -o out --text txt | 65 | no column `txt` | did you mean `text`?
        pretrain train.csv -o out --text txt | 65 | no column `txt` | did you mean `text`?
        tokenize train.csv --text txt | 65 | no column `txt` | did you mean `text`?
        check-data train.csv --label lable | 65 | no column `lable` | did you mean `label`?
        train lm odd.csv -o out | 65 | cannot tell which column is the text | --text COLUMN
        predict classifier table.dat --text lable | 65 | table.dat:1: read as plain text, which has no column `lable` | --input-format csv
        predict classifier table.txt --text txt | 65 | table.txt:1: read as plain text | --input-format csv
        train lm table.dat -o out --text 1 --label 2 | 65 | table.dat:1: read as plain text | --input-format csv
        ",
    );
    // the header of a table that nothing but the options tells from prose
    let table = "Kommentar,Wertung\nnice film,5\n";
    let done = place.feed("predict classifier --format text --text Kommentar", table);
    assert_eq!(done.ok().lines().count(), 1);
}

#[test]
fn files_without_rows() {
    let place = Place::new();
    place.write("empty.csv", "");
    place.write("header.csv", "text,label\n");
    place.write("blank.txt", "\n\n  \n");
    check(
        &place,
        "
        train lm empty.csv -o out | 65 | empty.csv: the file is empty | interrupted
        fit empty.csv -o out | 65 | empty.csv: the file is empty | interrupted
        pretrain empty.csv -o out | 65 | empty.csv: the file is empty | interrupted
        predict classifier empty.csv | 65 | empty.csv: the file is empty | interrupted
        train lm header.csv -o out | 65 | header.csv: | --header absent
        fit header.csv -o out | 65 | header.csv: | --header absent
        evaluate classifier header.csv | 65 | header.csv: | --header absent
        predict classifier header.csv | 65 | header.csv: | --header absent
        pretrain blank.txt -o out | 65 | blank.txt: | at least one row
        finetune lm blank.txt -o out | 65 | blank.txt: | at least one row
        ",
    );
}

#[test]
fn rows_that_cannot_be_read() {
    let place = Place::new();
    place.write("latin1.csv", b"text,label\na fine book,good\na caf\xe9 au lait,bad\n");
    place.write("ragged.csv", "text,label\na,good\na,bad,third\n");
    place.write("short.csv", "text,label\na,good\nalone\n");
    place.write("open.csv", "text,label\na,good\n\"never closed,bad\n");
    place.write(
        "cut.jsonl",
        "{\"text\": \"a\", \"label\": \"b\"}\n{\"text\": \"cut off in the mid\n",
    );
    place.write("list.jsonl", "[1, 2]\n");
    place.write("nolabel.csv", "text,label\na,good\nb,\n");
    place.write(
        "utf16.csv",
        "text,label\na,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    );
    check(
        &place,
        "
        train lm latin1.csv -o out | 65 | latin1.csv:3: byte 6 of the text is not UTF-8 (0xe9) | --encoding-errors replace
        predict classifier latin1.csv | 65 | latin1.csv:3:  | --encoding-errors replace
        fit latin1.csv -o out | 65 | latin1.csv:3:  | --encoding-errors replace
        pretrain latin1.csv -o out | 65 | latin1.csv:3:  | --encoding-errors replace
        train lm utf16.csv -o out | 65 | utf16.csv:1: the text is UTF-16 | iconv
        train lm ragged.csv -o out | 65 | ragged.csv:3: 3 fields where the first row has 2 | double quotes
        predict classifier ragged.csv | 65 | ragged.csv:3: 3 fields | double quotes
        fit short.csv -o out | 65 | short.csv:3: 1 fields where the first row has 2 | missing
        train lm open.csv -o out | 65 | open.csv:3: a quoted field in this row is never closed | close it
        train lm cut.jsonl -o out | 65 | cut.jsonl:2: not valid JSON | one JSON object
        train lm list.jsonl -o out | 65 | list.jsonl:1: a list instead of a JSON object | one object per line
        train lm nolabel.csv -o out | 65 | nolabel.csv:3: no label | label this row
        train lm texts.txt -o out | 65 | texts.txt:1: no label | __label__
        ",
    );
}

#[test]
fn labels_that_teach_nothing() {
    let place = Place::new();
    place.write("one.csv", "text,label\na,good\nb,good\n");
    place.write("other.csv", "text,label\na,x\nb,y\n");
    place.write("new.csv", format!("{}a,goood\n", csv(1000..1020)));
    // `fit` says so before it trains a language model, not after: it leaves no run behind
    check(
        &place,
        "
        train lm one.csv -o out | 65 | every row (2) has the label `good` | --label
        fit one.csv -o out | 65 | every row (2) has the label `good` | --label
        train lm train.csv --valid new.csv -o out | 65 | new.csv:22: unknown label `goood` | did you mean `good`?
        fit train.csv --valid new.csv -o out --lm-epochs 1 | 65 | new.csv:22: unknown label `goood` | did you mean `good`?
        evaluate classifier other.csv | 65 | other.csv:2: unknown label `x` | choose a label among `bad` and `good`
        train lm train.csv --test other.csv -o out | 65 | other.csv:2: unknown label `x` | choose a label among `bad` and `good`
        fit train.csv --test other.csv -o out | 65 | other.csv:2: unknown label `x` | choose a label among `bad` and `good`
        ",
    );
}

#[test]
fn inputs_that_are_not_there() {
    let place = Place::new();
    check(
        &place,
        "
        train lm nosuch.csv -o out | 66 | nosuch.csv | check the path
        fit nosuch.csv -o out | 66 | nosuch.csv | check the path
        fit train.csv --base nosuch -o out | 66 | nosuch does not exist | check the path
        pretrain nosuch.txt -o out | 66 | nosuch.txt | check the path
        predict classifier nosuch.csv | 66 | nosuch.csv | check the path
        predict nosuch test.csv | 66 | nosuch does not exist | check the path
        evaluate nosuch test.csv | 66 | nosuch does not exist | check the path
        finetune nosuch texts.txt -o out | 66 | nosuch does not exist | check the path
        generate nosuch the | 66 | nosuch does not exist | check the path
        inspect train.csv | 66 | train.csv is neither a model folder nor a recipe | ulmfit check-data
        inspect nosuch | 66 | nosuch is neither a model folder nor a recipe | give a model folder
        import fastai nosuch.pth nosuch.pkl -o out | 66 | nosuch.pth does not exist | check the path
        import fastai train.csv nosuch.pkl -o out | 66 | nosuch.pkl does not exist | check the path
        import fastai train.csv test.csv -o out | 65 | test.csv: damaged pickle | not one of fastai's
        train none train.csv -o out | 2 | a language model is needed here, not `none` | `fit`
        labels train.csv --base none -o out | 2 | a language model is needed here, not `none` | `pretrain`
        labels train.csv --tuned nosuch -o out | 66 | nosuch does not exist | check the path
        ablate train.csv --base none -o out | 2 | a language model is needed here, not `none` | `pretrain`
        export onnx nosuch -o out | 66 | nosuch does not exist | check the path
        export onnx lm -o out | 65 | lm is a language model, but a classifier is needed here | ulmfit
        export fastai nosuch -o out | 66 | nosuch does not exist | check the path
        bench scaling --bs 2 --lanes 3 | 2 | --lanes is 3, but the batch size is 2 | -
        bench lm --lanes 2 | 2 | --lanes is for `ulmfit bench scaling` | -
        bench lm --precision int8 | 2 | cannot be trained with 8-bit integers | bench classify --precision int8
        train lm train.csv -o out --recipe nosuch.toml | 66 | cannot read the recipe nosuch.toml: No such file | known recipes: default
        ",
    );
}

#[test]
#[cfg(not(feature = "mpi"))]
fn a_program_without_mpi_says_how_to_get_one() {
    let place = Place::new();
    for line in ["pretrain texts.txt -o out --mpi", "finetune lm texts.txt -o out --mpi"] {
        let done = place.run(line);
        assert_eq!(done.code, Some(2), "{done:?}");
        let [error, hint] = done.stderr.lines().collect::<Vec<_>>()[..] else { panic!("{done:?}") };
        assert_eq!(error, "ulmfit: this program was built without MPI");
        assert!(hint.contains("--features mpi"), "{hint}");
    }
}

#[test]
fn recipes_that_cannot_be_used() {
    let place = Place::new();
    let recipe = place.run("inspect default").ok();
    let change = |from: &str, to: &str| {
        assert!(recipe.contains(from), "{recipe}");
        recipe.replacen(from, to, 1)
    };
    place.write("unknown.toml", change("batch-size", "batchsize"));
    place.write("zero.toml", change("batch-size = 64", "batch-size = 0"));
    place.write("word.toml", change("batch-size = 64", "batch-size = \"many\""));
    place.write("torn.toml", "[pretrain\n");
    check(
        &place,
        "
        train lm train.csv -o out --recipe nosuch | 2 | there is no recipe `nosuch` | paper-2018
        fit train.csv -o out --recipe unknown.toml | 2 | unknown field `batchsize` | -
        fit train.csv -o out --recipe zero.toml | 2 | `batch-size` of the recipe is 0 | -
        fit train.csv -o out --recipe word.toml | 2 | invalid type: string | -
        inspect torn.toml | 2 | torn.toml: not a valid recipe | -
        train lm train.csv -o out --batch-size 0 | 2 | `batch-size` of the recipe is 0 | -
        train lm train.csv -o out --lr -1 | 2 | `lr` of the recipe is -1 | -
        fit train.csv -o out --lm-lr -0.5 | 2 | `lr` of the recipe is -0.5 | -
        lr-find lm texts.txt --start 2 --end 1 | 2 | rates cannot grow from 2 to 1 | --start
        lr-find lm texts.txt --steps 2 | 65 | too few steps to tell | --steps
        generate lm the --min-p 2 | 2 | `min-p` is 2, which is not a probability | -
        generate lm the --temperature -1 | 2 | `temperature` is -1 | -
        train lm train.csv -o out --lr 0 | 2 | `lr` of the recipe is 0 | -
        train lm train.csv -o out --drop-mult 9 | 2 | `dropout.output` of the recipe is 3.6, which is not at least 0 and below 1 | -
        finetune en texts.txt -o out --sampled-below 1.5 | 2 | `sampled-below` of the recipe is 1.5 | -
        finetune en texts.txt -o out --lanes 0 | 2 | `lanes` of the recipe is 0, which is not at least 1 and at most the batch size | -
        pretrain texts.txt -o out --batch-size 4 --lanes 5 | 2 | `lanes` of the recipe is 5, which is not at least 1 and at most the batch size | -
        export compact lm lm -o out | 2 | two of the models read in the same direction | -
        export compact lm en -o out | 2 | the same tokenizer and vocabulary | -
        export compact classifier classifier -o out | 2 | two of the models read in the same direction | -
        export compact classifier lm -o out | 65 | lm is a language model | ulmfit train lm
        fit train.csv -o out --hid 32 | 2 | --hid is decided by the base model | --base none
        fit train.csv -o out --base en --language de | 2 | whose language is `en` | --base none
        finetune lm train.csv -o out --tokenizer bpe | 2 | --tokenizer is decided | ulmfit pretrain
        fit train.csv -o out --lm-lr 0 | 2 | `lr` of the recipe is 0 | -
        ",
    );
}

#[test]
fn models_of_another_stage() {
    let place = Place::new();
    check(
        &place,
        "
        predict lm test.csv | 65 | lm is a language model, but a classifier is needed | ulmfit train lm
        predict en test.csv | 65 | en is a language model, but a classifier is needed | ulmfit train en
        train train.csv lm -o out | 2 | train.csv is a file, but a model folder is needed | swapped
        predict test.csv classifier | 2 | test.csv is a file, but a model folder is needed | swapped
        fit test.csv --base train.csv -o out | 2 | train.csv is a file, but a model folder is needed | swapped
        train classifier train.csv -o out | 65 | classifier is a classifier, but a language model is needed | ulmfit pretrain
        finetune classifier texts.txt -o out | 65 | a language model is needed | ulmfit pretrain
        fit train.csv --base classifier -o out | 65 | a language model is needed | ulmfit pretrain
        generate classifier the | 65 | a language model is needed | or `en`
        lr-find classifier texts.txt | 65 | a language model is needed | ulmfit pretrain
        finetune lm texts.txt -o out --direction backward | 2 | no backward network | another direction
        train lm train.csv -o out --direction both | 2 | no backward network | another direction
        evaluate lm texts.txt --direction backward | 2 | no backward network | another direction
        evaluate classifier test.csv --direction both | 2 | no backward network | another direction
        predict classifier test.csv --direction backward | 2 | no backward network | another direction
        ",
    );
}

#[test]
fn models_that_are_damaged() {
    let place = Place::new();
    let weights = place.path("classifier/model.safetensors");
    let sound = fs::read(&weights).unwrap();
    let damaged = "
        predict classifier test.csv | 65 | model.safetensors is missing or damaged | copy the folder again
        evaluate classifier test.csv | 65 | model.safetensors is missing or damaged | copy the folder again
        inspect classifier | 65 | model.safetensors is missing or damaged | copy the folder again
    ";
    for at in [0, 20, sound.len() / 2, sound.len() - 1] {
        let mut flipped = sound.clone();
        flipped[at] ^= 4;
        fs::write(&weights, flipped).unwrap();
        check(&place, damaged);
    }
    fs::write(&weights, &sound[..sound.len() - 1]).unwrap();
    check(&place, damaged);
    fs::remove_file(&weights).unwrap();
    check(&place, damaged);
    fs::write(&weights, sound).unwrap();
    place.run("predict classifier test.csv").ok();

    fs::remove_file(place.path("classifier/manifest.json")).unwrap();
    fs::write(place.path("lm/manifest.json"), "{}").unwrap();
    check(
        &place,
        "
        predict classifier test.csv | 65 | not a complete model: it has no manifest.json | that training has written
        evaluate classifier test.csv | 65 | not a complete model | that training has written
        train lm train.csv -o out | 65 | damaged manifest | copy the folder again
        ",
    );
}

/// Hashes that agree prove nothing: whoever changes a file can write a manifest.
#[test]
fn models_of_strangers() {
    let place = Place::new();
    let edit = |model: &str, file: &str, from: &str, to: &str, out: &str| {
        let folder = ModelFolder::open(&place.path(model)).unwrap();
        let mut writer = FolderWriter::create(&place.path(out), Overwrite::Refuse).unwrap();
        for (name, _) in folder.files() {
            let mut bytes = folder.read(name).unwrap();
            if name == file {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.contains(from), "{text}");
                bytes = text.replace(from, to).into_bytes();
            }
            writer.write(name, &bytes).unwrap();
        }
        writer.finish().unwrap();
    };
    edit("classifier", "config.json", "\"hid\": 24", "\"hid\": 16777216", "wide");
    edit("classifier", "config.json", "\"seq-len\": 16", "\"seq-len\": 0", "nothing");
    edit("classifier", "config.json", "\"task\": \"single\"", "\"task\": \"multi\"", "many");
    edit("classifier", "labels.json", "\"single\"", "\"multi\"", "lists");
    edit("lm", "config.json", "\"layers\": 2", "\"layers\": 64", "deep");
    check(
        &place,
        "
        predict wide test.csv | 65 | the model needs [67108864] | belong to different models
        predict nothing test.csv | 65 | nothing/config.json: `seq-len` is 0 | copy it again from its source
        inspect nothing | 65 | nothing/config.json: `seq-len` is 0 | copy it again from its source
        evaluate many test.csv | 65 | many/labels.json: the labels are for `single`, the network is for `multi` | copy it
        evaluate lists test.csv | 65 | the labels are for `multi`, the network is for `single` | copy it
        train deep train.csv -o out | 65 | the model needs | belong to different models
        ",
    );
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = Place::new();
    check(
        &place,
        "
        pretrain texts.txt -o lm | 2 | lm exists already | another folder
        finetune lm texts.txt -o classifier | 2 | classifier exists already | another folder
        train lm train.csv -o lm | 2 | lm exists already | another folder
        fit train.csv -o lm | 2 | lm exists already | another folder
        export fastai lm -o classifier | 2 | classifier exists already | another folder
        train lm train.csv -o test.csv | 2 | test.csv exists already and is not a model folder | only models
        fit train.csv -o test.csv --overwrite | 2 | test.csv exists already and is not a model folder | only models
        train lm train.csv -o .. | 2 | cannot be the name of a new folder | -
        train lm train.csv -o test.csv/out | 74 | cannot create test.csv | -
        train lm train.csv -o out --resume | 2 | no interrupted run | --resume
        ",
    );
    fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/thesis.txt", "years of work");
    check(
        &place,
        "
        train lm train.csv -o mine | 2 | mine exists already and is not a model folder | only models
        train lm train.csv -o mine --overwrite | 2 | mine exists already and is not a model folder | only models
        ",
    );
    assert_eq!(fs::read(place.path("mine/thesis.txt")).unwrap(), b"years of work");
}

#[test]
fn two_runs_at_once() {
    let place = Place::new();
    let line = format!("pretrain texts.txt -o out {SIZES} --epochs 400 --quiet");
    let mut first = place.command(&line).spawn().unwrap();
    let lock = place.path("out.run/pretrain-forward/run.lock");
    let started = Instant::now();
    while fs::read_to_string(&lock).map_or(0, |pid| pid.len()) == 0 {
        assert!(started.elapsed() < Duration::from_secs(30), "the first run does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let before = place.names();
    let others =
        ["", "--resume", "--overwrite", "--restart"].map(|how| place.run(&format!("{line} {how}")));
    let after = place.names();
    let ended = first.try_wait().unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    for second in others {
        assert_eq!(second.code, Some(75), "{second:?}");
        let owner = format!("is in use by process {}", first.id());
        assert!(second.stderr.contains(&owner), "{second:?}");
        assert!(second.stderr.contains("\nhint: wait for the other process"), "{second:?}");
    }
    assert_eq!(ended, None, "the second run disturbs the first");
    assert_eq!(after, before);
}

/// A wrong label column gives one warning, not one per row.
#[test]
fn a_wrong_label_column() {
    let place = Place::new();
    let rows = csv(0..40);
    let other = |name: &str, label: &dyn Fn(usize) -> String| {
        let lines = rows.lines().skip(1).enumerate();
        let lines =
            lines.map(|(n, line)| format!("{},{}\n", line.split(',').next().unwrap(), label(n)));
        place.write(name, "text,label\n".to_owned() + &lines.collect::<String>());
    };
    other("ids.csv", &|n| format!("T-{n}"));
    other("values.csv", &|n| format!("{n}.25"));
    other("rare.csv", &|n| if n < 7 { format!("rare-{n}x") } else { format!("l{}", n % 2) });
    for (file, warning) in [
        (
            "ids.csv",
            "all 40 rows have a unique label: is this the right column? See `--label COLUMN`",
        ),
        (
            "values.csv",
            "all 40 rows have a unique label: is this the right column (`--label COLUMN`), \
             or are numbers to be predicted (`--task regression`)?",
        ),
        (
            "rare.csv",
            "7 labels have a single row each, too few to train and to test on: `rare-0x`, \
             `rare-1x`, `rare-2x`, `rare-3x`, `rare-4x` and 2 more",
        ),
    ] {
        let done = place.run(&format!("train lm {file} -o {file}.model {STEPS}"));
        let warnings: Vec<&str> =
            done.stderr.lines().filter_map(|line| line.strip_prefix("warning: ")).collect();
        assert_eq!(warnings, [warning], "{done:?}");
        let done = place.run(&format!("check-data {file}"));
        assert!(done.ok().contains(&format!("warning: {warning}\n")), "{file}");
    }
    let done = place.run("check-data values.csv --task regression");
    assert!(done.stderr.starts_with("values.csv: text: `text`; label: `label`\n"), "{done:?}");
    assert!(done.ok().ends_with("\nno problems found\n"));
    assert_eq!(place.run("check-data values.csv --max-labels 39").code, Some(65));
    assert_eq!(place.run("check-data ids.csv --task regression").code, Some(65));
    place.write("latin1.csv", [csv(0..40).as_bytes(), b"caf\xe9 au lait,bad\n"].concat());
    let done = place.run("check-data latin1.csv --encoding-errors replace");
    assert!(done.stderr.contains("warning: 1 row with bytes that are not text"), "{done:?}");
}

/// Oddities that do not stop anyone: told in a warning.
#[test]
fn what_is_only_warned_of() {
    let place = Place::new();
    place.write("blank.csv", csv(0..40) + ",good\n   ,bad\n");
    place.write("latin1.csv", [csv(0..40).as_bytes(), b"caf\xe9 au lait,bad\n"].concat());
    for (line, warning) in [
        (
            "train lm blank.csv -o blank",
            "2 rows without text, the first at blank.csv:42; remove these rows",
        ),
        ("fit blank.csv -o fit --base none --emb 16 --hid 24 --lm-epochs 1", "2 rows without"),
        (
            "train lm latin1.csv -o latin1 --encoding-errors replace",
            "1 row with bytes that are not text",
        ),
    ] {
        let done = place.run(&format!("{line} {STEPS}"));
        let warned = |done: &Done| {
            done.stderr.lines().any(|l| l.starts_with("warning: ") && l.contains(warning))
        };
        assert!(warned(&done), "{line}: {done:?}");
        done.ok();
    }
    let rows = place.run("predict latin1 latin1.csv --encoding-errors replace --quiet").ok();
    assert_eq!(rows.lines().count(), 41);
}
