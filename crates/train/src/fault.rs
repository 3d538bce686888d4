//! Faults on purpose, so that `cargo xtask soak` can stop a run at every step it takes on the disk.
//!
//! Nothing happens unless the program arms it, which it does when `REKINDLE_FAULT` is set.

use std::io;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What happens at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The process ends at once, as if it were killed.
    Kill,
    /// The disk is full from here on.
    Full,
    /// Nothing; steps are counted.
    Count,
}

/// A fault at the given step, counted from 1: `kill:17`, `full:3`, or `count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What happens.
    pub kind: Kind,
    /// Where.
    pub at: usize,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write a fault as kill:N, full:N or count".to_string();
        let (kind, at) = text.split_once(':').unwrap_or((text, "0"));
        let kind = match kind {
            "kill" => Kind::Kill,
            "full" => Kind::Full,
            "count" => Kind::Count,
            _ => return Err(wrong()),
        };
        let at = at.parse().map_err(|_| wrong())?;
        Ok(Self { kind, at })
    }
}

static FAULT: OnceLock<Fault> = OnceLock::new();
static STEPS: AtomicUsize = AtomicUsize::new(0);

/// Switches a fault on for the rest of the process.
pub fn arm(fault: Fault) {
    // A second one would be a mistake of the caller; the first stays.
    let _ = FAULT.set(fault);
}

/// Steps taken so far, if a fault is switched on.
pub fn steps() -> Option<usize> {
    FAULT.get().map(|_| STEPS.load(Ordering::Relaxed))
}

/// A step on the disk is about to be taken.
///
/// # Errors
/// When the disk is to be full.
pub(crate) fn step() -> io::Result<()> {
    let Some(fault) = FAULT.get() else {
        return Ok(());
    };
    let at = 1 + STEPS.fetch_add(1, Ordering::Relaxed);
    match fault.kind {
        // What a shell says of a killed process; nothing is cleaned up.
        Kind::Kill if at == fault.at => std::process::exit(137),
        Kind::Full if at >= fault.at => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_written_as_texts() {
        let fault = |kind, at| Ok(Fault { kind, at });
        assert_eq!("kill:17".parse(), fault(Kind::Kill, 17));
        assert_eq!("full:1".parse(), fault(Kind::Full, 1));
        assert_eq!("count".parse(), fault(Kind::Count, 0));
        for wrong in ["", "kill:", "kill:x", "burn:1"] {
            assert!(wrong.parse::<Fault>().is_err(), "{wrong}");
        }
    }
}
