//! The Adam update in one pass.

use super::path::{Number, Path};
use super::real::Real;
use super::simd::{LANES, Op, Simd};
use crate::adam::AdamStep;
use rayon::prelude::*;

/// Numbers a thread takes at a time: fewer are not worth waking one.
const CHUNK: usize = 1 << 15;

/// Updates a parameter and its moments in place.
///
/// # Panics
/// When the four differ in length.
pub fn update<E: Number>(
    path: Path,
    step: &AdamStep,
    parameter: &mut [E],
    moments: (&mut [E], &mut [E]),
    gradient: &[E],
) {
    let len = parameter.len();
    assert!(
        moments.0.len() == len && moments.1.len() == len && gradient.len() == len,
        "a parameter, its moments and its gradient are of one size"
    );
    parameter
        .par_chunks_mut(CHUNK)
        .zip(moments.0.par_chunks_mut(CHUNK))
        .zip(moments.1.par_chunks_mut(CHUNK))
        .zip(gradient.par_chunks(CHUNK))
        .for_each(|(((parameter, moment_1), moment_2), gradient)| {
            let work = Update {
                step: *step,
                parameter,
                moment_1,
                moment_2,
                gradient,
            };
            // SAFETY: the slices are of one length.
            unsafe { path.run(work) };
        });
}

struct Update<'a, E> {
    step: AdamStep,
    parameter: &'a mut [E],
    moment_1: &'a mut [E],
    moment_2: &'a mut [E],
    gradient: &'a [E],
}

impl<E: Real> Op<E> for Update<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let (first, second) = self.step.corrections();
        let scalars = Scalars::<S> {
            beta_1: S::splat(E::of(self.step.beta_1)),
            rest_1: S::splat(E::of(1.0 - self.step.beta_1)),
            beta_2: S::splat(E::of(self.step.beta_2)),
            rest_2: S::splat(E::of(1.0 - self.step.beta_2)),
            keep: S::splat(E::of(1.0 - self.step.lr * self.step.weight_decay)),
            rate: S::splat(E::of(-self.step.lr / first)),
            scale: S::splat(E::of(1.0 / second)),
            epsilon: S::splat(E::of(self.step.epsilon)),
        };
        let len = self.parameter.len();
        let whole = len / LANES * LANES;
        let [p, m, v] = [self.parameter, self.moment_1, self.moment_2].map(|s| s.as_mut_ptr());
        let g = self.gradient.as_ptr();
        let mut at = 0;
        while at < whole {
            scalars.block(p.add(at), m.add(at), v.add(at), g.add(at));
            at += LANES;
        }
        let rest = len - whole;
        if rest > 0 {
            let mut tail = [[E::of(0.0); LANES]; 4];
            for (tail, from) in tail.iter_mut().zip([p.cast_const(), m, v, g]) {
                std::ptr::copy_nonoverlapping(from.add(whole), tail.as_mut_ptr(), rest);
            }
            let [tail_p, tail_m, tail_v, tail_g] = &mut tail;
            scalars.block(
                tail_p.as_mut_ptr(),
                tail_m.as_mut_ptr(),
                tail_v.as_mut_ptr(),
                tail_g.as_ptr(),
            );
            for (tail, to) in tail.iter().zip([p, m, v]) {
                std::ptr::copy_nonoverlapping(tail.as_ptr(), to.add(whole), rest);
            }
        }
    }
}

struct Scalars<S: Simd> {
    beta_1: S::Block,
    rest_1: S::Block,
    beta_2: S::Block,
    rest_2: S::Block,
    keep: S::Block,
    rate: S::Block,
    scale: S::Block,
    epsilon: S::Block,
}

impl<S: Simd> Scalars<S> {
    /// # Safety
    /// See [`Simd`].
    #[inline(always)]
    unsafe fn block(&self, p: *mut S::Elem, m: *mut S::Elem, v: *mut S::Elem, g: *const S::Elem) {
        let gradient = S::load(g);
        let moment_1 = S::fma(self.beta_1, S::load(m), S::mul(self.rest_1, gradient));
        let square = S::mul(gradient, gradient);
        let moment_2 = S::fma(self.beta_2, S::load(v), S::mul(self.rest_2, square));
        let size = S::add(S::sqrt(S::mul(moment_2, self.scale)), self.epsilon);
        let change = S::div(S::mul(moment_1, self.rate), size);
        S::store(p, S::fma(self.keep, S::load(p), change));
        S::store(m, moment_1);
        S::store(v, moment_2);
    }
}
