//! Sizes that do not fit end in a panic, never in memory that is not theirs. Under Miri, or a sanitizer, every
//! access is watched.

use proptest::prelude::*;
use rekindle_kernels::cpu::{
    self, Batch, Engine, Given, Kind, StreamLayer, Upstream, Weights, sum_by, times_transposed,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How long each slice of a call is, and its sizes.
#[derive(Debug, Clone)]
struct Call {
    kind: Kind,
    sizes: [usize; 4],
    slices: [usize; SLICES],
    lengths: Option<Vec<usize>>,
    checkpoint: Option<usize>,
}

const SLICES: usize = 13;
/// The slice of the recurrent mask.
const MASK: usize = 8;
/// Slices that the backward pass alone reads.
const UPSTREAM: std::ops::Range<usize> = 9..12;

impl Call {
    /// All slices as long as the sizes say.
    fn fitting(kind: Kind, sizes: [usize; 4]) -> Self {
        let [b, t, i, h] = sizes;
        let g = kind.gates();
        let peephole = if g == 4 { 3 * h } else { 0 };
        let slices = [
            b * t * i,
            i * g * h,
            h * g * h,
            g * h,
            h,
            peephole,
            b * h,
            b * h,
            b * h,
            b * t * h,
            b * h,
            b * h,
            b * g * i,
        ];
        Self {
            kind,
            sizes,
            slices,
            lengths: None,
            checkpoint: None,
        }
    }

    /// Forward, then backward with the sizes and slices of `after`.
    fn run(&self, after: &Self) {
        let engine = Engine::new(self.checkpoint);
        let memory = self.slices.map(|len| vec![0.25_f32; len]);
        let (weights, given, _) = self.borrowed(&memory);
        let batch = Batch {
            batch_size: self.sizes[0],
            seq_length: self.sizes[1],
            lengths: self.lengths.as_deref(),
            reverse: true,
        };
        let output = engine.forward(self.kind, &weights, &given, batch, true);
        let kept = output.kept.expect("asked for");
        let memory = after.slices.map(|len| vec![0.5_f32; len]);
        let (weights, given, upstream) = after.borrowed(&memory);
        let hidden = match after.slices[9] == self.slices[9] {
            true => &output.hidden[..],
            false => &memory[9],
        };
        engine.backward(
            after.kind,
            &weights,
            &given,
            (hidden, &kept),
            upstream,
            true,
        );
    }

    fn borrowed<'a>(
        &self,
        memory: &'a [Vec<f32>; SLICES],
    ) -> (Weights<'a, f32>, Given<'a, f32>, Upstream<'a, f32>) {
        let [_, _, d_input, d_hidden] = self.sizes;
        let [
            x,
            w,
            u,
            bias,
            candidate,
            extra,
            h,
            c,
            mask,
            d_all,
            d_last,
            d_cell,
            input_mask,
        ] = memory;
        let weights = Weights {
            input: w,
            recurrent: u,
            bias: Some(bias),
            candidate_bias: Some(candidate),
            extra: Some(extra),
            d_input,
            d_hidden,
        };
        let given = Given {
            input: x,
            hidden: Some(h),
            cell: Some(c),
            mask: Some(mask),
            input_mask: Some(input_mask),
            d_input,
            d_hidden,
        };
        let upstream = Upstream {
            hidden: Some(d_all),
            last_hidden: Some(d_last),
            last_cell: Some(d_cell),
        };
        (weights, given, upstream)
    }
}

fn panics(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(vec![
        Kind::Elman { relu: false },
        Kind::Gru { mirror: false },
        Kind::Lstm {
            peephole: true,
            clip: f64::INFINITY,
        },
    ])
}

fn calls() -> impl Strategy<Value = Call> {
    let sizes = (1..4_usize, 1..4_usize, 0..4_usize, 1..18_usize);
    let checkpoint = prop::option::of(1..3_usize);
    (kinds(), sizes, checkpoint).prop_map(|(kind, (b, t, i, h), checkpoint)| Call {
        checkpoint,
        ..Call::fitting(kind, [b, t, i, h])
    })
}

/// A size that is easily too small, too large, or so large that products of it overflow.
fn wrong() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..40_usize,
        Just(1 << 32),
        Just(1 << 62),
        Just(usize::MAX),
        any::<usize>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: if cfg!(miri) { 6 } else { 512 },
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_fits_runs(call in calls()) {
        prop_assert!(!panics(|| call.run(&call)));
    }

    #[test]
    fn a_slice_of_another_length_is_refused(
        call in calls(),
        at in 0..SLICES,
        length in 0..200_usize,
        backward in any::<bool>(),
    ) {
        let mut other = call.clone();
        other.slices[at] = length;
        // The forward pass does not read the gradients.
        let (first, second) = match backward || UPSTREAM.contains(&at) {
            true => (&call, &other),
            false => (&other, &other),
        };
        // A mask for every gate is as good.
        let by_gate = at == MASK && length == call.kind.gates() * call.slices[at];
        let fits = length == call.slices[at] || by_gate;
        prop_assert_eq!(panics(|| first.run(second)), !fits);
    }

    #[test]
    fn another_size_is_refused(
        call in calls(),
        at in 0..4_usize,
        size in wrong(),
        backward in any::<bool>(),
    ) {
        let mut other = call.clone();
        other.sizes[at] = size;
        // A backward pass takes the batch size and the steps from its forward pass.
        let (first, second) = match backward && at >= 2 {
            true => (&call, &other),
            false => (&other, &other),
        };
        // Without inputs any number of steps may fit, but the gradients then do not.
        prop_assert_eq!(panics(|| first.run(second)), size != call.sizes[at]);
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused(
        call in calls(),
        lengths in prop::collection::vec(wrong(), 0..5),
    ) {
        let fit = lengths.len() == call.sizes[0]
            && lengths.iter().all(|length| (1..=call.sizes[1]).contains(length));
        let call = Call { lengths: Some(lengths), ..call };
        prop_assert_eq!(panics(|| call.run(&call)), !fit);
    }

    #[test]
    fn the_backward_pass_of_another_cell_is_refused(call in calls(), kind in kinds()) {
        let other = Call { kind, ..call.clone() };
        prop_assert_eq!(panics(|| call.run(&other)), kind != call.kind);
    }

    #[test]
    fn a_layer_of_other_sizes_is_refused(call in calls(), d_input in wrong(), d_hidden in wrong()) {
        let memory = call.slices.map(|len| vec![0.25_f32; len]);
        let (mut weights, _, _) = call.borrowed(&memory);
        (weights.d_input, weights.d_hidden) = (d_input, d_hidden);
        let fits = [d_input, d_hidden] == call.sizes[2..];
        let step = || {
            let layer = StreamLayer::new(call.kind, &weights);
            layer.step(&vec![0.5; call.sizes[2]], &mut layer.state());
        };
        prop_assert_eq!(panics(step), !fits);
    }

    #[test]
    fn products_and_sums_of_other_sizes_are_refused(len in 0..9_usize, d in wrong(), count in wrong()) {
        let numbers = vec![1.0_f32; len];
        if count <= 40 {
            // A sum for each of many rows would be nothing but memory.
            let fits = len.checked_mul(d) == Some(len) && (len == 0 || count > 0) && d <= 1 << 20;
            let sum = || drop(sum_by(&numbers, &vec![0; len], count, d));
            prop_assert!(!fits || !panics(sum));
            prop_assert!(fits || len == 0 || panics(sum));
        }
        let product = || drop(times_transposed(&numbers, &numbers, d));
        let whole = if d == 0 { len == 0 } else { len % d == 0 };
        prop_assert_eq!(panics(product), !whole);
        let parts = || drop(cpu::split(&numbers, &[d.min(40), 1]));
        prop_assert_eq!(panics(parts), len % (d.min(40) + 1) != 0);
    }
}

/// What crashed before the engine checked its sizes.
#[test]
fn lengths_beyond_the_batch_are_refused() {
    let call = Call::fitting(Kind::Gru { mirror: false }, [1, 5, 2, 3]);
    let beyond = Call {
        lengths: Some(vec![6]),
        ..call
    };
    assert!(panics(|| beyond.run(&beyond)));
    let call = Call::fitting(Kind::Gru { mirror: false }, [1, 5, 0, 3]);
    let far_beyond = Call {
        lengths: Some(vec![50_000_000]),
        ..call
    };
    assert!(panics(|| far_beyond.run(&far_beyond)));
}

/// As long as their product wraps around, slices of nothing would seem to fit.
#[test]
fn sizes_whose_product_overflows_are_refused() {
    for d_hidden in [1 << 62, 1 << 63] {
        let mut call = Call::fitting(Kind::Gru { mirror: false }, [1, 1, 0, 1]);
        call.sizes[3] = d_hidden;
        call.slices = [0; SLICES];
        assert!(panics(|| call.run(&call)));
    }
}
