//! The program. With a test of it, `cargo test --workspace` builds it, and `.ci/run` need not build the library
//! once more for it, with other features.

use std::process::Command;

#[test]
fn an_unknown_check_is_refused_with_the_list() {
    let done = Command::new(env!("CARGO_BIN_EXE_xtask")).arg("nonsense").output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success());
    assert!(said.contains("unknown check `nonsense`") && said.contains("[readme]"), "{said}");
}
