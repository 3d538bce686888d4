//! Sixteen numbers at a time, on whatever the processor has.
//!
//! All code above this file is written once over [`Simd`]; [`Simd::vectorize`] compiles it for the
//! instruction set.

use super::real::Real;

/// Numbers in a [`Simd::Block`]; hidden units are handled in blocks of this size.
pub const LANES: usize = 16;

/// Work that [`Simd::vectorize`] compiles for an instruction set.
pub trait Op<E: Real> {
    /// Does the work.
    ///
    /// # Safety
    /// The processor has the instructions of `S`, and what the implementation asks for holds.
    unsafe fn run<S: Simd<Elem = E>>(self);
}

/// Arithmetic on blocks of [`LANES`] numbers.
///
/// # Safety
/// Every function needs the processor to have the instructions of the implementation; pointers are
/// to [`LANES`] numbers, aligned as a number.
pub trait Simd: Copy + Send + Sync + 'static {
    /// A number.
    type Elem: Real;
    /// [`LANES`] numbers in registers.
    type Block: Copy;
    /// How many blocks beside each other, six rows high, the registers hold with room to spare.
    const TILE_BLOCKS: usize;

    /// Runs `op` compiled for this instruction set.
    unsafe fn vectorize<O: Op<Self::Elem>>(op: O);
    /// `x` in every lane.
    unsafe fn splat(x: Self::Elem) -> Self::Block;
    /// Reads a block.
    unsafe fn load(from: *const Self::Elem) -> Self::Block;
    /// Writes a block.
    unsafe fn store(to: *mut Self::Elem, x: Self::Block);
    /// Asks for the cache line at `at`, which need not be anybody's.
    unsafe fn prefetch(at: *const Self::Elem);
    /// `a + b`.
    unsafe fn add(a: Self::Block, b: Self::Block) -> Self::Block;
    /// `a - b`.
    unsafe fn sub(a: Self::Block, b: Self::Block) -> Self::Block;
    /// `a * b`.
    unsafe fn mul(a: Self::Block, b: Self::Block) -> Self::Block;
    /// `a / b`.
    unsafe fn div(a: Self::Block, b: Self::Block) -> Self::Block;
    /// `a * b + c`.
    unsafe fn fma(a: Self::Block, b: Self::Block, c: Self::Block) -> Self::Block;
    /// `√x`.
    unsafe fn sqrt(x: Self::Block) -> Self::Block;
    /// The larger; `b` where either is NaN.
    unsafe fn max(a: Self::Block, b: Self::Block) -> Self::Block;
    /// The smaller; `b` where either is NaN.
    unsafe fn min(a: Self::Block, b: Self::Block) -> Self::Block;
    /// The nearest whole number.
    unsafe fn round(x: Self::Block) -> Self::Block;
    /// `2^n` for whole `n` whose power is a normal number.
    unsafe fn pow2(n: Self::Block) -> Self::Block;
    /// `x` where `a < b`, else 0.
    unsafe fn where_less(a: Self::Block, b: Self::Block, x: Self::Block) -> Self::Block;
}

/// Plain loops, which every processor runs and Miri can check.
#[derive(Debug, Clone, Copy)]
pub struct Portable<E>(std::marker::PhantomData<E>);

macro_rules! portable {
    ($elem:ty, $bits:ty, $mantissa:literal, $bias:literal) => {
        impl Simd for Portable<$elem> {
            type Elem = $elem;
            type Block = [$elem; LANES];
            const TILE_BLOCKS: usize = 1;

            #[inline(always)]
            unsafe fn vectorize<O: Op<$elem>>(op: O) {
                op.run::<Self>()
            }
            #[inline(always)]
            unsafe fn splat(x: $elem) -> Self::Block {
                [x; LANES]
            }
            #[inline(always)]
            unsafe fn load(from: *const $elem) -> Self::Block {
                from.cast::<Self::Block>().read_unaligned()
            }
            #[inline(always)]
            unsafe fn store(to: *mut $elem, x: Self::Block) {
                to.cast::<Self::Block>().write_unaligned(x)
            }
            #[inline(always)]
            unsafe fn prefetch(_at: *const $elem) {}
            #[inline(always)]
            unsafe fn add(a: Self::Block, b: Self::Block) -> Self::Block {
                std::array::from_fn(|i| a[i] + b[i])
            }
            #[inline(always)]
            unsafe fn sub(a: Self::Block, b: Self::Block) -> Self::Block {
                std::array::from_fn(|i| a[i] - b[i])
            }
            #[inline(always)]
            unsafe fn mul(a: Self::Block, b: Self::Block) -> Self::Block {
                std::array::from_fn(|i| a[i] * b[i])
            }
            #[inline(always)]
            unsafe fn div(a: Self::Block, b: Self::Block) -> Self::Block {
                std::array::from_fn(|i| a[i] / b[i])
            }
            #[inline(always)]
            unsafe fn fma(a: Self::Block, b: Self::Block, c: Self::Block) -> Self::Block {
                std::array::from_fn(|i| a[i] * b[i] + c[i])
            }
            #[inline(always)]
            unsafe fn sqrt(x: Self::Block) -> Self::Block {
                x.map(<$elem>::sqrt)
            }
            #[inline(always)]
            unsafe fn max(a: Self::Block, b: Self::Block) -> Self::Block {
                std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
            }
            #[inline(always)]
            unsafe fn min(a: Self::Block, b: Self::Block) -> Self::Block {
                std::array::from_fn(|i| if a[i] < b[i] { a[i] } else { b[i] })
            }
            #[inline(always)]
            unsafe fn round(x: Self::Block) -> Self::Block {
                // Adding 1.5 · 2^mantissa leaves no place for a fraction.
                let magic = 1.5 * (1_u64 << $mantissa) as $elem;
                std::array::from_fn(|i| (x[i] + magic) - magic)
            }
            #[inline(always)]
            unsafe fn pow2(n: Self::Block) -> Self::Block {
                // The exponent moves into the low bits of the sum, then to its place.
                let magic = (1_u64 << $mantissa) as $elem + $bias;
                std::array::from_fn(|i| <$elem>::from_bits((n[i] + magic).to_bits() << $mantissa))
            }
            #[inline(always)]
            unsafe fn where_less(a: Self::Block, b: Self::Block, x: Self::Block) -> Self::Block {
                std::array::from_fn(|i| if a[i] < b[i] { x[i] } else { 0.0 })
            }
        }
    };
}

portable!(f32, u32, 23, 127.0);
portable!(f64, u64, 52, 1023.0);
