#!/usr/bin/env python3
"""Golden values for the network of the news course, two steps of training in Keras in double precision.

    python3 -m venv venv
    venv/bin/pip install keras==3.15.0 tensorflow-cpu numpy
    venv/bin/python scripts/golden/course.py > crates/models/tests/golden/course.json

The network is Embedding, SpatialDropout1D, LSTM with dropout and recurrent dropout, Dense with softmax; a
sequence is padded in front with zeros, which are read as a word. Keras's own layers, loss and Adam run; only
the masks are given: `keras.src.backend.random.dropout` hands out those drawn here, in the order in which
layers ask. They are a mask of the features, one for each gate's input, and one for each gate's state. The
file holds weights, masks, loss and logits of each step, the gradients of the first, and the weights after
both.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
from keras.src import backend

VOCABULARY, CLASSES, D_EMBEDDING, D_HIDDEN, STEPS, BATCH, GATES = 9, 3, 6, 5, 7, 4, 4
SHARE = 0.5
# Powers of two near the usual 1e-3, 0.9, 0.999 and 1e-7: Keras turns them into single precision on the way.
LEARNING_RATE, BETA_1, BETA_2, EPSILON = 2**-10, 1 - 2**-3, 1 - 2**-10, 2**-23

keras.backend.set_floatx("float64")
random = np.random.default_rng(24)


def draw(shape, scale):
    return np.round(random.uniform(-scale, scale, shape), 4)


def masks():
    """Masks of one step, as a layer asks for them."""
    one = lambda width: random.integers(0, 2, (BATCH, width)) / (1.0 - SHARE)
    return {
        "features": one(D_EMBEDDING),
        "input": np.stack([one(D_EMBEDDING) for _ in range(GATES)], 1),
        "recurrent": np.stack([one(D_HIDDEN) for _ in range(GATES)], 1),
    }


queue = []


def given(inputs, rate, noise_shape=None, seed=None):
    assert rate == SHARE
    mask = queue.pop(0)
    assert noise_shape is None or tuple(int(size) for size in noise_shape) == mask.shape
    return inputs * mask


backend.random.dropout = given

model = keras.Sequential(
    [
        keras.Input((STEPS,), batch_size=BATCH, dtype="int32"),
        keras.layers.Embedding(VOCABULARY, D_EMBEDDING),
        keras.layers.SpatialDropout1D(SHARE),
        keras.layers.LSTM(D_HIDDEN, dropout=SHARE, recurrent_dropout=SHARE),
        keras.layers.Dense(CLASSES, activation="softmax"),
    ]
)
model.set_weights([draw(weight.shape, 0.9) for weight in model.weights])
optimizer = keras.optimizers.Adam(LEARNING_RATE, BETA_1, BETA_2, EPSILON)
criterion = keras.losses.SparseCategoricalCrossentropy()
# Our names, in the order of Keras's weights.
NAMES = [
    "embedding.weight",
    "stack.forward.0.weight_input",
    "stack.forward.0.weight_recurrent",
    "stack.forward.0.bias",
    "output.weight",
    "output.bias",
]


def named(values):
    return {name: np.asarray(value).ravel().tolist() for name, value in zip(NAMES, values)}


file = {
    "sizes": {
        "vocabulary": VOCABULARY,
        "classes": CLASSES,
        "d_embedding": D_EMBEDDING,
        "d_hidden": D_HIDDEN,
        "steps": STEPS,
        "batch": BATCH,
    },
    "learning_rate": LEARNING_RATE,
    "adam": [BETA_1, BETA_2, EPSILON],
    "before": named(model.get_weights()),
    "steps": [],
}
for _ in range(2):
    rows = [random.integers(1, VOCABULARY, length) for length in (STEPS, 3, 5, 1)]
    tokens = np.array([np.pad(row, (STEPS - len(row), 0)) for row in rows])
    labels = random.integers(0, CLASSES, BATCH)
    drawn = masks()
    queue[:] = [drawn["features"][:, None, :]]
    queue += list(np.swapaxes(drawn["input"], 0, 1)) + list(np.swapaxes(drawn["recurrent"], 0, 1))
    with tf.GradientTape() as tape:
        said = model(tokens, training=True)
        loss = criterion(labels, said)
    assert not queue, "every mask was asked for"
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_variables])
    gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
    optimizer.apply(gradients, model.trainable_variables)
    file["steps"].append(
        {
            "tokens": tokens.ravel().tolist(),
            "labels": labels.tolist(),
            "masks": {name: mask.ravel().tolist() for name, mask in drawn.items()},
            "loss": float(loss),
            "probabilities": np.asarray(said).ravel().tolist(),
            "gradients": named(gradients),
            "after": named(model.get_weights()),
        }
    )
# In evaluation Keras draws masks too, but uses none.
queue[:] = [np.nan] * (2 * GATES)
file["evaluated"] = np.asarray(model(tokens, training=False)).ravel().tolist()
print(json.dumps(file))
