//! Writing a file so that whoever looks sees the old one or the new one, also after a crash.

use homolog_base::Diagnostic;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes `bytes` to `path`: a temporary file in the same folder, synced, renamed over it, and the folder synced. Folders
/// that are missing are made; a file that was there leaves its permissions to the new one.
///
/// # Errors
/// Whatever the system refuses; the file at `path`, if there was one, is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let (folder, name) = parts(path)?;
    replace(folder, name, bytes).map_err(|e| refused(path, &e))
}

/// Folder and name of a file.
fn parts(path: &Path) -> Result<(&Path, &OsStr), Diagnostic> {
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let name = path.file_name();
    Ok((folder, name.ok_or_else(|| Diagnostic::error("file-write", format!("`{}` is not the name of a file", path.display())))?))
}

fn refused(path: &Path, e: &io::Error) -> Diagnostic {
    let d = Diagnostic::error("file-write", format!("cannot write `{}`: {}", path.display(), crate::text::reason(e)));
    if path.is_dir() {
        return d.hint("there is a folder of that name; give the name of a file");
    }
    match path.ancestors().skip(1).find(|p| p.is_file()) {
        Some(file) => d.hint(format!("`{}` is a file, not a folder; choose another folder, or move that file", file.display())),
        None => d,
    }
}

/// Whether [`write()`] could write to `path` now; folders that are missing are made. For work that takes long before it has anything to write.
///
/// # Errors
/// What [`write()`] would say.
pub fn writable(path: &Path) -> Result<(), Diagnostic> {
    let (folder, name) = parts(path)?;
    let tried = if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { scratch(folder, name, |_, _| Ok(())) };
    tried.map_err(|e| refused(path, &e))
}

/// Removes a file; none is no failure.
///
/// # Errors
/// Whatever the system refuses.
pub fn remove(path: &Path) -> Result<(), Diagnostic> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(Diagnostic::error("file-write", format!("cannot remove `{}`: {}", path.display(), crate::text::reason(&e))))
        }
        _ => Ok(()),
    }
}

/// Takes away temporary files for `path` that writers left which were killed.
///
/// # Errors
/// What the system refuses.
pub fn tidy(path: &Path) -> Result<(), Diagnostic> {
    let (folder, name) = parts(path)?;
    let begin = format!(".{}.", name.to_string_lossy());
    let left = |name: &str| {
        let (process, count) = name.strip_prefix(&begin)?.strip_suffix(".tmp")?.split_once('-')?;
        process.parse::<u32>().ok().zip(count.parse::<u64>().ok())
    };
    let sweep = || -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if left(&entry.file_name().to_string_lossy()).is_some() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    };
    match sweep() {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(refused(path, &e)),
        _ => Ok(()),
    }
}

fn replace(folder: &Path, name: &OsStr, bytes: &[u8]) -> io::Result<()> {
    scratch(folder, name, |file, temporary| {
        file.write_all(bytes)?;
        if let Ok(old) = fs::metadata(folder.join(name)) {
            file.set_permissions(old.permissions())?;
        }
        file.sync_all()?;
        fs::rename(temporary, folder.join(name))?;
        // On systems where a folder cannot be opened the rename is as durable as they make it.
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    })
}

/// Does something with a temporary file beside another, and takes it away if it is still there.
fn scratch(folder: &Path, name: &OsStr, work: impl FnOnce(&mut File, &Path) -> io::Result<()>) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    fs::create_dir_all(folder)?;
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let temporary = folder.join(temporary);
    let done = OpenOptions::new().write(true).create_new(true).open(&temporary).and_then(|mut file| work(&mut file, &temporary));
    // Gone if it was renamed. Nothing more can be done if this fails; the first error is the one that matters.
    let _ = fs::remove_file(&temporary);
    done
}

#[cfg(test)]
mod tests;
