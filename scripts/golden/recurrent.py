#!/usr/bin/env python3
"""Golden values for the recurrent layers, from PyTorch in double precision.

    python3 -m venv venv
    venv/bin/pip install torch==2.9.0 numpy
    venv/bin/python scripts/golden/recurrent.py            # writes crates/models/tests/golden/*.json
    venv/bin/python scripts/golden/recurrent.py --check    # says whether the files are up to date

Each case holds a PyTorch layer's weights, an input, the outputs and the gradients of

    loss = sum(output * grad_output) + sum(h_n * grad_h_n) [+ sum(c_n * grad_c_n)]

so that one file checks the forward and the backward pass. Shapes are PyTorch's with batch_first:
input [batch, time, d_input], output [batch, time, directions * d_hidden], states
[layers * directions, batch, d_hidden]. Where `lengths` is given, the padded steps of `input` and
`grad_output` hold numbers on purpose: a loop that reads them gives another answer.
"""

import argparse
import json
import math
import pathlib
import sys

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from variants import CLIP, D_PROJECTION, VARIANTS, Variant

TORCH = "2.9.0"
D_INPUT = 3
D_HIDDEN = 4
ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "crates" / "models" / "tests" / "golden"

# (name, num_layers, bidirectional, batch_size, seq_length, lengths, initial state given)
CASES = [
    ("b1_t1", 1, False, 1, 1, None, False),
    ("b2_t1_init", 1, False, 2, 1, None, True),
    ("b1_t5_init", 1, False, 1, 5, None, True),
    ("b2_t5", 1, False, 2, 5, None, False),
    ("b2_t5_lengths", 1, False, 2, 5, [5, 3], False),
    ("b7_t5_lengths_init", 1, False, 7, 5, [2, 5, 1, 4, 3, 5, 1], True),
    ("stack2_b1_t1_init", 2, False, 1, 1, None, True),
    ("stack2_b2_t5", 2, False, 2, 5, None, False),
    # No sequence fills the window here, which happens in a batch padded to a fixed length.
    ("stack2_b2_t5_lengths_init", 2, False, 2, 5, [2, 4], True),
    ("bidir_b1_t1", 1, True, 1, 1, None, False),
    ("bidir_b2_t5_init", 1, True, 2, 5, None, True),
    ("bidir_b2_t5_lengths_init", 1, True, 2, 5, [1, 4], True),
    ("bidir_b7_t5_lengths", 1, True, 7, 5, [3, 1, 5, 2, 4, 5, 1], False),
]


def draw(generator, shape, scale):
    """Uniform numbers of four decimals, so that the file holds exactly what was computed with."""
    values = torch.rand(shape, generator=generator, dtype=torch.float64) * 2.0 - 1.0
    return torch.round(values * scale, decimals=4)


def round_12(value):
    """Twelve significant digits; a negative zero is written as zero."""
    if not math.isfinite(value):
        raise ValueError("a golden value is not finite")
    rounded = float(f"{value:.12g}")
    return 0.0 if rounded == 0.0 else rounded


def packed(tensor):
    if tensor is None:
        return None
    data = [round_12(v) for v in tensor.detach().double().flatten().tolist()]
    return {"shape": list(tensor.shape), "data": data}


def build(cell, nonlinearity, num_layers, bidirectional):
    if cell in VARIANTS:
        return Variant(cell, D_INPUT, D_HIDDEN, num_layers, bidirectional)
    options = dict(num_layers=num_layers, batch_first=True, bidirectional=bidirectional)
    if cell == "lstm":
        return nn.LSTM(D_INPUT, D_HIDDEN, **options)
    if cell == "gru":
        return nn.GRU(D_INPUT, D_HIDDEN, **options)
    return nn.RNN(D_INPUT, D_HIDDEN, nonlinearity=nonlinearity, **options)


def has_cell(layer):
    return isinstance(layer, nn.LSTM) or getattr(layer, "family", None) == "lstm"


def evaluate(layer, tensors, lengths, seq_length):
    """Runs the layer forward and backward on copies of `tensors` in the layer's precision."""
    dtype = layer.weight_ih_l0.dtype
    t = {k: None if v is None else v.to(dtype) for k, v in tensors.items()}
    leaves = {k: t[k].clone().requires_grad_() for k in ("input", "h0", "c0") if t[k] is not None}
    state = None
    if "h0" in leaves:
        state = (leaves["h0"], leaves["c0"]) if has_cell(layer) else leaves["h0"]

    if isinstance(layer, Variant):
        output, last = layer(leaves["input"], state, lengths)
    elif lengths is None:
        output, last = layer(leaves["input"], state)
    else:
        sequence = pack_padded_sequence(
            leaves["input"], torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        output, last = layer(sequence, state)
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=seq_length)
    h_n, c_n = last if has_cell(layer) else (last, None)

    loss = (output * t["grad_output"]).sum() + (h_n * t["grad_h_n"]).sum()
    if c_n is not None:
        loss = loss + (c_n * t["grad_c_n"]).sum()
    loss.backward()

    grads = {"input": leaves["input"].grad}
    grads.update({name: p.grad for name, p in layer.named_parameters()})
    grads.update({name: leaves[name].grad for name in ("h0", "c0") if name in leaves})
    return {"output": output, "h_n": h_n, "c_n": c_n}, grads


def make_case(cell, nonlinearity, seed, case):
    suffix, num_layers, bidirectional, batch, steps, lengths, given = case
    generator = torch.Generator().manual_seed(seed)
    directions = 2 if bidirectional else 1
    layer = build(cell, nonlinearity, num_layers, bidirectional).double()
    is_lstm = has_cell(layer)
    d_output = getattr(layer, "d_output", D_HIDDEN)
    cell_shape = (num_layers * directions, batch, D_HIDDEN)
    state_shape = (num_layers * directions, batch, d_output)
    with torch.no_grad():
        for _, parameter in layer.named_parameters():
            parameter.copy_(draw(generator, parameter.shape, 0.8))
    tensors = {
        "input": draw(generator, (batch, steps, D_INPUT), 2.0),
        "h0": draw(generator, state_shape, 1.0) if given else None,
        "c0": draw(generator, cell_shape, 1.0) if given and is_lstm else None,
        "grad_output": draw(generator, (batch, steps, directions * d_output), 1.0),
        "grad_h_n": draw(generator, state_shape, 1.0),
        "grad_c_n": draw(generator, cell_shape, 1.0) if is_lstm else None,
    }
    weights = {name: packed(p) for name, p in layer.named_parameters()}
    forward, grads = evaluate(layer, tensors, lengths, steps)

    # Near a ReLU's kink single precision may take the other side: such a seed would be a bad test.
    layer.zero_grad()
    single_forward, single_grads = evaluate(layer.float(), tensors, lengths, steps)
    for wide, narrow in ((forward, single_forward), (grads, single_grads)):
        for name, value in wide.items():
            if value is not None:
                torch.testing.assert_close(
                    narrow[name].double(), value, rtol=1e-4, atol=1e-5, msg=f"{suffix}: {name}"
                )

    prefix = cell if nonlinearity is None else f"{cell}_{nonlinearity}"
    taken = VARIANTS[cell][1] if cell in VARIANTS else {}
    options = {
        "peephole": taken.get("peephole"),
        "coupled": taken.get("coupled", False),
        "clip": CLIP if taken.get("clip") else None,
        "d_projection": D_PROJECTION if taken.get("projection") else None,
        "before": taken.get("before", False),
        "mirrored": taken.get("mirrored", False),
    }
    return {
        "name": f"{prefix}_{suffix}",
        "cell": VARIANTS[cell][0] if cell in VARIANTS else cell,
        "nonlinearity": nonlinearity,
        **({"options": options} if taken else {}),
        "num_layers": num_layers,
        "bidirectional": bidirectional,
        "d_input": D_INPUT,
        "d_hidden": D_HIDDEN,
        "batch_size": batch,
        "seq_length": steps,
        "lengths": lengths,
        "weights": weights,
        "input": packed(tensors["input"]),
        "h0": packed(tensors["h0"]),
        "c0": packed(tensors["c0"]),
        "output": packed(forward["output"]),
        "h_n": packed(forward["h_n"]),
        "c_n": packed(forward["c_n"]),
        "grad_output": packed(tensors["grad_output"]),
        "grad_h_n": packed(tensors["grad_h_n"]),
        "grad_c_n": packed(tensors["grad_c_n"]),
        "grads": {name: packed(grad) for name, grad in grads.items()},
    }


def render(cases):
    """One line a field, so that a change shows which field of which case moved."""

    def compact(value):
        return json.dumps(value, separators=(",", ":"), allow_nan=False)

    blocks = []
    for case in cases:
        fields = ",\n".join(f"{compact(k)}:{compact(v)}" for k, v in case.items())
        blocks.append("{" + fields + "}")
    return '{"torch":' + compact(TORCH) + ',"cases":[\n' + ",\n".join(blocks) + "\n]}\n"


def main():
    parser = argparse.ArgumentParser(description="PyTorch golden values for the recurrent layers")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    if torch.__version__.split("+")[0] != TORCH:
        sys.exit(f"needs torch {TORCH}, found {torch.__version__}: pip install torch=={TORCH}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    files = {
        "lstm": [("lstm", None, 1000)],
        "gru": [("gru", None, 2000)],
        "elman": [("elman", "tanh", 3000), ("elman", "relu", 4000)],
        "variants": [(name, None, 5000 + 100 * at) for at, name in enumerate(VARIANTS)],
    }
    # The plain cells' files show what the loop does; these show what each variant's step does.
    short = {"b1_t1", "b2_t5_lengths", "stack2_b2_t5_lengths_init", "bidir_b2_t5_lengths_init"}
    stale = False
    for stem, kinds in files.items():
        cases = [
            make_case(cell, nonlinearity, seed + index, case)
            for cell, nonlinearity, seed in kinds
            for index, case in enumerate(CASES)
            if stem != "variants" or case[0] in short
        ]
        text = render(cases)
        path = GOLDEN / f"{stem}.json"
        if check:
            same = path.exists() and path.read_text(encoding="utf-8") == text
            stale |= not same
            print(f"{path.relative_to(ROOT)}: {'up to date' if same else 'differs'}")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {len(cases)} cases, {len(text)} bytes")
    sys.exit(1 if stale else 0)


if __name__ == "__main__":
    main()
