//! A whole sequence on all threads, for any cell, number and instruction set.

use super::backward::{Incoming, Saved, ShardGradients};
use super::buffer::Buffer;
use super::elman::Elman;
use super::forward::{Given, Rowwise, SaveTo, Walk};
use super::gru::Gru;
use super::lstm::Lstm;
use super::mask::Mask;
use super::pack::{Packed, Weights, transposed, unpacked_sum};
use super::path::{Number, Path};
use super::plan::Plan;
use super::problem::{Batch, Gradients, Kind, Upstream};
use super::simd::LANES;
use super::sizes::Sizes;
use super::unit::Unit;
use rayon::prelude::*;

/// What the backward pass needs beside the inputs.
#[derive(Debug)]
pub struct Kept<E> {
    sizes: Sizes,
    plan: Plan,
    shards: Vec<Saved<E>>,
}

/// What a sequence gives.
#[derive(Debug)]
pub struct Forwarded<E> {
    /// `[B, T, H]`, zero at padded steps.
    pub hidden: Vec<E>,
    /// `[B, H]`.
    pub last_hidden: Vec<E>,
    /// `[B, H]`; empty for cells that have none.
    pub last_cell: Vec<E>,
    /// For the backward pass, if asked for.
    pub kept: Option<Kept<E>>,
}

/// How to run: everything a result depends on beside its inputs.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// Instruction set.
    pub path: Path,
    /// Threads, at least 1.
    pub threads: usize,
    /// Recompute every so many steps in the backward pass instead of keeping all.
    pub checkpoint: Option<usize>,
}

impl Engine {
    /// The fastest instruction set and all of rayon's threads.
    pub fn new(checkpoint: Option<usize>) -> Self {
        Self {
            path: Path::best(),
            threads: rayon::current_num_threads(),
            checkpoint,
        }
    }

    /// Runs a batch.
    ///
    /// # Panics
    /// When a size is zero (but `d_input`), a slice is not as long as its sizes say, or a length is not within
    /// `1..=seq_length`.
    pub fn forward<E: Number>(
        &self,
        kind: Kind,
        weights: &Weights<'_, E>,
        given: &Given<'_, E>,
        batch: Batch<'_>,
        keep: bool,
    ) -> Forwarded<E> {
        let pass = ForwardPass {
            sizes: Sizes::new(kind, weights, given, &batch),
            engine: self,
            weights,
            given,
            batch,
            keep,
        };
        E::forward(kind, pass)
    }

    /// The gradients of what [`forward`](Self::forward) gave as `hidden` and `kept`.
    ///
    /// # Panics
    /// When the cell or a size is not that of the forward pass, or a slice is not as long as its sizes say.
    pub fn backward<E: Number>(
        &self,
        kind: Kind,
        weights: &Weights<'_, E>,
        given: &Given<'_, E>,
        forwarded: (&[E], &Kept<E>),
        upstream: Upstream<'_, E>,
        want_input: bool,
    ) -> Gradients<E> {
        let (hidden, kept) = forwarded;
        kept.sizes.assert_backward(kind, weights, given);
        kept.sizes.assert_upstream(hidden, &upstream);
        let pass = BackwardPass {
            path: self.path,
            weights,
            given,
            forwarded,
            upstream,
            want_input,
        };
        E::backward(kind, pass)
    }
}

impl Kind {
    /// Runs a pass of this cell.
    pub(super) fn run<E: Number, P: Pass<E>>(self, pass: P) -> P::Out {
        match self {
            Self::Elman { relu } => pass.run(|_| Elman { relu }),
            Self::Gru { mirror } => pass.run(|_| Gru { mirror }),
            Self::Lstm { peephole, clip } => {
                pass.run(|packed| Lstm::new(packed, peephole, E::of(clip)))
            }
        }
    }
}

/// A forward or backward pass of any cell.
pub(super) trait Pass<E: Number> {
    type Out;

    /// Runs with the cell that `make` gives for the packed parameters.
    fn run<U: Unit<E>>(self, make: impl Fn(&Packed<E>) -> U) -> Self::Out;
}

/// The arguments of [`Engine::forward`].
pub struct ForwardPass<'a, E> {
    sizes: Sizes,
    engine: &'a Engine,
    weights: &'a Weights<'a, E>,
    given: &'a Given<'a, E>,
    batch: Batch<'a>,
    keep: bool,
}

impl<E: Number> Pass<E> for ForwardPass<'_, E> {
    type Out = Forwarded<E>;

    fn run<U: Unit<E>>(self, make: impl Fn(&Packed<E>) -> U) -> Forwarded<E> {
        let (batch, path) = (self.batch, self.engine.path);
        let d_hidden = self.given.d_hidden;
        let plan = Plan::new(
            batch.batch_size,
            batch.seq_length,
            batch.lengths,
            batch.reverse,
            self.engine.threads.max(1),
        );
        let packed = Packed::new::<U>(self.weights);
        let unit = make(&packed);
        let mut hidden = vec![E::default(); batch.batch_size * batch.seq_length * d_hidden];
        let rowwise = Rowwise(hidden.as_mut_ptr());
        let every = self.engine.checkpoint.map(|every| every.max(1));
        let done: Vec<(Buffer<E>, Option<Saved<E>>)> = plan
            .shards
            .par_iter()
            .map(|shard| {
                let walk = Walk::new(path, &unit, &packed, self.given, &plan, shard, rowwise);
                // SAFETY: `hidden` is `[B, T, H]`, `Sizes` checked all that is read, and a batch row is in
                // one shard alone.
                unsafe { shard_forward::<E, U>(&walk, self.keep, every) }
            })
            .collect();
        let mut last_hidden = vec![E::default(); batch.batch_size * d_hidden];
        let mut last_cell = vec![E::default(); if U::CELL { last_hidden.len() } else { 0 }];
        let padded = packed.units * LANES;
        for (shard, (cell, _)) in plan.shards.iter().zip(&done) {
            for (at, row) in shard.rows.iter().enumerate() {
                let to = row.batch * d_hidden..(row.batch + 1) * d_hidden;
                let from = plan.place(*row, row.length - 1) * d_hidden;
                last_hidden[to.clone()].copy_from_slice(&hidden[from..from + d_hidden]);
                if U::CELL {
                    last_cell[to].copy_from_slice(&cell[at * padded..][..d_hidden]);
                }
            }
        }
        let shards: Option<Vec<_>> = done.into_iter().map(|(_, saved)| saved).collect();
        Forwarded {
            hidden,
            last_hidden,
            last_cell,
            kept: shards.map(|shards| Kept {
                sizes: self.sizes,
                plan,
                shards,
            }),
        }
    }
}

/// Runs all steps of a shard and keeps what was asked for.
///
/// # Safety
/// See [`Walk::run`].
unsafe fn shard_forward<E: Number, U: Unit<E>>(
    walk: &Walk<'_, E, U>,
    keep: bool,
    every: Option<usize>,
) -> (Buffer<E>, Option<Saved<E>>) {
    let mut cell = walk.first_cell();
    let (steps, rows, padded) = (walk.shard.steps(), walk.shard.rows.len(), walk.padded());
    // SAFETY: passed on.
    let run = |range, cell: &mut Buffer<E>, save| unsafe {
        walk.run(range, cell, save, true);
    };
    if !keep {
        run(0..steps, &mut cell, None);
        return (cell, None);
    }
    let Some(every) = every else {
        let taken = walk.shard.starts[steps];
        let mut gates = Buffer::new(taken * walk.packed.units * U::SAVED * LANES);
        let mut cells = Buffer::new(if U::CELL { taken * padded } else { 0 });
        let save = SaveTo {
            gates: gates.as_mut_ptr(),
            cells: cells.as_mut_ptr(),
            base: 0,
        };
        run(0..steps, &mut cell, Some(save));
        return (cell, Some(Saved::All { gates, cells }));
    };
    let segments = steps.div_ceil(every);
    let mut cells = Buffer::new(if U::CELL { segments * rows * padded } else { 0 });
    for segment in 0..segments {
        if U::CELL {
            cells[segment * rows * padded..][..rows * padded].copy_from_slice(&cell);
        }
        let range = segment * every..((segment + 1) * every).min(steps);
        run(range, &mut cell, None);
    }
    (cell, Some(Saved::Some { every, cells }))
}

/// The arguments of [`Engine::backward`].
pub struct BackwardPass<'a, E> {
    path: Path,
    weights: &'a Weights<'a, E>,
    given: &'a Given<'a, E>,
    forwarded: (&'a [E], &'a Kept<E>),
    upstream: Upstream<'a, E>,
    want_input: bool,
}

impl<E: Number> Pass<E> for BackwardPass<'_, E> {
    type Out = Gradients<E>;

    fn run<U: Unit<E>>(self, make: impl Fn(&Packed<E>) -> U) -> Gradients<E> {
        let (hidden, kept) = self.forwarded;
        let path = self.path;
        let (plan, d_hidden, d_input) = (&kept.plan, self.given.d_hidden, self.given.d_input);
        let again = kept
            .shards
            .iter()
            .any(|saved| matches!(saved, Saved::Some { .. }));
        let packed = match again {
            true => Packed::new::<U>(self.weights),
            false => Packed::pointwise::<U>(self.weights),
        };
        let unit = make(&packed);
        let input_size = if self.want_input {
            self.given.input.len()
        } else {
            0
        };
        let mut input = vec![E::default(); input_size];
        let to_input = Rowwise(match self.want_input {
            true => input.as_mut_ptr(),
            false => std::ptr::null_mut(),
        });
        // Gates with masks of their own are multiplied one by one.
        let by_gate = |mask: &Option<Mask<'_, E>>| mask.is_some_and(|mask| mask.by_gate());
        let parts = |weight, rows, order: &[usize], by_gate| -> Vec<Buffer<E>> {
            let orders = order.chunks(if by_gate { 1 } else { order.len() });
            orders
                .map(|order| transposed(weight, rows, d_hidden, order))
                .collect()
        };
        let [input_mask, mask] = self.given.masks::<U>(plan.batch_size());
        let transposed_input = match self.want_input {
            true => parts(
                self.weights.input,
                d_input,
                U::INPUT_ORDER,
                by_gate(&input_mask),
            ),
            false => Vec::new(),
        };
        let transposed_recurrent = parts(
            self.weights.recurrent,
            d_hidden,
            U::RECURRENT_ORDER,
            by_gate(&mask),
        );
        let incoming = Incoming {
            hidden: self.upstream.hidden,
            last_hidden: self.upstream.last_hidden,
            last_cell: self.upstream.last_cell,
            d_input: to_input,
            transposed: (&transposed_input, &transposed_recurrent),
        };
        // Only read, since the backward pass writes no hidden state.
        let hidden = Rowwise(hidden.as_ptr().cast_mut());
        let done: Vec<ShardGradients<E>> = plan
            .shards
            .par_iter()
            .zip(&kept.shards)
            .map(|(shard, saved)| {
                let walk = Walk::new(path, &unit, &packed, self.given, plan, shard, hidden);
                let incoming = &incoming;
                // SAFETY: `Sizes` checked that shapes are those of the forward pass; a batch row is in one
                // shard alone.
                unsafe { walk.backward(saved, incoming) }
            })
            .collect();
        self.sum::<U>(&done, input)
    }
}

impl<E: Number> BackwardPass<'_, E> {
    /// Adds the shards up in their order.
    fn sum<U: Unit<E>>(&self, done: &[ShardGradients<E>], input: Vec<E>) -> Gradients<E> {
        let (d_hidden, d_input) = (self.given.d_hidden, self.given.d_input);
        let plan = &self.forwarded.1.plan;
        let batch_size = plan.batch_size();
        let zeros = |len: usize| vec![E::default(); len];
        let parts = |of: fn(&ShardGradients<E>) -> &[E]| done.iter().map(of).collect::<Vec<_>>();
        let mut gradients = Gradients {
            input,
            weight_input: unpacked_sum(
                &parts(|shard| &shard.input),
                d_input,
                d_hidden,
                U::INPUT_ORDER,
            ),
            weight_recurrent: unpacked_sum(
                &parts(|shard| &shard.recurrent),
                d_hidden,
                d_hidden,
                U::RECURRENT_ORDER,
            ),
            bias: zeros(U::GATES * d_hidden),
            candidate_bias: zeros(d_hidden),
            extra: zeros(U::EXTRA * d_hidden),
            hidden: zeros(batch_size * d_hidden),
            cell: zeros(if U::CELL { batch_size * d_hidden } else { 0 }),
        };
        let padded = d_hidden.div_ceil(LANES) * LANES;
        for (shard, from) in plan.shards.iter().zip(done) {
            for at in 0..d_hidden {
                let sum =
                    |block: usize| from.sums[(at / LANES * U::SAVED + block) * LANES + at % LANES];
                for (place, gate) in U::INPUT_ORDER.iter().enumerate() {
                    gradients.bias[gate * d_hidden + at] += sum(U::INPUT_AT + place);
                }
                gradients.candidate_bias[at] += sum(U::SAVED - 1);
                for vector in 0..U::EXTRA {
                    gradients.extra[vector * d_hidden + at] += from.extra[vector * padded + at];
                }
            }
            for (at, row) in shard.rows.iter().enumerate() {
                let to = row.batch * d_hidden..(row.batch + 1) * d_hidden;
                let from_row = at * padded..at * padded + d_hidden;
                gradients.hidden[to.clone()].copy_from_slice(&from.hidden[from_row.clone()]);
                if U::CELL {
                    gradients.cell[to].copy_from_slice(&from.cell[from_row]);
                }
            }
        }
        gradients
    }
}
