//! The encoder-decoder in double precision.

use super::Tracked;
use crate::support::seq2seq::check;

#[test]
fn features_losses_and_gradients_are_those_of_pytorch() {
    check::<Tracked>(1e-9);
}
