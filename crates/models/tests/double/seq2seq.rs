//! The encoder-decoder in double precision.

use crate::support::{Setup, seq2seq::check};

on_every_backend! { features_losses_and_gradients_are_those_of_pytorch }

fn features_losses_and_gradients_are_those_of_pytorch(setup: &Setup) {
    check(setup, 1e-9);
}
