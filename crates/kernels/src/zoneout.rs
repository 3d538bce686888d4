//! Zoneout: units that keep their value of the step before.

use crate::State;
use burn::tensor::{Distribution, Tensor};

/// Zoneout, `h_t = d ⊙ h_{t-1} + (1 - d) ⊙ ĥ_t` with `d` drawn anew for every step and unit, and the
/// same for `c_t`; outside training `d` is its expectation.
///
/// David Krueger et al., "Zoneout: Regularizing RNNs by Randomly Preserving Hidden Activations",
/// ICLR 2017.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zoneout {
    /// Probability that a hidden unit keeps its value.
    pub hidden: f64,
    /// Probability that a cell unit keeps its value.
    pub cell: f64,
    /// Draw; else take the expectation.
    pub training: bool,
}

impl Zoneout {
    /// Mixes what a step gave with the state before it.
    pub(crate) fn apply(&self, next: State, before: &State) -> State {
        let mix = |next: Tensor<2>, before: Tensor<2>, keep: f64| {
            if keep == 0.0 {
                return next;
            }
            if self.training {
                let drawn = next.random_like(Distribution::Bernoulli(keep)).bool();
                return next.mask_where(drawn, before);
            }
            next.clone() + (before - next) * keep
        };
        State {
            hidden: mix(next.hidden, before.hidden.clone(), self.hidden),
            cell: next
                .cell
                .zip(before.cell.clone())
                .map(|(next, before)| mix(next, before, self.cell)),
        }
    }
}
