//! Cross-entropy over a large vocabulary, from features to loss in one operation.

use crate::primitive::tensor;
use crate::runner::Runner;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::autodiff::{Autodiff, NodeId};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::activation::log_softmax;
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
pub struct CrossEntropyTensors {
    /// `x`, `[rows, d]`.
    pub features: Tensor<2>,
    /// `W`, `[columns, d]`.
    pub weight: Tensor<2>,
    /// `b`, `[columns]`.
    pub bias: Tensor<1>,
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

/// Cross-entropy as an operation of the CPU backends.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait CrossEntropyOps: Backend {
    /// The mean loss, `[1]`, of features `[rows, d]`, weight `[columns, d]` and bias `[columns]`.
    ///
    /// # Panics
    /// When sizes do not fit, or a target that counts is not a column.
    #[allow(unused_variables, reason = "where no backend is built in")]
    fn cross_entropy(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        call: CrossEntropy,
        targets: Vec<usize>,
    ) -> FloatTensor<Self>;
}

/// The loss and its gradients in one pass.
pub trait CrossEntropyKernel: CrossEntropyOps {
    /// Computes loss and gradients from features, weight and bias.
    fn loss_and_gradients(
        call: &CrossEntropy,
        tensors: [&FloatTensor<Self>; 3],
        targets: &[usize],
    ) -> CrossEntropyOutput<FloatTensor<Self>>;
}

impl<B: CrossEntropyKernel, C: CheckpointStrategy> CrossEntropyOps for Autodiff<B, C> {
    fn cross_entropy(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        call: CrossEntropy,
        targets: Vec<usize>,
    ) -> FloatTensor<Self> {
        let [
            (features, feature_node),
            (weight, weight_node),
            (bias, bias_node),
        ] = [features, weight, bias].map(|tensor| tensor.into_parts());
        let output = B::loss_and_gradients(&call, [&features, &weight, &bias], &targets);
        let nodes = [feature_node, weight_node, bias_node];
        match Loss.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let state = LossState {
                    features,
                    weight,
                    d_scores: output.scores,
                    d_bias: output.bias,
                };
                prepared.finish(state, output.loss)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(output.loss),
        }
    }
}

/// Mean cross-entropy of the rows that count; see [`CrossEntropy`].
///
/// # Panics
/// When sizes do not fit, or a target that counts is not a column.
pub fn cross_entropy(
    call: &CrossEntropy,
    tensors: CrossEntropyTensors,
    targets: &[usize],
) -> Tensor<1> {
    let of = [&tensors.features, &tensors.weight].map(|one| (Runner::of(one), one.is_autodiff()));
    match of == [(Some(Runner::Cpu), true); 2] {
        true => tensor(<Dispatch as CrossEntropyOps>::cross_entropy(
            tensors.features.into_dispatch(),
            tensors.weight.into_dispatch(),
            tensors.bias.into_dispatch(),
            *call,
            targets.to_vec(),
        )),
        false => reference(call, tensors, targets),
    }
}

/// The loss in tensor operations.
pub(crate) fn reference(
    call: &CrossEntropy,
    tensors: CrossEntropyTensors,
    targets: &[usize],
) -> Tensor<1> {
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
    let weights = TensorData::new(weights, [rows]);
    let weights = Tensor::<1>::from_data(weights, (&device, scores.dtype()));
    let places: Vec<i32> = targets
        .iter()
        .map(|target| if counted(target) { *target as i32 } else { 0 })
        .collect();
    let places = Tensor::<2, Int>::from_data(TensorData::new(places, [rows, 1]), &device);
    let logs = log_softmax(scores + bias.unsqueeze(), 1);
    let hit = logs.clone().gather(1, places) * (1.0 - call.smoothing);
    let spread = logs.sum_dim(1) * (call.smoothing / columns as f64);
    -((hit + spread).squeeze_dim::<1>(1) * weights).sum()
}

/// What the backward pass reads.
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
        let upstream = B::float_into_data(grads.consume::<B>(&ops.node));
        // The kernel is on the CPU, where reading costs nothing, and a loss is mostly the end of the graph.
        let upstream = burn::tensor::read_sync(upstream).ok();
        let factor = upstream
            .and_then(|data| data.iter::<f64>().next())
            .unwrap_or(1.0);
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
