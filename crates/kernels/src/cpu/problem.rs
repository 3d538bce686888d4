//! What the engine is given and what it returns.

/// Which cell the engine runs, and its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `tanh`, or `relu`.
    Elman {
        /// `relu` in place of `tanh`.
        relu: bool,
    },
    /// With or without diagonal peepholes.
    Lstm {
        /// There are peepholes.
        peephole: bool,
        /// Bound of the cell state; infinity for none.
        clip: f64,
    },
    /// Reset after the product.
    Gru {
        /// The update gate takes the candidate instead of the state.
        mirror: bool,
    },
}

/// A batch's sizes and order; lengths are at least 1 and at most `seq_length`, and there is one a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// `B`.
    pub batch_size: usize,
    /// `T`.
    pub seq_length: usize,
    /// All steps are valid when absent.
    pub lengths: Option<&'a [usize]>,
    /// Last valid step first.
    pub reverse: bool,
}

/// Gradients that come in.
#[derive(Debug, Clone, Copy)]
pub struct Upstream<'a, E> {
    /// `[B, T, H]`.
    pub hidden: Option<&'a [E]>,
    /// `[B, H]`.
    pub last_hidden: Option<&'a [E]>,
    /// `[B, H]`.
    pub last_cell: Option<&'a [E]>,
}

/// Gradients that go out, in the shapes of what they belong to.
#[derive(Debug)]
pub struct Gradients<E> {
    /// `[B, T, d_input]`, zero at padded steps; empty if not wanted.
    pub input: Vec<E>,
    /// `[d_input, G * H]`.
    pub weight_input: Vec<E>,
    /// `[H, G * H]`.
    pub weight_recurrent: Vec<E>,
    /// `[G * H]`.
    pub bias: Vec<E>,
    /// `[H]`, of a GRU's `b_u`.
    pub candidate_bias: Vec<E>,
    /// `[EXTRA, H]`.
    pub extra: Vec<E>,
    /// `[B, H]`.
    pub hidden: Vec<E>,
    /// `[B, H]`; empty for cells that have none.
    pub cell: Vec<E>,
}

impl Kind {
    /// Number of packed gates.
    pub fn gates(self) -> usize {
        match self {
            Self::Elman { .. } => 1,
            Self::Gru { .. } => 3,
            Self::Lstm { .. } => 4,
        }
    }

    /// Number of vectors that the pointwise step reads beside the gates.
    pub(super) fn peepholes(self) -> usize {
        match self {
            Self::Lstm { .. } => 3,
            _ => 0,
        }
    }
}
