//! Proxies as processes of their own, on loopback, in a folder of their own.

use std::fs::write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A proxy that listens; it is ended when this is dropped.
pub struct Server {
    process: Child,
    address: SocketAddr,
    /// Removed after the proxy has ended.
    folder: TempDir,
}

impl Server {
    /// Starts a proxy on a free port, and waits until it listens; `None` where it is not installed.
    pub fn start(spawn: impl Fn(SocketAddr) -> Option<Self>) -> Option<Self> {
        for _ in 0..3 {
            // The port is free when the proxy is told of it; another process can still be faster.
            let free = TcpListener::bind("127.0.0.1:0").expect("loopback").local_addr().expect("an address");
            let mut server = spawn(free)?;
            if server.listens() {
                return Some(server);
            }
            eprintln!("{}", server.log());
        }
        panic!("the proxy does not listen");
    }

    /// The address of a path: `http://127.0.0.1:PORT/…`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn listens(&mut self) -> bool {
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until && matches!(self.process.try_wait(), Ok(None)) {
            if TcpStream::connect(self.address).is_ok() {
                return true;
            }
            sleep(Duration::from_millis(20));
        }
        false
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked first, for it may have a child of its own to end.
        let _ = Command::new("sh").args(["-c", &format!("kill {}", self.process.id())]).status();
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until && matches!(self.process.try_wait(), Ok(None)) {
            sleep(Duration::from_millis(10));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// nginx in front of an origin, with more directives for its one location.
pub fn nginx(address: SocketAddr, origin: &str, directives: &str) -> Option<Server> {
    serve("nginx", address, |folder, command| {
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};\n", folder.join(kind).display()))
            .concat();
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\n\
             events {{}}\n\
             http {{\n\
             access_log off; {temporary} proxy_cache_path {folder}/cache keys_zone=cache:1m; proxy_http_version 1.1;\n\
             server {{ listen {address}; location / {{ proxy_pass http://{origin}; {directives} }} }}\n\
             }}\n",
            folder = folder.display(),
        );
        write(folder.join("configuration"), configuration).expect("a file in the folder");
        command
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(folder.join("configuration"))
            .arg("-e")
            .arg(folder.join("log"));
    })
}

/// Apache httpd that compresses what an origin sends.
pub fn apache(address: SocketAddr, origin: &str, directives: &str) -> Option<Server> {
    serve("apache2", address, |folder, command| {
        let modules: String = ["mpm_event", "authz_core", "filter", "deflate", "proxy", "proxy_http"]
            .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
            .concat();
        let configuration = format!(
            "ServerRoot {folder}\nServerName localhost\nListen {address}\nPidFile {folder}/pid\nErrorLog {folder}/log\n\
             DefaultRuntimeDir {folder}\nMutex pthread\n{modules}SetOutputFilter DEFLATE\n{directives}\n\
             ProxyPass / http://{origin}/\n",
            folder = folder.display(),
        );
        write(folder.join("configuration"), configuration).expect("a file in the folder");
        // In one process: it has no children that could be left behind.
        command.arg("-X").arg("-f").arg(folder.join("configuration"));
    })
}

/// Varnish in front of an origin; the statements are for what it fetches, and `gzip` says whether codings are its own
/// matter.
pub fn varnish(address: SocketAddr, origin: &str, gzip: &str, statements: &str) -> Option<Server> {
    serve("varnishd", address, |folder, command| {
        let (host, port) = origin.split_once(':').expect("a host and a port");
        let configuration = format!(
            "vcl 4.1;\nbackend default {{ .host = \"{host}\"; .port = \"{port}\"; }}\n\
             sub vcl_backend_response {{ {statements} }}\n"
        );
        write(folder.join("configuration"), configuration).expect("a file in the folder");
        command.args(["-F", "-j", "none", "-T", "none", "-s", "malloc,16m", "-a"]).arg(address.to_string());
        command.arg("-p").arg(format!("http_gzip_support={gzip}"));
        command.arg("-n").arg(folder.join("state")).arg("-f").arg(folder.join("configuration"));
    })
}

/// Starts a program in a folder of its own.
fn serve(name: &str, address: SocketAddr, configure: impl FnOnce(&Path, &mut Command)) -> Option<Server> {
    let Some(program) = find(name) else {
        let required = std::env::var("ETAG_TEST_SYSTEM").is_ok_and(|value| value == "require");
        assert!(!required, "`{name}` is not installed, and ETAG_TEST_SYSTEM=require asks for it");
        eprintln!("skipped: `{name}` is not installed");
        return None;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(program);
    configure(folder.path(), &mut command);
    let output = || std::fs::File::options().create(true).append(true).open(folder.path().join("log"));
    command.stdin(Stdio::null()).stdout(output().expect("a log")).stderr(output().expect("a log"));
    let process = command.spawn().expect("the program starts");
    Some(Server { process, address, folder })
}

/// Debian keeps servers where only root's `PATH` leads.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}
