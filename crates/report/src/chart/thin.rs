//! Fewer points for the same picture.

/// Most points a drawn line may have.
pub(crate) const LINE_POINTS: usize = 1500;

/// One drawable stretch of a line: no gaps inside.
pub(crate) type Stretch = Vec<(f64, f64)>;

/// Whether a number can be drawn at all; the bound keeps differences and sums finite.
pub(crate) fn drawable(v: f64) -> bool {
    v.is_finite() && v.abs() < 1e100
}

/// Splits a line at its gaps and keeps at most about `most` points: of every bucket of
/// neighbours the smallest and the largest value, and the two ends of the line.
pub(crate) fn stretches(x: &[f64], y: &[f64], most: usize) -> Vec<Stretch> {
    let points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    let mut out: Vec<Stretch> = Vec::new();
    let mut current = Stretch::new();
    for point in thin(&points, most) {
        if is_gap(point) {
            if !current.is_empty() {
                out.push(std::mem::take(&mut current));
            }
        } else {
            current.push(point);
        }
    }
    if !current.is_empty() {
        out.push(current);
    }
    out
}

fn is_gap((x, y): (f64, f64)) -> bool {
    !drawable(x) || !drawable(y)
}

/// Thins a line, gaps included: a bucket without a drawable point stays a gap.
fn thin(points: &[(f64, f64)], most: usize) -> Vec<(f64, f64)> {
    if points.len() <= most {
        return points.to_vec();
    }
    let size = points.len().div_ceil((most / 2).max(1));
    let first = points.iter().position(|&p| !is_gap(p));
    let last = points.iter().rposition(|&p| !is_gap(p));
    let mut out = Vec::with_capacity(most + 2);
    for (number, bucket) in points.chunks(size).enumerate() {
        let finite = || bucket.iter().enumerate().filter(|(_, p)| !is_gap(**p));
        let low = finite()
            .min_by(|a, b| a.1.1.total_cmp(&b.1.1))
            .map(|(i, _)| i);
        let high = finite()
            .max_by(|a, b| a.1.1.total_cmp(&b.1.1))
            .map(|(i, _)| i);
        let (Some(low), Some(high)) = (low, high) else {
            out.push((f64::NAN, f64::NAN));
            continue;
        };
        let mut keep = vec![low, high];
        for end in [first, last].into_iter().flatten() {
            if end / size == number {
                keep.push(end % size);
            }
        }
        keep.sort_unstable();
        keep.dedup();
        out.extend(keep.into_iter().map(|i| bucket[i]));
    }
    out
}

/// One drawable stretch of a band: positions, lower ends, upper ends.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Ribbon {
    pub(crate) x: Vec<f64>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
}

/// Splits a band at its gaps and thins it: of every bucket the lowest and the highest end.
pub(crate) fn ribbons(x: &[f64], lower: &[f64], upper: &[f64], most: usize) -> Vec<Ribbon> {
    let n = x.len().min(lower.len()).min(upper.len());
    let size = n.div_ceil(most.max(1)).max(1);
    let mut out = Vec::new();
    let mut current = Ribbon::default();
    for start in (0..n).step_by(size) {
        let mut found: Option<(f64, f64, f64)> = None;
        for i in start..(start + size).min(n) {
            let (lo, hi) = (lower[i].min(upper[i]), lower[i].max(upper[i]));
            if drawable(x[i]) && drawable(lower[i]) && drawable(upper[i]) {
                let (at, a, b) = found.unwrap_or((x[i], lo, hi));
                found = Some((at, a.min(lo), b.max(hi)));
            }
        }
        match found {
            Some((at, lo, hi)) => {
                current.x.push(at);
                current.lower.push(lo);
                current.upper.push(hi);
            }
            None if !current.x.is_empty() => out.push(std::mem::take(&mut current)),
            None => {}
        }
    }
    if !current.x.is_empty() {
        out.push(current);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spikes_and_ends_survive() {
        let x: Vec<f64> = (0..100_000).map(f64::from).collect();
        let mut y: Vec<f64> = x.iter().map(|v| (v / 900.0).sin()).collect();
        y[43_211] = 9.0;
        y[76_543] = -7.0;
        let parts = stretches(&x, &y, LINE_POINTS);
        assert_eq!(parts.len(), 1);
        let line = &parts[0];
        assert!(line.len() <= LINE_POINTS + 2, "{}", line.len());
        assert!(line.contains(&(43_211.0, 9.0)));
        assert!(line.contains(&(76_543.0, -7.0)));
        assert_eq!(line.first(), Some(&(0.0, y[0])));
        assert_eq!(line.last(), Some(&(99_999.0, y[99_999])));
        assert!(line.windows(2).all(|w| w[0].0 < w[1].0));
    }

    #[test]
    fn gaps_split_lines() {
        let y = [1.0, f64::NAN, 2.0, 3.0, f64::INFINITY, 1e300];
        let x: Vec<f64> = (0..6).map(f64::from).collect();
        assert_eq!(
            stretches(&x, &y, 10),
            vec![vec![(0.0, 1.0)], vec![(2.0, 2.0), (3.0, 3.0)]]
        );
        assert!(stretches(&[], &y, 10).is_empty());
    }

    #[test]
    fn long_gaps_survive_thinning() {
        let x: Vec<f64> = (0..30_000).map(f64::from).collect();
        let y: Vec<f64> = x
            .iter()
            .map(|&v| {
                if (9_000.0..12_000.0).contains(&v) {
                    f64::NAN
                } else {
                    v
                }
            })
            .collect();
        assert_eq!(stretches(&x, &y, LINE_POINTS).len(), 2);
    }

    #[test]
    fn ribbons_keep_the_widest_ends() {
        let n = 5_000;
        let x: Vec<f64> = (0..n).map(f64::from).collect();
        let mut upper = vec![1.0; n as usize];
        upper[1_234] = 8.0;
        let parts = ribbons(&x, &vec![0.0; n as usize], &upper, 500);
        assert_eq!(parts.len(), 1);
        assert!(parts[0].x.len() <= 500);
        assert!(parts[0].upper.contains(&8.0));
        assert!(ribbons(&x, &[f64::NAN; 3], &upper, 500).is_empty());
    }
}
