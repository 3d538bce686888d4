//! What a kernel is compiled for.

use crate::call::{KernelCell, SequenceCall};

/// The cell, as far as the code differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// See `ElmanCell`.
    Elman {
        /// `relu` in place of `tanh`.
        relu: bool,
    },
    /// See `LstmCell`.
    Lstm {
        /// There are diagonal peepholes.
        peephole: bool,
        /// The cell state is bounded.
        clip: bool,
    },
    /// See `GruCell`.
    Gru {
        /// The update gate takes the candidate.
        mirror: bool,
    },
}

/// Everything that is known when a kernel is compiled: each combination is compiled once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spec {
    /// The cell.
    pub kind: Kind,
    /// Hidden units.
    pub d_hidden: usize,
    /// Last valid step first.
    pub reverse: bool,
    /// `h_{t-1}` is multiplied by a mask before it meets `U`.
    pub masked: bool,
    /// The backward pass follows.
    pub keep: bool,
    /// Sequences of a cube in the resident kernel.
    pub rows: usize,
    /// Of a unit's `d_hidden` recurrent weights there, those in its registers; the others lie in shared
    /// memory.
    pub registers: usize,
}

impl Kind {
    /// Of a cell.
    pub fn new(cell: KernelCell) -> Self {
        match cell {
            KernelCell::Elman { relu } => Self::Elman { relu },
            KernelCell::Lstm { peephole, clip } => Self::Lstm {
                peephole,
                clip: clip.is_some(),
            },
            KernelCell::Gru { mirror } => Self::Gru { mirror },
        }
    }

    /// Packed gates.
    pub fn gates(self) -> usize {
        match self {
            Self::Elman { .. } => 1,
            Self::Lstm { .. } => 4,
            Self::Gru { .. } => 3,
        }
    }

    /// Values saved a unit and step: LSTM `i, f, g, o`; GRU `r, z, n` and what the reset gate
    /// scales; Elman none, its hidden state is enough.
    pub fn saved(self) -> usize {
        match self {
            Self::Elman { .. } => 0,
            Self::Lstm { .. } | Self::Gru { .. } => 4,
        }
    }

    /// It has a cell state.
    pub fn has_cell(self) -> bool {
        matches!(self, Self::Lstm { .. })
    }

    /// It has peepholes.
    pub fn has_peephole(self) -> bool {
        matches!(self, Self::Lstm { peephole: true, .. })
    }

    /// The gradient of `h·U` differs from that of `x·W`.
    pub fn has_product(self) -> bool {
        matches!(self, Self::Gru { .. })
    }
}

impl Spec {
    /// Of a call.
    pub fn new(call: &SequenceCall, d_hidden: usize, masked: bool, keep: bool) -> Self {
        Self {
            kind: Kind::new(call.cell),
            d_hidden,
            reverse: call.reverse,
            masked,
            keep,
            rows: 1,
            registers: d_hidden,
        }
    }

    /// Packed gates of all units.
    pub fn width(&self) -> usize {
        self.kind.gates() * self.d_hidden
    }

    /// Numbers of `U` in shared memory; one where there are none, since no array is empty.
    pub fn shared_weights(&self) -> usize {
        ((self.d_hidden - self.registers) * self.width()).max(1)
    }

    /// Saved values of all units.
    pub fn saved(&self) -> usize {
        self.kind.saved() * self.d_hidden
    }
}
