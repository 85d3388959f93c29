//! The registry's command line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tests::{Registry, program, sqlite_file};

use crate::{ABSENT, Answer, answer};

const PUMP: &str = "00000000-0000-4000-8000-000000000001";

fn asset(name: &str) -> Value {
    json!({
        "serialNumber": "P-1",
        "name": name,
        "status": "maintenance",
        "value": 0.1,
        "tags": ["Prüfung"],
        "location": null,
        "productId": PUMP,
    })
}

/// A registry that serves, and what it said when it began to.
struct Announced {
    process: Child,
    lines: Vec<String>,
}

impl Announced {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(program())
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let lines = stdout.lines().take(4).collect::<Result<_, _>>().unwrap();
        Self { process, lines }
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Asserts that a registry refuses to start, and reads what it says.
fn refusal(arguments: &[&str]) -> String {
    let mut process = Command::new(program())
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        // It serves, and would never end.
        process.kill().unwrap();
    }
    let output = process.wait_with_output().unwrap();
    assert_eq!((line.as_str(), output.status.code()), ("", Some(1)));
    String::from_utf8(output.stderr).unwrap()
}

async fn get(registry: &Registry, path: &str) -> Answer {
    answer(tests::client().get(registry.url(path))).await
}

#[tokio::test]
async fn a_file_of_assets_is_imported_over_those_of_the_same_id() {
    let (folder, database) = sqlite_file();
    let registry = Registry::start(&database);
    let before = get(&registry, "/assets?limit=500").await.json();
    let before = before.as_array().unwrap();
    registry.kill();

    let file = folder.path().join("assets.json");
    let (mut new, mut old) = (asset("with an id"), asset("over another"));
    new["id"] = ABSENT["/assets/".len()..].into();
    old["id"] = before[3]["id"].clone();
    std::fs::write(&file, json!([new, old, asset("without an id")]).to_string()).unwrap();
    drop(Announced::start(&["--database", &database, "--load", file.to_str().unwrap()]));

    let registry = Registry::start(&database);
    let after = get(&registry, "/assets?limit=500").await.json();
    let after = after.as_array().unwrap();
    assert_eq!(after.len(), before.len() + 2);
    let named = |name: &str| after.iter().find(|asset| asset["name"] == name).unwrap();
    for (sent, name) in
        [(&new, "with an id"), (&old, "over another"), (&asset("without an id"), "without an id")]
    {
        let found = named(name);
        for (member, value) in sent.as_object().unwrap() {
            assert_eq!(found[member], *value);
        }
        let shown = get(&registry, &format!("/assets/{}", found["id"].as_str().unwrap())).await;
        assert_eq!((shown.status, shown.json()), (200, found.clone()));
        assert_eq!(shown.header("etag"), found["etag"]);
    }
    let kept = before.iter().filter(|asset| after.contains(asset)).count();
    assert_eq!(kept, before.len() - 1, "all others are as they were, tag and date included");
}

#[tokio::test]
async fn a_file_with_a_bad_record_is_refused_line_by_line_and_nothing_is_loaded() {
    let (folder, database) = sqlite_file();
    let registry = Registry::start(&database);
    let before = get(&registry, "/assets?limit=500").await;
    registry.kill();

    let with = |member: &str, value: Value| {
        let mut asset = asset("bad");
        asset[member] = value;
        asset
    };
    let mut nameless = asset("bad");
    nameless.as_object_mut().unwrap().remove("name");
    let records = json!([
        asset("good"),
        with("status", json!("lost")),
        with("id", json!(PUMP)),
        with("location", json!({"latitude": "north", "longitude": 1})),
        nameless,
        with("id", json!(PUMP)),
        with("colour", json!("red")),
        7,
    ]);
    let file = folder.path().join("bad.json");
    std::fs::write(&file, records.to_string()).unwrap();
    let said = refusal(&["--database", &database, "--load", file.to_str().unwrap()]);
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("record ")).collect();
    let expected = [(1, "status"), (3, "location.latitude"), (4, "name"), (5, "id"), (6, "colour"), (7, "")];
    assert_eq!(lines.len(), expected.len(), "{said}");
    for (line, (record, member)) in lines.iter().zip(expected) {
        assert!(line.starts_with(&format!("record {record}: ")) && line.contains(member), "{line}");
    }
    assert!(said.contains(file.to_str().unwrap()), "{said}");

    let registry = Registry::start(&database);
    let after = get(&registry, "/assets?limit=500").await;
    assert_eq!(after.representation(), before.representation());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let (folder, _) = sqlite_file();
    let (absent, malformed) = (folder.path().join("absent.json"), folder.path().join("malformed.json"));
    let single = folder.path().join("single.json");
    std::fs::write(&malformed, "[{").unwrap();
    std::fs::write(&single, asset("no array").to_string()).unwrap();
    for file in [absent, malformed, single] {
        let file = file.to_str().unwrap();
        let said = refusal(&["--database", "memory:", "--load", file]);
        assert!(said.contains(file), "{said}");
    }
}

#[tokio::test]
async fn it_says_where_it_listens_and_three_lines_that_work_as_pasted() {
    let (_folder, database) = sqlite_file();
    let announced = Announced::start(&["--database", &database]);
    let [first, lines @ ..] = announced.lines.as_slice() else { panic!("nothing was announced") };
    let base = first.strip_prefix("listening on ").unwrap();
    assert!(base.starts_with("http://127.0.0.1:") && !base.ends_with(":0"), "{base}");
    assert_eq!(lines.len(), 3);
    for (line, status) in lines.iter().zip(["200 OK", "304 Not Modified", "200 OK"]) {
        assert!(line.starts_with("curl "), "{line}");
        let output = Command::new("bash").args(["-c", line]).env("no_proxy", "*").output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{line}");
        assert!(said.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{line}\n{said}");
    }
    let url = lines[0].rsplit(' ').next().unwrap();
    let shown = answer(tests::client().get(url)).await;
    assert_eq!(shown.json()["status"], "maintenance", "the third line was a PATCH");
}

#[test]
fn a_database_that_cannot_be_opened_is_named() {
    for database in ["oracle:registry", "registry.db", ""] {
        let said = refusal(&["--database", database]);
        assert!(said.contains(&format!("`{database}`")), "{said}");
        assert!(said.contains("`memory:`") && said.contains("`sqlite:FILE`"), "{said}");
    }
    let (folder, _) = sqlite_file();
    let nowhere = folder.path().join("absent").join("registry.db");
    let said = refusal(&["--database", &format!("sqlite:{}", nowhere.display())]);
    assert!(said.contains("unable to open database file"), "{said}");
    assert!(!nowhere.exists());
}

#[tokio::test]
async fn a_restart_shows_what_was_there_under_the_same_tags() {
    let (_folder, database) = sqlite_file();
    let registry = Registry::start(&database);
    let paths = ["/assets?limit=500", "/products"];
    let mut before = Vec::new();
    for path in paths {
        before.push(get(&registry, path).await);
    }
    registry.kill();
    let registry = Registry::start(&database);
    for (path, before) in paths.iter().zip(before) {
        assert_eq!(get(&registry, path).await.representation(), before.representation());
    }
}
