//! A factor of the loss, for gradients that half precision would round to zero.

use serde::{Deserialize, Serialize};

/// The factor, as large as the gradients allow: halved when one overflows, doubled after many steps
/// without. Paulius Micikevicius et al., "Mixed Precision Training", ICLR 2018.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LossScale {
    factor: f64,
    steps: usize,
}

/// Steps without an overflow before the factor is doubled: PyTorch's.
const PATIENCE: usize = 2000;

impl Default for LossScale {
    fn default() -> Self {
        Self {
            factor: 65_536.0,
            steps: 0,
        }
    }
}

impl LossScale {
    /// The factor.
    pub fn factor(self) -> f64 {
        self.factor
    }

    /// After a step whose gradients were all finite, or not.
    pub fn after(&mut self, finite: bool) {
        self.steps = if finite { self.steps + 1 } else { 0 };
        if !finite {
            self.factor = (self.factor / 2.0).max(1.0);
        } else if self.steps == PATIENCE {
            (self.factor, self.steps) = (self.factor * 2.0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_falls_on_overflow_and_rises_again() {
        let mut scale = LossScale::default();
        scale.after(false);
        assert_eq!(scale.factor(), 32_768.0);
        (1..PATIENCE).for_each(|_| scale.after(true));
        assert_eq!(scale.factor(), 32_768.0);
        scale.after(true);
        assert_eq!(scale.factor(), 65_536.0);
        (0..40).for_each(|_| scale.after(false));
        assert_eq!(scale.factor(), 1.0);
    }
}
