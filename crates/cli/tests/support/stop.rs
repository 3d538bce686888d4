//! Runs that are stopped half-way.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Interrupts a run as soon as a checkpoint lies in the given folder.
pub fn stop_once_saved(mut run: Command, checkpoints: &Path) {
    let mut child = run.stdout(Stdio::null()).spawn().unwrap();
    let saved = || {
        std::fs::read_dir(checkpoints).is_ok_and(|entries| {
            let mut names = entries.flatten().map(|entry| entry.file_name());
            names.any(|name| name.to_string_lossy().starts_with("last-"))
        })
    };
    while !saved() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(130), "an interrupted run says so");
}

/// The weights of a run: what follows the header, which names the tensors.
pub fn weights(run: PathBuf) -> Vec<u8> {
    let bytes = std::fs::read(run.join("model.safetensors")).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..].to_vec()
}
