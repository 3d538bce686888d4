//! What a recurrent layer carries from one step to the next.

use burn::tensor::{Bool, Tensor, TensorCreationOptions};

/// The state of a cell for a batch of sequences.
#[derive(Debug, Clone)]
pub struct State {
    /// Hidden state `h`, `[batch_size, d_output]`; `d_output` is `d_hidden` without a projection.
    pub hidden: Tensor<2>,
    /// Cell state `c`, `[batch_size, d_hidden]`, for cells that have one (LSTM).
    pub cell: Option<Tensor<2>>,
}

impl State {
    /// A state of zeros, with a cell state if it has a size.
    pub fn zeros(
        batch_size: usize,
        d_output: usize,
        d_cell: Option<usize>,
        options: impl Into<TensorCreationOptions>,
    ) -> Self {
        let options = options.into();
        let zeros = |size: usize| Tensor::zeros([batch_size, size], options.clone());
        Self {
            hidden: zeros(d_output),
            cell: d_cell.map(zeros),
        }
    }

    /// Takes the rows of `self` where `keep` (`[batch_size, 1]`) is true and those of `other`
    /// elsewhere.
    pub fn select(self, other: Self, keep: Tensor<2, Bool>) -> Self {
        let pick = |new: Tensor<2>, old: Tensor<2>| {
            let keep = keep.clone().expand(new.dims());
            old.mask_where(keep, new)
        };
        Self {
            hidden: pick(self.hidden, other.hidden),
            cell: self.cell.zip(other.cell).map(|(new, old)| pick(new, old)),
        }
    }

    /// The same values without the history that gradients flow through (truncated
    /// backpropagation through time).
    pub fn detach(self) -> Self {
        Self {
            hidden: self.hidden.detach(),
            cell: self.cell.map(Tensor::detach),
        }
    }
}
