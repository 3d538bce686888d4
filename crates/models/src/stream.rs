//! Answering step by step, as a sequence comes in.

use crate::Stack;
use burn::module::Param;
use burn::tensor::Tensor;
use rekindle_kernels::KernelCell;
use rekindle_kernels::cpu::{StreamLayer, StreamState, Weights};

/// A [`Stack`] with its weights packed once, for one sequence at a time on the CPU, in single
/// precision. After it is made, a step allocates nothing.
///
/// ```
/// use rekindle_models::{CellKind, StackConfig, Stream};
///
/// let stack = StackConfig::new(CellKind::Gru, 3, 8).init(&Default::default());
/// let stream = Stream::new(&stack).expect("it runs forwards");
/// let mut state = stream.state();
/// for step in [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]] {
///     let hidden = stream.step(&step, &mut state);
///     assert_eq!(hidden.len(), 8);
/// }
/// ```
#[derive(Debug)]
pub struct Stream {
    layers: Vec<StreamLayer>,
    initial: Vec<StreamState>,
}

/// Why a stack cannot be streamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamError {
    /// It runs in reverse or in both directions, or it is a pyramid: it needs steps to come.
    NeedsLaterSteps,
    /// Its layers are residual.
    Residual,
    /// The CPU kernel does not know the cell: coupled gates, a projection, full peepholes, or a GRU
    /// with the reset before the product.
    Cell,
}

impl std::fmt::Display for StreamError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NeedsLaterSteps => "a stack that needs later steps cannot be streamed",
            Self::Residual => "a residual stack cannot be streamed",
            Self::Cell => "this cell cannot be streamed",
        })
    }
}

impl std::error::Error for StreamError {}

impl Stream {
    /// Packs the weights of a stack.
    pub fn new(stack: &Stack) -> Result<Self, StreamError> {
        if stack.is_residual() {
            return Err(StreamError::Residual);
        }
        let reverse = stack.forward.iter().any(|layer| layer.config().reverse);
        if !stack.backward.is_empty() || reverse || stack.is_pyramid() {
            return Err(StreamError::NeedsLaterSteps);
        }
        let mut layers = Vec::with_capacity(stack.forward.len());
        let mut initial = Vec::with_capacity(stack.forward.len());
        for layer in &stack.forward {
            let kind = KernelCell::new(&layer.cell(None)).ok_or(StreamError::Cell)?;
            let bias = layer.bias.as_ref().map(vector);
            let candidate_bias = layer.bias_candidate.as_ref().map(vector);
            let extra = layer.weight_peephole.as_ref().map(vector);
            let packed = StreamLayer::new(
                kind.into(),
                &Weights {
                    input: &vector(&layer.weight_input),
                    recurrent: &vector(&layer.weight_recurrent),
                    bias: bias.as_deref(),
                    candidate_bias: candidate_bias.as_deref(),
                    extra: extra.as_deref(),
                    d_input: layer.config().d_input,
                    d_hidden: layer.config().d_hidden,
                },
            );
            let mut state = packed.state();
            if let Some(hidden) = &layer.initial_hidden {
                let cell = layer.initial_cell.as_ref().map(vector);
                state.set(&vector(hidden), &cell.unwrap_or_default());
            }
            layers.push(packed);
            initial.push(state);
        }
        Ok(Self { layers, initial })
    }

    /// The state before the first step, a layer each: the learned one, or zeros.
    pub fn state(&self) -> Vec<StreamState> {
        self.initial.clone()
    }

    /// Takes a step, `[d_input]`, and gives the last layer's hidden state, `[d_hidden]`.
    ///
    /// # Panics
    /// When the step is of another size, or the state is another stack's.
    pub fn step<'a>(&self, input: &[f32], state: &'a mut [StreamState]) -> &'a [f32] {
        assert_eq!(state.len(), self.layers.len(), "one state a layer");
        for (at, layer) in self.layers.iter().enumerate() {
            let (below, from) = state.split_at_mut(at);
            let input = below.last().map_or(input, StreamState::hidden);
            layer.step(input, &mut from[0]);
        }
        state[state.len() - 1].hidden()
    }
}

fn vector<const D: usize>(param: &Param<Tensor<D>>) -> Vec<f32> {
    param.val().into_data().iter::<f32>().collect()
}
