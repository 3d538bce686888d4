//! AVX2 and AVX-512.

use super::simd::{LANES, Op, Simd};
use std::arch::x86_64::*;

/// AVX2 with fused multiply-add.
#[derive(Debug, Clone, Copy)]
pub struct Avx2<E>(std::marker::PhantomData<E>);

/// AVX-512 (foundation).
#[derive(Debug, Clone, Copy)]
pub struct Avx512<E>(std::marker::PhantomData<E>);

macro_rules! lanes {
    ($name:ident, $elem:ty, $vector:ty, $tile:literal, $features:literal,
     $set1:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $div:ident,
     $fma:ident, $sqrt:ident, $max:ident, $min:ident, $round:ident, $pow2:ident, $where_less:ident) => {
        impl Simd for $name<$elem> {
            type Elem = $elem;
            type Block = [$vector; LANES * size_of::<$elem>() / size_of::<$vector>()];
            const TILE_BLOCKS: usize = $tile;

            #[inline(always)]
            unsafe fn vectorize<O: Op<$elem>>(op: O) {
                #[target_feature(enable = $features)]
                unsafe fn compiled<O: Op<$elem>>(op: O) {
                    op.run::<$name<$elem>>()
                }
                compiled(op)
            }
            #[inline(always)]
            unsafe fn splat(x: $elem) -> Self::Block {
                [$set1(x); _]
            }
            #[inline(always)]
            unsafe fn load(from: *const $elem) -> Self::Block {
                let step = size_of::<$vector>() / size_of::<$elem>();
                let mut block = [$set1(0.0); _];
                for (i, vector) in block.iter_mut().enumerate() {
                    *vector = $load(from.add(i * step));
                }
                block
            }
            #[inline(always)]
            unsafe fn store(to: *mut $elem, x: Self::Block) {
                let step = size_of::<$vector>() / size_of::<$elem>();
                for (i, vector) in x.into_iter().enumerate() {
                    $store(to.add(i * step), vector);
                }
            }
            #[inline(always)]
            unsafe fn prefetch(at: *const $elem) {
                _mm_prefetch::<_MM_HINT_T0>(at.cast());
            }
            #[inline(always)]
            unsafe fn add(mut a: Self::Block, b: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $add(a[i], b[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn sub(mut a: Self::Block, b: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $sub(a[i], b[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn mul(mut a: Self::Block, b: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $mul(a[i], b[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn div(mut a: Self::Block, b: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $div(a[i], b[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn fma(mut a: Self::Block, b: Self::Block, c: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $fma(a[i], b[i], c[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn sqrt(mut x: Self::Block) -> Self::Block {
                for i in 0..x.len() {
                    x[i] = $sqrt(x[i]);
                }
                x
            }
            #[inline(always)]
            unsafe fn max(mut a: Self::Block, b: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $max(a[i], b[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn min(mut a: Self::Block, b: Self::Block) -> Self::Block {
                for i in 0..a.len() {
                    a[i] = $min(a[i], b[i]);
                }
                a
            }
            #[inline(always)]
            unsafe fn round(mut x: Self::Block) -> Self::Block {
                for i in 0..x.len() {
                    x[i] = $round(x[i]);
                }
                x
            }
            #[inline(always)]
            unsafe fn pow2(mut n: Self::Block) -> Self::Block {
                for i in 0..n.len() {
                    n[i] = $pow2(n[i]);
                }
                n
            }
            #[inline(always)]
            unsafe fn where_less(
                a: Self::Block,
                b: Self::Block,
                mut x: Self::Block,
            ) -> Self::Block {
                for i in 0..x.len() {
                    x[i] = $where_less(a[i], b[i], x[i]);
                }
                x
            }
        }
    };
}

/// A helper of the table below.
macro_rules! helper {
    ($name:ident, ($($arg:ident),+), $vector:ty, $body:expr) => {
        #[inline(always)]
        unsafe fn $name($($arg: $vector),+) -> $vector {
            $body
        }
    };
}

helper!(round_512_ps, (x), __m512, _mm512_roundscale_ps::<8>(x));
helper!(round_256_ps, (x), __m256, _mm256_round_ps::<8>(x));
helper!(round_256_pd, (x), __m256d, _mm256_round_pd::<8>(x));
helper!(
    pow2_512_ps,
    (n),
    __m512,
    _mm512_scalef_ps(_mm512_set1_ps(1.0), n)
);
helper!(pow2_256_ps, (n), __m256, {
    let exponent = _mm256_cvtps_epi32(_mm256_add_ps(n, _mm256_set1_ps(127.0)));
    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent))
});
helper!(pow2_256_pd, (n), __m256d, {
    // The exponent moves into the low bits of the sum, then to its place.
    let magic = _mm256_set1_pd((1_u64 << 52) as f64 + 1023.0);
    let bits = _mm256_castpd_si256(_mm256_add_pd(n, magic));
    _mm256_castsi256_pd(_mm256_slli_epi64::<52>(bits))
});
helper!(less_512_ps, (a, b, x), __m512, {
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(a, b), x)
});
helper!(less_256_ps, (a, b, x), __m256, {
    _mm256_and_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(a, b), x)
});
helper!(less_256_pd, (a, b, x), __m256d, {
    _mm256_and_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(a, b), x)
});

lanes!(
    Avx512,
    f32,
    __m512,
    4,
    "avx512f",
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_sub_ps,
    _mm512_mul_ps,
    _mm512_div_ps,
    _mm512_fmadd_ps,
    _mm512_sqrt_ps,
    _mm512_max_ps,
    _mm512_min_ps,
    round_512_ps,
    pow2_512_ps,
    less_512_ps
);

lanes!(
    Avx2,
    f32,
    __m256,
    1,
    "avx2,fma",
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_sub_ps,
    _mm256_mul_ps,
    _mm256_div_ps,
    _mm256_fmadd_ps,
    _mm256_sqrt_ps,
    _mm256_max_ps,
    _mm256_min_ps,
    round_256_ps,
    pow2_256_ps,
    less_256_ps
);

lanes!(
    Avx2,
    f64,
    __m256d,
    1,
    "avx2,fma",
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_sub_pd,
    _mm256_mul_pd,
    _mm256_div_pd,
    _mm256_fmadd_pd,
    _mm256_sqrt_pd,
    _mm256_max_pd,
    _mm256_min_pd,
    round_256_pd,
    pow2_256_pd,
    less_256_pd
);
