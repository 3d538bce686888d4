//! The instruction set, chosen at run time.

use super::engine::{BackwardPass, ForwardPass, Forwarded};
use super::problem::{Gradients, Kind};
use super::real::Real;
use super::simd::{Op, Portable, Simd};
#[cfg(not(target_arch = "x86_64"))]
use super::simd::{Portable as Avx2, Portable as Avx512};
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512};

/// An instruction set that this processor has: it can only be made after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path(Set);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code))] // never found there
enum Set {
    Portable,
    Avx2,
    Avx512,
}

impl Path {
    /// All that this processor has, slowest first.
    pub fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut))]
        let mut paths = vec![Self(Set::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                paths.push(Self(Set::Avx2));
            }
            if is_x86_feature_detected!("avx512f") {
                paths.push(Self(Set::Avx512));
            }
        }
        paths
    }

    /// The fastest.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self(Set::Portable))
    }

    /// Runs the work compiled for this instruction set.
    ///
    /// # Safety
    /// What the work asks for holds.
    pub(super) unsafe fn run<E: Number, O: Op<E>>(self, work: O) {
        // SAFETY: a `Path` is only made of sets that this processor was found to have.
        unsafe {
            match self.0 {
                Set::Portable => E::Portable::vectorize(work),
                Set::Avx2 => E::Avx2::vectorize(work),
                Set::Avx512 => E::Avx512::vectorize(work),
            }
        }
    }

    /// What it is, in words.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "the CPU kernel, portable",
            Set::Avx2 => "the CPU kernel, AVX2",
            Set::Avx512 => "the CPU kernel, AVX-512",
        }
    }
}

/// A number with its blocks on every instruction set.
pub trait Number:
    Real
    + bytemuck::Pod
    + std::ops::Mul<Output = Self>
    + std::ops::Add<Output = Self>
    + std::ops::AddAssign
{
    /// On any processor.
    type Portable: Simd<Elem = Self>;
    /// With AVX2.
    type Avx2: Simd<Elem = Self>;
    /// With AVX-512.
    type Avx512: Simd<Elem = Self>;

    /// [`Engine::forward`](super::Engine::forward), compiled in this crate once and not in every
    /// crate that calls it.
    fn forward(kind: Kind, pass: ForwardPass<'_, Self>) -> Forwarded<Self>;

    /// [`Engine::backward`](super::Engine::backward), likewise.
    fn backward(kind: Kind, pass: BackwardPass<'_, Self>) -> Gradients<Self>;
}

macro_rules! number {
    ($number:ty, $avx512:ty) => {
        impl Number for $number {
            type Portable = Portable<$number>;
            type Avx2 = Avx2<$number>;
            type Avx512 = $avx512;

            #[inline(never)]
            fn forward(kind: Kind, pass: ForwardPass<'_, Self>) -> Forwarded<Self> {
                kind.run(pass)
            }

            #[inline(never)]
            fn backward(kind: Kind, pass: BackwardPass<'_, Self>) -> Gradients<Self> {
                kind.run(pass)
            }
        }
    };
}

number!(f32, Avx512<f32>);
// Double precision is for checking; one more instruction set is not worth its compile time.
number!(f64, Avx2<f64>);
