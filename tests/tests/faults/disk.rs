//! A disk that is soon full.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A small file system in memory; it is gone with this, and with the test's process.
pub(crate) struct Disk {
    folder: PathBuf,
    shell: Child,
    lifeline: Option<ChildStdin>,
}

impl Disk {
    /// So many MiB; `None` where nothing can be mounted, and the test is to be skipped.
    pub(crate) fn new(mebibytes: usize) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("etag-disk-").tempdir().unwrap().keep();
        let mut shell = Command::new("bash")
            .args(["-c", KEEPER])
            .args([&folder, Path::new(&options(mebibytes))])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut mounted = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut mounted).unwrap();
        let lifeline = shell.stdin.take();
        let disk = Self { folder, shell, lifeline };
        if mounted.trim() != "mounted" {
            eprintln!("skipped: no file system can be mounted");
            return None;
        }
        Some(disk)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives it another size.
    pub(crate) fn resize(&self, mebibytes: usize) {
        let options = format!("remount,{}", options(mebibytes));
        let status = Command::new("mount").args(["-o", &options]).arg(&self.folder).status().unwrap();
        assert!(status.success());
    }
}

/// It is the user `nobody`'s, as whom PostgreSQL runs where root tests.
fn options(mebibytes: usize) -> String {
    format!("size={mebibytes}m,uid=65534,gid=65534,mode=700")
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let _ = self.shell.wait();
    }
}

/// Keeps it mounted until the input ends.
const KEEPER: &str = r#"
    mount -t tmpfs -o "$1" etag-tests "$0" && echo mounted
    read -r _
    umount --lazy "$0" 2>/dev/null
    rmdir "$0"
"#;
