//! Masks of what the products read: one for all gates, or one for what each gate sees.

use super::path::Number;

/// Masks of one product of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Mask<'a, E> {
    /// `[B, width]`, or `[B, G, width]` with gates in canonical order.
    values: &'a [E],
    /// Masks of a sequence.
    each: usize,
    /// Numbers that one masks.
    width: usize,
    /// Canonical gate at each place of the product.
    order: &'static [usize],
}

impl<'a, E: Number> Mask<'a, E> {
    /// The masks of `batch_size` sequences; as many of `width` as `values` hold for each.
    pub fn new(
        values: &'a [E],
        batch_size: usize,
        width: usize,
        order: &'static [usize],
    ) -> Mask<'a, E> {
        let row = values.len() / batch_size.max(1);
        Self {
            values,
            each: row / width.max(1),
            width,
            order,
        }
    }

    /// Every gate has its own.
    pub fn by_gate(&self) -> bool {
        self.each > 1
    }

    /// Products that the whole falls into.
    pub fn places(&self) -> usize {
        self.each.max(1)
    }

    /// Numbers that one masks.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The mask of a sequence at a place.
    pub fn of(&self, batch: usize, place: usize) -> &'a [E] {
        let gate = if self.by_gate() { self.order[place] } else { 0 };
        &self.values[(batch * self.places() + gate) * self.width..][..self.width]
    }

    /// Writes rows times their masks to `into`, `[places][capacity][width]`, from row `at` of each place on.
    ///
    /// # Safety
    /// `rows` are `width` numbers each, of the sequences `batches`; `into` has room, and nobody reads it yet.
    pub unsafe fn apply(
        &self,
        rows: &[*const E],
        batches: impl Iterator<Item = usize> + Clone,
        (into, at, capacity): (*mut E, usize, usize),
    ) {
        for place in 0..self.places() {
            for (row, (&from, batch)) in rows.iter().zip(batches.clone()).enumerate() {
                let into = into.wrapping_add((place * capacity + at + row) * self.width);
                for (number, &mask) in self.of(batch, place).iter().enumerate() {
                    into.add(number).write(*from.add(number) * mask);
                }
            }
        }
    }
}
