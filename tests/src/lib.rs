//! What the workspace's tests share: the registry as a process of its own, and what is said to it.

pub mod clients;
pub mod items;
pub mod postgres;
pub mod promises;
pub mod statements;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use etag_core::Database;
use http::{HeaderMap, Request};
use tower::ServiceExt;

pub use postgres::postgres_database;

/// A registry that listens on a port of its own; it is ended when this is dropped.
pub struct Registry {
    process: Child,
    base: String,
}

impl Registry {
    /// Starts a registry on a database such as `sqlite:/tmp/r.db` or `memory:`.
    pub fn start(database: &str) -> Self {
        Self::start_with(database, &[])
    }

    /// The same, with more arguments than that.
    pub fn start_with(database: &str, arguments: &[&str]) -> Self {
        Self::spawn(Self::command(database).args(arguments))
    }

    /// The same, with its log in a file.
    pub fn start_logged(database: &str, log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("the log can be written");
        Self::spawn(Self::command(database).stderr(log))
    }

    /// Starts the program of the workshop's own tables in its place, on a SQLite file.
    pub fn start_own_tables(file: &Path) -> Self {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let mut command = Command::new(PROGRAM.get_or_init(|| built("own_tables")));
        Self::spawn(command.args(["--listen", "127.0.0.1:0", "--database"]).arg(file))
    }

    fn command(database: &str) -> Command {
        let mut command = Command::new(program());
        command.args(["--listen", "127.0.0.1:0", "--database", database]);
        command
    }

    fn spawn(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the registry starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its output is piped");
        let mut stdout = BufReader::new(stdout);
        stdout.read_line(&mut line).expect("its output is text");
        // What it prints later is read, so that it never waits for a reader.
        std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        let base = line.trim().strip_prefix("listening on ").expect("it says where it listens").to_owned();
        Self { process, base }
    }

    /// The address of a path: `http://127.0.0.1:PORT/…`.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Where it listens: `127.0.0.1:PORT`, for a socket.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// How much of its memory is in use, in bytes (`VmRSS`).
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("it is running");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory");
        let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kilobytes * 1024
    }

    /// Ends it at once, as a crash would (`SIGKILL`).
    pub fn kill(mut self) {
        self.process.kill().expect("it was running");
        self.process.wait().expect("it has ended");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have been killed before.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The registry's program, built once in a run.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("registry"))
}

/// A program of the examples, built.
fn built(name: &str) -> PathBuf {
    // With the features of the whole workspace, which the tests were built with: its dependencies are there already.
    // Those of dev-dependencies count where cargo is asked for examples, of which there is none.
    let build = escargot::CargoBuild::new().args(["--workspace", "--examples"]).bin(name);
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    build.manifest_path(manifest).run().expect("the program builds").path().to_owned()
}

/// A program of the machine's that a test talks to, such as a browser or a proxy.
///
/// `None` where it is not installed, and the test is to be skipped: it says so. With `ETAG_TEST_SYSTEM=require` that
/// is a failure instead.
pub fn system_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // What only root is meant to run is often not on the path of others.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders.map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let is_required = std::env::var("ETAG_TEST_SYSTEM").is_ok_and(|system| system == "require");
        assert!(!is_required, "`{name}` is not installed, and ETAG_TEST_SYSTEM=require asks for it");
        eprintln!("skipped: `{name}` is not installed");
    }
    found
}

/// A folder for a database, and the URL of a SQLite file in it.
pub fn sqlite_file() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("test.db").display());
    (folder, url)
}

/// A client that follows no redirect and asks no proxy.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without TLS")
}

/// Runs a test in memory, then on a SQLite file, and then on PostgreSQL.
pub async fn on_each_database(test: impl AsyncFn(Database)) {
    let (_folder, file) = sqlite_file();
    for url in ["memory:".to_owned(), file].into_iter().chain(postgres_database()) {
        eprintln!("on {url}");
        test(Database::connect(&url).await.expect("the database opens")).await;
    }
}

/// What a router answered, without the time at which it did.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// A header, as text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("the header is text"))
    }

    /// The body, as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}

/// Calls a router in process.
pub async fn call(
    router: &Router,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).expect("the request is one");
    let (parts, body) = router.clone().oneshot(request).await.expect("a router never fails").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("the body is in memory");
    let mut headers = parts.headers;
    headers.remove("date");
    Answer { status: parts.status.as_u16(), headers, body }
}
