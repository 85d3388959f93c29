//! What `cargo expand` shows of a type, as rustc itself prints it: its size beside that of serde's `Serialize`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Five fields, each with a role of its own.
const ARTICLE: &str = r#"
#[derive(serde::Serialize, etag_core::Versioned)]
pub struct Article {
    #[versioned(id)]
    pub id: u64,
    pub title: String,
    #[versioned(variant)]
    pub author: Option<String>,
    #[versioned(skip)]
    pub html: String,
    #[versioned(modified)]
    #[serde(rename = "updatedAt")]
    pub updated_at: etag_core::Timestamp,
}
"#;

#[test]
fn an_expansion_is_a_page_that_is_shorter_than_serdes() {
    let expanded = expanded(ARTICLE);
    let lines: Vec<&str> = expanded.lines().collect();
    let versioned = item(&lines, "impl ::etag_core::Versioned for Article");
    let serialize = item(&lines, "const _: () =");
    println!("Versioned: {} lines, Serialize: {} lines", versioned.len(), serialize.len());
    assert!(versioned.len() <= 25, "{}", versioned.join("\n"));
    assert!(versioned.len() < serialize.len(), "{}", serialize.join("\n"));
    assert!(serialize.iter().any(|line| line.contains("SerializeStruct::end")), "it is serde's");
    let written = include_str!("../expand/article_view.rs").split("pub mod pasted").nth(1).unwrap();
    let verbs = |text: &str| {
        let lines = text.lines().filter_map(|line| line.trim().split_once('.')?.1.split_once('('));
        lines.map(|(verb, _)| verb.to_owned()).filter(|verb| verb != "to_owned").collect::<Vec<_>>()
    };
    assert_eq!(verbs(&versioned.join("\n")), verbs(written), "it is the ideal expansion");
    for noise in ["#[allow", "__", "unsafe", "const _"] {
        assert!(!versioned.iter().any(|line| line.contains(noise)), "{noise}");
    }
}

/// An item from the line that begins with `start` to its closing brace, with the attribute above it.
fn item<'a>(lines: &'a [&'a str], start: &str) -> &'a [&'a str] {
    let first = lines.iter().position(|line| line.starts_with(start)).unwrap();
    let length = lines[first..].iter().position(|line| line.starts_with('}')).unwrap();
    let first = if lines[first - 1] == "#[automatically_derived]" { first - 1 } else { first };
    let last = first + length + usize::from(lines[first].starts_with('#'));
    &lines[first..=last]
}

/// The source after the derives, in `rustfmt`'s style.
fn expanded(source: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("article.rs");
    fs::write(&file, source).unwrap();
    let program = std::env::current_exe().unwrap();
    let libraries = program.parent().unwrap();
    let printed = built(libraries, "etag_core").into_iter().find_map(|etag_core| {
        let serdes = built(libraries, "serde");
        serdes.iter().find_map(|serde| printed(&file, libraries, &etag_core, serde))
    });
    formatted(&printed.expect("the libraries that this test is built with"))
}

/// What was built of a crate, the newest first: there is one of each set of features.
fn built(folder: &Path, name: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut built: Vec<_> = files
        .filter(|file| {
            let file = file.file_name().into_string().unwrap_or_default();
            file.starts_with(&format!("lib{name}-")) && file.ends_with(".rlib")
        })
        .map(|file| (file.metadata().unwrap().modified().unwrap(), file.path()))
        .collect();
    built.sort();
    built.into_iter().rev().map(|(_, path)| path).collect()
}

fn printed(file: &Path, libraries: &Path, etag_core: &Path, serde: &Path) -> Option<String> {
    let output = Command::new("rustc")
        // The option that `cargo expand` uses has another name on the stable channel: none.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zunpretty=expanded", "--edition=2024", "--crate-type=lib"])
        .arg(file)
        .arg("-L")
        .arg(format!("dependency={}", libraries.display()))
        .args(["--extern", &format!("etag_core={}", etag_core.display())])
        .args(["--extern", &format!("serde={}", serde.display())])
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

fn formatted(source: &str) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    rustfmt.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    String::from_utf8(rustfmt.wait_with_output().unwrap().stdout).unwrap()
}
