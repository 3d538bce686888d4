//! A lock between processes: one of them works on a folder or a download at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A lock file, held until this is dropped. The system lets go of it when the process dies.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

impl FileLock {
    /// Takes the lock at `path`; none when another process, or another part of this one, holds it.
    ///
    /// # Errors
    /// When the lock file cannot be made. A file system without locks counts as one nobody else uses.
    pub fn try_new(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                // A file system without locks.
                Err(TryLockError::Error(_)) => {}
                // The holder before removed the file that was just locked: there may be a new one.
                Ok(()) if !is_same(&file, path) => continue,
                Ok(()) => {}
            }
            let path = path.to_owned();
            return Ok(Some(Self { file, path }));
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // While it is locked, so that nobody holds a file that has no name any more; one that stays
        // holds nobody up.
        let _ = fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

/// Whether the open file is still the one of this name.
#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => id(open) == id(named),
        _ => false,
    }
}

/// Elsewhere an open file keeps its name.
#[cfg(not(unix))]
fn is_same(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_nothing_is_left() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let first = FileLock::try_new(&path).expect("it can be made");
        assert!(first.is_some());
        assert!(FileLock::try_new(&path).expect("it is there").is_none());
        drop(first);
        assert!(!path.exists());
        assert!(FileLock::try_new(&path).expect("it is free").is_some());
    }

    #[test]
    fn many_at_once_never_share_it() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let (inside, times) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        if let Some(_lock) = FileLock::try_new(&path).expect("a folder") {
                            assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                            times.fetch_add(1, Ordering::SeqCst);
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert!(times.into_inner() > 0);
    }
}
