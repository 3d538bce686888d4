//! The fused operation against the reference in tensor operations, outputs and gradients, through
//! Burn's autodiff.

use burn::backend::Autodiff;
use burn::tensor::{Distribution, Tensor, backend::AutodiffBackend};
use burn_flex::Flex;
use proptest::prelude::*;
use rekindle_kernels::{
    Activation, AdamStep, AdamTensors, Cell, ElmanCell, GruCell, Lengths, LstmCell, Peephole,
    RecurrentBackend, ResetGate, SequenceInput, SequenceOutput, State, UpdateGate, sequence,
};

type B = Autodiff<Flex>;

fn random<const D: usize>(shape: [usize; D], scale: f64) -> Tensor<Flex, D> {
    Tensor::random(
        shape,
        Distribution::Uniform(-scale, scale),
        &Default::default(),
    )
}

/// Which outputs a loss reads.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reads {
    All,
    Hidden,
    Last,
}

#[derive(Debug, Clone)]
struct Case {
    cell: usize,
    batch_size: usize,
    seq_length: usize,
    d_input: usize,
    d_hidden: usize,
    lengths: Option<Vec<usize>>,
    reverse: bool,
    initial: bool,
    mask: bool,
    reads: Reads,
    checkpoint: Option<usize>,
}

const CELLS: usize = 6;

/// Values of a case, drawn once and run twice.
struct Values {
    input: Tensor<Flex, 3>,
    weight_input: Tensor<Flex, 2>,
    bias: Tensor<Flex, 1>,
    recurrent: Tensor<Flex, 2>,
    candidate_bias: Tensor<Flex, 1>,
    peephole: Tensor<Flex, 2>,
    hidden: Tensor<Flex, 2>,
    cell: Tensor<Flex, 2>,
    mask: Tensor<Flex, 2>,
    d_hidden: Tensor<Flex, 3>,
    d_last: Tensor<Flex, 2>,
}

impl Case {
    fn values(&self) -> Values {
        let (b, t, i, h) = (
            self.batch_size,
            self.seq_length,
            self.d_input,
            self.d_hidden,
        );
        let g = [1, 1, 4, 4, 3, 3][self.cell];
        Values {
            input: random([b, t, i], 1.5),
            weight_input: random([i, g * h], 0.7),
            bias: random([g * h], 0.5),
            recurrent: random([h, g * h], 0.7 / (h as f64).sqrt()),
            candidate_bias: random([h], 0.5),
            peephole: random([3, h], 0.8),
            hidden: random([b, h], 0.9),
            cell: random([b, h], 0.9),
            mask: random([b, h], 1.0).greater_elem(-0.4).float() * 1.25,
            d_hidden: random([b, t, h], 1.0),
            d_last: random([b, h], 1.0),
        }
    }

    /// Outputs, then gradients of all that a gradient flows to.
    fn run(
        &self,
        values: &Values,
        forward: fn(&Cell<B>, SequenceInput<B>) -> SequenceOutput<B>,
    ) -> Vec<Vec<f32>> {
        let input = tracked(&values.input);
        let weight_input = tracked(&values.weight_input);
        let bias = tracked(&values.bias);
        let recurrent = tracked(&values.recurrent);
        let candidate_bias = tracked(&values.candidate_bias);
        let peephole = tracked(&values.peephole);
        let hidden = tracked(&values.hidden);
        let state_cell = tracked(&values.cell);
        let elman = |activation| {
            Cell::Elman(ElmanCell {
                recurrent: recurrent.clone(),
                activation,
            })
        };
        let lstm = |peephole, clip| {
            Cell::Lstm(LstmCell {
                peephole,
                clip,
                ..LstmCell::new(recurrent.clone())
            })
        };
        let gru = |update| {
            Cell::Gru(GruCell {
                recurrent: recurrent.clone(),
                candidate_bias: Some(candidate_bias.clone()),
                reset: ResetGate::AfterProduct,
                update,
            })
        };
        let cell = match self.cell {
            0 => elman(Activation::Tanh),
            1 => elman(Activation::Relu),
            2 => lstm(None, Some(0.6)),
            3 => lstm(Some(Peephole::Diagonal(peephole.clone())), None),
            4 => gru(UpdateGate::TakesState),
            _ => gru(UpdateGate::TakesCandidate),
        };
        let has_cell = matches!(cell, Cell::Lstm(_));
        let lengths = self
            .lengths
            .clone()
            .map(|lengths| Lengths::new(lengths).unwrap());
        let output = forward(
            &cell,
            SequenceInput {
                input: input.clone(),
                weight_input: weight_input.clone(),
                bias: Some(bias.clone()),
                initial: self.initial.then(|| State {
                    hidden: hidden.clone(),
                    cell: has_cell.then(|| state_cell.clone()),
                }),
                lengths,
                reverse: self.reverse,
                recurrent_mask: self.mask.then(|| Tensor::from_inner(values.mask.clone())),
                zoneout: None,
                checkpoint: self.checkpoint,
            },
        );
        let mut results = vec![
            read(output.hidden.clone().inner()),
            read(output.last.hidden.clone().inner()),
        ];
        let hidden_loss = (output.hidden * Tensor::from_inner(values.d_hidden.clone())).sum();
        let weight = Tensor::<B, 2>::from_inner(values.d_last.clone());
        let mut last_loss = (output.last.hidden * weight.clone()).sum();
        if let Some(cell) = output.last.cell {
            results.push(read(cell.clone().inner()));
            last_loss = last_loss + (cell * weight).powi_scalar(2).sum();
        }
        let loss = match self.reads {
            Reads::All => hidden_loss + last_loss,
            Reads::Hidden => hidden_loss,
            Reads::Last => last_loss,
        };
        let gradients = loss.backward();
        results.push(gradient(&input, &gradients));
        results.push(gradient(&weight_input, &gradients));
        results.push(gradient(&bias, &gradients));
        results.push(gradient(&recurrent, &gradients));
        results.push(gradient(&candidate_bias, &gradients));
        results.push(gradient(&peephole, &gradients));
        results.push(gradient(&hidden, &gradients));
        results.push(gradient(&state_cell, &gradients));
        results
    }
}

fn tracked<const D: usize>(tensor: &Tensor<Flex, D>) -> Tensor<B, D> {
    Tensor::from_inner(tensor.clone()).require_grad()
}

fn read<const D: usize>(tensor: Tensor<Flex, D>) -> Vec<f32> {
    tensor.into_data().to_vec().unwrap()
}

/// Empty where no gradient came.
fn gradient<const D: usize>(
    of: &Tensor<B, D>,
    gradients: &<B as AutodiffBackend>::Gradients,
) -> Vec<f32> {
    of.grad(gradients).map(read).unwrap_or_default()
}

prop_compose! {
    fn cases()(
        batch_size in 1..=6_usize,
        seq_length in 1..=8_usize,
    )(
        cell in 0..CELLS,
        batch_size in Just(batch_size),
        seq_length in Just(seq_length),
        d_input in 1..=20_usize,
        d_hidden in 1..=35_usize,
        lengths in prop::option::of(prop::collection::vec(1..=seq_length, batch_size)),
        flags in any::<[bool; 3]>(),
        reads in prop::sample::select(vec![Reads::All, Reads::Hidden, Reads::Last]),
        checkpoint in prop::option::of(1..=3_usize),
    ) -> Case {
        let [reverse, initial, mask] = flags;
        Case {
            cell, batch_size, seq_length, d_input, d_hidden, lengths, reverse, initial, mask, reads,
            checkpoint,
        }
    }
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_is_the_reference(case in cases()) {
        let values = case.values();
        let fused = case.run(&values, B::recurrent_sequence);
        let reference = case.run(&values, sequence::reference::<B>);
        prop_assert_eq!(fused.len(), reference.len());
        for (at, (fused, reference)) in fused.iter().zip(&reference).enumerate() {
            prop_assert_eq!(fused.len(), reference.len(), "result {}", at);
            let scale = reference.iter().fold(1.0_f32, |a, x| a.max(x.abs()));
            for (fused, reference) in fused.iter().zip(reference) {
                let error = (fused - reference).abs() / scale;
                prop_assert!(error < 1e-5, "result {}: {} and {}", at, fused, reference);
            }
        }
    }

    #[test]
    fn the_adam_kernel_is_the_reference(
        len in 1..=70_usize,
        time in 1..=1000_usize,
        weight_decay in prop::sample::select(vec![0.0, 0.1]),
    ) {
        let step = AdamStep {
            lr: 0.01, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay, time,
        };
        let tensors = AdamTensors {
            parameter: random([len], 1.0),
            moment_1: random([len], 0.1),
            moment_2: random([len], 0.1).abs(),
        };
        let gradient = random([len], 1.0);
        let fused = step.apply::<Flex, 1>(tensors.clone(), gradient.clone());
        let reference = step.reference::<Flex, 1>(tensors, gradient);
        for (fused, reference) in [
            (fused.parameter, reference.parameter),
            (fused.moment_1, reference.moment_1),
            (fused.moment_2, reference.moment_2),
        ] {
            for (fused, reference) in read(fused).into_iter().zip(read(reference)) {
                prop_assert!((fused - reference).abs() < 1e-5, "{} and {}", fused, reference);
            }
        }
    }
}
