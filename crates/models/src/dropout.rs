//! Dropout: of every number, or with one mask for a whole sequence.

use crate::RecurrentBackend;
use burn::module::Module;
use burn::tensor::{Distribution, Tensor, backend::Backend};

fn checked(probability: f64) -> f64 {
    assert!(
        (0.0..1.0).contains(&probability),
        "a share to drop is at least 0 and below 1, not {probability}"
    );
    probability
}

/// One mask a sequence, the same at every step: what a recurrent product needs, since masks drawn
/// anew at each step would wipe out the state.
///
/// Yarin Gal and Zoubin Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent
/// Neural Networks", NIPS 2016.
#[derive(Module, Clone, Debug)]
pub struct VariationalDropout {
    probability: f64,
}

impl VariationalDropout {
    /// Drops this share.
    ///
    /// # Panics
    /// Unless it is at least 0 and below 1.
    pub fn new(probability: f64) -> Self {
        Self {
            probability: checked(probability),
        }
    }

    /// Zeros and `1 / (1 - probability)`; none outside training.
    pub fn mask<B: Backend, const D: usize>(
        &self,
        shape: [usize; D],
        device: &B::Device,
    ) -> Option<Tensor<B, D>> {
        if self.probability == 0.0 || !B::ad_enabled(device) {
            return None;
        }
        let keep = 1.0 - self.probability;
        let drawn = Tensor::random(shape, Distribution::Bernoulli(keep), device);
        Some(drawn * (1.0 / keep))
    }
}

/// Every number on its own, in one pass where the backend has a kernel.
///
/// Nitish Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR
/// 2014.
#[derive(Module, Clone, Debug)]
pub struct ElementDropout {
    probability: f64,
}

impl ElementDropout {
    /// Drops this share.
    ///
    /// # Panics
    /// Unless it is at least 0 and below 1.
    pub fn new(probability: f64) -> Self {
        Self {
            probability: checked(probability),
        }
    }

    /// The input, with a share of its numbers dropped while training.
    pub fn forward<B: RecurrentBackend, const D: usize>(
        &self,
        input: Tensor<B, D>,
    ) -> Tensor<B, D> {
        match self.probability > 0.0 && B::ad_enabled(&input.device()) {
            true => B::dropout(input, self.probability),
            false => input,
        }
    }
}

/// Drops whole features of a sequence, the same at every step, while training; Keras's
/// `SpatialDropout1D`.
///
/// Jonathan Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR 2015.
#[derive(Module, Clone, Debug)]
pub struct SpatialDropout {
    dropout: VariationalDropout,
}

impl SpatialDropout {
    /// Drops this share of the features.
    ///
    /// # Panics
    /// Unless it is at least 0 and below 1.
    pub fn new(probability: f64) -> Self {
        Self {
            dropout: VariationalDropout::new(probability),
        }
    }

    /// # Shapes
    /// - `input` and output: `[batch_size, seq_length, d_input]`
    pub fn forward<B: Backend>(&self, input: Tensor<B, 3>) -> Tensor<B, 3> {
        Self::forward_all([self], input)
    }

    /// One after the other, in one pass over the input.
    pub fn forward_all<'a, B: Backend>(
        dropouts: impl IntoIterator<Item = &'a Self>,
        input: Tensor<B, 3>,
    ) -> Tensor<B, 3> {
        let [batch_size, seq_length, d_input] = input.dims();
        let masks = dropouts.into_iter().filter_map(|one| {
            let shape = [batch_size, 1, d_input];
            one.dropout.mask(shape, &input.device())
        });
        match masks.reduce(Tensor::mul) {
            // Repeated, since Flex multiplies a broadcast tensor number by number.
            Some(mask) => input * mask.repeat_dim(1, seq_length),
            None => input,
        }
    }
}
