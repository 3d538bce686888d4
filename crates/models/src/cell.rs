//! The cells a layer can be made of.

use burn::tensor::Tensor;
use rekindle_kernels::{
    Activation, Cell, ElmanCell, GruCell, LstmCell, Peephole, ResetGate, UpdateGate,
};
use serde::{Deserialize, Serialize};

/// Which cell a layer runs. Equations are with each cell in `rekindle-kernels`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellKind {
    /// Elman network with `tanh`.
    Elman,
    /// Elman network with `relu`.
    ElmanRelu,
    /// Long short-term memory.
    Lstm,
    /// Long short-term memory whose gates see their own unit's cell state.
    LstmPeephole,
    /// Long short-term memory whose gates see all cell states.
    LstmPeepholeFull,
    /// Gated recurrent unit, reset after the recurrent product (PyTorch, cuDNN).
    Gru,
    /// Gated recurrent unit, reset before the recurrent product (Cho et al., 2014).
    GruResetBefore,
}

/// What a cell can be beside its kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct CellOptions {
    /// LSTM: the input gate is one minus the forget gate, which saves a quarter of the parameters.
    pub coupled: bool,
    /// LSTM: bound of the cell state.
    pub clip: Option<f64>,
    /// LSTM: size that the hidden state is projected to.
    pub d_projection: Option<usize>,
    /// GRU: the update gate takes the candidate instead of the state, as most courses have it.
    pub mirrored: bool,
}

/// The parameters of a cell beside `W` and `b`.
pub(crate) struct CellParameters {
    pub recurrent: Tensor<2>,
    pub candidate_bias: Option<Tensor<1>>,
    pub peephole: Option<Tensor<2>>,
    pub projection: Option<Tensor<2>>,
}

impl CellKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Elman,
        Self::ElmanRelu,
        Self::Lstm,
        Self::LstmPeephole,
        Self::LstmPeepholeFull,
        Self::Gru,
        Self::GruResetBefore,
    ];

    /// Number of packed gates `G`.
    pub fn gates(self, options: &CellOptions) -> usize {
        match self {
            Self::Elman | Self::ElmanRelu => 1,
            Self::Gru | Self::GruResetBefore => 3,
            _ => 4 - usize::from(options.coupled),
        }
    }

    /// It has a cell state, and takes the options of an LSTM.
    pub fn is_lstm(self) -> bool {
        matches!(
            self,
            Self::Lstm | Self::LstmPeephole | Self::LstmPeepholeFull
        )
    }

    /// The GRU's candidate has a recurrent bias of its own.
    pub(crate) fn has_candidate_bias(self) -> bool {
        matches!(self, Self::Gru | Self::GruResetBefore)
    }

    /// Shape of the peephole weights.
    pub(crate) fn peephole(self, d_hidden: usize, options: &CellOptions) -> Option<[usize; 2]> {
        let seeing = self.gates(options) - 1;
        match self {
            Self::LstmPeephole => Some([seeing, d_hidden]),
            Self::LstmPeepholeFull => Some([d_hidden, seeing * d_hidden]),
            _ => None,
        }
    }

    /// The cell of this kind with its parameters.
    pub(crate) fn with_parameters(self, options: &CellOptions, parameters: CellParameters) -> Cell {
        let CellParameters {
            recurrent,
            candidate_bias,
            peephole,
            projection,
        } = parameters;
        let elman = |recurrent, activation| {
            Cell::Elman(ElmanCell {
                recurrent,
                activation,
            })
        };
        let gru = |recurrent, reset| {
            Cell::Gru(GruCell {
                recurrent,
                candidate_bias,
                reset,
                update: match options.mirrored {
                    true => UpdateGate::TakesCandidate,
                    false => UpdateGate::TakesState,
                },
            })
        };
        let lstm = |recurrent, peephole| {
            Cell::Lstm(LstmCell {
                recurrent,
                peephole,
                coupled: options.coupled,
                clip: options.clip,
                projection,
            })
        };
        match self {
            Self::Elman => elman(recurrent, Activation::Tanh),
            Self::ElmanRelu => elman(recurrent, Activation::Relu),
            Self::Lstm => lstm(recurrent, None),
            Self::LstmPeephole => lstm(recurrent, peephole.map(Peephole::Diagonal)),
            Self::LstmPeepholeFull => lstm(recurrent, peephole.map(Peephole::Full)),
            Self::Gru => gru(recurrent, ResetGate::AfterProduct),
            Self::GruResetBefore => gru(recurrent, ResetGate::BeforeProduct),
        }
    }
}
