//! Recipes as TOML files, and those inside the program.

use super::error::RecipeError;
use super::presets::PRESETS;
use super::{ClassifierRecipe, EncoderRecipe, LmRecipe, TfIdfRecipe};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A named set of hyper-parameters for the three stages, and for the other methods.
///
/// A file may build on another recipe: with `extends = "paper-2018"`, or a path relative to the
/// file, it needs only the fields that differ. Tables are merged field by field, lists of phases
/// are replaced whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Short name.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Where the numbers are from.
    pub source: String,
    /// Stage 1: a language model on general text.
    pub pretrain: LmRecipe,
    /// Stage 2: the same on the user's texts.
    pub finetune: LmRecipe,
    /// Stage 3: the classifier.
    pub train: ClassifierRecipe,
    /// A classifier on a sentence encoder.
    #[serde(default = "EncoderRecipe::contrastive")]
    pub encoder: EncoderRecipe,
    /// A linear classifier on n-grams.
    #[serde(default)]
    pub tfidf: TfIdfRecipe,
}

/// Names the recipe that a file builds on.
const EXTENDS: &str = "extends";

impl Recipe {
    /// A recipe of [`PRESETS`].
    ///
    /// # Errors
    /// [`RecipeError::Unknown`] when there is no recipe of this name.
    pub fn preset(name: &str) -> Result<Self, RecipeError> {
        Self::parse_as(preset(name)?, Path::new(name))
    }

    /// A recipe from a file.
    ///
    /// # Errors
    /// [`RecipeError`] when it cannot be read or used.
    pub fn read(path: &Path) -> Result<Self, RecipeError> {
        Self::parse_as(&read(path)?, path)
    }

    /// A recipe from TOML; `extends` is relative to the working directory.
    ///
    /// # Errors
    /// [`RecipeError`] when it is not well-formed or a number is out of range.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        Self::parse_as(text, Path::new("recipe"))
    }

    /// `path` is what messages call it, and where `extends` starts from.
    fn parse_as(text: &str, path: &Path) -> Result<Self, RecipeError> {
        let syntax = |error: toml::de::Error| syntax(path, &error);
        let table: Table = text.parse().map_err(syntax)?;
        let recipe: Self = if table.contains_key(EXTENDS) {
            let mut merged = resolve(table, path, &mut Vec::new())?;
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            merged.entry("name").or_insert_with(|| Value::from(&*stem));
            merged.try_into().map_err(syntax)?
        } else {
            toml::from_str(text).map_err(syntax)? // not from the table: it has lost the lines
        };
        recipe.check()?;
        Ok(recipe)
    }

    /// This recipe with some fields set by hand, each as a line of TOML: `train.dropout.weight = 0.3`. A
    /// value that is not TOML is taken as a string.
    ///
    /// # Errors
    /// [`RecipeError::Setting`] when a line names no field, or its value is of another type, and those of
    /// a number that is out of range.
    ///
    /// # Panics
    /// Never: a recipe serialises.
    pub fn set<S: AsRef<str>>(self, settings: &[S]) -> Result<Self, RecipeError> {
        let mut recipe = self;
        for setting in settings.iter().map(AsRef::as_ref) {
            let wrong = |message: &str| RecipeError::Setting {
                setting: setting.to_owned(),
                message: message.trim().to_owned(),
            };
            let Some((field, value)) = setting.split_once('=') else {
                return Err(wrong("it is not of the form `field=value`"));
            };
            let quoted = || format!("{field} = {}", Value::from(value.trim()));
            let changed = setting.parse::<Table>().or_else(|_| quoted().parse::<Table>());
            let changed = changed.map_err(|error| wrong(error.message()))?;
            let mut table = Table::try_from(&recipe).expect("a recipe is a table");
            merge(&mut table, changed);
            recipe = table.try_into().map_err(|error: toml::de::Error| wrong(error.message()))?;
        }
        recipe.check()?;
        Ok(recipe)
    }

    fn check(&self) -> Result<(), RecipeError> {
        self.pretrain.check()?;
        self.finetune.check()?;
        self.train.check()?;
        self.encoder.check()?;
        self.tfidf.check()
    }

    /// Whether stage 2 or 3 selects epochs or stops by a validation set.
    pub fn selects(&self) -> bool {
        self.finetune.training.selects() || self.train.training.selects()
    }
}

fn preset(name: &str) -> Result<&'static str, RecipeError> {
    let found = PRESETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text).ok_or_else(|| RecipeError::Unknown { name: name.to_owned() })
}

fn read(path: &Path) -> Result<String, RecipeError> {
    std::fs::read_to_string(path)
        .map_err(|source| RecipeError::Read { path: path.to_owned(), source })
}

fn syntax(path: &Path, error: &toml::de::Error) -> RecipeError {
    RecipeError::Syntax { path: path.to_owned(), message: error.to_string().trim().to_owned() }
}

/// A table on top of the recipe that it extends, and so on.
fn resolve(mut table: Table, path: &Path, seen: &mut Vec<PathBuf>) -> Result<Table, RecipeError> {
    if seen.iter().any(|seen| seen == path) {
        return Err(RecipeError::Circle { path: path.to_owned() });
    }
    seen.push(path.to_owned());
    let Some(parent) = table.remove(EXTENDS) else { return Ok(table) };
    let Value::String(parent) = parent else {
        let message = "`extends` must be the name of a recipe or the path of a file".to_owned();
        return Err(RecipeError::Syntax { path: path.to_owned(), message });
    };
    let is_file = Path::new(&parent).extension().is_some_and(|end| end == "toml");
    let (text, place) = if is_file {
        let place = path.parent().unwrap_or(Path::new("")).join(&parent);
        (read(&place)?, place)
    } else {
        (preset(&parent)?.to_owned(), PathBuf::from(&parent))
    };
    let lower: Table = text.parse().map_err(|error| syntax(&place, &error))?;
    let mut lower = resolve(lower, &place, seen)?;
    lower.remove("name"); // it is another recipe now
    merge(&mut lower, table);
    Ok(lower)
}

/// Two ways to say the same: setting one of them drops the other.
const EITHER: [(&str, &str); 2] = [("lr-factor", "lr-groups"), ("lr-groups", "lr-factor")];

fn merge(lower: &mut Table, upper: Table) {
    for (one, other) in EITHER {
        if upper.contains_key(one) && !upper.contains_key(other) {
            lower.remove(other);
        }
    }
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            // a `kind` begins another schedule or optimiser
            (Some(Value::Table(lower)), Value::Table(upper)) if !upper.contains_key("kind") => {
                merge(lower, upper);
            }
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Rates;

    #[test]
    fn every_preset_is_read_and_written_back() {
        for (name, _) in PRESETS {
            let recipe = Recipe::preset(name).unwrap();
            assert_eq!(recipe.name, name);
            assert_eq!(Recipe::parse(&toml::to_string(&recipe).unwrap()).unwrap(), recipe);
        }
    }

    #[test]
    fn fields_are_set_by_hand() {
        let paper = Recipe::preset("paper-2018").unwrap();
        let set = |settings: &[&str]| paper.clone().set(settings);
        let found = set(&["train.dropout.weight=0.3", "encoder.contrastive.updates = 7"]).unwrap();
        let mut wanted = paper.clone();
        wanted.train.training.dropout.weight = 0.3;
        wanted.encoder.contrastive.as_mut().unwrap().updates = 7;
        assert_eq!(found, wanted);
        assert_eq!(set(&["description=as I like it"]).unwrap().description, "as I like it");
        for bad in [
            "lr",
            "train.no-such=1",
            "train.lr=much",
            "train.lr=-1",
            "encoder.folds=1",
            "encoder.end-to-end.lr-factor=0.5",
            "encoder.dropout-pairs.lr=0",
            "encoder.co-training.share=0",
            "encoder.co-training.updates=-1",
            "encoder.masked-words.share=0",
            "encoder.masked-words.head-lr=-1",
            "encoder.masked-words.no-such=1",
        ] {
            assert!(set(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_needs_only_what_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
        write("a.toml", "extends = 'paper-2018'\n[train.dropout]\nweight = 0.3\n");
        write("b.toml", "name = 'mine'\nextends = 'a.toml'\n[finetune]\nlr-groups = [1.0, 2.0]\n");
        let paper = Recipe::preset("paper-2018").unwrap();
        let a = Recipe::read(&path("a.toml")).unwrap();
        let mut wanted = paper.clone();
        wanted.name = "a".into();
        wanted.train.training.dropout.weight = 0.3;
        assert_eq!(a, wanted);
        let b = Recipe::read(&path("b.toml")).unwrap();
        wanted.name = "mine".into();
        wanted.finetune.training.rates = Rates::Groups(vec![1.0, 2.0]);
        assert_eq!(b, wanted);

        write("c.toml", "extends = 'd.toml'\n");
        write("d.toml", "extends = 'c.toml'\n");
        assert!(matches!(Recipe::read(&path("c.toml")), Err(RecipeError::Circle { .. })));
        write("e.toml", "extends = 'no-such'\n");
        assert!(matches!(Recipe::read(&path("e.toml")), Err(RecipeError::Unknown { .. })));
        write("f.toml", "extends = 'default'\n[train]\nbatch-syze = 3\n");
        let error = Recipe::read(&path("f.toml")).unwrap_err().to_string();
        assert!(error.contains("f.toml") && error.contains("batch-syze"), "{error}");
    }

    #[test]
    fn an_error_names_the_file_and_shows_the_line() {
        let error = Recipe::parse_as("name = \n", Path::new("my.toml")).unwrap_err().to_string();
        assert!(error.starts_with("my.toml: not a valid recipe\n"), "{error}");
        assert!(error.contains("\n1 | name ="), "{error}");
    }

    #[test]
    fn a_field_of_the_other_kind_is_refused() {
        let preset = toml::to_string(&Recipe::preset("paper-2018").unwrap()).unwrap();
        let with = |section: &str, line: &str| {
            let header = format!("[{section}]\n");
            let text = preset.replace(&header, &format!("{header}{line}\n"));
            Recipe::parse(&text).map_err(|error| error.to_string())
        };
        for (section, line, wanted) in [
            ("pretrain", "few = { below = 3, lr = 0.1 }", "`few` is for classifiers only"),
            ("finetune", "min-batches = 3", "`min-batches` is for classifiers only"),
            ("train", "read-once = {}", "`read-once` is for language models only"),
        ] {
            let error = with(section, line).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
        assert!(with("train", "min-batches = 3").is_ok());
    }

    #[test]
    fn no_limit_of_length_is_zero_in_a_file() {
        let mut recipe = Recipe::preset("default").unwrap();
        recipe.train.max_len = None;
        let text = toml::to_string(&recipe).unwrap();
        assert!(text.contains("max-len = 0"), "{text}");
        assert_eq!(Recipe::parse(&text).unwrap(), recipe);
    }
}
