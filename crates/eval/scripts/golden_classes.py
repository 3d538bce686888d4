"""Golden values for classification, from scikit-learn and SciPy.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python scripts/golden_classes.py > tests/golden/classes.rs
"""

import textwrap

import numpy as np
from scipy import optimize, special, stats
from sklearn import metrics
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

CLASSES = 3
rng = np.random.default_rng(11)


def emit(name, kind, values):
    values = [str(v) for v in values]
    line = f"pub const {name}: [{kind}; {len(values)}] = [{', '.join(values)}];"
    print(textwrap.fill(line, 100, subsequent_indent="    ", break_on_hyphens=False))


def scalar(name, value):
    print(f"pub const {name}: f64 = {float(value)!r};")


def floats(name, values):
    emit(name, "f64", [repr(float(v)) for v in np.asarray(values).ravel()])


def classes():
    truth = rng.integers(0, CLASSES, 60)
    logits = np.round(rng.normal(size=(60, CLASSES)) + 1.2 * np.eye(CLASSES)[truth], 3)
    other = np.round(rng.normal(size=(60, CLASSES)) + 0.8 * np.eye(CLASSES)[truth], 3)
    p = special.softmax(logits, axis=1)
    said = logits.argmax(axis=1)
    emit("TRUTH", "u32", truth.tolist())
    emit("SAID", "u32", said.tolist())
    floats("LOGITS", logits)
    floats("OTHER", other)
    floats("PROBABILITIES", p)
    scalar("ACCURACY", metrics.accuracy_score(truth, said))
    scalar("MACRO_F1", metrics.f1_score(truth, said, average="macro"))
    scalar("WEIGHTED_F1", metrics.f1_score(truth, said, average="weighted"))
    scalar("MCC", metrics.matthews_corrcoef(truth, said))
    floats("PRECISION", metrics.precision_score(truth, said, average=None))
    floats("RECALL", metrics.recall_score(truth, said, average=None))
    scalar("LOG_LOSS", metrics.log_loss(truth, p))
    scalar("MACRO_ROC", metrics.roc_auc_score(truth, p, multi_class="ovr", average="macro"))
    scalar("MACRO_PR", np.mean(
        [metrics.average_precision_score(truth == k, p[:, k]) for k in range(CLASSES)]))

    def loss(weights):
        mixed = weights[0] * logits + weights[1] * other
        return -special.log_softmax(mixed, axis=1)[np.arange(60), truth].mean()

    floats("BLEND", optimize.minimize(loss, [0.5, 0.5], tol=1e-12).x)
    scalar("TEMPERATURE", optimize.minimize_scalar(
        lambda w: loss([w, 0.0]), bounds=(0.01, 20), method="bounded",
        options={"xatol": 1e-10}).x)
    confidence, right = p.max(axis=1), said == truth
    bins = np.minimum((confidence * 10).astype(int), 9)
    scalar("ECE", sum(
        abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(10) if (bins == b).any()))


def ranking():
    positive = rng.random(50) < 0.3
    # Rounded, so that there are ties.
    score = np.round(rng.normal(size=50) + 1.0 * positive, 1)
    emit("POSITIVE", "bool", [str(bool(v)).lower() for v in positive])
    floats("SCORE", score)
    scalar("ROC", metrics.roc_auc_score(positive, score))
    scalar("PR", metrics.average_precision_score(positive, score))
    scalar("BEST_F1", max(metrics.f1_score(positive, score >= t) for t in score))
    a, b = rng.random(400) < 0.9, rng.random(400) < 0.8
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    print(f"pub const MCNEMAR: (u64, u64, f64) = ({only_a}, {only_b}, "
          f"{float(stats.binomtest(only_a, only_a + only_b).pvalue)!r});")


def text():
    words = [f"w{i}" for i in range(12)]
    labels = rng.integers(0, CLASSES, 40)
    documents = [
        " ".join(rng.choice(words, size=rng.integers(2, 9),
                            p=np.roll(np.r_[[0.25] * 3, [0.25 / 9] * 9], 3 * label)))
        for label in labels
    ]
    print("#[rustfmt::skip]")
    print(f"pub const DOCUMENTS: [&str; {len(documents)}] = [")
    for document in documents:
        print(f'    "{document}",')
    print("];")
    emit("LABELS", "u32", labels.tolist())
    for name, sublinear in (("PLAIN", False), ("SUBLINEAR", True)):
        vectors = TfidfVectorizer(
            ngram_range=(1, 2), token_pattern=r"\S+", sublinear_tf=sublinear, min_df=2)
        x = vectors.fit_transform(documents)
        # Rows are compared by what does not depend on the order of columns.
        floats(f"TFIDF_{name}", [np.sort(row)[::-1][:2].sum() for row in x.toarray()])
    svm = LinearSVC(C=0.7, dual=True, tol=1e-9, max_iter=1_000_000).fit(x, labels)
    floats("SVM", svm.decision_function(x))
    two = (labels == 1).astype(int)
    logistic = LogisticRegression(C=2.0, solver="liblinear", tol=1e-10, max_iter=10_000)
    floats("LOGISTIC", logistic.fit(x, two).decision_function(x))
    binary = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", min_df=2, binary=True)
    x = binary.fit_transform(documents).toarray().astype(float)
    p = 1.0 + x[two == 1].sum(axis=0)
    q = 1.0 + x[two == 0].sum(axis=0)
    r = np.log((p / p.sum()) / (q / q.sum()))
    floats("NB_LOGISTIC", logistic.fit(x * r, two).decision_function(x * r))


print("// Written by scripts/golden_classes.py; do not edit.\n")
for part in (classes, ranking, text):
    part()
