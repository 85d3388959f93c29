//! The compiler explains each public trait of the library in the user's words.

use std::fs;
use std::path::{Path, PathBuf};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../etag-core/src");

/// A trait that a type of the user's may miss, with the attributes above it.
struct Trait {
    name: String,
    attributes: String,
}

#[test]
fn each_public_trait_says_what_is_wrong_what_is_expected_and_what_to_do() {
    let traits = public_traits();
    assert!(traits.iter().any(|it| it.name == "Versioned") && traits.len() > 15, "traits are not found");
    for Trait { name, attributes } in traits {
        let Some((_, explained)) = attributes.split_once("#[diagnostic::on_unimplemented(") else {
            panic!("`{name}` lacks `#[diagnostic::on_unimplemented]`");
        };
        for part in ["message = \"", "label = \"", "note = \""] {
            assert!(
                explained.contains(part),
                "`{name}` is explained without a {}",
                part.trim_end_matches(" = \"")
            );
        }
    }
}

/// The traits that are no item of an inner module: of these `sealed` is the only kind.
fn public_traits() -> Vec<Trait> {
    let mut traits = Vec::new();
    for file in rust_files(Path::new(SOURCES)) {
        let source = fs::read_to_string(file).unwrap();
        let mut above = String::new();
        for line in source.lines() {
            if let Some(declaration) = line.strip_prefix("pub trait ") {
                let name = declaration.split(|it: char| !it.is_alphanumeric()).next().unwrap().to_owned();
                traits.push(Trait { name, attributes: std::mem::take(&mut above) });
            }
            match line {
                "" | "}" => above.clear(),
                _ => above.extend([line, "\n"]),
            }
        }
    }
    traits
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let inner = folders.iter().flat_map(|folder| rust_files(folder));
    files.into_iter().filter(|file| file.extension().is_some_and(|it| it == "rs")).chain(inner).collect()
}
