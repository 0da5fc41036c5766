//! The folder of an export to ONNX.

use super::super::classifier_bundle::ClassifierBundle;
use super::super::embedded::open_model;
use super::super::folder::{pretty, write_labels};
use super::Recurrent;
use crate::Error;
use crate::checkpoint::{Dtype, FolderWriter, peek_tensors, stored_as};
use crate::data::labels::LabelKind;
use crate::printable::printable;
use crate::text::special;
use std::path::Path;

const README: &str = include_str!("README.md");
const CHECK: &str = include_str!("check.py");

/// Writes a folder for ONNX runtimes: the graph of a recurrent classifier, vocabulary, labels, 32 texts with the
/// right answers, a program that compares them, and a page that explains all this; returns the names of its files.
///
/// # Errors
/// As [`ClassifierBundle::load`] and [`ClassifierBundle::to_onnx`]; [`Error::NotFinite`] when the model has no
/// answers for the texts, [`Error::Checkpoint`] when writing fails. Nothing is left behind then.
pub fn export_onnx(model: &Path, folder: FolderWriter) -> Result<Vec<String>, Error> {
    let source = open_model(model)?;
    let bundle = ClassifierBundle::from_folder(&source)?;
    bundle.for_onnx()?; // before the weights of a portfolio, which are in files of other names, are asked for
    let (stored, _) = stored_as(&peek_tensors(&source.read("model.safetensors")?)?);
    bundle.write_onnx(&source.hash(), stored, folder)
}

impl ClassifierBundle {
    /// `hash` is that of the model's folder, and `stored` how its weights were stored.
    fn write_onnx(
        &self,
        hash: &str,
        stored: Dtype,
        mut folder: FolderWriter,
    ) -> Result<Vec<String>, Error> {
        let graph = self.to_onnx()?;
        let Recurrent { text, .. } = self.for_onnx()?;
        let check = self.onnx_check()?;
        let mut names = Vec::new();
        let mut write = |name: &str, bytes: &[u8]| {
            names.push(name.to_owned());
            folder.write(name, bytes)
        };
        write("model.onnx", &graph)?;
        for (name, bytes) in text.files() {
            write(name, &bytes)?;
        }
        write("config.json", &pretty(&self.config()))?;
        write("check.json", &pretty(&check))?;
        write("check.py", CHECK.as_bytes())?;
        write("README.md", self.onnx_readme(hash, stored)?.as_bytes())?;
        write_labels(&mut folder, &self.labels)?;
        names.push("labels.json".into());
        folder.finish()?;
        Ok(names)
    }

    fn onnx_readme(&self, hash: &str, stored: Dtype) -> Result<String, Error> {
        let Recurrent { networks, .. } = self.for_onnx()?;
        let directions: Vec<String> = networks.iter().map(|(d, _)| d.to_string()).collect();
        let directions = match &directions[..] {
            [only] => only.clone(),
            all => format!("{}, whose answers are averaged", all.join(" and ")),
        };
        let names = self.labels.names();
        let shown: Vec<String> = names.iter().take(10).map(|name| in_table(name)).collect();
        let more = if names.len() > 10 { ", .. (`labels.json`)" } else { "" };
        let meaning = match self.labels.kind() {
            LabelKind::Single => {
                format!("probability of each label, which sum to 1: {}{more}", shown.join(", "))
            }
            LabelKind::Multi => {
                format!("probability that a text has the label: {}{more}", shown.join(", "))
            }
            LabelKind::Regression => "the value".to_owned(),
        };
        let weights = match stored {
            Dtype::F32 => "weights in f32, as in the model".to_owned(),
            other => format!(
                "weights in f32; those of the model are stored as {other}, so the file is larger"
            ),
        };
        let mut page = README.to_owned();
        for (mark, text) in [
            ("{OUTPUT}", self.onnx_output().to_owned()),
            ("{PADDING}", special::PAD_ID.to_string()),
            ("{UNKNOWN}", special::UNK_ID.to_string()),
            ("{WIDTH}", self.labels.outputs().to_string()),
            ("{MEANING}", meaning),
            ("{DIRECTIONS}", directions),
            ("{WEIGHTS}", weights),
            ("{VERSION}", env!("CARGO_PKG_VERSION").to_owned()),
            ("{HASH}", hash.to_owned()),
        ] {
            page = page.replace(mark, &text);
        }
        Ok(page)
    }
}

/// A name in a cell of a Markdown table.
fn in_table(name: &str) -> String {
    format!("`{}`", printable(name).replace('`', "'").replace('|', "\\|"))
}
