"""How often the Diebold-Mariano test rejects true equality at the 5 % level, by lag.

The source of the rates in the documentation of `diebold_mariano`. The differences are sums of
`horizon` consecutive normal shocks. Standard error of a rate near 0.08: 0.0014.

    python scripts/diebold_mariano_size.py
"""

import math

import numpy as np
from scipy import stats

REPLICATES, CHUNK = 40_000, 2_000


def rates(rng, n, horizon, lags):
    rejected = dict.fromkeys(lags, 0)
    k = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    bound = stats.t(n - 1).ppf(0.975)
    for _ in range(REPLICATES // CHUNK):
        shocks = rng.normal(size=(CHUNK, n + horizon - 1))
        d = sum(shocks[:, i:i + n] for i in range(horizon))
        mean = d.mean(axis=1, keepdims=True)
        c = d - mean
        covariances = [np.square(c).sum(axis=1) / n]
        covariances += [(c[:, j:] * c[:, :-j]).sum(axis=1) / n for j in range(1, max(lags) + 1)]
        for lag in lags:
            weighted = [(1 - j / (lag + 1)) * covariances[j] for j in range(1, lag + 1)]
            variance = covariances[0] + 2 * sum(weighted)
            rejected[lag] += int((k * np.abs(mean[:, 0]) > bound * np.sqrt(variance / n)).sum())
    return {lag: count / REPLICATES for lag, count in rejected.items()}


rng = np.random.default_rng(5)
for n in (100, 250, 1000):
    for horizon in (1, 5):
        automatic = max(horizon - 1, math.floor(4 * (n / 100) ** (2 / 9)))
        lags = sorted({automatic, 2 * horizon, math.floor(1.3 * math.sqrt(n))})
        print(f"n {n}, horizon {horizon}, automatic lag {automatic}:", rates(rng, n, horizon, lags))
