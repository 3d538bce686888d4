//! An optimizer behind gradient clipping by the global norm.

use burn::module::{AutodiffModule, ModuleVisitor, Param};
use burn::optim::{GradientsParams, MultiGradientsParams, Optimizer};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard};

/// Scales all gradients so that their norm taken together is at most `max_norm`, then lets the
/// inner optimizer step. Clones share one state, so that a checkpoint can read it.
///
/// Razvan Pascanu, Tomas Mikolov and Yoshua Bengio, "On the difficulty of training recurrent neural
/// networks", ICML 2013.
#[derive(Clone)]
pub struct GlobalNormClip<O> {
    inner: Arc<Mutex<O>>,
    max_norm: f64,
}

impl<O> GlobalNormClip<O> {
    /// Wraps `inner`; a `max_norm` of 0 switches clipping off.
    pub fn new(inner: O, max_norm: f64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(inner)),
            max_norm,
        }
    }

    fn lock(&self) -> MutexGuard<'_, O> {
        self.inner
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<M, B, O> Optimizer<M, B> for GlobalNormClip<O>
where
    M: AutodiffModule<B>,
    B: AutodiffBackend,
    O: Optimizer<M, B>,
{
    type Record = O::Record;

    fn step(&mut self, lr: f64, module: M, mut grads: GradientsParams) -> M {
        if self.max_norm > 0.0 {
            clip::<B, M>(&module, &mut grads, self.max_norm);
        }
        self.lock().step(lr, module, grads)
    }

    fn step_multi(&mut self, lr: f64, module: M, grads: MultiGradientsParams) -> M {
        self.lock().step_multi(lr, module, grads)
    }

    fn to_record(&self) -> Self::Record {
        self.lock().to_record()
    }

    fn load_record(self, record: Self::Record) -> Self {
        let mut inner = self.lock();
        *inner = inner.clone().load_record(record);
        drop(inner);
        self
    }
}

/// Whether every gradient is a number; waits for the device.
pub fn is_finite<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: &M,
    grads: &GradientsParams,
) -> bool {
    let mut squares = SumSquares::<B> { grads, sum: None };
    module.visit(&mut squares);
    let sum = squares.sum.map(|sum| sum.into_data().iter::<f64>().sum());
    sum.is_none_or(f64::is_finite)
}

fn clip<B: AutodiffBackend, M: AutodiffModule<B>>(
    module: &M,
    grads: &mut GradientsParams,
    max_norm: f64,
) {
    let mut squares = SumSquares::<B> { grads, sum: None };
    module.visit(&mut squares);
    if let Some(sum) = squares.sum {
        // Stays on the device: reading the norm would wait for the GPU at every step.
        let factor = (sum.sqrt() + 1e-12)
            .recip()
            .mul_scalar(max_norm)
            .clamp_max(1.0);
        module.visit(&mut Scale::<B> {
            grads,
            factor,
            backend: PhantomData,
        });
    }
}

struct SumSquares<'a, B: AutodiffBackend> {
    grads: &'a GradientsParams,
    sum: Option<Tensor<B::InnerBackend, 1>>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for SumSquares<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(grad) = self.grads.get::<B::InnerBackend, D>(param.id) {
            let square = (grad.clone() * grad).sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scale<'a, B: AutodiffBackend> {
    grads: &'a mut GradientsParams,
    factor: Tensor<B::InnerBackend, 1>,
    backend: PhantomData<B>,
}

impl<B: AutodiffBackend> ModuleVisitor<B> for Scale<'_, B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        if let Some(grad) = self.grads.remove::<B::InnerBackend, D>(param.id) {
            let scaled = grad * self.factor.clone().unsqueeze();
            self.grads.register::<B::InnerBackend, D>(param.id, scaled);
        }
    }
}
