//! The CPU engine on every instruction set this processor has, against itself in double precision on
//! plain loops; that one is checked against finite differences by the tests of `rekindle-models`.

use proptest::prelude::*;
use rekindle_kernels::cpu::{
    Batch, Engine, Given, Gradients, Kind, Number, Path, StreamLayer, Upstream, Weights,
};

/// What a run is made of.
#[derive(Debug, Clone)]
struct Case {
    kind: Kind,
    batch_size: usize,
    seq_length: usize,
    d_input: usize,
    d_hidden: usize,
    lengths: Option<Vec<usize>>,
    reverse: bool,
    initial: bool,
    mask: bool,
    bias: bool,
    threads: usize,
    checkpoint: Option<usize>,
    seed: u64,
}

impl Case {
    fn gates(&self) -> usize {
        match self.kind {
            Kind::Elman { .. } => 1,
            Kind::Gru { .. } => 3,
            Kind::Lstm { .. } => 4,
        }
    }

    fn portable(&self) -> Engine {
        Engine {
            path: Path::available()[0],
            threads: 1,
            checkpoint: None,
        }
    }

    /// Outputs and gradients, by name.
    fn run<E: Number + Into<f64>>(&self, engine: &Engine) -> Vec<(&'static str, Vec<f64>)> {
        let (b, t, i, h) = (
            self.batch_size,
            self.seq_length,
            self.d_input,
            self.d_hidden,
        );
        let g = self.gates();
        let mut state = self.seed;
        let mut draw = |len: usize, scale: f64| -> Vec<E> {
            (0..len)
                .map(|_| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    // Exact in single precision, so that both precisions start from the same.
                    let unit = (state >> 44) as f64 / f64::from(1 << 19) - 1.0;
                    E::of(f64::from((unit * scale) as f32))
                })
                .collect()
        };
        let input = draw(b * t * i, 1.5);
        let weight_input = draw(i * g * h, 0.7);
        let weight_recurrent = draw(h * g * h, 0.7 / (h as f64).sqrt());
        let bias = draw(g * h, 0.5);
        let candidate_bias = draw(h, 0.5);
        let peephole = draw(3 * h, 0.8);
        let hidden = draw(b * h, 0.9);
        let cell = draw(b * h, 0.9);
        let mask: Vec<E> = draw(b * h, 1.0)
            .into_iter()
            .map(|x| E::of(if x.into() < -0.4 { 0.0 } else { 1.25 }))
            .collect();
        let d_hidden_all = draw(b * t * h, 1.0);
        let d_last = draw(b * h, 1.0);
        let d_cell = draw(b * h, 1.0);
        let weights = Weights {
            input: &weight_input,
            recurrent: &weight_recurrent,
            bias: self.bias.then_some(&bias[..]),
            candidate_bias: (self.bias && g == 3).then_some(&candidate_bias[..]),
            extra: matches!(self.kind, Kind::Lstm { peephole: true, .. }).then_some(&peephole[..]),
            d_input: i,
            d_hidden: h,
        };
        let given = Given {
            input: &input,
            hidden: self.initial.then_some(&hidden[..]),
            cell: (self.initial && g == 4).then_some(&cell[..]),
            mask: self.mask.then_some(&mask[..]),
            d_input: i,
            d_hidden: h,
        };
        let batch = Batch {
            batch_size: b,
            seq_length: t,
            lengths: self.lengths.as_deref(),
            reverse: self.reverse,
        };
        let forward = engine.forward(self.kind, &weights, &given, batch, true);
        let plain = engine.forward(self.kind, &weights, &given, batch, false);
        let numbers = |values: &[E]| values.iter().map(|&x| x.into()).collect::<Vec<f64>>();
        assert_eq!(
            numbers(&forward.hidden),
            numbers(&plain.hidden),
            "with nothing kept"
        );
        let kept = forward.kept.as_ref().expect("it was asked for");
        let upstream = Upstream {
            hidden: Some(&d_hidden_all),
            last_hidden: Some(&d_last),
            last_cell: (g == 4).then_some(&d_cell[..]),
        };
        let Gradients {
            input,
            weight_input,
            weight_recurrent,
            bias,
            candidate_bias,
            extra,
            hidden,
            cell,
        } = engine.backward(
            self.kind,
            &weights,
            &given,
            (&forward.hidden, kept),
            upstream,
            true,
        );
        let mut results = vec![
            ("hidden", numbers(&forward.hidden)),
            ("last hidden", numbers(&forward.last_hidden)),
            ("last cell", numbers(&forward.last_cell)),
            ("gradient of the input", numbers(&input)),
            ("gradient of W", numbers(&weight_input)),
            ("gradient of U", numbers(&weight_recurrent)),
            ("gradient of b", numbers(&bias)),
            ("gradient of h_0", numbers(&hidden)),
            ("gradient of c_0", numbers(&cell)),
        ];
        if g == 3 {
            results.push(("gradient of the candidate's bias", numbers(&candidate_bias)));
        }
        if weights.extra.is_some() {
            results.push(("gradient of the peepholes", numbers(&extra)));
        }
        results
    }

    /// Fails unless every path agrees with plain double precision.
    fn check(&self) {
        let want = self.run::<f64>(&self.portable());
        for path in Path::available() {
            let engine = Engine {
                path,
                threads: self.threads,
                checkpoint: self.checkpoint,
            };
            let what = |precision: &str| format!("{} {precision}, {self:?}", path.name());
            assert_near(&what("double"), &self.run::<f64>(&engine), &want, 1e-12);
            let single = self.run::<f32>(&engine);
            assert_near(&what("single"), &single, &want, 1e-5);
            assert_eq!(
                single,
                self.run::<f32>(&engine),
                "{}: twice",
                what("single")
            );
        }
    }
}

/// Fails unless values differ by at most `tolerance` times the largest of their tensor.
fn assert_near(what: &str, got: &[(&str, Vec<f64>)], want: &[(&str, Vec<f64>)], tolerance: f64) {
    for ((name, got), (_, want)) in got.iter().zip(want) {
        assert_eq!(got.len(), want.len(), "{what}: size of {name}");
        let scale = want.iter().fold(1.0, |a: f64, x| a.max(x.abs()));
        for (at, (got, want)) in got.iter().zip(want).enumerate() {
            let error = (got - want).abs() / scale;
            assert!(
                error <= tolerance,
                "{what}: {name}[{at}] is {got}, not {want}: off by {error:e} of {scale}"
            );
        }
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    let lstm = |peephole, clip| Kind::Lstm { peephole, clip };
    prop::sample::select(vec![
        Kind::Elman { relu: false },
        Kind::Elman { relu: true },
        lstm(false, f64::INFINITY),
        lstm(true, f64::INFINITY),
        lstm(false, 0.5),
        lstm(true, 0.5),
        Kind::Gru { mirror: false },
        Kind::Gru { mirror: true },
    ])
}

prop_compose! {
    fn cases()(
        kind in kinds(),
        batch_size in 1..=9_usize,
        seq_length in 1..=12_usize,
        d_input in prop::sample::select(vec![1, 2, 3, 7, 16, 17, 33, 70]),
        d_hidden in prop::sample::select(vec![1, 2, 5, 15, 16, 17, 31, 50, 67]),
        flags in any::<[bool; 4]>(),
        threads in 1..=3_usize,
        checkpoint in prop::option::of(1..=5_usize),
        seed in any::<u64>(),
    )(
        lengths in prop::option::of(prop::collection::vec(1..=seq_length, batch_size)),
        kind in Just(kind),
        batch_size in Just(batch_size),
        seq_length in Just(seq_length),
        d_input in Just(d_input),
        d_hidden in Just(d_hidden),
        flags in Just(flags),
        threads in Just(threads),
        checkpoint in Just(checkpoint),
        seed in Just(seed),
    ) -> Case {
        let [reverse, initial, mask, bias] = flags;
        Case {
            kind, batch_size, seq_length, d_input, d_hidden, lengths, reverse, initial, mask, bias,
            threads, checkpoint, seed,
        }
    }
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: if cfg!(miri) { 3 } else { 256 },
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_path_computes_the_same(case in cases()) {
        case.check();
    }
}

/// The smallest there is, and a batch of single steps.
#[test]
fn one_of_everything_and_all_lengths_one() {
    let smallest = Case {
        kind: Kind::Lstm {
            peephole: false,
            clip: f64::INFINITY,
        },
        batch_size: 1,
        seq_length: 1,
        d_input: 1,
        d_hidden: 1,
        lengths: None,
        reverse: false,
        initial: true,
        mask: false,
        bias: true,
        threads: 1,
        checkpoint: None,
        seed: 3,
    };
    smallest.check();
    Case {
        batch_size: 7,
        seq_length: 6,
        lengths: Some(vec![1; 7]),
        threads: 2,
        ..smallest
    }
    .check();
}

/// Large enough that the ring is emptied many times and panels of all widths occur.
#[test]
#[cfg_attr(miri, ignore = "too large for an interpreter")]
fn a_large_batch() {
    for kind in [
        Kind::Lstm {
            peephole: true,
            clip: 2.0,
        },
        Kind::Gru { mirror: false },
        Kind::Elman { relu: false },
    ] {
        Case {
            kind,
            batch_size: 45,
            seq_length: 40,
            d_input: 130,
            d_hidden: 100,
            lengths: Some((0..45).map(|row| 1 + row * 7 % 40).collect()),
            reverse: true,
            initial: true,
            mask: true,
            bias: true,
            threads: 2,
            checkpoint: Some(7),
            seed: 5,
        }
        .check();
    }
}

/// What a layer streams is what it gives for the sequence.
#[test]
fn a_stream_is_the_sequence() {
    let (t, i, h) = (5, 3, 18);
    for (kind, g) in [
        (Kind::Elman { relu: false }, 1),
        (Kind::Gru { mirror: true }, 3),
        (
            Kind::Lstm {
                peephole: true,
                clip: 0.5,
            },
            4,
        ),
    ] {
        let numbers = |len: usize, scale: f32| -> Vec<f32> {
            (0..len).map(|at| (at as f32 * 0.7).sin() * scale).collect()
        };
        let (input, w, u) = (
            numbers(t * i, 1.0),
            numbers(i * g * h, 0.5),
            numbers(h * g * h, 0.2),
        );
        let (bias, candidate, extra) = (numbers(g * h, 0.3), numbers(h, 0.4), numbers(3 * h, 0.6));
        let weights = Weights {
            input: &w,
            recurrent: &u,
            bias: Some(&bias),
            candidate_bias: (g == 3).then_some(&candidate[..]),
            extra: (g == 4).then_some(&extra[..]),
            d_input: i,
            d_hidden: h,
        };
        let given = Given {
            input: &input,
            hidden: None,
            cell: None,
            mask: None,
            d_input: i,
            d_hidden: h,
        };
        let batch = Batch {
            batch_size: 1,
            seq_length: t,
            lengths: None,
            reverse: false,
        };
        let whole = Engine::new(None).forward(kind, &weights, &given, batch, false);
        let layer = StreamLayer::new(kind, &weights);
        let mut state = layer.state();
        for (x, want) in input.chunks(i).zip(whole.hidden.chunks(h)) {
            layer.step(x, &mut state);
            assert_eq!(state.hidden(), want, "{kind:?}");
        }
        assert_eq!(state.cell(), whole.last_cell, "{kind:?}");
    }
}
