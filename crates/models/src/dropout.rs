//! Dropout: of every number, or with one mask for a whole sequence.

use burn::module::{Flag, Module, Param};
use burn::tensor::{Device, Distribution, FloatDType, Tensor};

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
#[derive(Module, Debug)]
pub struct VariationalDropout {
    probability: f64,
    /// Whether masks are drawn on a device with autodiff; freezing the module switches it off.
    pub training: Param<Flag>,
}

impl VariationalDropout {
    /// Drops this share.
    ///
    /// # Panics
    /// Unless it is at least 0 and below 1.
    pub fn new(probability: f64) -> Self {
        Self {
            probability: checked(probability),
            training: Param::from_bool(true),
        }
    }

    /// Whether a module with parameters on this device is in training.
    pub(crate) fn is_training(&self, device: &Device) -> bool {
        self.training.is_enabled() && device.is_autodiff()
    }

    /// Zeros and `1 / (1 - probability)`; none outside training.
    pub fn mask<const D: usize>(&self, shape: [usize; D], device: &Device) -> Option<Tensor<D>> {
        self.draw(self.probability, shape, device)
    }

    /// The same for another share.
    pub(crate) fn draw<const D: usize>(
        &self,
        probability: f64,
        shape: [usize; D],
        device: &Device,
    ) -> Option<Tensor<D>> {
        if probability == 0.0 || !self.is_training(device) {
            return None;
        }
        let keep = 1.0 - probability;
        let drawn = Tensor::random(shape, Distribution::Bernoulli(keep), device);
        Some(drawn * (1.0 / keep))
    }
}

/// Every number on its own, in one pass where the backend has a kernel.
///
/// Nitish Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR
/// 2014.
#[derive(Module, Debug)]
pub struct ElementDropout {
    probability: f64,
    /// Whether elements are dropped on a device with autodiff; freezing the module switches it off.
    pub training: Param<Flag>,
}

impl ElementDropout {
    /// Drops this share.
    ///
    /// # Panics
    /// Unless it is at least 0 and below 1.
    pub fn new(probability: f64) -> Self {
        Self {
            probability: checked(probability),
            training: Param::from_bool(true),
        }
    }

    /// The input, with a share of its numbers dropped while training.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        let training = self.training.is_enabled() && input.device().is_autodiff();
        match self.probability > 0.0 && training {
            true => rekindle_kernels::dropout(input, self.probability),
            false => input,
        }
    }
}

/// Drops whole features of a sequence, the same at every step, while training; Keras's
/// `SpatialDropout1D`.
///
/// Jonathan Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR 2015.
#[derive(Module, Debug)]
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
    pub fn forward(&self, input: Tensor<3>) -> Tensor<3> {
        Self::forward_all([self], input)
    }

    /// One after the other, in one pass over the input.
    pub fn forward_all<'a>(
        dropouts: impl IntoIterator<Item = &'a Self>,
        input: Tensor<3>,
    ) -> Tensor<3> {
        let [batch_size, _, d_input] = input.dims();
        let masks = dropouts.into_iter().filter_map(|one| {
            let shape = [batch_size, 1, d_input];
            one.dropout.mask(shape, &input.device())
        });
        match masks.reduce(Tensor::mul) {
            Some(mask) => over_steps(input, mask),
            None => input,
        }
    }
}

/// The input, `[batch_size, seq_length, d_input]`, times a mask of all steps, `[batch_size, 1, d_input]`.
pub(crate) fn over_steps(input: Tensor<3>, mask: Tensor<3>) -> Tensor<3> {
    let [_, seq_length, _] = input.dims();
    let mask = mask.cast(FloatDType::from(input.dtype()));
    // Repeated, since Flex multiplies a broadcast tensor number by number.
    input * mask.repeat_dim(1, seq_length)
}
