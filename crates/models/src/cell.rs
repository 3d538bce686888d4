//! The cells a layer can be made of.

use burn::tensor::{Tensor, backend::Backend};
use rekindle_kernels::{Activation, Cell, ElmanCell, GruCell, LstmCell, ResetGate};
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
    /// Gated recurrent unit, reset after the recurrent product (PyTorch, cuDNN).
    Gru,
    /// Gated recurrent unit, reset before the recurrent product (Cho et al., 2014).
    GruResetBefore,
}

impl CellKind {
    /// Number of packed gates `G`.
    pub fn gates(self) -> usize {
        match self {
            Self::Elman | Self::ElmanRelu => 1,
            Self::Gru | Self::GruResetBefore => 3,
            Self::Lstm => 4,
        }
    }

    /// The GRU's candidate has a recurrent bias of its own.
    pub(crate) fn has_candidate_bias(self) -> bool {
        matches!(self, Self::Gru | Self::GruResetBefore)
    }

    /// The cell of this kind with its recurrent parameters.
    pub(crate) fn with_parameters<B: Backend>(
        self,
        recurrent: Tensor<B, 2>,
        candidate_bias: Option<Tensor<B, 1>>,
    ) -> Cell<B> {
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
            })
        };
        match self {
            Self::Elman => elman(recurrent, Activation::Tanh),
            Self::ElmanRelu => elman(recurrent, Activation::Relu),
            Self::Lstm => Cell::Lstm(LstmCell { recurrent }),
            Self::Gru => gru(recurrent, ResetGate::AfterProduct),
            Self::GruResetBefore => gru(recurrent, ResetGate::BeforeProduct),
        }
    }
}
