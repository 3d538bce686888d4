//! The squashing functions on blocks.

use super::real::Real;
use super::simd::Simd;

/// `value` in every lane.
///
/// # Safety
/// See [`Simd`].
#[inline(always)]
unsafe fn constant<S: Simd>(value: f64) -> S::Block {
    S::splat(S::Elem::of(value))
}

/// `2^n` and `e^r - 1` with `x = n·ln 2 + r`, for `|x| ≤ EXP_MAX`.
///
/// # Safety
/// See [`Simd`].
#[inline(always)]
unsafe fn split_exp<S: Simd>(x: S::Block) -> (S::Block, S::Block) {
    let n = S::round(S::mul(x, constant::<S>(std::f64::consts::LOG2_E)));
    let [high, low] = S::Elem::LN_2;
    let r = S::fma(n, constant::<S>(-low), S::fma(n, constant::<S>(-high), x));
    let mut sum = constant::<S>(S::Elem::EXPM1[0]);
    for &coefficient in &S::Elem::EXPM1[1..] {
        sum = S::fma(sum, r, constant::<S>(coefficient));
    }
    let expm1 = S::fma(S::mul(sum, r), r, r);
    (S::pow2(n), expm1)
}

/// `e^x` for `x ≤ EXP_MAX`; below `-EXP_MAX` it is that of `-EXP_MAX`, next to nothing. NaN stays NaN.
///
/// # Safety
/// See [`Simd`].
#[inline(always)]
pub unsafe fn exp<S: Simd>(x: S::Block) -> S::Block {
    let x = S::max(constant::<S>(-S::Elem::EXP_MAX), x);
    let (scale, expm1) = split_exp::<S>(x);
    S::fma(scale, expm1, scale)
}

/// `σ(x) = 1 / (1 + e^-x)`. NaN stays NaN.
///
/// # Safety
/// See [`Simd`].
#[inline(always)]
pub unsafe fn sigmoid<S: Simd>(x: S::Block) -> S::Block {
    let minus = S::sub(constant::<S>(0.0), x);
    // The bound is the first argument, so that NaN comes through.
    let y = S::min(
        constant::<S>(S::Elem::EXP_MAX),
        S::max(constant::<S>(-S::Elem::EXP_MAX), minus),
    );
    let (scale, expm1) = split_exp::<S>(y);
    let one = constant::<S>(1.0);
    S::div(one, S::add(one, S::fma(scale, expm1, scale)))
}

/// `tanh(x) = (e^2x - 1) / (e^2x + 1)`, relatively exact near 0 too. NaN stays NaN.
///
/// # Safety
/// See [`Simd`].
#[inline(always)]
pub unsafe fn tanh<S: Simd>(x: S::Block) -> S::Block {
    // Beyond 2x = 44 even double precision rounds to 1.
    let y = S::min(
        constant::<S>(44.0),
        S::max(constant::<S>(-44.0), S::add(x, x)),
    );
    let (scale, expm1) = split_exp::<S>(y);
    let expm1 = S::fma(scale, expm1, S::sub(scale, constant::<S>(1.0)));
    S::div(expm1, S::add(expm1, constant::<S>(2.0)))
}
