//! Empty, constant and undefined input: the answers that the documentation promises.

use rekindle_eval::*;

const NONE: &[f64] = &[];

#[test]
fn no_points_give_nan() {
    for value in [
        mae(NONE, NONE),
        rmse(NONE, NONE),
        mape(NONE, NONE),
        smape(NONE, NONE),
        r2(NONE, NONE),
        theil_u(NONE, NONE, NONE),
        mase(NONE, NONE, NONE),
        rmsse(NONE, NONE, NONE),
        mean_pinball(NONE, &[0.5], NONE),
        mean_pinball(&[1.0], NONE, NONE),
        mean_crps(NONE, &[0.5], NONE),
        crps_from_quantiles(1.0, NONE, NONE),
        empirical_quantile(NONE, 0.5),
        mean_width(NONE, NONE),
        coverage(NONE, NONE, NONE).rate(),
        naive_scale(&[1.0], 1),
        naive_scale_squared(&[1.0, 2.0], 3),
    ] {
        assert!(value.is_nan());
    }
}

#[test]
fn zero_denominators_give_nan() {
    for value in [
        mape(&[0.0, 1.0], &[1.0, 1.0]),
        smape(&[0.0], &[0.0]),
        r2(&[0.1; 3], &[0.1, 0.2, 0.3]),
        theil_u(&[1.0], &[2.0], &[1.0]),
        mase(&[1.0], &[2.0], &[0.0]),
        rmsse(&[1.0], &[2.0], &[0.0]),
        skill(1.0, 0.0),
    ] {
        assert!(value.is_nan());
    }
    assert_eq!(skill(0.0, 2.0), 1.0);
    assert_eq!(smape(&[1.0], &[0.0]), 200.0);
}

#[test]
fn a_nan_among_scores_gives_nan() {
    let truth = [true, false, true];
    for at in 0..3 {
        let mut score = [0.9, 0.1, 0.8];
        score[at] = f64::NAN;
        assert!(roc_auc(&truth, &score).is_nan());
        assert!(pr_auc(&truth, &score).is_nan());
        assert!(f1_at(&truth, &score, 0.5).is_nan());
        let (threshold, f1) = best_f1_threshold(&truth, &score);
        assert!(threshold.is_nan() && f1.is_nan());
    }
    for wrong in [f64::NAN, f64::INFINITY, -0.5, 2.0] {
        assert!(
            log_loss(&[0, 1], &[0.9, 0.1, 0.5, wrong], 2).is_nan(),
            "{wrong}"
        );
    }
    assert!(reliability(&[0], &[f64::NAN, 0.5], 2, 10).ece.is_nan());
    assert!(log_loss(&[0], &[0.0, 1.0], 2) > 30.0);
}

#[test]
#[should_panic(expected = "differ in length")]
fn lengths_must_match() {
    mae(&[1.0], &[1.0, 2.0]);
}

#[test]
#[should_panic(expected = "one forecast a point and level")]
fn panels_must_match() {
    mean_pinball(&[1.0, 2.0], &[0.1, 0.9], &[0.0; 3]);
}

#[test]
#[should_panic(expected = "rise strictly")]
fn crps_levels_must_rise() {
    crps_from_quantiles(1.0, &[0.5, 0.5], &[1.0, 1.0]);
}

#[test]
fn infinite_quantiles_stay_infinite() {
    let sorted = [f64::NEG_INFINITY, f64::NEG_INFINITY, 1.0];
    assert_eq!(empirical_quantile(&sorted, 0.25), f64::NEG_INFINITY);
    assert_eq!(empirical_quantile(&sorted, 1.0), 1.0);
}

#[test]
fn directions() {
    let p = directional_accuracy(
        &[1.0, -1.0, 0.0, 2.0, -2.0, f64::NAN],
        &[0.1, -3.0, 1.0, 0.0, 1.0, 1.0],
    );
    assert_eq!(p, Proportion { hits: 2, n: 5 });
    assert!(directional_accuracy(&[0.0], &[1.0]).rate().is_nan());
}

#[test]
fn nan_and_crossed_bounds_do_not_cover() {
    let p = coverage(
        &[1.0, f64::NAN, 1.0, 1.0],
        &[1.0, 0.0, 2.0, f64::NAN],
        &[1.0, 2.0, 0.0, 2.0],
    );
    assert_eq!(p, Proportion { hits: 1, n: 4 });
}

#[test]
fn no_trials_leave_everything_possible() {
    let p = Proportion { hits: 0, n: 0 };
    assert_eq!(p.wilson(0.95), (0.0, 1.0));
    assert_eq!(p.clopper_pearson(0.95), (0.0, 1.0));
    assert_eq!(binomial_test(0, 0, 0.5), 1.0);
    assert_eq!(binomial_test(0, 3, 0.0), 1.0);
    assert_eq!(binomial_test(2, 3, 1.0), 0.0);
    assert_eq!(binomial_test(0, 1_000_000, 0.9), 0.0);
}

#[test]
fn bootstrap_without_a_bound() {
    let empty = block_bootstrap_mean(NONE, 1, 10, 0.9, 1);
    assert!(empty.estimate.is_nan() && empty.lower.is_nan() && empty.upper.is_nan());
    for unknown in [
        block_bootstrap_mean(&[1.0, 2.0, 3.0], 3, 10, 0.9, 1),
        block_bootstrap_mean(&[1.0, 2.0, 3.0], 1, 0, 0.9, 1),
        block_bootstrap(3, 1, 10, 0.9, 1, |s| {
            if s == [0, 1, 2] { 2.0 } else { f64::NAN }
        }),
    ] {
        assert_eq!(unknown.estimate, 2.0);
        assert!(unknown.lower.is_nan() && unknown.upper.is_nan());
    }
}

#[test]
fn diebold_mariano_without_a_question() {
    let a: Vec<f64> = (0..40).map(|t| (t as f64).sin().abs()).collect();
    let shifted: Vec<f64> = a.iter().map(|x| x + 0.1).collect();
    let mut broken = shifted.clone();
    broken[3] = f64::NAN;
    let b: Vec<f64> = (0..40).map(|t| (t as f64).cos().abs()).collect();
    assert_eq!(diebold_mariano(&a, &a, 1), None);
    assert_eq!(diebold_mariano(&a, &shifted, 1), None);
    assert_eq!(diebold_mariano(&a, &broken, 1), None);
    assert_eq!(diebold_mariano(&a[..7], &b[..7], 1), None);
    assert_eq!(diebold_mariano(&a, &b, 40), None);
    assert_eq!(diebold_mariano_with_lag(&a, &b, 1, 40), None);
    let (automatic, chosen) = (
        diebold_mariano(&a, &b, 5),
        diebold_mariano_with_lag(&a, &b, 5, 4),
    );
    assert_eq!(automatic, chosen);
}

#[test]
fn baselines_of_short_histories() {
    for forecast in [
        persistence(NONE, 2),
        drift(&[1.0], 2),
        seasonal_naive(&[1.0, 2.0], 3, 2),
        moving_average(&[1.0, 2.0], 3, 2),
    ] {
        assert_eq!(forecast.len(), 2);
        assert!(forecast.iter().all(|y| y.is_nan()));
    }
    assert_eq!(drift(&[1.0, 3.0], 0), NONE);
}

#[test]
fn empirical_quantiles_of_short_histories() {
    assert_eq!(EmpiricalQuantiles::fit(&[1.0, 2.0], 2, &[0.5]), None);
    assert_eq!(
        EmpiricalQuantiles::fit(&[1.0, f64::NAN, 2.0], 1, &[0.5]),
        None
    );
    assert_eq!(EmpiricalQuantiles::fit(&[1.0, 2.0], 1, NONE), None);
    assert_eq!(EmpiricalQuantiles::fit(&[1.0, 2.0], 0, &[0.5]), None);
    let one = EmpiricalQuantiles::fit(&[1.0, 3.0], 1, &[0.1, 0.9]).unwrap();
    assert_eq!(one.at(0), [2.0, 2.0]);
}

#[test]
fn ridge_without_a_solution() {
    let mut builder = RidgeBuilder::new(3, 1);
    assert!(builder.fit(1.0).is_none(), "no windows");
    builder.add(&[1.0; 3], &[1.0]);
    builder.add(&[2.0; 3], &[2.0]);
    assert!(builder.fit(1.0).is_none(), "a constant series");
    builder.add(&[1.0, 2.0, 3.0], &[4.0]);
    assert!(builder.fit(0.0).is_none(), "fewer directions than weights");
    assert!(builder.fit(-1.0).is_none() && builder.fit(f64::NAN).is_none());
    assert!(builder.fit(0.1).is_some());
    builder.add(&[1.0, 2.0, 3.0], &[f64::INFINITY]);
    assert!(builder.fit(0.1).is_none(), "an infinite target");
}

#[test]
fn ridge_of_one_value_is_the_mean_change() {
    let mut builder = RidgeBuilder::new(1, 2);
    builder.add(&[1.0], &[2.0, 3.0]);
    builder.add(&[5.0], &[8.0, 7.0]);
    let model = builder.fit(0.5).unwrap();
    assert_eq!((model.lookback(), model.horizon()), (1, 2));
    assert_eq!(model.forecast(&[10.0]), [12.0, 12.0]);
}
