//! Cross-entropy of rows of scores and its gradient, in place.

use super::math::exp;
use super::path::{Number, Path};
use super::real::Real;
use super::simd::{LANES, Op, Simd};
use super::sizes::product;
use crate::cross_entropy::CrossEntropy;
use rayon::prelude::*;

/// Rows a thread takes at a time: their scores stay in its cache between the passes.
const ROWS: usize = 16;

/// Adds `bias` to rows of scores, and turns the scores into the gradient of the mean loss of all
/// rows that count. Gives that loss and the gradient of the bias.
///
/// # Panics
/// When sizes do not fit, or a target that counts is not a column.
pub fn cross_entropy<E: Number>(
    path: Path,
    call: &CrossEntropy,
    scores: &mut [E],
    bias: &[E],
    targets: &[usize],
) -> (f64, Vec<E>) {
    let columns = bias.len();
    assert_eq!(
        scores.len(),
        product(&[targets.len(), columns]),
        "a target for each row"
    );
    let counts = |target: &usize| *target != call.ignore;
    assert!(
        targets.iter().filter(|t| counts(t)).all(|&t| t < columns),
        "a target is a column of the scores"
    );
    let count = targets.iter().filter(|t| counts(t)).count().max(1);
    let chunk = |(scores, targets): (&mut [E], &[usize])| {
        let mut loss = 0.0;
        let mut d_bias = vec![E::of(0.0); columns];
        for (row, target) in scores.chunks_mut(columns.max(1)).zip(targets) {
            let target = counts(target).then_some(*target);
            let mut logs = Logs::default();
            let work = Row {
                scores: row,
                bias,
                d_bias: &mut d_bias,
                target,
                smoothing: call.smoothing,
                scale: 1.0 / count as f64,
                logs: &mut logs,
            };
            // SAFETY: the row, the bias and its gradient are of one length, the target within it.
            unsafe { path.run(work) };
            if target.is_some() {
                let smooth = call.smoothing * (logs.normaliser - logs.mean);
                loss += (1.0 - call.smoothing) * (logs.normaliser - logs.target) + smooth;
            }
        }
        (loss, d_bias)
    };
    let parts: Vec<(f64, Vec<E>)> = scores
        .par_chunks_mut((ROWS * columns).max(1))
        .zip(targets.par_chunks(ROWS))
        .map(chunk)
        .collect();
    let mut d_bias = vec![E::of(0.0); columns];
    let mut loss = 0.0;
    for (part, d_part) in parts {
        loss += part;
        d_bias.iter_mut().zip(d_part).for_each(|(sum, d)| *sum += d);
    }
    (loss / count as f64, d_bias)
}

/// Logarithms of a row: of the sum of `e^x`, and what the scores themselves come to.
#[derive(Default)]
struct Logs {
    normaliser: f64,
    target: f64,
    mean: f64,
}

/// One row; without a target its gradient is zero.
struct Row<'a, E> {
    scores: &'a mut [E],
    bias: &'a [E],
    d_bias: &'a mut [E],
    target: Option<usize>,
    smoothing: f64,
    scale: f64,
    logs: &'a mut Logs,
}

/// The lanes of a block added up.
#[inline(always)]
unsafe fn lanes<S: Simd>(block: S::Block) -> [f64; LANES] {
    let mut values = [S::Elem::of(0.0); LANES];
    S::store(values.as_mut_ptr(), block);
    values.map(Real::wide)
}

impl<E: Real> Op<E> for Row<'_, E> {
    #[inline(always)]
    unsafe fn run<S: Simd<Elem = E>>(self) {
        let Some(target) = self.target else {
            self.scores.fill(E::of(0.0));
            return;
        };
        let len = self.scores.len();
        let whole = len / LANES * LANES;
        let scores = self.scores.as_mut_ptr();
        let bias = self.bias.as_ptr();

        let mut largest = S::splat(E::of(f64::from(f32::MIN)));
        let mut sum = S::splat(E::of(0.0));
        let mut at = 0;
        while at < whole {
            let x = S::add(S::load(scores.add(at)), S::load(bias.add(at)));
            S::store(scores.add(at), x);
            largest = S::max(x, largest);
            sum = S::add(sum, x);
            at += LANES;
        }
        let mut total: f64 = lanes::<S>(sum).iter().sum();
        let mut top = lanes::<S>(largest).into_iter().fold(f64::MIN, f64::max);
        for at in whole..len {
            let x = (*scores.add(at)).wide() + (*bias.add(at)).wide();
            *scores.add(at) = E::of(x);
            top = top.max(x);
            total += x;
        }
        self.logs.target = (*scores.add(target)).wide();
        self.logs.mean = total / len as f64;

        let shift = S::splat(E::of(-top));
        let mut sum = S::splat(E::of(0.0));
        let mut at = 0;
        while at < whole {
            let e = exp::<S>(S::add(S::load(scores.add(at)), shift));
            S::store(scores.add(at), e);
            sum = S::add(sum, e);
            at += LANES;
        }
        let mut total: f64 = lanes::<S>(sum).iter().sum();
        for at in whole..len {
            let e = ((*scores.add(at)).wide() - top).exp();
            *scores.add(at) = E::of(e);
            total += e;
        }
        self.logs.normaliser = top + total.ln();

        let times = E::of(self.scale / total);
        let less = E::of(-self.scale * self.smoothing / len as f64);
        let d_bias = self.d_bias.as_mut_ptr();
        let (times, less) = (S::splat(times), S::splat(less));
        let mut at = 0;
        while at < whole {
            let d = S::fma(S::load(scores.add(at)), times, less);
            S::store(scores.add(at), d);
            S::store(d_bias.add(at), S::add(S::load(d_bias.add(at)), d));
            at += LANES;
        }
        for at in whole..len {
            let p = (*scores.add(at)).wide() / total;
            let d = self.scale * (p - self.smoothing / len as f64);
            *scores.add(at) = E::of(d);
            *d_bias.add(at) = E::of((*d_bias.add(at)).wide() + d);
        }
        let hit = self.scale * (1.0 - self.smoothing);
        for d in [scores.add(target), d_bias.add(target)] {
            *d = E::of((*d).wide() - hit);
        }
    }
}
