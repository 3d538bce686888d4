//! What a task asks of a backend.

use burn::tensor::backend::AutodiffBackend;
use rekindle_models::RecurrentBackend;

/// A backend to train on: it differentiates, and runs recurrent layers with and without that.
pub trait TrainBackend: AutodiffBackend<InnerBackend: RecurrentBackend> + RecurrentBackend {}

impl<B> TrainBackend for B where
    B: AutodiffBackend<InnerBackend: RecurrentBackend> + RecurrentBackend
{
}
