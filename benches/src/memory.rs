//! Peak memory of a process, on Linux; memory of a GPU is not in it.

/// Of this process.
pub fn peak_kib() -> Option<u64> {
    peak_kib_of("/proc/self/status")
}

/// Of the process of a status file.
pub fn peak_kib_of(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
