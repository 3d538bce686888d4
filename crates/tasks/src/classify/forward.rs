//! Logits of many texts.

use super::batch::padded;
use super::config::Padding;
use burn::tensor::Device;
use rekindle_models::TextClassifier;

/// Texts in a batch; short enough for the cache, long enough to share the work.
const BATCH: usize = 256;

/// Logits, row by row of `items`, `classes` each.
///
/// Texts of about the same length go together, which pads little and changes no result.
pub fn logits(
    model: &TextClassifier,
    encoded: &[Vec<u32>],
    items: &[u32],
    classes: usize,
    padding: Padding,
    device: &Device,
) -> Vec<f64> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&at| encoded[items[at] as usize].len());
    let mut all = vec![0.0; items.len() * classes];
    for places in order.chunks(BATCH) {
        let rows: Vec<&[u32]> = places
            .iter()
            .map(|&at| encoded[items[at] as usize].as_slice())
            .collect();
        let batch = read(model, &rows, padding, device).0;
        for (&at, logits) in places.iter().zip(batch.chunks(classes)) {
            all[at * classes..(at + 1) * classes].copy_from_slice(logits);
        }
    }
    all
}

/// Logits of a batch, and the weight of every token where the model pools by attention, padded to
/// the longest row.
pub fn read(
    model: &TextClassifier,
    rows: &[&[u32]],
    padding: Padding,
    device: &Device,
) -> (Vec<f64>, Option<Vec<f64>>) {
    let (tokens, lengths) = padded(rows, padding, device);
    let said = model.forward(tokens, lengths, false);
    let attention = said.attention.map(|weights| numbers(weights.into_data()));
    (numbers(said.logits.into_data()), attention)
}

fn numbers(data: burn::tensor::TensorData) -> Vec<f64> {
    data.iter().collect()
}
