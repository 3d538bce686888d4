//! How long headlines are.

/// Headlines of 1, 2, … words in the UCI news aggregator, split as Keras's tokenizer does; counted by
/// `scripts/headline_lengths.py ../shared/data/news/uci-news-aggregator.csv.xz`.
const HEADLINES: [usize; 19] = [
    58, 1319, 2849, 7016, 15476, 27661, 39798, 48244, 49908, 48590, 43554, 34893, 22701, 11776,
    4924, 1583, 434, 98, 25,
];

/// Lengths of a batch drawn from the headlines, the same at every call.
pub fn headlines(batch_size: usize) -> Vec<usize> {
    let total: usize = HEADLINES.iter().sum();
    let mut state = 1_u64;
    (0..batch_size)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let mut rest = (state >> 33) as usize % total;
            let length = HEADLINES.iter().position(|&count| {
                let here = rest < count;
                rest = rest.saturating_sub(count);
                here
            });
            length.unwrap_or(HEADLINES.len() - 1) + 1
        })
        .collect()
}
