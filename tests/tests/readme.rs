//! What the README says to type works as it stands; its programs are run as documentation examples of
//! `etag-core`.

use std::process::Command;

use serde_json::Value;
use tests::{Registry, client, sqlite_file};

const README: &str = include_str!("../../README.md");

/// The blocks of shell commands.
fn commands() -> Vec<&'static str> {
    let blocks = README.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().trim()).collect()
}

#[tokio::test]
async fn the_tag_of_a_product_is_what_ordinary_tools_make_of_its_body() {
    let (_folder, database) = sqlite_file();
    let registry = Registry::start(&database);
    let products: Vec<Value> =
        client().get(registry.url("/products")).send().await.unwrap().json().await.unwrap();
    let hash = commands().into_iter().find(|command| command.contains("sha256sum")).unwrap();
    for product in &products[..3] {
        let id = product["id"].as_str().unwrap();
        let command = hash.replace("127.0.0.1:3000", registry.address());
        let output = Command::new("bash").env("id", id).args(["-c", &command]).output().unwrap();
        let path = format!("/products/{id}");
        let answer = client().get(registry.url(&path)).send().await.unwrap();
        let made = String::from_utf8(output.stdout).unwrap();
        assert_eq!(answer.headers()["etag"], format!("\"{}\"", made.trim()));
    }
}

#[test]
fn the_two_commands_name_what_the_workspace_has() {
    let [run, test] = commands()[0].lines().collect::<Vec<_>>()[..] else {
        panic!("two commands, a line each");
    };
    assert!(run.starts_with("cargo run --bin registry "));
    assert!(tests::program().ends_with("registry"));
    let ci = include_str!("../../.ci/run");
    assert!(test.starts_with("cargo test --workspace ") && ci.contains("cargo test --workspace"));
}

/// A documentation example may hide lines; a page that is read elsewhere shows them.
#[test]
fn no_line_of_a_program_is_hidden() {
    assert!(!README.lines().any(|line| line.trim_start().starts_with("# let") || line.trim() == "#"));
}

#[test]
fn each_feature_is_in_the_readme_and_checked_by_itself() {
    let (_, features) = include_str!("../../etag-core/Cargo.toml").split_once("[features]").unwrap();
    let features = features.lines().map_while(|line| (!line.starts_with('[')).then_some(line));
    let names = features.filter_map(|line| line.split_once(" = [")).map(|(name, _)| name);
    let table = README.split_once("## Features").unwrap().1;
    let ci = include_str!("../../.ci/run");
    let (_, checked) = ci.split_once("for feature in ").unwrap();
    let checked: Vec<&str> = checked.lines().next().unwrap().trim_end_matches("; do").split(' ').collect();
    for name in names.filter(|name| *name != "default" && !name.starts_with('_')) {
        assert!(table.contains(&format!("`{name}`")), "{name} is not in the README");
        assert!(checked.contains(&name), "{name} is not checked by itself");
    }
}

#[test]
fn each_attribute_that_the_derive_knows_is_in_the_readme_and_no_other() {
    let attributes = include_str!("../../etag-derive/src/lib.rs");
    let (_, features) = include_str!("../../etag-core/Cargo.toml").split_once("[features]").unwrap();
    let cargo = features.split("\n[").next().unwrap();
    let documented: Vec<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(['`', ' ']).next())
        .filter(|key| key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'))
        .filter(|key| !cargo.contains(&format!("\n{key} = [")))
        .collect();
    for key in &documented {
        assert!(attributes.contains(&format!("**`{key}`**")), "{key} is not documented at the derive");
    }
    let keys = attributes.matches("**`").count();
    assert_eq!(documented.len(), keys, "{documented:?}");
}
