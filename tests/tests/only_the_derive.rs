//! What is said where a project has the macro and not the library.
//!
//! The words are those of rustc 1.95.

use std::process::Command;
use std::{env, fs};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

const PROGRAM: &str = "\
use etag_derive::Versioned;

#[derive(Versioned)]
pub struct Article {
    #[versioned(id)]
    pub id: u64,
    pub title: String,
}
";

const SAID: &str = "\
error[E0433]: cannot find `etag_core` in the crate root
 --> src/lib.rs:3:10
  |
3 | #[derive(Versioned)]
  |          ^^^^^^^^^ could not find `etag_core` in the list of imported crates
";

/// The expansion has no line to say more with: it is what a person would write, and nothing else.
#[rustversion::attr(not(stable(1.95)), ignore = "the expected words are those of rustc 1.95")]
#[test]
fn a_derive_without_the_library_gives_one_error_that_names_the_library() {
    let project = tempfile::tempdir().unwrap();
    let manifest = format!(
        "[package]\nname = \"only-the-derive\"\nedition = \"2024\"\n[workspace]\n\
        [dependencies]\netag-derive = {{ path = '{WORKSPACE}/etag-derive' }}\n"
    );
    fs::create_dir(project.path().join("src")).unwrap();
    fs::write(project.path().join("src/lib.rs"), PROGRAM).unwrap();
    fs::write(project.path().join("Cargo.toml"), manifest).unwrap();
    // The versions that are on the machine already.
    fs::copy(format!("{WORKSPACE}/Cargo.lock"), project.path().join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--quiet", "--color", "never", "--target-dir"])
        .arg(concat!(env!("CARGO_TARGET_TMPDIR"), "/only-the-derive"))
        .current_dir(project.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with(SAID), "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");
}
