//! Peepholes: LSTM gates that see the cell state.

use burn::tensor::Tensor;

/// Peephole connections. The input and the forget gate see the cell state before the step, the
/// output gate that after it:
///
/// ```text
/// i = σ(a_i + c_{t-1}·P_i)   f = σ(a_f + c_{t-1}·P_f)   o = σ(a_o + c_t·P_o)
/// ```
///
/// Felix Gers and Jürgen Schmidhuber, "Recurrent Nets that Time and Count", IJCNN 2000; Gers,
/// Schraudolph and Schmidhuber, "Learning Precise Timing with LSTM Recurrent Networks", JMLR 3, 2002.
/// With coupled gates there is no `P_i`.
#[derive(Debug, Clone)]
pub enum Peephole {
    /// Every unit sees its own cell alone, `P = diag(p)`: rows `p_i, p_f, p_o` (coupled `p_f, p_o`),
    /// `[3, d_hidden]`.
    Diagonal(Tensor<2>),
    /// Every unit sees all cells: `P_i, P_f, P_o` side by side, `[d_hidden, 3 * d_hidden]`.
    Full(Tensor<2>),
}

impl Peephole {
    /// Adds what the gates before the candidate see of `c_{t-1}` to all sums,
    /// `[batch_size, gates * d_hidden]`.
    pub(crate) fn add_before(&self, sum: Tensor<2>, cell: &Tensor<2>, gates: usize) -> Tensor<2> {
        let [batch_size, d_hidden] = cell.dims();
        let seeing = gates - 2;
        let seen = match self {
            Self::Diagonal(weight) => {
                let scaled = |gate: usize| cell.clone() * row(weight, gate);
                Tensor::cat((0..seeing).map(scaled).collect(), 1)
            }
            Self::Full(weight) => {
                let weight = weight.clone();
                cell.clone()
                    .matmul(weight.slice([0..d_hidden, 0..seeing * d_hidden]))
            }
        };
        let columns = |from: usize, to: usize| {
            sum.clone()
                .slice([0..batch_size, from * d_hidden..to * d_hidden])
        };
        Tensor::cat(vec![columns(0, seeing) + seen, columns(seeing, gates)], 1)
    }

    /// What the output gate sees of `c_t`, `[batch_size, d_hidden]`.
    pub(crate) fn output(&self, cell: &Tensor<2>) -> Tensor<2> {
        match self {
            Self::Diagonal(weight) => cell.clone() * row(weight, weight.dims()[0] - 1),
            Self::Full(weight) => {
                let [d_hidden, columns] = weight.dims();
                let last = weight
                    .clone()
                    .slice([0..d_hidden, columns - d_hidden..columns]);
                cell.clone().matmul(last)
            }
        }
    }
}

/// `[1, d_hidden]`.
fn row(weight: &Tensor<2>, at: usize) -> Tensor<2> {
    let [_, d_hidden] = weight.dims();
    weight.clone().slice([at..at + 1, 0..d_hidden])
}
