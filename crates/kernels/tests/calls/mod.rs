//! One call of the recurrent sequence on random numbers, on any device, with its gradients.

use burn::tensor::{DType, Device, Distribution, Gradients, Tensor, TensorData};
use rekindle_kernels::{
    Activation, Cell, ElmanCell, GruCell, Lengths, LstmCell, Peephole, ResetGate, SequenceInput,
    SequenceOutput, State, UpdateGate,
};

/// Uniform numbers of eleven bits: cut to TF32 on the way into a product they stay what they are, so that
/// a cell's corner has them on the same side on every backend.
pub fn random<const D: usize>(shape: [usize; D], scale: f64) -> Tensor<D> {
    let uniform = Distribution::Uniform(-scale, scale);
    let drawn = Tensor::<D>::random(shape, uniform, &Device::flex()).into_data();
    let cut = |x: f32| f32::from_bits(x.to_bits() & !0x1fff);
    let numbers: Vec<f32> = drawn.iter().map(cut).collect();
    Tensor::from_data(TensorData::new(numbers, shape), &Device::flex())
}

/// The devices of the CPU whose backends are built in, in both precisions, with what they round off.
#[allow(dead_code)] // not every test file has some
pub fn on_cpu() -> Vec<(Device, DType, f64)> {
    let devices = [
        Device::flex(),
        #[cfg(feature = "ndarray")]
        Device::ndarray(),
        #[cfg(feature = "tch")]
        Device::libtorch(),
    ];
    let precisions = [(DType::F32, 1e-5), (DType::F64, 1e-12)];
    devices
        .into_iter()
        .flat_map(|device| precisions.map(|(dtype, error)| (device.clone(), dtype, error)))
        .collect()
}

/// Which outputs a loss reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reads {
    All,
    Hidden,
    Last,
}

/// A call.
#[derive(Debug, Clone)]
pub struct Case {
    pub cell: usize,
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
    pub reads: Reads,
    pub checkpoint: Option<usize>,
}

/// Elman with `tanh` and `relu`, LSTM with a bound and with peepholes, GRU in both forms.
pub const CELLS: usize = 6;

/// Values of a case, drawn once and run twice.
pub struct Values {
    input: Tensor<3>,
    weight_input: Tensor<2>,
    bias: Tensor<1>,
    recurrent: Tensor<2>,
    candidate_bias: Tensor<1>,
    peephole: Tensor<2>,
    hidden: Tensor<2>,
    cell: Tensor<2>,
    mask: Tensor<2>,
    gate_masks: [Tensor<2>; 2],
    d_hidden: Tensor<3>,
    d_last: Tensor<2>,
}

impl Case {
    /// Draws the numbers.
    pub fn values(&self) -> Values {
        let (b, t, i, h) = (
            self.batch_size,
            self.seq_length,
            self.d_input,
            self.d_hidden,
        );
        let g = [1, 1, 4, 4, 3, 3][self.cell];
        let drawn = |width| random([b, width], 1.0).greater_elem(-0.4).float() * 1.25;
        Values {
            input: random([b, t, i], 1.5),
            weight_input: random([i, g * h], 0.7),
            bias: random([g * h], 0.5),
            recurrent: random([h, g * h], 0.7 / (h as f64).sqrt()),
            candidate_bias: random([h], 0.5),
            peephole: random([3, h], 0.8),
            hidden: random([b, h], 0.9),
            cell: random([b, h], 0.9),
            mask: drawn(h),
            gate_masks: [drawn(g * i), drawn(g * h)],
            d_hidden: random([b, t, h], 1.0),
            d_last: random([b, h], 1.0),
        }
    }

    /// Outputs, then gradients of all that a gradient flows to.
    pub fn run(
        &self,
        values: &Values,
        (device, dtype): (Device, DType),
        forward: fn(&Cell, SequenceInput) -> SequenceOutput,
    ) -> Vec<Vec<f64>> {
        let options = &(device.autodiff(), dtype);
        let input = here(&values.input, options).require_grad();
        let weight_input = here(&values.weight_input, options).require_grad();
        let bias = here(&values.bias, options).require_grad();
        let recurrent = here(&values.recurrent, options).require_grad();
        let candidate_bias = here(&values.candidate_bias, options).require_grad();
        let peephole = here(&values.peephole, options).require_grad();
        let hidden = here(&values.hidden, options).require_grad();
        let state_cell = here(&values.cell, options).require_grad();
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
        let [input_mask, gate_mask] = match self.gate_masks {
            true => values
                .gate_masks
                .each_ref()
                .map(|mask| Some(here(mask, options))),
            false => [None, None],
        };
        let recurrent_mask = gate_mask.or(self.mask.then(|| here(&values.mask, options)));
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
                recurrent_mask,
                input_mask,
                zoneout: None,
                checkpoint: self.checkpoint,
            },
        );
        let mut results = vec![
            read(output.hidden.clone().inner()),
            read(output.last.hidden.clone().inner()),
        ];
        let hidden_loss = (output.hidden * here(&values.d_hidden, options)).sum();
        let weight = here(&values.d_last, options);
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

/// The numbers on a device.
fn here<const D: usize>(values: &Tensor<D>, (device, dtype): &(Device, DType)) -> Tensor<D> {
    Tensor::from_data(values.to_data(), (device, *dtype))
}

/// Reads a tensor.
pub fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter().collect()
}

/// Empty where no gradient came.
fn gradient<const D: usize>(of: &Tensor<D>, gradients: &Gradients) -> Vec<f64> {
    of.grad(gradients).map(read).unwrap_or_default()
}

/// Says where the results differ by more than `tolerance` of the largest number.
pub fn difference(ours: &[Vec<f64>], theirs: &[Vec<f64>], tolerance: f64) -> Option<String> {
    if ours.len() != theirs.len() {
        return Some(format!("{} results and {}", ours.len(), theirs.len()));
    }
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        if ours.len() != theirs.len() {
            return Some(format!(
                "result {at}: {} and {} numbers",
                ours.len(),
                theirs.len()
            ));
        }
        let scale = theirs.iter().fold(1.0_f64, |a, x| a.max(x.abs()));
        for (index, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            let error = (ours - theirs).abs() / scale;
            if error.is_nan() || error >= tolerance {
                return Some(format!("result {at}, number {index}: {ours} and {theirs}"));
            }
        }
    }
    None
}
