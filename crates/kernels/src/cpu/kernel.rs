//! The engine behind Burn's CPU backends.

use super::engine::{Batch, Engine, Kept, Kind, Upstream};
use super::forward::Given;
use super::pack::Weights;
use super::path::{Number, Path};
use crate::cross_entropy::{CrossEntropy, CrossEntropyKernel, CrossEntropyOutput};
use crate::dropout::{Dropout, DropoutKernel};
use crate::fused::{Fused, FusedCall, FusedCell, FusedOutput, FusedTensors, FusedUpstream};
use crate::join::SplitKernel;
use crate::tanh::TanhKernel;
use crate::{AdamStep, AdamTensors};
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{DType, Element, TensorData, TensorMetadata};
use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

/// A backend whose tensors are in this process's memory.
pub trait HostTensors: Backend {
    /// The numbers of a tensor, row-major; copied only where they do not lie so.
    fn numbers<E: Number + Element>(tensor: &FloatTensor<Self>) -> Cow<'_, [E]>;

    /// The same of a tensor that is not needed any more, to be written over; not copied if nothing else
    /// holds it.
    fn taken<E: Number + Element>(tensor: FloatTensor<Self>) -> TensorData;
}

/// Writes over the numbers of a tensor that is not needed any more.
fn edit<B: HostTensors, E: Number + Element, T>(
    tensor: FloatTensor<B>,
    change: impl FnOnce(&mut [E]) -> T,
) -> (FloatTensor<B>, T) {
    let device = B::float_device(&tensor);
    let mut data = B::taken::<E>(tensor);
    let result = match data.as_mut_slice::<E>() {
        Ok(numbers) => change(numbers),
        // Memory that Flex took as bytes need not be aligned for numbers.
        Err(_) => {
            let bytes = data.bytes.chunks_exact(size_of::<E>());
            let mut numbers: Vec<E> = bytes.map(bytemuck::pod_read_unaligned).collect();
            let result = change(&mut numbers);
            data = TensorData::new(numbers, data.shape);
            result
        }
    };
    (B::float_from_data(data, &device), result)
}

/// The fused kernel of the CPU backends.
#[derive(Debug, Clone, Copy)]
pub struct CpuKernel;

impl<B: HostTensors> Fused<B> for CpuKernel {
    fn name(&self) -> &'static str {
        Path::best().name()
    }

    fn covers(&self, _call: &FusedCall, tensors: &FusedTensors<FloatTensor<B>>) -> bool {
        let dtype = tensors.input.dtype();
        matches!(dtype, DType::F32 | DType::F64) && tensors.iter().all(|t| t.dtype() == dtype)
    }

    fn forward(
        &self,
        call: &FusedCall,
        tensors: &FusedTensors<FloatTensor<B>>,
        keep: bool,
    ) -> FusedOutput<FloatTensor<B>> {
        match tensors.input.dtype() {
            DType::F64 => forward::<B, f64>(call, tensors, keep),
            _ => forward::<B, f32>(call, tensors, keep),
        }
    }

    fn backward(
        &self,
        call: &FusedCall,
        tensors: &FusedTensors<FloatTensor<B>>,
        forwarded: (&FloatTensor<B>, &(dyn Any + Send + Sync)),
        upstream: FusedUpstream<FloatTensor<B>>,
        want_input: bool,
    ) -> FusedTensors<Option<FloatTensor<B>>> {
        match tensors.input.dtype() {
            DType::F64 => backward::<B, f64>(call, tensors, forwarded, upstream, want_input),
            _ => backward::<B, f32>(call, tensors, forwarded, upstream, want_input),
        }
    }

    fn adam(
        &self,
        step: &AdamStep,
        tensors: AdamTensors<FloatTensor<B>>,
        gradient: FloatTensor<B>,
    ) -> AdamTensors<FloatTensor<B>> {
        match gradient.dtype() {
            DType::F64 => adam::<B, f64>(step, tensors, gradient),
            _ => adam::<B, f32>(step, tensors, gradient),
        }
    }

    fn cross_entropy(&self, dtype: DType) -> Option<CrossEntropyKernel<B>> {
        match dtype {
            DType::F64 => Some(cross_entropy::<B, f64>),
            DType::F32 => Some(cross_entropy::<B, f32>),
            _ => None,
        }
    }

    fn dropout(&self, dtype: DType) -> Option<DropoutKernel<B>> {
        match dtype {
            DType::F64 => Some(dropout::<B, f64>),
            DType::F32 => Some(dropout::<B, f32>),
            _ => None,
        }
    }

    fn split(&self, dtype: DType) -> Option<SplitKernel<B>> {
        match dtype {
            DType::F64 => Some(split::<B, f64>),
            DType::F32 => Some(split::<B, f32>),
            _ => None,
        }
    }

    fn tanh(&self, dtype: DType) -> Option<TanhKernel<B>> {
        match dtype {
            DType::F64 => Some(TanhKernel {
                forward: tanh::<B, f64>,
                backward: tanh_backward::<B, f64>,
            }),
            DType::F32 => Some(TanhKernel {
                forward: tanh::<B, f32>,
                backward: tanh_backward::<B, f32>,
            }),
            _ => None,
        }
    }
}

fn dropout<B: HostTensors, E: Number + Element>(
    call: &Dropout,
    input: FloatTensor<B>,
) -> FloatTensor<B> {
    let drop = |numbers: &mut [E]| super::dropout(Path::best(), call, numbers);
    edit::<B, E, _>(input, drop).0
}

fn tanh<B: HostTensors, E: Number + Element>(input: FloatTensor<B>) -> FloatTensor<B> {
    edit::<B, E, _>(input, |numbers| super::tanh(Path::best(), numbers)).0
}

fn tanh_backward<B: HostTensors, E: Number + Element>(
    output: &FloatTensor<B>,
    gradient: FloatTensor<B>,
) -> FloatTensor<B> {
    let output = B::numbers::<E>(output);
    let change = |numbers: &mut [E]| super::tanh_backward(Path::best(), &output, numbers);
    edit::<B, E, _>(gradient, change).0
}

fn split<B: HostTensors, E: Number + Element>(
    joined: FloatTensor<B>,
    widths: &[usize],
) -> Vec<FloatTensor<B>> {
    let (device, mut shape) = (B::float_device(&joined), joined.shape().to_vec());
    let parts = super::split(&B::numbers::<E>(&joined), widths);
    let last = shape.len() - 1;
    let one = |(values, &width): (Vec<E>, &usize)| {
        shape[last] = width;
        B::float_from_data(TensorData::new(values, shape.clone()), &device)
    };
    parts.into_iter().zip(widths).map(one).collect()
}

fn cross_entropy<B: HostTensors, E: Number + Element>(
    call: &CrossEntropy,
    tensors: [&FloatTensor<B>; 3],
    targets: &[usize],
) -> CrossEntropyOutput<FloatTensor<B>> {
    let device = B::float_device(tensors[0]);
    let [features, weight, bias] = tensors.map(B::numbers::<E>);
    let inner = tensors[0].shape()[1];
    let mut scores = super::times_transposed(&features, &weight, inner);
    let (loss, d_bias) = super::cross_entropy(Path::best(), call, &mut scores, &bias, targets);
    let tensor = |values: Vec<E>, shape: &[usize]| {
        B::float_from_data(TensorData::new(values, shape.to_vec()), &device)
    };
    CrossEntropyOutput {
        loss: tensor(vec![E::of(loss)], &[1]),
        scores: tensor(scores, &[targets.len(), bias.len()]),
        bias: tensor(d_bias, &[bias.len()]),
    }
}

fn adam<B: HostTensors, E: Number + Element>(
    step: &AdamStep,
    tensors: AdamTensors<FloatTensor<B>>,
    gradient: FloatTensor<B>,
) -> AdamTensors<FloatTensor<B>> {
    let gradient = B::numbers::<E>(&gradient);
    let AdamTensors {
        parameter,
        moment_1,
        moment_2,
    } = tensors;
    let (moment_2, (moment_1, parameter)) = edit::<B, E, _>(moment_2, |second| {
        let (moment_1, (parameter, ())) = edit::<B, E, _>(moment_1, |first| {
            edit::<B, E, _>(parameter, |parameter| {
                let moments = (first, second);
                super::adam::update(Path::best(), step, parameter, moments, &gradient);
            })
        });
        (moment_1, parameter)
    });
    AdamTensors {
        parameter,
        moment_1,
        moment_2,
    }
}

impl From<FusedCell> for Kind {
    fn from(cell: FusedCell) -> Self {
        match cell {
            FusedCell::Elman { relu } => Self::Elman { relu },
            FusedCell::Gru { mirror } => Self::Gru { mirror },
            FusedCell::Lstm { peephole, clip } => Self::Lstm {
                peephole,
                clip: clip.unwrap_or(f64::INFINITY),
            },
        }
    }
}

/// Checked sizes of a call.
struct Sizes {
    batch_size: usize,
    seq_length: usize,
    d_input: usize,
    d_hidden: usize,
}

impl Sizes {
    /// # Panics
    /// When shapes do not fit each other.
    fn new<B: HostTensors>(call: &FusedCall, tensors: &FusedTensors<FloatTensor<B>>) -> Self {
        let dims = |tensor: &FloatTensor<B>| tensor.shape().to_vec();
        let [batch_size, seq_length, d_input] = dims(&tensors.input)[..] else {
            panic!("a sequence is [batch_size, seq_length, d_input]");
        };
        let d_hidden = dims(&tensors.weight_recurrent)[0];
        let fits = |what: &str, tensor: Option<&FloatTensor<B>>, shape: &[usize]| {
            if let Some(tensor) = tensor {
                assert_eq!(dims(tensor), shape, "shape of {what}");
            }
        };
        let columns = Kind::from(call.cell).gates() * d_hidden;
        fits(
            "the input weight",
            Some(&tensors.weight_input),
            &[d_input, columns],
        );
        fits(
            "the recurrent weight",
            Some(&tensors.weight_recurrent),
            &[d_hidden, columns],
        );
        fits("the bias", tensors.bias.as_ref(), &[columns]);
        fits(
            "the candidate's bias",
            tensors.candidate_bias.as_ref(),
            &[d_hidden],
        );
        fits("the peepholes", tensors.peephole.as_ref(), &[3, d_hidden]);
        fits(
            "the hidden state",
            tensors.hidden.as_ref(),
            &[batch_size, d_hidden],
        );
        fits(
            "the cell state",
            tensors.cell.as_ref(),
            &[batch_size, d_hidden],
        );
        fits(
            "the recurrent mask",
            tensors.mask.as_ref(),
            &[batch_size, d_hidden],
        );
        assert!(
            batch_size > 0 && seq_length > 0,
            "a batch needs a sequence, and a sequence a step"
        );
        if let Some(lengths) = &call.lengths {
            assert_eq!(
                lengths.as_slice().len(),
                batch_size,
                "one length for every sequence of the batch"
            );
            let steps = lengths.max();
            assert!(
                steps <= seq_length,
                "lengths reach {steps} of {seq_length} steps"
            );
        }
        Self {
            batch_size,
            seq_length,
            d_input,
            d_hidden,
        }
    }

    fn batch<'a>(&self, call: &'a FusedCall) -> Batch<'a> {
        Batch {
            batch_size: self.batch_size,
            seq_length: self.seq_length,
            lengths: call.lengths.as_ref().map(|lengths| lengths.as_slice()),
            reverse: call.reverse,
        }
    }
}

/// All numbers of a call, borrowed where they lie as they should.
type Numbers<'a, E> = FusedTensors<Cow<'a, [E]>>;

fn numbers<B: HostTensors, E: Number + Element>(
    tensors: &FusedTensors<FloatTensor<B>>,
) -> Numbers<'_, E> {
    FusedTensors {
        input: B::numbers(&tensors.input),
        weight_input: B::numbers(&tensors.weight_input),
        weight_recurrent: B::numbers(&tensors.weight_recurrent),
        bias: tensors.bias.as_ref().map(B::numbers),
        candidate_bias: tensors.candidate_bias.as_ref().map(B::numbers),
        peephole: tensors.peephole.as_ref().map(B::numbers),
        hidden: tensors.hidden.as_ref().map(B::numbers),
        cell: tensors.cell.as_ref().map(B::numbers),
        mask: tensors.mask.as_ref().map(B::numbers),
    }
}

fn weights<'a, E: Number>(numbers: &'a Numbers<'_, E>, sizes: &Sizes) -> Weights<'a, E> {
    Weights {
        input: &numbers.weight_input,
        recurrent: &numbers.weight_recurrent,
        bias: numbers.bias.as_deref(),
        candidate_bias: numbers.candidate_bias.as_deref(),
        extra: numbers.peephole.as_deref(),
        d_input: sizes.d_input,
        d_hidden: sizes.d_hidden,
    }
}

fn given<'a, E: Number>(numbers: &'a Numbers<'_, E>, sizes: &Sizes) -> Given<'a, E> {
    Given {
        input: &numbers.input,
        hidden: numbers.hidden.as_deref(),
        cell: numbers.cell.as_deref(),
        mask: numbers.mask.as_deref(),
        d_input: sizes.d_input,
        d_hidden: sizes.d_hidden,
    }
}

fn forward<B: HostTensors, E: Number + Element>(
    call: &FusedCall,
    tensors: &FusedTensors<FloatTensor<B>>,
    keep: bool,
) -> FusedOutput<FloatTensor<B>> {
    let sizes = Sizes::new::<B>(call, tensors);
    let device = B::float_device(&tensors.input);
    let numbers = numbers::<B, E>(tensors);
    let engine = Engine::new(call.checkpoint);
    let output = engine.forward(
        call.cell.into(),
        &weights(&numbers, &sizes),
        &given(&numbers, &sizes),
        sizes.batch(call),
        keep,
    );
    let state = [sizes.batch_size, sizes.d_hidden];
    let sequence = [sizes.batch_size, sizes.seq_length, sizes.d_hidden];
    let tensor = |values: Vec<E>, shape: &[usize]| {
        B::float_from_data(TensorData::new(values, shape.to_vec()), &device)
    };
    FusedOutput {
        hidden: tensor(output.hidden, &sequence),
        last_hidden: tensor(output.last_hidden, &state),
        last_cell: (!output.last_cell.is_empty()).then(|| tensor(output.last_cell, &state)),
        kept: output
            .kept
            .map(|kept| Arc::new(kept) as Arc<dyn Any + Send + Sync>),
    }
}

fn backward<B: HostTensors, E: Number + Element>(
    call: &FusedCall,
    tensors: &FusedTensors<FloatTensor<B>>,
    (hidden, kept): (&FloatTensor<B>, &(dyn Any + Send + Sync)),
    upstream: FusedUpstream<FloatTensor<B>>,
    want_input: bool,
) -> FusedTensors<Option<FloatTensor<B>>> {
    let sizes = Sizes::new::<B>(call, tensors);
    let device = B::float_device(&tensors.input);
    let numbers = numbers::<B, E>(tensors);
    let Some(kept) = kept.downcast_ref::<Kept<E>>() else {
        unreachable!("the backward pass follows a forward pass of the same precision");
    };
    let [d_all, d_hidden, d_cell] = [&upstream.hidden, &upstream.last_hidden, &upstream.last_cell]
        .map(|gradient| gradient.as_ref().map(B::numbers::<E>));
    let gradients = Engine::new(call.checkpoint).backward(
        call.cell.into(),
        &weights(&numbers, &sizes),
        &given(&numbers, &sizes),
        (&B::numbers(hidden), kept),
        Upstream {
            hidden: d_all.as_deref(),
            last_hidden: d_hidden.as_deref(),
            last_cell: d_cell.as_deref(),
        },
        want_input,
    );
    let like = |values: Vec<E>, like: &FloatTensor<B>| {
        B::float_from_data(TensorData::new(values, like.shape().to_vec()), &device)
    };
    let optional = |values: Vec<E>, of: &Option<FloatTensor<B>>| {
        of.as_ref().map(|tensor| Some(like(values, tensor)))
    };
    FusedTensors {
        input: want_input.then(|| like(gradients.input, &tensors.input)),
        weight_input: Some(like(gradients.weight_input, &tensors.weight_input)),
        weight_recurrent: Some(like(gradients.weight_recurrent, &tensors.weight_recurrent)),
        bias: optional(gradients.bias, &tensors.bias),
        candidate_bias: optional(gradients.candidate_bias, &tensors.candidate_bias),
        peephole: optional(gradients.extra, &tensors.peephole),
        hidden: optional(gradients.hidden, &tensors.hidden),
        cell: optional(gradients.cell, &tensors.cell),
        mask: None,
    }
}

#[cfg(feature = "flex")]
impl HostTensors for burn_flex::Flex {
    fn numbers<E: Number + Element>(tensor: &FloatTensor<Self>) -> Cow<'_, [E]> {
        match tensor.as_slice::<E>() {
            Some(slice) => Cow::Borrowed(slice),
            None => Cow::Owned(tensor.to_contiguous().storage::<E>().to_vec()),
        }
    }

    fn taken<E: Number + Element>(tensor: FloatTensor<Self>) -> TensorData {
        tensor.into_data()
    }
}

#[cfg(feature = "ndarray")]
mod ndarray {
    use super::*;
    use burn_ndarray::{NdArray, NdArrayTensor};

    fn numbers<E: Number>(tensor: &NdArrayTensor) -> Cow<'_, [E]> {
        macro_rules! read {
            ($storage:expr) => {{
                let view = $storage.view();
                match view.to_slice() {
                    Some(slice) => Cow::Borrowed(bytemuck::cast_slice(slice)),
                    None => {
                        let copied: Vec<_> = view.iter().copied().collect();
                        Cow::Owned(bytemuck::cast_slice(&copied).to_vec())
                    }
                }
            }};
        }
        match tensor {
            NdArrayTensor::F64(storage) => read!(storage),
            NdArrayTensor::F32(storage) => read!(storage),
            other => unreachable!("a float tensor, not {:?}", other.dtype()),
        }
    }

    fn into_numbers<E: Number>(tensor: NdArrayTensor) -> Vec<E> {
        macro_rules! take {
            ($storage:expr) => {{
                let array = $storage.into_shared();
                if array.is_standard_layout() && array.is_unique() {
                    let (numbers, from) = array.into_owned().into_raw_vec_and_offset();
                    if from.unwrap_or(0) == 0 {
                        return bytemuck::allocation::cast_vec(numbers);
                    }
                    return bytemuck::cast_slice(&numbers).to_vec();
                }
                let copied: Vec<_> = array.iter().copied().collect();
                bytemuck::allocation::cast_vec(copied)
            }};
        }
        match tensor {
            NdArrayTensor::F64(storage) => take!(storage),
            NdArrayTensor::F32(storage) => take!(storage),
            other => unreachable!("a float tensor, not {:?}", other.dtype()),
        }
    }

    macro_rules! host {
        ($number:ty) => {
            impl HostTensors for NdArray<$number> {
                fn numbers<E: Number + Element>(tensor: &FloatTensor<Self>) -> Cow<'_, [E]> {
                    numbers(tensor)
                }

                fn taken<E: Number + Element>(tensor: FloatTensor<Self>) -> TensorData {
                    let shape = tensor.shape();
                    TensorData::new(into_numbers::<E>(tensor), shape)
                }
            }
        };
    }

    host!(f32);
    host!(f64);
}
