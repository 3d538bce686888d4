//! An allocator for programs that train: every step asks for the same large buffers again.

pub use mimalloc::MiMalloc as Allocator;

/// `mi_option_purge_delay`, which the bindings do not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory for the next request instead of giving it back: the system would clear each
/// page of it again, at a quarter of a training step's time. Say it once, when a program starts.
pub fn keep_memory() {
    // SAFETY: setting an option is allowed at any time; this one is a plain number.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}
