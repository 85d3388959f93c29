//! PostgreSQL clusters of the tests' own, made by the machine's programs and gone with the test's process.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::system_program;

/// The URL of a new, empty database in the cluster that all tests of a process share; `None` where PostgreSQL is not
/// installed, and the test is to be skipped on it.
pub fn postgres_database() -> Option<String> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    // What outlives the process is tested with clusters that sync.
    let shared = SHARED.get_or_init(|| Cluster::start(&["fsync=off", "max_connections=400"]));
    shared.as_ref().map(Cluster::database)
}

/// A PostgreSQL server on a port of its own; it ends when this is dropped, and when the process ends.
pub struct Cluster {
    programs: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    settings: Vec<String>,
    server: Option<Server>,
    databases: AtomicUsize,
}

/// A shell that ends the server when its input does, whatever became of this process.
struct Server {
    shell: Child,
    lifeline: Option<ChildStdin>,
    postmaster: u32,
}

impl Cluster {
    /// Makes a cluster and starts it, with settings such as `fsync=off`; `None` where PostgreSQL is not installed.
    pub fn start(settings: &[&str]) -> Option<Self> {
        let programs = installed()?;
        let folder = tempfile::Builder::new().prefix("etag-postgres-").tempdir().expect("a temporary folder");
        if is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).expect("root can give folders away");
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = port.expect("there is a free port").port();
        let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
        let mut cluster =
            Self { programs, folder, port, settings, server: None, databases: AtomicUsize::new(0) };
        cluster.initialize();
        cluster.restart();
        Some(cluster)
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(
            "createdb",
            &["--host=127.0.0.1", &format!("--port={}", self.port), "--username=postgres", &name],
        );
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Where it listens, on `127.0.0.1`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends all of its processes at once, as a crash would (`SIGKILL`); what was acknowledged is in its log.
    pub fn kill(&mut self) {
        let Some(server) = self.server.take() else {
            return;
        };
        // Stopped, it starts no other one meanwhile.
        signal("STOP", &[server.postmaster]);
        let mut all = children(server.postmaster);
        all.push(server.postmaster);
        signal("KILL", &all);
        server.end("keep");
    }

    /// Stops all of its processes where they are (`SIGSTOP`), and lets them go on (`SIGCONT`): connections stay open, and
    /// nothing is answered.
    pub fn freeze(&self, is_frozen: bool) {
        if let Some(server) = &self.server {
            let mut all = children(server.postmaster);
            all.push(server.postmaster);
            signal(if is_frozen { "STOP" } else { "CONT" }, &all);
        }
    }

    /// Starts it, where it does not run; it recovers what a crash left.
    pub fn restart(&mut self) {
        if self.server.is_some() {
            return;
        }
        let mut arguments = vec![self.program("postgres"), "-D".to_owned(), self.data()];
        let port = format!("port={}", self.port);
        let sockets = format!("unix_socket_directories={}", self.folder.path().display());
        let own = ["listen_addresses=127.0.0.1", &port, &sockets].map(str::to_owned);
        for setting in own.iter().chain(&self.settings) {
            arguments.extend(["-c".to_owned(), setting.clone()]);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.log());
        let mut shell = self
            .command(Path::new("bash"))
            .args(["-c", KEEPER, &self.folder.path().display().to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.expect("its folder can be written"))
            // What ends the tests from a terminal ends their input first.
            .process_group(0)
            .spawn()
            .expect("bash runs");
        let mut postmaster = String::new();
        let stdout = shell.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut postmaster).expect("its output is text");
        let postmaster = postmaster.trim().parse().expect("it says the server's process");
        let lifeline = shell.stdin.take();
        self.server = Some(Server { shell, lifeline, postmaster });
        self.wait_until_ready();
    }

    /// Makes its files. `initdb` takes seconds: what it has made once is copied from then on, also by other processes.
    fn initialize(&self) {
        let template = self.template();
        if template.exists() {
            return copy(&template, Path::new(&self.data()));
        }
        self.run("initdb", &[&INITDB[..], &["--pgdata", &self.data()]].concat());
        let beside = template.parent().expect("it is in a folder");
        let made = tempfile::tempdir_in(beside).expect("the target folder can be written");
        let whole = made.path().join("data");
        copy(Path::new(&self.data()), &whole);
        // It appears at once, or not where another process was first.
        if let Err(error) = std::fs::rename(&whole, &template) {
            assert!(template.exists(), "{}: {error}", template.display());
        }
    }

    /// Where new files are kept, in the target folder: another version of `initdb` or another user has others.
    fn template(&self) -> PathBuf {
        let program = std::env::current_exe().expect("a test is a program");
        let build = program.ancestors().nth(2).expect("it is in a target folder");
        let mut hasher = DefaultHasher::new();
        (self.output("initdb", &["--version"]), INITDB, is_root()).hash(&mut hasher);
        build.join(format!("postgres-{:016x}", hasher.finish()))
    }

    fn wait_until_ready(&self) {
        let begun = Instant::now();
        let port = format!("--port={}", self.port);
        loop {
            let ready = self
                .command(Path::new(&self.program("pg_isready")))
                .args(["--quiet", "--host=127.0.0.1", &port])
                .status()
                .expect("pg_isready runs");
            if ready.success() {
                return;
            }
            if begun.elapsed() > Duration::from_secs(60) {
                let log = std::fs::read_to_string(self.log()).unwrap_or_default();
                panic!("PostgreSQL did not start: {log}");
            }
            sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn program(&self, name: &str) -> String {
        self.programs.join(name).display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        self.output(program, arguments);
    }

    /// What a program of the server's prints.
    fn output(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(Path::new(&self.program(program))).args(arguments).output();
        let output = output.unwrap_or_else(|error| panic!("{program} runs: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A command as a user that PostgreSQL runs as: it refuses root.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env("LC_ALL", "C.UTF-8");
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // A test that fails leaves it as it is, and what is frozen does not end.
        self.freeze(false);
        if let Some(server) = self.server.take() {
            server.end("");
        }
    }
}

impl Server {
    /// Ends the shell, and the server where it is running; the cluster's files are kept, or not.
    fn end(mut self, keep: &str) {
        if let Some(mut lifeline) = self.lifeline.take() {
            // It may have ended before.
            let _ = lifeline.write_all(keep.as_bytes());
        }
        let _ = self.shell.wait();
    }
}

/// How `initdb` is called, but for the folder: with a locale whose order of texts is not that of their bytes.
const INITDB: [&str; 7] = [
    "--no-sync",
    "--auth=trust",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=icu",
    "--icu-locale=en-US",
];

/// Runs a server until the input ends; then, unless that has said otherwise, its folder is removed.
const KEEPER: &str = r#"
    "$@" </dev/null >&2 &
    echo $!
    read -r keep
    kill -QUIT $! 2>/dev/null
    wait
    [ -n "$keep" ] || rm -rf "$0"
"#;

/// Copies a folder with its owners and modes.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("--archive").args([from, to]).status().expect("cp runs");
    assert!(copied.success(), "{} is copied to {}", from.display(), to.display());
}

fn signal(name: &str, processes: &[u32]) {
    let processes: Vec<String> = processes.iter().map(u32::to_string).collect();
    // One of them may have ended meanwhile.
    let _ =
        Command::new("bash").args(["-c", "kill -s \"$0\" \"$@\" 2>/dev/null", name]).args(processes).status();
}

/// The processes that a process has started: the server's are in sessions of their own.
fn children(of: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let is_child = |process: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        status
            .lines()
            .any(|line| line.strip_prefix("PPid:").is_some_and(|parent| parent.trim() == of.to_string()))
    };
    numbers.filter(is_child).collect()
}

/// The user `nobody`, on each Linux.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The folder of the server's programs: Debian keeps them apart for each version.
fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest =
        versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    let version = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    newest.max_by_key(version).or_else(|| Some(system_program("initdb")?.parent()?.to_owned()))
}
