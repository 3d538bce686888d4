//! Cross-entropy over a large vocabulary, in one pass over memory where the backend has a kernel.

use crate::fused::tensor;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::tensor::activation::log_softmax;
use burn::tensor::backend::Backend;
use burn::tensor::ops::FloatTensor;
use burn::tensor::{Int, Tensor, TensorData};

/// A cross-entropy of rows of scores `x` (`[rows, columns]`, to which a bias `[columns]` is added)
/// with one target a row:
///
/// ```text
/// l = -(1-ε) log p_target - ε/V Σ_v log p_v        p = softmax(x + b)
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

/// The tensors a cross-entropy reads, or their gradients.
#[derive(Debug, Clone)]
pub struct CrossEntropyTensors<T> {
    /// `x`, `[rows, columns]`.
    pub scores: T,
    /// `b`, `[columns]`.
    pub bias: T,
}

/// What a kernel gives.
#[derive(Debug, Clone)]
pub struct CrossEntropyOutput<T> {
    /// Mean loss, `[1]`.
    pub loss: T,
    /// Its gradients.
    pub gradients: CrossEntropyTensors<T>,
}

/// Computes the loss and its gradients; the scores may be written over.
pub type CrossEntropyKernel<B> = fn(
    &CrossEntropy,
    CrossEntropyTensors<FloatTensor<B>>,
    &[usize],
) -> CrossEntropyOutput<FloatTensor<B>>;

/// The loss in tensor operations.
pub(crate) fn reference<B: Backend>(
    call: &CrossEntropy,
    scores: Tensor<B, 2>,
    bias: Tensor<B, 1>,
    targets: &[usize],
) -> Tensor<B, 1> {
    let [rows, columns] = scores.dims();
    let device = scores.device();
    assert_eq!(rows, targets.len(), "a target for each row");
    let counted = |&target: &usize| target != call.ignore;
    let count = targets.iter().filter(|t| counted(t)).count().max(1);
    let weights: Vec<f32> = targets
        .iter()
        .map(|target| f32::from(u8::from(counted(target))) / count as f32)
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

/// The loss by a kernel, which gives its gradients in the same pass.
pub(crate) fn record<B: Backend, C: CheckpointStrategy>(
    kernel: CrossEntropyKernel<B>,
    call: &CrossEntropy,
    scores: Tensor<Autodiff<B, C>, 2>,
    bias: Tensor<Autodiff<B, C>, 1>,
    targets: &[usize],
) -> Tensor<Autodiff<B, C>, 1> {
    // Consumed, so that nothing else holds the scores and the kernel can write over them.
    let scores = scores.into_primitive().tensor();
    let bias = bias.into_primitive().tensor();
    let given = CrossEntropyTensors {
        scores: scores.primitive,
        bias: bias.primitive,
    };
    let output = kernel(call, given, targets);
    let nodes = [scores.node, bias.node];
    tensor(match Loss.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => prepared.finish(output.gradients, output.loss),
        OpsKind::UnTracked(prepared) => prepared.finish(output.loss),
    })
}

/// The operation in the graph.
#[derive(Debug)]
struct Loss;

impl<B: Backend> Backward<B, 2> for Loss {
    type State = CrossEntropyTensors<FloatTensor<B>>;

    fn backward(
        self,
        ops: Ops<Self::State, 2>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let upstream = tensor::<B, 1>(grads.consume::<B>(&ops.node));
        // A kernel is where reading costs nothing, and a loss is mostly the end of the graph.
        let factor = upstream.into_data().iter::<f64>().next().unwrap_or(1.0);
        let [scores, bias] = ops.parents.map(|parent| parent.map(|node| node.id));
        let mut register = |parent: Option<NodeId>, gradient: FloatTensor<B>| {
            if let Some(parent) = parent {
                let scaled = match factor == 1.0 {
                    true => gradient,
                    false => B::float_mul_scalar(gradient, factor.into()),
                };
                grads.register::<B>(parent, scaled);
            }
        };
        register(scores, ops.state.scores);
        register(bias, ops.state.bias);
    }
}
