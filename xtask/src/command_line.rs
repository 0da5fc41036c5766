//! The reference of the command line, `docs/reference/command-line.md`: what `--help` prints.
//!
//! The program is the one that the environment names in `ULMFIT`.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::readme::Mode;

/// Writes the page, or compares it.
pub(crate) fn run(root: &Path, mode: Mode) -> anyhow::Result<String> {
    let program =
        env::var_os("ULMFIT").context("ULMFIT names no program, such as target/debug/ulmfit")?;
    let help = |words: &[&str]| -> anyhow::Result<String> {
        let mut command = Command::new(&program);
        command.args(words).arg("--help").env("COLUMNS", "100").env_remove("ULMFIT_THREADS");
        let output =
            command.output().with_context(|| format!("cannot run {}", program.display()))?;
        anyhow::ensure!(output.status.success(), "`{words:?} --help` failed");
        let text = String::from_utf8(output.stdout)?;
        Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"))
    };
    let top = help(&[])?;
    let mut page = format!(
        "# Command line\n\nMade from `--help` by `cargo xtask command-line`.\n\n```text\n{}\n```\n",
        top.trim_end()
    );
    let mut commands = 0;
    for name in subcommands(&top) {
        let text = help(&[name])?;
        let parts = subcommands(&text);
        let pages: Vec<Vec<&str>> = if parts.is_empty() {
            vec![vec![name]]
        } else {
            parts.into_iter().map(|part| vec![name, part]).collect()
        };
        for words in pages {
            let name = words.join(" ");
            let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", help(&words)?.trim_end());
            commands += 1;
        }
    }
    let path = root.join("docs/reference/command-line.md");
    if fs::read_to_string(&path).is_ok_and(|old| old == page) {
        return Ok(format!("{commands} commands"));
    }
    match mode {
        Mode::Check => {
            anyhow::bail!("{} is out of date: run `cargo xtask command-line`", path.display())
        }
        Mode::Write => fs::write(&path, page)?,
    }
    Ok(format!("{commands} commands"))
}

/// Names under `Commands:` of a help text, but for `help`.
fn subcommands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = lines.take_while(|line| !line.is_empty());
    // Continued descriptions are indented further.
    let names = names.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_the_help() {
        let help = "About\n\nCommands:\n  fit   Fits a\n        model\n  help  Helps\n\nOptions:\n  -h  Help\n";
        assert_eq!(subcommands(help), ["fit"]);
        assert!(subcommands("About\n\nOptions:\n  -h\n").is_empty());
    }
}
