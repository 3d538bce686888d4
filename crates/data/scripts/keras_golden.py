"""Golden values for Keras's Tokenizer and pad_sequences.

    pip install keras==3.15.1 torch==2.9.0
    KERAS_BACKEND=torch python scripts/keras_golden.py > tests/golden/keras.json
"""

import json

from keras.src.legacy.preprocessing.text import Tokenizer
from keras.utils import pad_sequences

TEXTS = [
    "The cat sat on the mat, the dog didn't.",
    "A dog -- a CAT; (one) two/three_four five-six",
    "",
    "   \t\n  ",
    "tabs\tand\nlines\r\nand non\u00a0breaking blanks",
    "GRÖSSE Straße ΣΊΣΥΦΟΣ İstanbul ŒUVRE naïve",
    "emoji 😀 are 😀😀 words, ½ and ٣ too",
    "b a b a c c d",
    "don't won't O'Neill's \u2019quoted\u2019 \u201ctext\u201d",
    "UNK appears once, <unk> too",
    "!!!",
]
OTHERS = ["the unseen cat", "zebra", "", "DOG dog Dog", "a b c d e f"]
CONFIGS = [
    {},
    {"num_words": 5},
    {"num_words": 6, "oov_token": "UNK"},
    {"oov_token": "<unk>"},
    {"oov_token": "a"},
    {"lower": False},
    {"char_level": True},
    {"char_level": True, "lower": False, "num_words": 10, "oov_token": "?"},
    {"filters": "", "num_words": 0},
    {"filters": ",.", "split": "a"},
    {"split": ", "},
]
SEQUENCES = [[1, 2, 3, 4, 5], [], [6], [7, 8, 9]]


def tokenizers():
    for config in CONFIGS:
        tokenizer = Tokenizer(**config)
        tokenizer.fit_on_texts(TEXTS)
        yield {
            "config": {
                "num_words": config.get("num_words"),
                "filters": config.get("filters"),
                "lower": config.get("lower", True),
                "split": config.get("split", " "),
                "char_level": config.get("char_level", False),
                "oov_token": config.get("oov_token"),
            },
            "word_index": tokenizer.word_index,
            "sequences": tokenizer.texts_to_sequences(TEXTS + OTHERS),
        }


def padded():
    for maxlen in (None, 1, 3, 4, 8):
        for padding in ("pre", "post"):
            for truncating in ("pre", "post"):
                rows = pad_sequences(
                    SEQUENCES, maxlen=maxlen, padding=padding, truncating=truncating, value=9)
                yield {"maxlen": maxlen, "padding": padding, "truncating": truncating,
                       "rows": rows.tolist()}


print(json.dumps({
    "texts": TEXTS, "others": OTHERS, "tokenizers": list(tokenizers()),
    "sequences": SEQUENCES, "padded": list(padded()),
}, indent=None, separators=(",", ":")))
