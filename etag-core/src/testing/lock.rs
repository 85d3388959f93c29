use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io, process};

use super::pin::Pin;
use super::{Mismatch, WRITE};

/// The pins of a file, by their names.
pub(super) type Lock = BTreeMap<String, Pin>;

pub(super) fn read(file: &Path) -> Result<Lock, Mismatch> {
    let name = file.display();
    let text = fs::read(file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Mismatch(format!("{name} is not there: `{WRITE}` writes it; commit it")),
        _ => Mismatch(format!("{name} can't be read: {error}")),
    })?;
    serde_json::from_slice(&text).map_err(|error| {
        let ways = format!("take it from the last commit, or write it anew with `{WRITE}` and read its diff");
        Mismatch(format!("{name} is no file of pins: {error}\n{ways}"))
    })
}

/// Writes the file at once: whoever reads it meanwhile finds the old one or the new one.
pub(super) fn write(file: &Path, lock: &Lock) -> Result<(), Mismatch> {
    let failed = |error: io::Error| Mismatch(format!("{} can't be written: {error}", file.display()));
    let mut text = serde_json::to_vec_pretty(lock).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    if fs::read(file).is_ok_and(|before| before == text) {
        return Ok(());
    }
    let beside = beside(file);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        // What is half written is of use to nobody; it may not even be there.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// A name in the same folder that no other test has.
fn beside(file: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{count}.tmp", process::id()));
    file.with_file_name(name)
}
