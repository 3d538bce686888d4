#!/usr/bin/env python3
"""Weight files of PyTorch and Keras with what their layers answer, for crates/weights.

    python3 -m venv venv
    venv/bin/pip install torch==2.9.0 numpy safetensors keras
    KERAS_BACKEND=torch venv/bin/python scripts/golden/weights.py

Writes crates/weights/tests/golden: for every layer a file in each format, and golden.json with an
input and the output for it.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np
import safetensors.numpy
import safetensors.torch
import torch
from torch import nn

D_INPUT = 3
D_HIDDEN = 4
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "crates" / "weights" / "tests" / "golden"

# Name, PyTorch class, options, our cell.
PYTORCH = [
    ("elman", nn.RNN, {}, "elman"),
    ("elman_relu", nn.RNN, {"nonlinearity": "relu"}, "elman-relu"),
    ("lstm", nn.LSTM, {}, "lstm"),
    ("lstm_projected", nn.LSTM, {"proj_size": 2}, "lstm"),
    ("gru", nn.GRU, {}, "gru"),
]
# Name, Keras class, options, our cell.
KERAS = [
    ("elman", keras.layers.SimpleRNN, {}, "elman"),
    ("elman_relu", keras.layers.SimpleRNN, {"activation": "relu"}, "elman-relu"),
    ("lstm", keras.layers.LSTM, {}, "lstm"),
    ("gru", keras.layers.GRU, {}, "gru"),
    ("gru_before", keras.layers.GRU, {"reset_after": False}, "gru-reset-before"),
]


def case(name, cell, layers, bidirectional, projection, x, y, files, keras_layers=None):
    return {
        "name": name,
        "cell": cell,
        "num_layers": layers,
        "bidirectional": bidirectional,
        "d_projection": projection,
        "input": np.asarray(x).reshape(-1).tolist(),
        "output": np.asarray(y).reshape(-1).tolist(),
        "shape": list(x.shape),
        "files": files,
        "keras_layers": keras_layers,
    }


def pytorch_cases(cases):
    for name, kind, options, cell in PYTORCH:
        for layers, bidirectional in [(1, False), (1, True), (2, True)]:
            torch.manual_seed(len(cases))
            module = kind(D_INPUT, D_HIDDEN, num_layers=layers, bidirectional=bidirectional,
                          batch_first=True, **options)
            x = torch.randn(2, 5, D_INPUT)
            with torch.no_grad():
                y, _ = module(x)
            stem = f"torch_{name}_{layers}{'b' if bidirectional else ''}"
            torch.save(module.state_dict(), FOLDER / f"{stem}.pt")
            safetensors.torch.save_file(module.state_dict(), FOLDER / f"{stem}.safetensors")
            files = [f"{stem}.pt", f"{stem}.safetensors"]
            cases.append(case(stem, cell, layers, bidirectional, options.get("proj_size"), x, y,
                              files))


def keras_cases(cases):
    for name, kind, options, cell in KERAS:
        for layers, bidirectional in [(1, False), (1, True), (2, True)]:
            keras.backend.clear_session()
            keras.utils.set_random_seed(len(cases))
            # Biases start as zeros, which would hide where they go.
            random = keras.initializers.RandomNormal(stddev=0.5)
            model = keras.Sequential([keras.Input((5, D_INPUT))])
            for _ in range(layers):
                layer = kind(D_HIDDEN, return_sequences=True, bias_initializer=random, **options)
                model.add(keras.layers.Bidirectional(layer) if bidirectional else layer)
            x = np.random.default_rng(len(cases)).normal(size=(2, 5, D_INPUT)).astype("float32")
            y = keras.ops.convert_to_numpy(model(x))
            weights = {w.path: keras.ops.convert_to_numpy(w.value) for w in model.weights}
            # safetensors writes the memory as it lies.
            weights = {path: np.ascontiguousarray(value) for path, value in weights.items()}
            stem = f"keras_{name}_{layers}{'b' if bidirectional else ''}"
            np.savez(FOLDER / f"{stem}.npz", **weights)
            safetensors.numpy.save_file(weights, FOLDER / f"{stem}.safetensors")
            names = [f"{model.name}/{layer.name}" for layer in model.layers]
            files = [f"{stem}.npz", f"{stem}.safetensors"]
            cases.append(case(stem, cell, layers, bidirectional, None, x, y, files, names))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    cases = []
    pytorch_cases(cases)
    keras_cases(cases)
    (FOLDER / "golden.json").write_text(json.dumps(cases))


main()
