//! Dropout in one pass.

use super::path::{Number, Path};
use super::real::Real;
use super::simd::{Op, Simd};
use crate::dropout::Dropout;
use rayon::prelude::*;

/// Numbers a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// Drops numbers in place.
pub fn dropout<E: Number>(path: Path, call: &Dropout, numbers: &mut [E]) {
    let each = |(at, numbers): (usize, &mut [E])| {
        let work = Chunk {
            numbers,
            // Chunks differ in the seed, so that a place fits 32 bits in any tensor.
            seed: call
                .seed
                .wrapping_add((at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            probability: call.probability,
        };
        // SAFETY: the work asks for nothing.
        unsafe { path.run(work) };
    };
    numbers.par_chunks_mut(CHUNK).enumerate().for_each(each);
}

struct Chunk<'a, E> {
    numbers: &'a mut [E],
    seed: u64,
    probability: f64,
}

/// Chris Wellons's `lowbias32`: every bit of the place moves about half of the result's.
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x = (x ^ (x >> 16)).wrapping_mul(0x21f0_aaad);
    x = (x ^ (x >> 15)).wrapping_mul(0x735a_2d97);
    x ^ (x >> 15)
}

impl<E: Real + std::ops::Mul<Output = E>> Op<E> for Chunk<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let [low, high] = [self.seed as u32, (self.seed >> 32) as u32];
        let bound = (self.probability * f64::from(u32::MAX)) as u32;
        let scale = E::of(1.0 / (1.0 - self.probability));
        let zero = E::of(0.0);
        for (at, number) in self.numbers.iter_mut().enumerate() {
            let drawn = hash(hash(at as u32 ^ low).wrapping_add(high));
            let factor = if drawn < bound { zero } else { scale };
            *number = *number * factor;
        }
    }
}
