//! Aligned scratch memory that is used again: fresh pages would cost more than many a step.

use super::real::Real;
use std::sync::Mutex;

/// A cache line, so that no block straddles two.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes kept for later at most; what comes back beyond is freed.
const KEPT: usize = 256 << 20;

struct Pool {
    free: Vec<Vec<Line>>,
    bytes: usize,
}

static POOL: Mutex<Pool> = Mutex::new(Pool {
    free: Vec::new(),
    bytes: 0,
});

/// `len` numbers, aligned to 64 bytes.
pub struct Buffer<E> {
    lines: Vec<Line>,
    len: usize,
    element: std::marker::PhantomData<E>,
}

impl<E: Real> Buffer<E> {
    /// Numbers of any value.
    pub fn new(len: usize) -> Self {
        let count = (len * size_of::<E>()).div_ceil(size_of::<Line>()).max(1);
        let mut pool = POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        // The smallest that fits without wasting more than it holds.
        let fit = pool
            .free
            .iter()
            .enumerate()
            .filter(|(_, lines)| (count..=2 * count).contains(&lines.len()))
            .min_by_key(|(_, lines)| lines.len())
            .map(|(at, _)| at);
        let lines = match fit {
            Some(at) => {
                let lines = pool.free.swap_remove(at);
                pool.bytes -= size_of_val(&lines[..]);
                lines
            }
            None => {
                drop(pool);
                vec![Line([0; 64]); count]
            }
        };
        Self {
            lines,
            len,
            element: std::marker::PhantomData,
        }
    }

    /// Zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::new(len);
        buffer.fill(E::default());
        buffer
    }
}

impl<E: Real> std::ops::Deref for Buffer<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        // SAFETY: the lines hold at least `len` numbers, aligned, and every byte is initialized; any
        // bytes make a float.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl<E: Real> std::ops::DerefMut for Buffer<E> {
    fn deref_mut(&mut self) -> &mut [E] {
        // SAFETY: as in `deref`, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

impl<E> Drop for Buffer<E> {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        let bytes = size_of_val(&lines[..]);
        let mut pool = POOL.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if bytes > 0 && pool.bytes + bytes <= KEPT {
            pool.bytes += bytes;
            pool.free.push(lines);
        }
    }
}

impl<E> std::fmt::Debug for Buffer<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({} numbers)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_aligned_and_used_again() {
        let first = Buffer::<f32>::zeros(1000);
        assert_eq!(first.as_ptr() as usize % 64, 0);
        assert!(first.iter().all(|&x| x == 0.0));
        drop(first);
        let mut second = Buffer::<f64>::new(7);
        second.fill(1.5);
        assert_eq!(second.len(), 7);
    }
}
