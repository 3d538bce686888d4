//! The operations beside recurrence on the CPU backends' tensors.

use super::host::{HostTensors, edit};
use super::path::{Number, Path};
use crate::cross_entropy::{CrossEntropy, CrossEntropyOutput};
use crate::dropout::Dropout;
use crate::embedding::gradient_shape;
use crate::{AdamStep, AdamTensors};
use burn::tensor::ops::{FloatTensor, IntTensor};
use burn::tensor::{Element, Int, Tensor, TensorData, TensorMetadata};

pub(super) fn dropout<B: HostTensors, E: Number + Element>(
    call: &Dropout,
    input: FloatTensor<B>,
) -> FloatTensor<B> {
    let drop = |numbers: &mut [E]| super::dropout(Path::best(), call, numbers);
    edit::<B, E, _>(input, drop).0
}

pub(super) fn tanh<B: HostTensors, E: Number + Element>(input: FloatTensor<B>) -> FloatTensor<B> {
    edit::<B, E, _>(input, |numbers| super::tanh(Path::best(), numbers)).0
}

pub(super) fn tanh_backward<B: HostTensors, E: Number + Element>(
    output: &FloatTensor<B>,
    gradient: FloatTensor<B>,
) -> FloatTensor<B> {
    let output = B::numbers::<E>(output);
    let change = |numbers: &mut [E]| super::tanh_backward(Path::best(), &output, numbers);
    edit::<B, E, _>(gradient, change).0
}

pub(super) fn embedding<B: HostTensors, E: Number + Element>(
    gradient: FloatTensor<B>,
    tokens: IntTensor<B>,
    vocabulary: usize,
) -> FloatTensor<B> {
    let device = B::float_device(&gradient);
    let tokens: Tensor<B, 2, Int> = Tensor::from_primitive(tokens);
    let at: Vec<usize> = tokens
        .into_data()
        .iter::<u64>()
        .map(|token| token as usize)
        .collect();
    let shape = gradient_shape(&gradient.shape(), vocabulary);
    let [_, d] = shape.dims();
    let sums = super::sum_by(&B::numbers::<E>(&gradient), &at, vocabulary, d);
    B::float_from_data(TensorData::new(sums, shape), &device)
}

pub(super) fn split<B: HostTensors, E: Number + Element>(
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

pub(super) fn cross_entropy<B: HostTensors, E: Number + Element>(
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

pub(super) fn adam<B: HostTensors, E: Number + Element>(
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
