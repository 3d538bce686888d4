//! The snippet of the README, word for word.

fn main() {
    use burn::tensor::{Device, Distribution, Tensor};
    use rekindle_models::{CellKind, Lengths, StackConfig};

    let device = Device::flex();
    let encoder = StackConfig::new(CellKind::Lstm, 3, 16)
        .with_num_layers(2)
        .with_bidirectional(true)
        .init(&device);

    // Two sequences, padded to five steps; the second has three.
    let input = Tensor::<3>::random([2, 5, 3], Distribution::Default, &device);
    let lengths = Lengths::new(vec![5, 3]).expect("no sequence is empty");

    let output = encoder.forward(input, None, Some(lengths));
    assert_eq!(output.hidden.dims(), [2, 5, 32]);
    assert_eq!(output.last_hidden().dims(), [2, 32]);
}
