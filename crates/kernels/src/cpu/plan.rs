//! Who computes what: rows sorted by length and dealt to shards, and when each row takes which step.

/// One sequence of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its place in the batch.
    pub batch: usize,
    /// Its valid length.
    pub length: usize,
}

/// The rows that one thread runs through all steps, longest first.
#[derive(Debug, Clone)]
pub struct Shard {
    /// Longest first, so that the rows still running are a prefix.
    pub rows: Vec<Row>,
    /// Rows taken before each step, and in all: step `s` saves at `starts[s]..starts[s + 1]`.
    pub starts: Vec<usize>,
}

/// How a batch is run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// One a thread.
    pub shards: Vec<Shard>,
    /// Steps of the padded batch.
    pub seq_length: usize,
    /// Last valid step first.
    pub reverse: bool,
}

impl Plan {
    /// Deals the rows to at most `threads` shards. Rows of like length are dealt in turn, so shards
    /// end together; the result depends on the number of threads alone.
    pub fn new(
        batch_size: usize,
        seq_length: usize,
        lengths: Option<&[usize]>,
        reverse: bool,
        threads: usize,
    ) -> Self {
        let length = |batch: usize| lengths.map_or(seq_length, |lengths| lengths[batch]);
        let mut rows: Vec<Row> = (0..batch_size)
            .map(|batch| Row {
                batch,
                length: length(batch),
            })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.length));
        let count = threads.clamp(1, batch_size);
        let shards = (0..count)
            .map(|shard| Shard::new(rows.iter().skip(shard).step_by(count).copied().collect()))
            .collect();
        Self {
            shards,
            seq_length,
            reverse,
        }
    }

    /// Sequences of the batch.
    pub fn batch_size(&self) -> usize {
        self.shards.iter().map(|shard| shard.rows.len()).sum()
    }

    /// Row index in `[batch_size * seq_length]` of a row's step.
    pub fn place(&self, row: Row, step: usize) -> usize {
        let time = if self.reverse {
            row.length - 1 - step
        } else {
            step
        };
        row.batch * self.seq_length + time
    }
}

impl Shard {
    fn new(rows: Vec<Row>) -> Self {
        let steps = rows.first().map_or(0, |row| row.length);
        let mut starts = Vec::new();
        let room = starts.try_reserve_exact(steps.saturating_add(1));
        // A failed allocation would abort; sequences without features may claim any length.
        assert!(room.is_ok(), "no memory for a sequence of {steps} steps");
        starts.push(0);
        let mut running = rows.len();
        for step in 0..steps {
            while rows[running - 1].length <= step {
                running -= 1;
            }
            starts.push(starts[step] + running);
        }
        Self { rows, starts }
    }

    /// Steps of the longest row.
    pub fn steps(&self) -> usize {
        self.starts.len() - 1
    }

    /// Rows that take a step.
    pub fn running(&self, step: usize) -> usize {
        self.starts[step + 1] - self.starts[step]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_still_running_are_a_prefix() {
        let plan = Plan::new(5, 9, Some(&[2, 9, 1, 4, 4]), true, 2);
        assert_eq!(plan.shards.len(), 2);
        let lengths = |shard: &Shard| shard.rows.iter().map(|r| r.length).collect::<Vec<_>>();
        assert_eq!(lengths(&plan.shards[0]), [9, 4, 1]);
        assert_eq!(lengths(&plan.shards[1]), [4, 2]);
        assert_eq!(plan.shards[1].starts, [0, 2, 4, 5, 6]);
        assert_eq!(plan.shards[0].running(3), 2);
        let row = plan.shards[0].rows[1];
        assert_eq!(plan.place(row, 0), row.batch * 9 + 3);
    }
}
