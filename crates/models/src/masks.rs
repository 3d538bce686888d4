//! The masks of a recurrent layer's dropouts.

use crate::layer::Recurrent;
use burn::tensor::{Device, FloatDType, Tensor};

/// Masks of a layer for a batch, scaled already; nothing is dropped where there is none.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// What `x_t` is multiplied by, `[batch_size, d_input]`, or `[batch_size, G * d_input]` for what each
    /// gate sees.
    pub input: Option<Tensor<2>>,
    /// What `h_{t-1}` is multiplied by before it meets `U`, `[batch_size, d_output]`, or
    /// `[batch_size, G * d_output]` for what each gate sees.
    pub recurrent: Option<Tensor<2>>,
}

impl Masks {
    /// In another precision.
    pub(crate) fn cast(self, to: FloatDType) -> Self {
        let cast = |mask: Option<Tensor<2>>| mask.map(|mask| mask.cast(to));
        Self {
            input: cast(self.input),
            recurrent: cast(self.recurrent),
        }
    }
}

impl Recurrent {
    /// Draws the masks of a batch; none outside training.
    pub fn draw_masks(&self, batch_size: usize, device: &Device) -> Masks {
        let config = self.config();
        let each = match config.gate_masks {
            true => config.cell.gates(&config.options),
            false => 1,
        };
        let draw = |probability: f64, width: usize| {
            let shape = [batch_size, each * width];
            self.recurrent_dropout.draw(probability, shape, device)
        };
        Masks {
            recurrent: draw(config.recurrent_dropout, config.d_output()),
            input: draw(config.input_dropout, config.d_input),
        }
    }
}
