//! Runs are killed, starved of disk and damaged, and nothing may be lost: the run that goes on ends with the
//! weights and figures of the unbroken one, bit for bit, and nothing half-written stays.
//!
//! `cargo test` takes the short form; `cargo xtask soak --minutes N` goes on for N minutes.

mod cases;
mod damage;
mod edits;
mod kills;
#[path = "../support/small_data.rs"]
mod small_data;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

/// How long and how often a part is attacked.
struct Budget {
    until: Instant,
    least: usize,
    done: usize,
}

impl Budget {
    /// At least `least` times, and in the long form for this share of its minutes.
    fn new(least: usize, share: f64) -> Self {
        let minutes = std::env::var("REKINDLE_SOAK_MINUTES").ok();
        let minutes = minutes.and_then(|text| text.parse::<f64>().ok());
        let seconds = 60.0 * share * minutes.unwrap_or(0.0);
        Self {
            until: Instant::now() + Duration::from_secs_f64(seconds),
            least,
            done: 0,
        }
    }

    /// Whether there is time for another one.
    fn goes_on(&mut self) -> bool {
        self.done += 1;
        self.done <= self.least || Instant::now() < self.until
    }
}

/// Whether this is the long form.
fn is_long() -> bool {
    std::env::var_os("REKINDLE_SOAK_MINUTES").is_some()
}

/// Numbers that differ from call to call of the program; the seed is shown, and can be given again.
struct Random(u64);

impl Random {
    fn new(part: u64) -> Self {
        let given = std::env::var("REKINDLE_SOAK_SEED").ok();
        let given = given.and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = std::time::SystemTime::now();
            let since = now.duration_since(std::time::UNIX_EPOCH);
            since.map_or(1, |since| since.as_nanos() as u64)
        });
        println!("REKINDLE_SOAK_SEED={seed}");
        Self(seed ^ part.rotate_left(32))
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A row of the table in `docs/src/reliability.md`.
fn report(what: &str, times: usize, lost: &str) {
    println!("soak | {what} | {times} | {lost}");
}
