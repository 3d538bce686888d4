"""The cells PyTorch lacks, written step by step with its tensors and differentiated by it.

Weights are laid out as PyTorch's (`weight_ih` [gates * d_hidden, d_input], ...); `weight_peephole` is
[rows, d_hidden], a row a gate, or [d_hidden, gates * d_hidden] where the gates see all cells.
"""

import torch
from torch import nn

D_PROJECTION = 2
CLIP = 0.3

# name: (family, options)
VARIANTS = {
    "lstm-peephole": ("lstm", {"peephole": "diagonal"}),
    "lstm-peephole-full": ("lstm", {"peephole": "full"}),
    "lstm-coupled": ("lstm", {"coupled": True}),
    "lstm-clip": ("lstm", {"clip": True}),
    "lstm-projection": ("lstm", {"projection": True}),
    "lstm-everything": (
        "lstm",
        {"peephole": "diagonal", "coupled": True, "clip": True, "projection": True},
    ),
    "lstm-peephole-full-coupled": ("lstm", {"peephole": "full", "coupled": True}),
    "gru-reset-before": ("gru", {"before": True}),
    "gru-mirrored": ("gru", {"mirrored": True}),
    "gru-reset-before-mirrored": ("gru", {"before": True, "mirrored": True}),
}


class Variant(nn.Module):
    """A stack of one of `VARIANTS`, sequence by sequence and step by step."""

    def __init__(self, name, d_input, d_hidden, num_layers, bidirectional):
        super().__init__()
        self.family, self.options = VARIANTS[name]
        self.d_hidden, self.num_layers = d_hidden, num_layers
        self.ends = ["", "_reverse"] if bidirectional else [""]
        self.d_output = D_PROJECTION if self.options.get("projection") else d_hidden
        gates = 3 if self.family == "gru" or self.options.get("coupled") else 4
        for layer in range(num_layers):
            d_layer = d_input if layer == 0 else self.d_output * len(self.ends)
            for end in self.ends:
                self.add(f"weight_ih_l{layer}{end}", gates * d_hidden, d_layer)
                self.add(f"weight_hh_l{layer}{end}", gates * d_hidden, self.d_output)
                self.add(f"bias_ih_l{layer}{end}", gates * d_hidden)
                self.add(f"bias_hh_l{layer}{end}", gates * d_hidden)
                if self.options.get("peephole") == "diagonal":
                    self.add(f"weight_peephole_l{layer}{end}", gates - 1, d_hidden)
                if self.options.get("peephole") == "full":
                    self.add(f"weight_peephole_l{layer}{end}", d_hidden, (gates - 1) * d_hidden)
                if self.options.get("projection"):
                    self.add(f"weight_hr_l{layer}{end}", D_PROJECTION, d_hidden)

    def add(self, name, *shape):
        self.register_parameter(name, nn.Parameter(torch.zeros(*shape)))

    def step(self, x, h, c, end):
        p = dict(self.named_parameters())
        size, take = self.d_hidden, self.options.get
        wx = p[f"weight_ih{end}"] @ x + p[f"bias_ih{end}"]
        u, b = p[f"weight_hh{end}"], p[f"bias_hh{end}"]
        if self.family == "gru":
            uh = u @ h + b
            r = torch.sigmoid(wx[:size] + uh[:size])
            z = torch.sigmoid(wx[size : 2 * size] + uh[size : 2 * size])
            if take("before"):
                n = torch.tanh(wx[2 * size :] + u[2 * size :] @ (r * h) + b[2 * size :])
            else:
                n = torch.tanh(wx[2 * size :] + r * uh[2 * size :])
            if take("mirrored"):
                return (1 - z) * h + z * n, None
            return z * h + (1 - z) * n, None

        a = list((wx + u @ h + b).split(size))
        names = "fgo" if take("coupled") else "ifgo"
        a = dict(zip(names, a))
        seeing = [name for name in names if name != "g"]

        def seen(name, cell):
            peephole, at = p.get(f"weight_peephole{end}"), seeing.index(name)
            if take("peephole") == "diagonal":
                return peephole[at] * cell
            if take("peephole") == "full":
                return cell @ peephole[:, at * size : (at + 1) * size]
            return 0.0

        f = torch.sigmoid(a["f"] + seen("f", c))
        i = 1 - f if take("coupled") else torch.sigmoid(a["i"] + seen("i", c))
        c = f * c + i * torch.tanh(a["g"])
        if take("clip"):
            c = c.clamp(-CLIP, CLIP)
        h = torch.sigmoid(a["o"] + seen("o", c)) * torch.tanh(c)
        if take("projection"):
            h = p[f"weight_hr{end}"] @ h
        return h, c

    def forward(self, x, state, lengths):
        """x [batch, time, d_input]; returns output and (h_n, c_n) or h_n, as PyTorch's layers."""
        batch, steps, _ = x.shape
        lengths = lengths or [steps] * batch
        lasts = []
        for layer in range(self.num_layers):
            sides = []
            for side, end in enumerate(self.ends):
                at = layer * len(self.ends) + side
                rows, row_lasts = [], []
                for row, length in enumerate(lengths):
                    h, c = self.initial(state, at, row, x)
                    outputs = [x.new_zeros(self.d_output)] * steps
                    order = range(length) if end == "" else reversed(range(length))
                    for t in order:
                        h, c = self.step(x[row, t], h, c, f"_l{layer}{end}")
                        outputs[t] = h
                    rows.append(torch.stack(outputs))
                    row_lasts.append((h, c))
                sides.append(torch.stack(rows))
                lasts.append(row_lasts)
            x = torch.cat(sides, dim=-1)
        h_n = torch.stack([torch.stack([h for h, _ in rows]) for rows in lasts])
        if self.family == "gru":
            return x, h_n
        return x, (h_n, torch.stack([torch.stack([c for _, c in rows]) for rows in lasts]))

    def initial(self, state, at, row, x):
        if state is None:
            return x.new_zeros(self.d_output), x.new_zeros(self.d_hidden)
        if self.family == "gru":
            return state[at, row], None
        return state[0][at, row], state[1][at, row]
