//! The hyperbolic tangent of many numbers, in place, and its gradient.

use super::math;
use super::path::{Number, Path};
use super::product::{load_part, store_part};
use super::real::Real;
use super::simd::{LANES, Op, Simd};
use rayon::prelude::*;

/// Numbers a thread takes at a time.
const CHUNK: usize = 1 << 14;

/// Squashes numbers in place.
pub fn tanh<E: Number>(path: Path, numbers: &mut [E]) {
    numbers.par_chunks_mut(CHUNK).for_each(|numbers| {
        // SAFETY: the work asks for nothing.
        unsafe { path.run(Squash(numbers)) };
    });
}

/// Turns gradients of `output = tanh(x)` into those of `x`, in place.
///
/// # Panics
/// When both differ in length.
pub fn tanh_backward<E: Number>(path: Path, output: &[E], gradient: &mut [E]) {
    assert_eq!(output.len(), gradient.len(), "a gradient for each number");
    let chunks = gradient.par_chunks_mut(CHUNK).zip(output.par_chunks(CHUNK));
    chunks.for_each(|(gradient, output)| {
        // SAFETY: the slices are of one length.
        unsafe { path.run(Slope { output, gradient }) };
    });
}

struct Squash<'a, E>(&'a mut [E]);

impl<E: Real> Op<E> for Squash<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        for block in self.0.chunks_mut(LANES) {
            let (at, valid) = (block.as_mut_ptr(), block.len());
            store_part::<S>(at, math::tanh::<S>(load_part::<S>(at, valid)), valid);
        }
    }
}

struct Slope<'a, E> {
    output: &'a [E],
    gradient: &'a mut [E],
}

impl<E: Real> Op<E> for Slope<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let one = S::splat(E::of(1.0));
        let blocks = self.gradient.chunks_mut(LANES);
        for (block, output) in blocks.zip(self.output.chunks(LANES)) {
            let (at, valid) = (block.as_mut_ptr(), block.len());
            let y = load_part::<S>(output.as_ptr(), valid);
            let slope = S::sub(one, S::mul(y, y));
            store_part::<S>(at, S::mul(load_part::<S>(at, valid), slope), valid);
        }
    }
}
