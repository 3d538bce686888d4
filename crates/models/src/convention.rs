//! Whose habits a network follows where papers leave a choice.

use serde::{Deserialize, Serialize};

/// Where weights start, and how often masks are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// Ours: `W` and `U` drawn gate by gate, linear layers as Burn draws them, and one mask for all gates
    /// (Gal and Ghahramani, 2016).
    Own,
    /// Keras's: the weights of all gates drawn as one matrix, so that an LSTM's `U` starts half as large;
    /// linear layers Glorot uniform without bias; and masks of their own for every gate. With much
    /// recurrent dropout, which scales up what it keeps, a `U` drawn gate by gate is too large to learn.
    Keras,
}
