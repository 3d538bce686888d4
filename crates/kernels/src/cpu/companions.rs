//! The companions of the sequence operation on the CPU backends' tensors.

use super::host::{HostTensors, edit};
use super::path::{Number, Path};
use crate::AdamStep;
use crate::adam::AdamOps;
use crate::cross_entropy::{CrossEntropy, CrossEntropyKernel, CrossEntropyOps, CrossEntropyOutput};
use crate::dropout::{Dropout, DropoutOps};
use crate::embedding::{EmbeddingGradient, EmbeddingOps, gradient_shape};
use crate::join::{JoinGradient, JoinOps};
use crate::tanh::{TanhGradient, TanhOps};
use burn::backend::TensorMetadata;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Element, TensorData};

/// Calls a function for the precision of a tensor.
macro_rules! in_precision_of {
    ($tensor:expr, $function:ident::<$backend:ident, _>($($argument:expr),*)) => {
        match $tensor.dtype() {
            DType::F64 => $function::<$backend, f64>($($argument),*),
            _ => $function::<$backend, f32>($($argument),*),
        }
    };
}

impl<B: HostTensors> DropoutOps for B {
    fn dropout(input: FloatTensor<Self>, call: Dropout) -> FloatTensor<Self> {
        in_precision_of!(input, dropout::<B, _>(&call, input))
    }
}

impl<B: HostTensors> TanhOps for B {
    fn tanh(input: FloatTensor<Self>) -> FloatTensor<Self> {
        in_precision_of!(input, tanh::<B, _>(input))
    }
}

impl<B: HostTensors> TanhGradient for B {
    fn tanh_gradient(output: FloatTensor<Self>, gradient: FloatTensor<Self>) -> FloatTensor<Self> {
        in_precision_of!(output, tanh_backward::<B, _>(&output, gradient))
    }
}

impl<B: HostTensors> EmbeddingOps for B {}

impl<B: HostTensors> EmbeddingGradient for B {
    fn sum_by_token(
        gradient: FloatTensor<Self>,
        tokens: IntTensor<Self>,
        vocabulary: usize,
    ) -> FloatTensor<Self> {
        in_precision_of!(gradient, embedding::<B, _>(gradient, tokens, vocabulary))
    }
}

impl<B: HostTensors> JoinOps for B {}

impl<B: HostTensors> JoinGradient for B {
    fn split(joined: FloatTensor<Self>, widths: &[usize]) -> Vec<FloatTensor<Self>> {
        in_precision_of!(joined, split::<B, _>(joined, widths))
    }
}

impl<B: HostTensors> CrossEntropyOps for B {
    fn cross_entropy(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        call: CrossEntropy,
        targets: Vec<usize>,
    ) -> FloatTensor<Self> {
        B::loss_and_gradients(&call, [&features, &weight, &bias], &targets).loss
    }
}

impl<B: HostTensors> CrossEntropyKernel for B {
    fn loss_and_gradients(
        call: &CrossEntropy,
        tensors: [&FloatTensor<Self>; 3],
        targets: &[usize],
    ) -> CrossEntropyOutput<FloatTensor<Self>> {
        in_precision_of!(tensors[0], cross_entropy::<B, _>(call, tensors, targets))
    }
}

impl<B: HostTensors> AdamOps for B {
    fn adam(
        parameter: FloatTensor<Self>,
        moment_1: FloatTensor<Self>,
        moment_2: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let tensors = [parameter, moment_1, moment_2];
        in_precision_of!(gradient, adam::<B, _>(&step, tensors, gradient))
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

fn embedding<B: HostTensors, E: Number + Element>(
    gradient: FloatTensor<B>,
    tokens: IntTensor<B>,
    vocabulary: usize,
) -> FloatTensor<B> {
    let device = gradient.device();
    let Ok(tokens) = burn::tensor::read_sync(B::int_into_data(tokens)) else {
        unreachable!("tensors in memory can be read");
    };
    let at: Vec<usize> = tokens.iter::<u64>().map(|token| token as usize).collect();
    let shape = gradient_shape(&gradient.shape(), vocabulary);
    let [_, d] = shape.dims();
    let sums = super::sum_by(&B::numbers::<E>(&gradient), &at, vocabulary, d);
    B::float_from_data(TensorData::new(sums, shape), &device)
}

fn split<B: HostTensors, E: Number + Element>(
    joined: FloatTensor<B>,
    widths: &[usize],
) -> Vec<FloatTensor<B>> {
    let (device, mut shape) = (joined.device(), joined.shape().to_vec());
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
    let device = tensors[0].device();
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
    [parameter, moment_1, moment_2]: [FloatTensor<B>; 3],
    gradient: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>) {
    let gradient = B::numbers::<E>(&gradient);
    let (moment_2, (moment_1, parameter)) = edit::<B, E, _>(moment_2, |second| {
        let (moment_1, (parameter, ())) = edit::<B, E, _>(moment_1, |first| {
            edit::<B, E, _>(parameter, |parameter| {
                let moments = (first, second);
                super::adam::update(Path::best(), step, parameter, moments, &gradient);
            })
        });
        (moment_1, parameter)
    });
    (parameter, moment_1, moment_2)
}
