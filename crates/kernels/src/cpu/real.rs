//! The numbers the engine computes with.

/// `f32` or `f64`.
pub trait Real: Copy + Send + Sync + Default + PartialOrd + std::fmt::Debug + 'static {
    /// Largest argument of `e^x` that stays finite with a normal reciprocal.
    const EXP_MAX: f64;
    /// `ln 2` in two parts: the first times an exponent is exact.
    const LN_2: [f64; 2];
    /// `1/n!` from the highest down to `1/2!`: Taylor's series of `(e^r - 1 - r) / r²`, good to the
    /// last bit for `|r| ≤ ln 2 / 2`.
    const EXPM1: &'static [f64];

    /// The nearest number.
    fn of(value: f64) -> Self;

    /// In double precision.
    fn wide(self) -> f64;
}

impl Real for f32 {
    const EXP_MAX: f64 = 87.0;
    const LN_2: [f64; 2] = [0.693_359_375, -2.121_944_4e-4];
    const EXPM1: &'static [f64] = &[
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
    ];

    #[inline(always)]
    fn of(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    const EXP_MAX: f64 = 708.0;
    const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];
    const EXPM1: &'static [f64] = &[
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
    ];

    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
}
