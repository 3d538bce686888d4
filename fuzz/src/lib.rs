//! Every reader of people's files, on bytes that were damaged.
//!
//! A target takes any bytes and must return: with what it read, or with an error. A panic, an abort,
//! a hang or gigabytes of memory are faults. [`mutate`] damages the seeds of a target; the folder
//! `libfuzzer` runs the same targets with coverage where a nightly compiler is at hand.
#![forbid(unsafe_code)]

pub mod mutate;
mod seeds;
mod targets;

/// A reader, and files that it reads.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Files to damage.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Reads bytes as a file.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 12] = [
    target("tables", seeds::tables, targets::tables),
    target("prices", seeds::tables, targets::prices),
    target("timelines", seeds::tables, targets::timelines),
    target("texts", seeds::texts, targets::texts),
    target("pairs", seeds::pairs, targets::pairs),
    target("manifests", seeds::manifests, targets::manifests),
    target("vectors", seeds::vectors, targets::vectors),
    target("safetensors", seeds::safetensors, targets::safetensors),
    target("pt", seeds::pt, targets::pt),
    target("npz", seeds::npz, targets::npz),
    target("idx", seeds::idx, targets::idx),
    target("task-files", seeds::task_files, targets::task_files),
];

const fn target(name: &'static str, seeds: fn() -> Vec<Vec<u8>>, run: fn(&[u8])) -> Target {
    Target { name, seeds, run }
}

/// The target of a name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
