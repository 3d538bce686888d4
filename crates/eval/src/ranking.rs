//! How well scores put one class before another.

/// Probability that a positive item scores above a negative one, ties counting half; NaN when one of
/// the two is missing or a score is NaN.
///
/// # Panics
/// If the slices differ in length.
pub fn roc_auc(positive: &[bool], score: &[f64]) -> f64 {
    let (mut below, mut won) = (0.0, 0.0);
    assert_eq!(positive.len(), score.len(), "a score for each item");
    if has_nan(score) {
        return f64::NAN;
    }
    let groups = groups(positive, score);
    for &(_, positives, negatives) in groups.iter().rev() {
        won += positives as f64 * (below + 0.5 * negatives as f64);
        below += negatives as f64;
    }
    let positives: usize = groups.iter().map(|group| group.1).sum();
    won / (positives as f64 * below)
}

/// Average precision: the mean over positive items of the precision at their score; NaN without
/// positive items, or when a score is NaN.
///
/// # Panics
/// If the slices differ in length.
pub fn pr_auc(positive: &[bool], score: &[f64]) -> f64 {
    if has_nan(score) {
        return f64::NAN;
    }
    let (mut hits, mut taken, mut sum) = (0, 0, 0.0);
    for (_, positives, negatives) in groups(positive, score) {
        hits += positives;
        taken += positives + negatives;
        sum += positives as f64 * hits as f64 / taken as f64;
    }
    sum / hits as f64
}

/// F1 of taking every item for positive that scores at least `threshold`; 0 when there is none, NaN when a score or
/// the threshold is.
///
/// # Panics
/// If the slices differ in length.
pub fn f1_at(positive: &[bool], score: &[f64], threshold: f64) -> f64 {
    assert_eq!(positive.len(), score.len(), "a score for each item");
    if has_nan(score) || threshold.is_nan() {
        return f64::NAN;
    }
    let taken = score.iter().filter(|&&score| score >= threshold).count();
    let pairs = positive.iter().zip(score);
    let hits = pairs
        .filter(|&(&is, &score)| is && score >= threshold)
        .count();
    let positives = positive.iter().filter(|&&is| is).count();
    match taken + positives {
        0 => 0.0,
        sum => 2.0 * hits as f64 / sum as f64,
    }
}

/// The threshold with the best [`f1_at`], and that F1. It lies between two scores; where several are
/// as good, in the middle of the longest such stretch. Positive infinity without positive items, and
/// NaN twice when a score is NaN.
///
/// # Panics
/// If the slices differ in length.
pub fn best_f1_threshold(positive: &[bool], score: &[f64]) -> (f64, f64) {
    if has_nan(score) {
        return (f64::NAN, f64::NAN);
    }
    let groups = groups(positive, score);
    let positives: usize = groups.iter().map(|group| group.1).sum();
    if positives == 0 {
        return (f64::INFINITY, 0.0);
    }
    let (mut hits, mut taken) = (0, 0);
    let mut best = (0.0, f64::NAN, f64::NEG_INFINITY);
    for (at, &(upper, more, others)) in groups.iter().enumerate() {
        hits += more;
        taken += more + others;
        let lower = groups.get(at + 1).map_or(upper, |next| next.0);
        let f1 = 2.0 * hits as f64 / (taken + positives) as f64;
        let gap = upper - lower;
        if f1 > best.0 || (f1 == best.0 && gap > best.2) {
            best = (f1, 0.5 * (upper + lower), gap);
        }
    }
    (best.1, best.0)
}

/// The mean over all classes of a metric of each class against the rest; classes without items, or
/// with all of them, are left out.
///
/// # Panics
/// If there are not `classes` scores a row.
pub fn macro_over_classes(
    truth: &[u32],
    scores: &[f64],
    classes: usize,
    metric: fn(&[bool], &[f64]) -> f64,
) -> f64 {
    assert_eq!(truth.len() * classes, scores.len(), "a row for each");
    let of = |class: usize| {
        let is: Vec<bool> = truth.iter().map(|&truth| truth as usize == class).collect();
        let both = is.contains(&true) && is.contains(&false);
        let score: Vec<f64> = scores.chunks(classes).map(|row| row[class]).collect();
        both.then(|| metric(&is, &score))
    };
    let each: Vec<f64> = (0..classes).filter_map(of).collect();
    each.iter().sum::<f64>() / each.len() as f64
}

/// A NaN has no place in an order: any rank it got would be made up.
fn has_nan(score: &[f64]) -> bool {
    score.iter().any(|score| score.is_nan())
}

/// Scores from the highest down, each with its positive and negative items.
fn groups(positive: &[bool], score: &[f64]) -> Vec<(f64, usize, usize)> {
    assert_eq!(positive.len(), score.len(), "a score for each item");
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_unstable_by(|&a, &b| score[b].total_cmp(&score[a]));
    let mut groups: Vec<(f64, usize, usize)> = Vec::new();
    for item in order {
        let same = |group: &&mut (f64, usize, usize)| group.0 == score[item];
        let add = (usize::from(positive[item]), usize::from(!positive[item]));
        match groups.last_mut().filter(same) {
            Some(group) => (group.1, group.2) = (group.1 + add.0, group.2 + add.1),
            None => groups.push((score[item], add.0, add.1)),
        }
    }
    groups
}
