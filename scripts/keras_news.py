#!/usr/bin/env python3
"""The network of `news` with `recipe=course` in Keras, to set beside ours.

    python3 -m venv venv
    venv/bin/pip install keras==3.15.0 tensorflow-cpu==2.21.0 numpy
    venv/bin/python scripts/keras_news.py DIR/news/uci-news-aggregator.csv.xz --seed 1 --epochs 2

`--one-mask` gives all gates one mask, `--gate-weights` draws the LSTM's weights gate by gate: what our layers do
under `convention=own`. The seed draws the split too.
"""

import argparse
import csv
import lzma
import os
from collections import Counter

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
from keras import layers, ops
from keras.src import backend
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

WORDS, STEPS, MOST, SHARE = 8_000, 130, 45_000, 0.7
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("file")
arguments.add_argument("--seed", type=int, default=1)
arguments.add_argument("--epochs", type=int, default=2)
arguments.add_argument("--one-mask", action="store_true")
arguments.add_argument("--gate-weights", action="store_true")
options = arguments.parse_args()


def read(path):
    """Token numbers padded in front, classes, and how many rows do not test."""
    with lzma.open(path, "rt", encoding="utf8") as file:
        rows = [(row["TITLE"], "btem".index(row["CATEGORY"])) for row in csv.DictReader(file)]
    random = np.random.default_rng(1)
    left, kept = [MOST] * 4, []
    for at in random.permutation(len(rows)):
        if left[rows[at][1]]:
            left[rows[at][1]] -= 1
            kept.append(at)
    kept = np.array(kept)
    random.shuffle(kept)
    spaces = str.maketrans({character: " " for character in FILTERS})
    texts = [rows[at][0].lower().translate(spaces).split() for at in kept]
    learned = len(texts) - len(texts) // 4
    counts = Counter(word for text in texts[:learned] for word in text)
    words = sorted(counts.items(), key=lambda pair: -pair[1])[: WORDS - 1]
    numbers = {word: at + 1 for at, (word, _) in enumerate(words)}
    tokens = np.zeros((len(texts), STEPS), np.int32)
    for row, text in zip(tokens, texts):
        known = [numbers[word] for word in text if word in numbers][-STEPS:]
        if known:
            row[-len(known) :] = known
    return tokens, np.array([rows[at][1] for at in kept]), learned


class ByGate(keras.initializers.Initializer):
    """Another initializer, gate by gate."""

    def __init__(self, make):
        self.make = make

    def __call__(self, shape, dtype=None):
        gate = (shape[0], shape[1] // 4)
        return ops.concatenate([self.make()(gate, dtype=dtype) for _ in range(4)], axis=1)


def one_mask(cell, rows, rate):
    mask = backend.random.dropout(ops.ones_like(rows), rate=rate, seed=cell.seed_generator)
    return [mask] * 4


tokens, classes, learned = read(options.file)
if options.seed > 1:
    order = np.random.default_rng(options.seed).permutation(len(tokens))
    tokens, classes = tokens[order], classes[order]
keras.utils.set_random_seed(options.seed)
if options.one_mask:
    DropoutRNNCell._create_dropout_mask = one_mask
weights = {}
if options.gate_weights:
    weights["kernel_initializer"] = ByGate(keras.initializers.GlorotUniform)
    weights["recurrent_initializer"] = ByGate(keras.initializers.Orthogonal)
model = keras.Sequential(
    [
        keras.Input((STEPS,)),
        layers.Embedding(WORDS, 128),
        layers.SpatialDropout1D(SHARE),
        layers.LSTM(64, dropout=SHARE, recurrent_dropout=SHARE, **weights),
        layers.Dense(4, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
trained = learned - learned // 5
model.fit(
    tokens[:trained],
    classes[:trained],
    batch_size=256,
    epochs=options.epochs,
    validation_data=(tokens[trained:learned], classes[trained:learned]),
    validation_batch_size=1024,
    verbose=2,
)
loss, accuracy = model.evaluate(tokens[learned:], classes[learned:], batch_size=1024, verbose=0)
print(f"test: loss {loss:.4f}, accuracy {accuracy:.4f}")
