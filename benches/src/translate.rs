//! A training step of the task `translate`.

use crate::work::Shape;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rekindle_models::{AdamConfig, CrossEntropy, Lengths, Score, Seq2SeqConfig};

/// Pieces the network knows.
const VOCABULARY: usize = 6000;
/// A batch of captions at two sizes of the network: `[pairs, pieces, d_embedding, d_hidden]`.
pub const SHAPES: [Shape; 2] = [
    Shape::new([64, 18, 256, 256]),
    Shape::new([64, 18, 256, 384]),
];

/// Pieces of each source; targets all have as many as the longest.
pub fn lengths(shape: Shape) -> Vec<usize> {
    let shorter = |at: usize| shape.seq_length - at % (shape.seq_length / 2);
    (0..shape.batch_size).map(shorter).collect()
}

fn pieces(shape: Shape, from: usize) -> Vec<i32> {
    let piece = |at: usize| ((at * 7919 + from) % (VOCABULARY - 4) + 4) as i32;
    (0..shape.batch_size * shape.seq_length)
        .map(piece)
        .collect()
}

/// Encoder, decoder with its two attentions, dropouts, smoothed loss, backward pass, Adam.
pub fn step(shape: Shape) -> impl FnMut() {
    let device = Device::flex().autodiff();
    let model = Seq2SeqConfig::new(VOCABULARY, shape.d_input, shape.d_hidden)
        .with_attention(Some(Score::General))
        .with_embedding_dropout(0.3)
        .with_memory_dropout(0.4)
        .with_layer_dropout(0.3)
        .with_output_dropout(0.5)
        .init(&device);
    let mut adam = AdamConfig::new().init();
    let mut model = Some(model);
    let size = [shape.batch_size, shape.seq_length];
    let numbers = |from| {
        let data = TensorData::new(pieces(shape, from), size);
        Tensor::<2, Int>::from_data(data, &device)
    };
    let (source, before) = (numbers(13), numbers(17));
    let targets: Vec<usize> = pieces(shape, 19).into_iter().map(|p| p as usize).collect();
    let lengths = Lengths::new(lengths(shape)).expect("no source is empty");
    let call = CrossEntropy {
        smoothing: 0.1,
        ignore: 0,
    };
    move || {
        let taken = model.take().expect("put back after every step");
        let (memory, state) = taken.encode(source.clone(), Some(lengths.clone()));
        let decoded = taken.decode(before.clone(), &memory, state);
        let gradients = taken.loss(decoded.features, &targets, &call).backward();
        let gradients = GradientsParams::from_grads(gradients, &taken);
        model = Some(adam.step(1e-3, taken, gradients));
        // A GPU is done only now.
        let _ = device.sync();
    }
}
