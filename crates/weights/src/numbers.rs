//! Numbers from their bytes.

/// Bytes of a number, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Float {
    F64,
    F32,
    F16,
    Bf16,
}

impl Float {
    /// Bytes of a number.
    pub fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The number whose bytes stand at the beginning, lowest first unless `big`.
    pub fn read(self, bytes: &[u8], big: bool) -> Option<f64> {
        let mut raw = [0; 8];
        let size = self.size();
        raw[..size].copy_from_slice(bytes.get(..size)?);
        if big {
            raw[..size].reverse();
        }
        let low = u32::from_le_bytes([raw[0], raw[1], raw[2], raw[3]]);
        Some(match self {
            Self::F64 => f64::from_le_bytes(raw),
            Self::F32 => f64::from(f32::from_bits(low)),
            Self::Bf16 => f64::from(f32::from_bits(low << 16)),
            Self::F16 => half::f16::from_bits(low as u16).to_f64(),
        })
    }

    /// All numbers of a slice.
    pub fn read_all(self, bytes: &[u8], big: bool) -> Vec<f64> {
        let chunks = bytes.chunks_exact(self.size());
        chunks.filter_map(|chunk| self.read(chunk, big)).collect()
    }
}

/// Whether `f32` holds all numbers as they are.
pub fn fit_f32(values: &[f64]) -> bool {
    values
        .iter()
        .all(|&value| f64::from(value as f32) == value || value.is_nan())
}
