"""The PyTorch side of `cargo xtask bench peers`; reads a request a line, answers a line.

Request: {"work": "load", "texts": [...]}
      or {"work": name, "shape": [batch, time, d_input, d_hidden], "lengths": [...], "count": n}
Answer:  {"ms": [one a run]} or {"error": text}

The work is what benches/src/work.rs does: same shapes, same vocabulary, same losses.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

VOCABULARY = 8000
CLASSES = 4
TEXTS = []
DEVICE = sys.argv[2]


def layer(cell, shape, lengths=None, packed=False):
    batch, steps, d_input, d_hidden = shape
    module = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](d_input, d_hidden, batch_first=True)
    module = module.to(DEVICE)
    given = torch.randn(batch, steps, d_input, device=DEVICE)
    gradient = torch.randn(batch, steps, d_hidden, device=DEVICE)

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


def training(shape, dropout=0.0):
    """With dropout the news course: of features and of the input, none in the recurrence, which
    nn.LSTM lacks, so a little less work than ours."""
    batch, steps, d_input, d_hidden = shape
    embedding = nn.Embedding(VOCABULARY, d_input).to(DEVICE)
    lstm = nn.LSTM(d_input, d_hidden, batch_first=True).to(DEVICE)
    linear = nn.Linear(d_hidden, CLASSES).to(DEVICE)
    parameters = [*embedding.parameters(), *lstm.parameters(), *linear.parameters()]
    adam = torch.optim.Adam(parameters, lr=1e-3)
    words = (torch.arange(batch * steps) * 7919 + 13).remainder(VOCABULARY).reshape(batch, steps)
    words = words.to(DEVICE)
    labels = torch.arange(batch).remainder(CLASSES).to(DEVICE)
    keep = torch.full((batch, 1, d_input), 1 - dropout, device=DEVICE)

    def run():
        adam.zero_grad(set_to_none=True)
        x = embedding(words)
        if dropout > 0:
            x = x * (torch.bernoulli(keep) * torch.bernoulli(keep) / (1 - dropout) ** 2)
        _, (hidden, _) = lstm(x)
        nn.functional.cross_entropy(linear(hidden[-1]), labels).backward()
        adam.step()

    return run


def keras():
    from keras.src.legacy.preprocessing.text import Tokenizer

    def run():
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(TEXTS)
        tokenizer.texts_to_sequences(TEXTS)

    return run


def word_level():
    """Ids stay in the library: no time goes to making Python's integers of them."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    def run():
        tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.Lowercase()
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        trainer = trainers.WordLevelTrainer(
            vocab_size=60_000, special_tokens=["[PAD]", "[UNK]"], show_progress=False
        )
        tokenizer.train_from_iterator(TEXTS, trainer)
        tokenizer.encode_batch_fast(TEXTS)

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


class Translator(nn.Module):
    """rekindle_models::Seq2Seq as the task `translate` has it: two attentions, one matrix for all pieces."""

    def __init__(self, vocabulary, d_embedding, d_hidden):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, d_embedding)
        nn.init.normal_(self.embedding.weight, 0, d_embedding ** -0.5)
        self.encoder = nn.LSTM(d_embedding, d_hidden // 2, bidirectional=True, batch_first=True)
        self.first = nn.LSTM(d_embedding, d_hidden, batch_first=True)
        self.second = nn.LSTM(2 * d_hidden, d_hidden, batch_first=True)
        self.hidden = nn.ModuleList(nn.Linear(d_hidden, d_hidden) for _ in range(2))
        self.cell = nn.ModuleList(nn.Linear(d_hidden, d_hidden) for _ in range(2))
        self.query = nn.ModuleList(nn.Linear(d_hidden, d_hidden, bias=False) for _ in range(2))
        self.output = nn.Linear(2 * d_hidden + d_embedding, d_embedding)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def attend(self, at, queries, memory, mask):
        scores = self.query[at](queries) @ memory.transpose(1, 2)
        return scores.masked_fill(~mask[:, None], -1e30).softmax(-1) @ memory

    def forward(self, source, lengths, before, targets):
        read = F.dropout(self.embedding(source), 0.3)
        packed = pack_padded_sequence(read, lengths, batch_first=True, enforce_sorted=False)
        memory, (last, _) = self.encoder(packed)
        memory, _ = pad_packed_sequence(memory, batch_first=True)
        memory, last = F.dropout(memory, 0.4), torch.cat([last[0], last[1]], -1)
        mask = torch.arange(source.shape[1]) < lengths[:, None]
        start = [(torch.tanh(h(last))[None], c(last)[None]) for h, c in zip(self.hidden, self.cell)]
        embedded = F.dropout(self.embedding(before), 0.3)
        hidden, _ = self.first(embedded, start[0])
        hidden = F.dropout(hidden, 0.3)
        context = self.attend(0, hidden, memory, mask)
        hidden, _ = self.second(torch.cat([hidden, context], -1), start[1])
        context = self.attend(1, hidden, memory, mask)
        features = torch.tanh(self.output(torch.cat([hidden, context, embedded], -1)))
        scores = F.linear(F.dropout(features, 0.5), self.embedding.weight, self.bias)
        return F.cross_entropy(scores.flatten(0, 1), targets, ignore_index=0, label_smoothing=0.1)


def translate(shape, lengths):
    batch, steps, d_embedding, d_hidden = shape
    vocabulary = 6000
    model = Translator(vocabulary, d_embedding, d_hidden)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    pieces = lambda start: (torch.arange(batch * steps) * 7919 + start) % (vocabulary - 4) + 4
    source, before = pieces(13).reshape(batch, steps), pieces(17).reshape(batch, steps)
    targets = pieces(19)

    def run():
        adam.zero_grad(set_to_none=True)
        model(source, lengths, before, targets).backward()
        adam.step()

    return run


def work(request):
    name, shape = request["work"], request["shape"]
    if name in ("lstm", "gru"):
        return layer(name, shape)
    if name == "lstm packed":
        return layer("lstm", shape, torch.tensor(request["lengths"]), packed=True)
    if name == "training":
        return training(shape)
    if name == "course":
        return training(shape, dropout=0.7)
    if name == "translate":
        return translate(shape, torch.tensor(request["lengths"]))
    if name == "keras":
        return keras()
    if name == "tokenizers":
        return word_level()
    if name in ("lstm streaming", "gru streaming"):
        return streaming(name.split()[0], shape)
    raise ValueError(f"unknown work {name}")


def finish():
    """A GPU is done only after this."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def peak_kib():
    if DEVICE == "cuda":
        return torch.cuda.max_memory_allocated() // 1024
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def main():
    # Gradients that vanish over many steps end too small for normal numbers, which double PyTorch's time
    # and more on Intel. It does not do this by itself; here it is to be at its best.
    torch.set_flush_denormal(True)
    torch.set_num_threads(int(sys.argv[1]))
    imported = peak_kib()
    known = {}
    hello = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    print(json.dumps(hello), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["work"] == "load":
            TEXTS[:] = request["texts"]
            print(json.dumps({"ms": []}), flush=True)
            continue
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
                    finish()
                times.append((time.perf_counter() - start) * 1e3 / request.get("inner", 1))
            print(json.dumps({"ms": times, "peak_kib": peak_kib() - imported}), flush=True)
        except Exception as error:  # whatever it is, the other side has to hear of it
            print(json.dumps({"error": str(error)}), flush=True)


main()
