//! A run of the engine on drawn numbers, on any path against plain double precision; for the tests and
//! the fuzz target.

use rekindle_kernels::cpu::{
    Batch, Engine, Given, Gradients, Kind, Number, Path, Upstream, Weights,
};

/// What a run is made of.
#[derive(Debug, Clone)]
pub struct Case {
    pub kind: Kind,
    pub batch_size: usize,
    pub seq_length: usize,
    pub d_input: usize,
    pub d_hidden: usize,
    pub lengths: Option<Vec<usize>>,
    pub reverse: bool,
    pub initial: bool,
    pub mask: bool,
    /// Every gate has masks of its own, of the input too.
    pub gate_masks: bool,
    pub bias: bool,
    pub threads: usize,
    pub checkpoint: Option<usize>,
    pub seed: u64,
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
    pub fn run<E: Number + Into<f64>>(&self, engine: &Engine) -> Vec<(&'static str, Vec<f64>)> {
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
        let dropped = |drawn: Vec<E>| -> Vec<E> {
            let one = |x: E| E::of(if x.into() < -0.4 { 0.0 } else { 1.25 });
            drawn.into_iter().map(one).collect()
        };
        let mask = dropped(draw(b * h, 1.0));
        let d_hidden_all = draw(b * t * h, 1.0);
        let d_last = draw(b * h, 1.0);
        let d_cell = draw(b * h, 1.0);
        let gate_masks = [g * i, g * h].map(|width| dropped(draw(b * width, 1.0)));
        let [input_mask, gate_mask] = gate_masks.each_ref().map(|mask| &mask[..]);
        let shared = self.mask.then_some(&mask[..]);
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
            mask: if self.gate_masks {
                Some(gate_mask)
            } else {
                shared
            },
            input_mask: self.gate_masks.then_some(input_mask),
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
    pub fn check(&self) {
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
