"""PyTorch's values for encoder-decoders with every kind of attention.

    pip install torch==2.9.0 numpy
    python scripts/golden/seq2seq.py > crates/models/tests/golden/seq2seq.json

Recurrent layers are PyTorch's own; attention, input feeding and coverage are written out here, from
the equations in the papers that `rekindle_models::Attention` and `Decoder` name.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
VOCABULARY, D_EMBEDDING, D_HIDDEN = 9, 4, 6
SOURCES = [[4, 5, 6, 7, 2], [8, 4, 2], [5, 2]]
TARGETS = [[6, 4, 7], [5, 8, 8, 4], [7]]
SMOOTHING = 0.1


def padded(rows):
    longest = max(map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


class Network(nn.Module):
    def __init__(self, case):
        super().__init__()
        self.case = case
        d, e, v = D_HIDDEN, D_EMBEDDING, VOCABULARY
        rnn = nn.LSTM if case["cell"] == "lstm" else nn.GRU
        attention, layers = case["attention"], case["decoder_layers"]
        d_context = d if attention else 0
        twice = bool(attention) and not case["input_feeding"] and layers > 1
        self.embedding = nn.Parameter(torch.randn(v, e) * 0.7)
        if not case["tied"]:
            self.source_embedding = nn.Parameter(torch.randn(v, e) * 0.7)
            self.output_embedding = nn.Parameter(torch.randn(v, e) * 0.7)
        self.bias = nn.Parameter(torch.randn(v) * 0.3)
        self.encoder = rnn(e, d // 2, bidirectional=True, batch_first=True)
        sizes = [e * (2 if case["input_feeding"] else 1)]
        sizes += [d + (d_context if twice else 0)] * (layers - 1)
        self.layers = nn.ModuleList(rnn(size, d, batch_first=True) for size in sizes)
        self.hidden = nn.ModuleList(nn.Linear(d, d) for _ in range(layers))
        self.cell = nn.ModuleList(nn.Linear(d, d) for _ in range(layers if rnn is nn.LSTM else 0))
        self.attentions = nn.ModuleList()
        for _ in range((2 if twice else 1) if attention else 0):
            one = nn.Module()
            if attention != "dot":
                one.query = nn.Linear(d, d, bias=attention == "additive")
            if attention in ("concat", "additive"):
                one.memory = nn.Linear(d, d, bias=False)
                one.vector = nn.Linear(d, 1, bias=False)
                if case["coverage"]:
                    one.coverage = nn.Parameter(torch.randn(d) * 0.5)
            self.attentions.append(one)
        self.output = nn.Linear(d + d_context + e, e)

    def attend(self, one, queries, memory, mask, coverage):
        kind = self.case["attention"]
        if kind == "dot":
            scores = torch.einsum("btd,bsd->bts", queries, memory)
        elif kind == "general":
            scores = torch.einsum("btd,bsd->bts", one.query(queries), memory)
        else:
            inner = one.query(queries)[:, :, None] + one.memory(memory)[:, None]
            if self.case["coverage"]:
                inner = inner + coverage[:, None, :, None] * one.coverage
            scores = one.vector(torch.tanh(inner))[..., 0]
        weights = scores.masked_fill(~mask[:, None], float("-inf")).softmax(-1)
        return weights @ memory, weights

    def forward(self):
        case = self.case
        source, lengths = padded(SOURCES), torch.tensor([len(s) for s in SOURCES])
        before = padded([[1] + t for t in TARGETS])
        after = padded([t + [2] for t in TARGETS])
        read = self.embedding if case["tied"] else self.source_embedding
        packed = nn.utils.rnn.pack_padded_sequence(
            read[source], lengths, batch_first=True, enforce_sorted=False)
        memory, last = self.encoder(packed)
        memory, _ = nn.utils.rnn.pad_packed_sequence(memory, batch_first=True)
        last = last[0] if isinstance(last, tuple) else last
        last = torch.cat([last[0], last[1]], -1)
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        states = []
        for at, hidden in enumerate(self.hidden):
            h = torch.tanh(hidden(last))[None]
            states.append((h, self.cell[at](last)[None]) if self.cell else h)
        embedded = self.embedding[before]
        if not case["input_feeding"]:
            features, weights, _ = self.advance(embedded, embedded, memory, mask, states, None)
        else:
            feed = torch.zeros(len(SOURCES), 1, D_EMBEDDING)
            coverage = torch.zeros(source.shape)
            parts = []
            for t in range(before.shape[1]):
                token = embedded[:, t:t + 1]
                step = torch.cat([token, feed], -1)
                feed, weight, states = self.advance(step, token, memory, mask, states, coverage)
                if weight is not None:
                    coverage = coverage + weight[:, 0]
                parts.append((feed, weight))
            features = torch.cat([f for f, _ in parts], 1)
            weights = None if parts[0][1] is None else torch.cat([w for _, w in parts], 1)
        output = self.embedding if case["tied"] else self.output_embedding
        scores = features @ output.T + self.bias
        loss = F.cross_entropy(scores.flatten(0, 1), after.flatten(), ignore_index=0,
                               label_smoothing=SMOOTHING)
        return features, weights, loss

    def advance(self, step, embedded, memory, mask, states, coverage):
        hidden, after = step, []
        for at, layer in enumerate(self.layers):
            if at == 1 and len(self.attentions) == 2:
                context, _ = self.attend(self.attentions[0], hidden, memory, mask, coverage)
            if at > 0 and len(self.attentions) == 2:
                hidden = torch.cat([hidden, context], -1)
            hidden, state = layer(hidden, states[at])
            after.append(state)
        seen, weights = [hidden], None
        if len(self.attentions):
            context, weights = self.attend(self.attentions[-1], hidden, memory, mask, coverage)
            seen.append(context)
        return torch.tanh(self.output(torch.cat(seen + [embedded], -1))), weights, after


def array(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def ours(network, of):
    """Parameters, or their gradients, as Rekindle names and packs them."""
    found = {}
    for name in ("embedding", "source_embedding", "output_embedding", "bias"):
        if hasattr(network, name):
            found[name] = array(of(getattr(network, name)))

    def recurrent(path, layer, suffix):
        weight = lambda name: of(getattr(layer, f"{name}_l0{suffix}"))
        found[f"{path}.weight_input"] = array(weight("weight_ih").T)
        found[f"{path}.weight_recurrent"] = array(weight("weight_hh").T)
        found[f"{path}.bias"] = array(weight("bias_ih"))
        if isinstance(layer, nn.GRU):
            found[f"{path}.bias_candidate"] = array(weight("bias_hh")[-layer.hidden_size:])

    def linear(path, layer):
        found[f"{path}.weight"] = array(of(layer.weight).T)
        if layer.bias is not None:
            found[f"{path}.bias"] = array(of(layer.bias))

    recurrent("encoder.forward.0", network.encoder, "")
    recurrent("encoder.backward.0", network.encoder, "_reverse")
    for at, layer in enumerate(network.layers):
        recurrent(f"decoder.layers.{at}", layer, "")
    for kind in ("hidden", "cell"):
        for at, layer in enumerate(getattr(network, kind)):
            linear(f"decoder.{kind}.{at}", layer)
    for at, one in enumerate(network.attentions):
        for name in ("query", "memory", "vector"):
            if hasattr(one, name):
                linear(f"decoder.attentions.{at}.{name}", getattr(one, name))
        if hasattr(one, "coverage"):
            found[f"decoder.attentions.{at}.coverage"] = array(of(one.coverage))
    linear("decoder.output", network.output)
    return found


def run(case):
    torch.manual_seed(7)
    network = Network(case)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "bias_hh" in name:
                # A layer here has one bias a gate, and a GRU's candidate a second one.
                keep = parameter[-parameter.shape[0] // 3:].clone()
                parameter.zero_()
                if case["cell"] == "gru":
                    parameter[-parameter.shape[0] // 3:] = keep
    features, weights, loss = network()
    loss.backward()
    return case | {
        "features": array(features),
        "weights": None if weights is None else array(weights),
        "loss": loss.item(),
        "parameters": ours(network, lambda p: p),
        "gradients": ours(network, lambda p: p.grad),
    }


CASES = [
    {"attention": "general", "cell": "lstm", "decoder_layers": 2},
    {"attention": "dot", "cell": "gru", "decoder_layers": 1},
    {"attention": "concat", "cell": "lstm", "decoder_layers": 3, "tied": False},
    {"attention": "general", "cell": "gru", "decoder_layers": 2, "input_feeding": True},
    {"attention": "additive", "cell": "lstm", "decoder_layers": 2, "input_feeding": True,
     "coverage": True},
    {"attention": None, "cell": "lstm", "decoder_layers": 2},
    {"attention": None, "cell": "gru", "decoder_layers": 1, "input_feeding": True},
]
DEFAULTS = {"input_feeding": False, "coverage": False, "tied": True}
print(json.dumps({
    "sources": SOURCES, "targets": TARGETS, "vocabulary": VOCABULARY,
    "d_embedding": D_EMBEDDING, "d_hidden": D_HIDDEN, "smoothing": SMOOTHING,
    "cases": [run(DEFAULTS | case) for case in CASES],
}, separators=(",", ":")))
