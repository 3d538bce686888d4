//! What must hold for any input.

use proptest::prelude::*;
use rekindle_eval::*;

fn values(len: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(-100.0..100.0, len)
}

fn pairs(
    len: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    proptest::collection::vec((-100.0..100.0, -100.0..100.0), len)
        .prop_map(|pairs| pairs.into_iter().unzip())
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pinball_is_never_negative(a in -1e6..1e6, level in 0.0..=1.0, f in -1e6..1e6) {
        prop_assert!(pinball(a, level, f) >= 0.0);
    }

    /// No forecast scores better on a sample than the sample's own quantile.
    #[test]
    fn pinball_is_least_at_the_quantile(
        mut sample in values(1..60),
        level in 0.01..0.99_f64,
        rival in -120.0..120.0,
    ) {
        sample.sort_by(f64::total_cmp);
        let rank = ((sample.len() as f64 * level).ceil() as usize).clamp(1, sample.len());
        let loss = |f: f64| mean_pinball(&sample, &[level], &vec![f; sample.len()]);
        prop_assert!(loss(sample[rank - 1]) <= loss(rival) + 1e-9);
    }

    #[test]
    fn even_levels_make_crps_a_mean_pinball(a in -5.0..5.0, row in values(9)) {
        let levels: Vec<f64> = (1..=9).map(|i| i as f64 / 10.0).collect();
        let expected = 1.8 * mean_pinball(&[a], &levels, &row);
        prop_assert!((crps_from_quantiles(a, &levels, &row) - expected).abs() < 1e-9);
    }

    #[test]
    fn coverage_grows_with_width(
        (actual, centre) in pairs(0..50),
        half in 0.0..80.0,
        more in 0.0..80.0,
    ) {
        let covered = |half: f64| {
            let lower: Vec<f64> = centre.iter().map(|c| c - half).collect();
            let upper: Vec<f64> = centre.iter().map(|c| c + half).collect();
            coverage(&actual, &lower, &upper).hits
        };
        prop_assert!(covered(half) <= covered(half + more));
    }

    #[test]
    fn proportion_intervals_hold_the_rate(
        n in 1_u64..5000,
        share in 0.0..=1.0_f64,
        confidence in 0.01..0.999,
    ) {
        let proportion = Proportion { hits: (n as f64 * share).round() as u64, n };
        for (lower, upper) in [proportion.wilson(confidence), proportion.clopper_pearson(confidence)]
        {
            prop_assert!((0.0..=1.0).contains(&lower) && (0.0..=1.0).contains(&upper));
            prop_assert!(lower <= proportion.rate() && proportion.rate() <= upper);
        }
    }

    #[test]
    fn binomial_test_is_symmetric(n in 0_u64..300, share in 0.0..=1.0_f64, p in 0.001..0.999) {
        let hits = (n as f64 * share).round() as u64;
        let (one, other) = (binomial_test(hits, n, p), binomial_test(n - hits, n, 1.0 - p));
        prop_assert!((0.0..=1.0).contains(&one));
        prop_assert!((one - other).abs() < 1e-6);
    }

    #[test]
    fn empirical_quantiles_rise(mut sample in values(1..40), a in 0.0..=1.0, b in 0.0..=1.0) {
        sample.sort_by(f64::total_cmp);
        let (low, high): (f64, f64) = if a < b { (a, b) } else { (b, a) };
        prop_assert!(empirical_quantile(&sample, low) <= empirical_quantile(&sample, high) + 1e-9);
        prop_assert_eq!(empirical_quantile(&sample, 0.0), sample[0]);
        prop_assert_eq!(empirical_quantile(&sample, 1.0), sample[sample.len() - 1]);
    }

    #[test]
    fn folds_keep_the_future_out(
        n in 0_usize..500,
        folds in 0_usize..8,
        test_len in 0_usize..60,
        gap in 0_usize..20,
        min_train in 0_usize..200,
    ) {
        let fits = folds > 0 && test_len > 0 && folds * test_len + gap + min_train.max(1) <= n;
        let result = rolling_origin(n, folds, test_len, gap, min_train);
        prop_assert_eq!(result.is_some(), fits);
        let result = result.unwrap_or_default();
        for fold in &result {
            prop_assert_eq!(fold.train.start, 0);
            prop_assert_eq!(fold.train.end + gap, fold.test.start);
            prop_assert_eq!(fold.test.len(), test_len);
            prop_assert!(fold.train.len() >= min_train.max(1));
        }
        for two in result.windows(2) {
            prop_assert_eq!(two[0].test.end, two[1].test.start);
        }
        prop_assert!(result.last().is_none_or(|fold| fold.test.end == n));
    }

    /// A rule that is linear in the changes is found exactly when the penalty vanishes.
    #[test]
    fn ridge_recovers_a_linear_rule(
        rule in proptest::collection::vec(-1.0..1.0, 4),
        intercept in -1.0..1.0,
        series in values(80),
    ) {
        let next = |window: &[f64]| {
            let last = window[4];
            let change: f64 = rule.iter().zip(window).map(|(w, y)| w * (y - last)).sum();
            last + intercept + change
        };
        let mut builder = RidgeBuilder::new(5, 2);
        for window in series.windows(5) {
            builder.add(window, &[next(window), 2.0 * next(window) - window[4]]);
        }
        let model = builder.fit(1e-12).unwrap();
        let probe = [3.0, -1.0, 4.0, 1.0, -5.0];
        let forecast = model.forecast(&probe);
        prop_assert!((forecast[0] - next(&probe)).abs() < 1e-6);
        prop_assert!((forecast[1] - (2.0 * next(&probe) - probe[4])).abs() < 1e-6);
    }

    #[test]
    fn bootstrap_repeats_for_a_seed(series in values(2..40), block in 1_usize..12, seed: u64) {
        let run = || block_bootstrap_mean(&series, block, 50, 0.9, seed);
        let (one, two) = (run(), run());
        prop_assert_eq!(one.estimate.to_bits(), two.estimate.to_bits());
        prop_assert_eq!(one.lower.to_bits(), two.lower.to_bits());
        prop_assert_eq!(one.upper.to_bits(), two.upper.to_bits());
        prop_assert!(one.lower <= one.upper || block >= series.len());
    }

    /// Every sample has `n` positions that follow one another within a block, around the end.
    #[test]
    fn bootstrap_samples_are_blocks(n in 2_usize..40, block in 1_usize..40, seed: u64) {
        let check = |sample: &[usize]| {
            let whole = sample.len() == n && sample.iter().all(|&i| i < n);
            let steps = |part: &[usize]| part.windows(2).all(|two| two[1] == (two[0] + 1) % n);
            if whole && sample.chunks(block).all(steps) { 1.0 } else { 0.0 }
        };
        let interval = block_bootstrap(n, block, 20, 0.9, seed, check);
        prop_assert_eq!(interval.estimate, 1.0);
        prop_assert!(interval.lower == 1.0 || block >= n);
    }

    #[test]
    fn diebold_mariano_is_antisymmetric((a, b) in pairs(8..60), horizon in 1_usize..7) {
        let there = diebold_mariano(&a, &b, horizon).unwrap();
        let back = diebold_mariano(&b, &a, horizon).unwrap();
        prop_assert_eq!(there.statistic, -back.statistic);
        prop_assert_eq!(there.mean_difference, -back.mean_difference);
        prop_assert_eq!(there.p_value, back.p_value);
        prop_assert_eq!(there.interval, (-back.interval.1, -back.interval.0));
        prop_assert!((0.0..=1.0).contains(&there.p_value));
    }

    #[test]
    fn scaling_both_leaves_relative_losses((a, f) in pairs(1..40), factor in 0.1..10.0_f64) {
        let times = |v: &[f64]| -> Vec<f64> { v.iter().map(|x| x * factor).collect() };
        let (a2, f2) = (times(&a), times(&f));
        prop_assert!((smape(&a, &f) - smape(&a2, &f2)).abs() < 1e-9);
        prop_assert!((mae(&a2, &f2) - factor * mae(&a, &f)).abs() < 1e-9);
        prop_assert!((rmse(&a2, &f2) - factor * rmse(&a, &f)).abs() < 1e-9);
        prop_assert!(mae(&a, &f) <= rmse(&a, &f) + 1e-9);
    }
}
