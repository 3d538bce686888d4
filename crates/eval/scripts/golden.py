"""Golden values for the tests of rekindle-eval, from libraries that share no code with it.

    pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 scikit-learn==1.9.1
    python scripts/golden.py > tests/golden/values.rs

Sources: scikit-learn (point losses, pinball, ridge), SciPy (binomial test, distributions),
statsmodels (Wilson and Clopper-Pearson intervals, HAC standard errors for Diebold-Mariano), NumPy
(quantiles, trapezoid rule), and enumeration of all resamples for the block bootstrap.
"""

import itertools
import math
import textwrap

import numpy as np
import statsmodels.api as sm
from scipy import stats
from sklearn import linear_model, metrics
from statsmodels.stats.proportion import proportion_confint


def rust(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        open_, close = ("(", ")") if isinstance(value, tuple) else ("[", "]")
        return open_ + ", ".join(rust(v) for v in value) + close
    if isinstance(value, (bool, int, np.integer)):
        return str(value)
    return repr(float(value))


def emit(name, kind, value):
    if isinstance(value, (list, np.ndarray)):
        value = list(value)
        kind = f"[{kind}; {len(value)}]"
    line = f"pub const {name}: {kind} = {rust(value)};"
    print(textwrap.fill(line, 100, subsequent_indent="    ", break_on_hyphens=False))


def floats(name, values):
    emit(name, "f64", np.asarray(values, dtype=float))


def point():
    rng = np.random.default_rng(1)
    history = 50 + np.cumsum(rng.normal(0.1, 1.0, 30))
    actual = history[-1] + np.cumsum(rng.normal(0.1, 1.0, 24))
    forecast = actual + rng.normal(0.2, 0.8, 24)
    naive = np.concatenate([history[-1:], actual[:-1]])
    for name, values in [
        ("HISTORY", history), ("ACTUAL", actual), ("FORECAST", forecast), ("NAIVE", naive)
    ]:
        floats(name, values)
    emit("MAE", "f64", metrics.mean_absolute_error(actual, forecast))
    emit("RMSE", "f64", metrics.root_mean_squared_error(actual, forecast))
    emit("MAPE", "f64", 100 * metrics.mean_absolute_percentage_error(actual, forecast))
    smape = np.mean(2 * np.abs(actual - forecast) / (np.abs(actual) + np.abs(forecast)))
    emit("SMAPE", "f64", 100 * smape)
    emit("R2", "f64", metrics.r2_score(actual, forecast))
    u = np.linalg.norm(actual - forecast) / np.linalg.norm(actual - naive)
    emit("THEIL_U", "f64", u)
    for season in (1, 5):
        changes = history[season:] - history[:-season]
        emit(f"SCALE_{season}", "f64", np.abs(changes).mean())
        emit(f"SCALE_SQUARED_{season}", "f64", np.square(changes).mean())
    scale = np.where(np.arange(24) < 12, 0.7, 1.9)
    floats("SCALES", scale)
    emit("MASE", "f64", metrics.mean_absolute_error(actual / scale, forecast / scale))
    emit("RMSSE", "f64", metrics.root_mean_squared_error(
        actual / np.sqrt(scale), forecast / np.sqrt(scale)))
    hits = np.sign(np.diff(actual)) == np.sign(forecast[1:] - actual[:-1])
    emit("DIRECTION", "(u64, u64)", (int(hits.sum()), len(hits)))
    # The line through both ends, and the last season tiled over the horizon.
    line = np.polyfit([0, len(history) - 1], history[[0, -1]], 1)
    floats("DRIFT", np.polyval(line, len(history) + np.arange(4)))
    floats("SEASONAL_NAIVE", np.resize(history[-5:], 12))
    emit("MOVING_AVERAGE", "f64", history[-7:].mean())


def quantile():
    rng = np.random.default_rng(2)
    levels = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
    actual = rng.normal(0, 1, 20)
    centre = rng.normal(0, 0.3, 20)
    forecasts = np.array([stats.norm.ppf(levels, c, 1.1) for c in centre])
    floats("LEVELS", levels)
    floats("QUANTILE_ACTUAL", actual)
    floats("QUANTILE_FORECASTS", forecasts.ravel())
    each = [metrics.mean_pinball_loss(actual, forecasts[:, i], alpha=level)
            for i, level in enumerate(levels)]
    emit("MEAN_PINBALL", "f64", np.mean(each))
    nodes = np.concatenate([[0], levels, [1]])
    emit("MEAN_CRPS", "f64", 2 * np.trapezoid([0, *each, 0], nodes))
    inside = (forecasts[:, 1] <= actual) & (actual <= forecasts[:, 5])
    emit("COVERED", "u64", int(inside.sum()))
    emit("MEAN_WIDTH", "f64", (forecasts[:, 5] - forecasts[:, 1]).mean())
    emit("BELOW", "u64", [int((actual <= forecasts[:, i]).sum()) for i in range(len(levels))])
    # Expected approximate score of a true standard normal forecast over the exact 1/sqrt(pi).
    for k in (9, 19, 99):
        grid = np.arange(1, k + 1) / (k + 1)
        expected = stats.norm.pdf(stats.norm.ppf(grid))  # E pinball of the true quantile
        ratio = 2 * np.trapezoid([0, *expected, 0], [0, *grid, 1]) * math.sqrt(math.pi)
        emit(f"CRPS_SHARE_{k}", "f64", ratio)
    seven = [(level, np.quantile(np.sort(actual), level)) for level in (0, 0.05, 0.31, 0.5, 0.975, 1)]
    emit("TYPE_SEVEN", "(f64, f64)", [(float(a), float(b)) for a, b in seven])
    horizon, few = 3, [0.1, 0.5, 0.9]
    walk = np.cumsum(rng.normal(0, 1, 40))
    floats("WALK", walk)
    changes = [np.quantile(walk[h:] - walk[:-h], few) for h in range(1, horizon + 1)]
    floats("CHANGE_QUANTILES", np.ravel(changes))


def proportions():
    rows = []
    for hits, n in [(0, 10), (1, 10), (5, 10), (10, 10), (81, 263), (952, 1000), (51234, 100000)]:
        for confidence in (0.9, 0.95, 0.99):
            wilson = proportion_confint(hits, n, 1 - confidence, "wilson")
            exact = proportion_confint(hits, n, 1 - confidence, "beta")
            exact = [v if np.isfinite(v) else float(hits > 0) for v in exact]
            rows.append((hits, n, float(confidence), *map(float, wilson), *map(float, exact)))
    emit("PROPORTIONS", "(u64, u64, f64, f64, f64, f64, f64)", rows)
    rows = []
    for hits, n, p in [
        (0, 0, 0.3), (0, 1, 0.3), (5, 10, 0.5), (8, 10, 0.5), (3, 20, 0.4), (12, 20, 0.4),
        (19, 20, 0.05), (1300, 2500, 0.5), (940, 1000, 0.95), (960, 1000, 0.95), (0, 400, 0.01),
        (51234, 100000, 0.51), (700, 1000, 0.2),
    ]:
        value = stats.binomtest(hits, n, p).pvalue if n else 1.0
        rows.append((hits, n, float(p), float(value)))
    emit("BINOMIAL", "(u64, u64, f64, f64)", rows)


def diebold_mariano():
    rng = np.random.default_rng(3)
    noise = rng.normal(0, 1, 66)
    a = np.square(noise[:60] + 0.5 * noise[1:61])
    b = np.square(noise[:60] + 0.5 * noise[2:62]) + 0.3
    floats("LOSS_A", a)
    floats("LOSS_B", b)
    rows = []
    for n, h in [(60, 1), (60, 2), (60, 6), (8, 1), (25, 3), (9, 8)]:
        d = (a - b)[:n]
        lag = max(h - 1, math.floor(4 * (n / 100) ** (2 / 9)))
        fit = sm.OLS(d, np.ones(n)).fit(
            cov_type="HAC", cov_kwds={"maxlags": lag, "kernel": "bartlett", "use_correction": False})
        k = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
        statistic = k * fit.tvalues[0]
        t = stats.t(n - 1)
        half = t.ppf(0.975) * fit.bse[0] / k
        mean = fit.params[0]
        rows.append((n, h, lag, *map(float, (
            statistic, 2 * t.sf(abs(statistic)), mean, mean - half, mean + half))))
    emit("DIEBOLD_MARIANO", "(usize, usize, usize, f64, f64, f64, f64, f64)", rows)


def bootstrap():
    values = np.array([1.03, 1.41, 2.12, 4.87, 6.44, 8.35, 9.21])
    floats("BOOTSTRAP", values)
    n, rows = len(values), []
    for block in (1, 2, 3):
        # Every replicate the circular scheme can draw, once: the exact bootstrap distribution.
        starts = itertools.product(range(n), repeat=math.ceil(n / block))
        offsets = [np.array([(s + o) % n for s in c for o in range(block)][:n]) for c in starts]
        means = np.sort(values[np.array(offsets)].mean(axis=1))
        lower, upper = np.quantile(means, [0.1, 0.9])
        rows.append((block, float(lower), float(upper)))
    emit("BOOTSTRAP_EXACT", "(usize, f64, f64)", rows)


def ridge():
    rng = np.random.default_rng(4)
    lookback, horizon = 6, 3
    series = np.zeros(700)
    for t in range(2, 700):
        series[t] = 1.3 * series[t - 1] - 0.4 * series[t - 2] + 0.05 + rng.normal()
    floats("RIDGE_SERIES", np.round(series, 4))
    series = np.round(series, 4)
    windows = np.array([series[t:t + lookback] for t in range(700 - lookback - horizon + 1)])
    targets = np.array(
        [series[t + lookback:t + lookback + horizon] for t in range(len(windows))])
    last = windows[:, -1:]
    x, y = windows[:, :-1] - last, targets - last
    probe = np.array([0.3, -0.2, 1.0, 0.7, 1.5, 2.0])
    floats("RIDGE_PROBE", probe)
    rows = []
    for lam in (0.0, 0.01, 1.0, 100.0):
        alpha = lam * np.mean(np.sum(np.square(x - x.mean(axis=0)), axis=0))
        model = linear_model.Ridge(alpha=alpha, solver="svd").fit(x, y)
        forecast = probe[-1] + model.predict((probe[:-1] - probe[-1])[None])[0]
        rows.append((lam, *map(float, forecast)))
    emit("RIDGE", "(f64, f64, f64, f64)", rows)


print("// Written by scripts/golden.py; do not edit.\n")
for part in (point, quantile, proportions, diebold_mariano, bootstrap, ridge):
    part()
