//! Every cell, forwards and back, at the shape of headlines.
#![allow(missing_docs)] // criterion's macros make the functions

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rekindle_benches::work::{SHAPES, layer, streaming_step};
use rekindle_models::CellKind;

fn cells(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cells");
    group.sample_size(10);
    for cell in CellKind::ALL {
        let mut work = layer(cell, SHAPES[0], None);
        let id = BenchmarkId::new(format!("{cell:?}"), SHAPES[0]);
        group.bench_function(id, |bencher| bencher.iter(&mut work));
    }
    group.finish();
    let mut group = criterion.benchmark_group("streaming step");
    for cell in [
        CellKind::Elman,
        CellKind::Lstm,
        CellKind::LstmPeephole,
        CellKind::Gru,
    ] {
        let mut work = streaming_step(cell, 128, 64);
        group.bench_function(format!("{cell:?}/128,64"), |bencher| {
            bencher.iter(&mut work)
        });
    }
    group.finish();
}

criterion_group!(benches, cells);
criterion_main!(benches);
