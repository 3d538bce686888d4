"""The PyTorch side of `cargo xtask bench peers`; reads a request a line, answers a line.

Request: {"work": name, "shape": [batch, time, d_input, d_hidden], "lengths": [...], "count": n}
Answer:  {"ms": [one a run]} or {"error": text}

The work is what benches/src/work.rs does: same shapes, same vocabulary, same losses.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

VOCABULARY = 8000
CLASSES = 4


def layer(cell, shape, lengths=None, packed=False):
    batch, steps, d_input, d_hidden = shape
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](d_input, d_hidden, batch_first=True)
    given = torch.randn(batch, steps, d_input)
    gradient = torch.randn(batch, steps, d_hidden)

    def run():
        module.zero_grad(set_to_none=True)
        x = given.clone().requires_grad_()
        if packed:
            sequence = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            output, _ = module(sequence)
            output, _ = pad_packed_sequence(output, batch_first=True, total_length=steps)
        else:
            output, _ = module(x)
        (output * gradient).sum().backward()

    return run


def training(shape):
    batch, steps, d_input, d_hidden = shape
    embedding = nn.Embedding(VOCABULARY, d_input)
    lstm = nn.LSTM(d_input, d_hidden, batch_first=True)
    linear = nn.Linear(d_hidden, CLASSES)
    parameters = [*embedding.parameters(), *lstm.parameters(), *linear.parameters()]
    adam = torch.optim.Adam(parameters, lr=1e-3)
    words = (torch.arange(batch * steps) * 7919 + 13).remainder(VOCABULARY).reshape(batch, steps)
    labels = torch.arange(batch).remainder(CLASSES)

    def run():
        adam.zero_grad(set_to_none=True)
        _, (hidden, _) = lstm(embedding(words))
        nn.functional.cross_entropy(linear(hidden[-1]), labels).backward()
        adam.step()

    return run


def streaming(cell, shape):
    _, _, d_input, d_hidden = shape
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](d_input, d_hidden, batch_first=True)
    x = torch.full((1, 1, d_input), 0.5)
    state = None

    @torch.inference_mode()
    def run():
        nonlocal state
        _, state = module(x, state)

    return run


def work(request):
    name, shape = request["work"], request["shape"]
    if name in ("lstm", "gru"):
        return layer(name, shape)
    if name == "lstm packed":
        return layer("lstm", shape, torch.tensor(request["lengths"]), packed=True)
    if name == "training":
        return training(shape)
    if name in ("lstm streaming", "gru streaming"):
        return streaming(name.split()[0], shape)
    raise ValueError(f"unknown work {name}")


def peak_kib():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def main():
    torch.set_num_threads(int(sys.argv[1]))
    imported = peak_kib()
    known = {}
    hello = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    print(json.dumps(hello), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            key = json.dumps([request["work"], request["shape"], request.get("lengths")])
            if key not in known:
                known.clear()
                torch.manual_seed(1)
                known[key] = work(request)
            run = known[key]
            times = []
            for _ in range(request["count"]):
                start = time.perf_counter()
                for _ in range(request.get("inner", 1)):
                    run()
                times.append((time.perf_counter() - start) * 1e3 / request.get("inner", 1))
            print(json.dumps({"ms": times, "peak_kib": peak_kib() - imported}), flush=True)
        except Exception as error:  # whatever it is, the other side has to hear of it
            print(json.dumps({"error": str(error)}), flush=True)


main()
