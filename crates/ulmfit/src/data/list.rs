//! Names in the middle of a sentence.

/// "`a`, `b` and `c`", cut after eight.
pub(crate) fn list(names: &[String]) -> String {
    list_at_most(names, 8)
}

/// "`a`, `b` and `c`", cut after `most`.
pub(crate) fn list_at_most(names: &[String], most: usize) -> String {
    let shown: Vec<String> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    match (&shown[..], names.len()) {
        ([], _) => "none".to_owned(),
        ([one], _) => one.clone(),
        (_, n) if n > most => format!("{} and {} more", shown.join(", "), n - most),
        ([head @ .., last], _) => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn lists_read_well() {
        let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        assert_eq!(list(&names[..0]), "none");
        assert_eq!(list(&names[..1]), "`0`");
        assert_eq!(list(&names[..3]), "`0`, `1` and `2`");
        assert!(list(&names).ends_with("`7` and 12 more"));
    }
}
