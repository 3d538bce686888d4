//! Cross-entropy over a large vocabulary, from features to loss in one operation.

use crate::fused::tensor;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Int, Tensor, TensorData};

/// A cross-entropy of rows of features `x`, scored against the rows of `W`, with one target a row:
///
/// ```text
/// l = -(1-ε) log p_target - ε/V Σ_v log p_v        p = softmax(x Wᵀ + b)
/// ```
///
/// and its mean over the rows that count. `ε` is label smoothing: Christian Szegedy et al.,
/// "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossEntropy {
    /// `ε`.
    pub smoothing: f64,
    /// The target of rows that do not count (padding).
    pub ignore: usize,
}

/// The tensors a cross-entropy reads.
#[derive(Debug, Clone)]
pub struct CrossEntropyTensors<B: Backend> {
    /// `x`, `[rows, d]`.
    pub features: Tensor<B, 2>,
    /// `W`, `[columns, d]`.
    pub weight: Tensor<B, 2>,
    /// `b`, `[columns]`.
    pub bias: Tensor<B, 1>,
}

/// What a kernel makes of features, weight and bias.
#[derive(Debug, Clone)]
pub struct CrossEntropyOutput<T> {
    /// Mean loss, `[1]`.
    pub loss: T,
    /// Its gradient by the scores, `[rows, columns]`.
    pub scores: T,
    /// Its gradient by the bias.
    pub bias: T,
}

/// Computes loss and gradients from features, weight and bias.
pub type CrossEntropyKernel<B> =
    fn(&CrossEntropy, [&FloatTensor<B>; 3], &[usize]) -> CrossEntropyOutput<FloatTensor<B>>;

/// The loss in tensor operations.
pub(crate) fn reference<B: Backend>(
    call: &CrossEntropy,
    tensors: CrossEntropyTensors<B>,
    targets: &[usize],
) -> Tensor<B, 1> {
    let scores = tensors.features.matmul(tensors.weight.transpose());
    let bias = tensors.bias;
    let [rows, columns] = scores.dims();
    let device = scores.device();
    assert_eq!(rows, targets.len(), "a target for each row");
    let counted = |&target: &usize| target != call.ignore;
    let count = targets.iter().filter(|t| counted(t)).count().max(1);
    let weights: Vec<f64> = targets
        .iter()
        .map(|target| f64::from(u8::from(counted(target))) / count as f64)
        .collect();
    let weights = Tensor::<B, 1>::from_data(TensorData::new(weights, [rows]), &device);
    let places: Vec<i32> = targets
        .iter()
        .map(|target| if counted(target) { *target as i32 } else { 0 })
        .collect();
    let places = Tensor::<B, 2, Int>::from_data(TensorData::new(places, [rows, 1]), &device);
    let logs = log_softmax(scores + bias.unsqueeze(), 1);
    let hit = logs.clone().gather(1, places) * (1.0 - call.smoothing);
    let spread = logs.sum_dim(1) * (call.smoothing / columns as f64);
    -((hit + spread).squeeze_dim::<1>(1) * weights).sum()
}

/// The loss by a kernel, which gives the gradient of the scores in the same pass.
pub(crate) fn record<B: Backend, C: CheckpointStrategy>(
    kernel: CrossEntropyKernel<B>,
    call: &CrossEntropy,
    tensors: CrossEntropyTensors<Autodiff<B, C>>,
    targets: &[usize],
) -> Tensor<Autodiff<B, C>, 1> {
    let features = tensors.features.into_primitive().tensor();
    let weight = tensors.weight.into_primitive().tensor();
    let bias = tensors.bias.into_primitive().tensor();
    let given = [&features.primitive, &weight.primitive, &bias.primitive];
    let output = kernel(call, given, targets);
    let nodes = [features.node, weight.node, bias.node];
    tensor(match Loss.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let state = LossState {
                features: features.primitive,
                weight: weight.primitive,
                d_scores: output.scores,
                d_bias: output.bias,
            };
            prepared.finish(state, output.loss)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(output.loss),
    })
}

/// What the way back reads.
#[derive(Debug, Clone)]
struct LossState<T> {
    features: T,
    weight: T,
    d_scores: T,
    d_bias: T,
}

/// The operation in the graph.
#[derive(Debug)]
struct Loss;

impl<B: Backend> Backward<B, 3> for Loss {
    type State = LossState<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let upstream = tensor::<B, 1>(grads.consume::<B>(&ops.node));
        // A kernel is where reading costs nothing, and a loss is mostly the end of the graph.
        let factor = upstream.into_data().iter::<f64>().next().unwrap_or(1.0);
        let mut register = |parent: Option<NodeId>, gradient: &dyn Fn() -> FloatTensor<B>| {
            if let Some(parent) = parent {
                let scaled = match factor == 1.0 {
                    true => gradient(),
                    false => B::float_mul_scalar(gradient(), factor.into()),
                };
                grads.register::<B>(parent, scaled);
            }
        };
        let [features, weight, bias] = ops.parents.map(|parent| parent.map(|node| node.id));
        let LossState {
            features: x,
            weight: w,
            d_scores,
            d_bias,
        } = ops.state;
        register(features, &|| B::float_matmul(d_scores.clone(), w.clone()));
        let across = || B::float_transpose(d_scores.clone());
        register(weight, &|| B::float_matmul(across(), x.clone()));
        register(bias, &|| d_bias.clone());
    }
}
