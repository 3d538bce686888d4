//! No damaged file ends a reader: a short form of `cargo xtask fuzz`.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rekindle_fuzz::{TARGETS, mutate::mutate};

/// Damaged files a target.
const FILES: usize = 1_500;

#[test]
fn damaged_files_are_read_or_refused() {
    for target in &TARGETS {
        let seeds = (target.seeds)();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for seed in &seeds {
            (target.run)(seed);
        }
        for file in 0..FILES {
            let seed = &seeds[file % seeds.len()];
            let other = &seeds[(file / 2) % seeds.len()];
            (target.run)(&mutate(seed, other, &mut rng));
        }
    }
}
