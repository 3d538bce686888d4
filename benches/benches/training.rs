//! Whole training steps.
#![allow(missing_docs)] // criterion's macros make the functions

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rekindle_benches::work::{SHAPES, training_step};

fn training(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training step");
    group.sample_size(10);
    for shape in SHAPES {
        let mut work = training_step(shape);
        let id = BenchmarkId::from_parameter(shape);
        group.bench_function(id, |bencher| bencher.iter(&mut work));
    }
    group.finish();
}

criterion_group!(benches, training);
criterion_main!(benches);
