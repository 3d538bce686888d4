//! LSTM and GRU at every shape, and on ragged batches.
#![allow(missing_docs)] // criterion's macros make the functions

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rekindle_benches::lengths::headlines;
use rekindle_benches::work::{SHAPES, layer};
use rekindle_models::CellKind;

fn sequences(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sequence");
    group.sample_size(10);
    for cell in [CellKind::Lstm, CellKind::Gru] {
        for shape in SHAPES {
            let mut work = layer(cell, shape, None);
            let id = BenchmarkId::new(format!("{cell:?}, uniform"), shape);
            group.bench_function(id, |bencher| bencher.iter(&mut work));
        }
        let mut work = layer(cell, SHAPES[1], Some(headlines(SHAPES[1].batch_size)));
        let id = BenchmarkId::new(format!("{cell:?}, ragged"), SHAPES[1]);
        group.bench_function(id, |bencher| bencher.iter(&mut work));
    }
    group.finish();
}

criterion_group!(benches, sequences);
criterion_main!(benches);
