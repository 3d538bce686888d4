#!/usr/bin/env python3
"""Counts how many words headlines have: `headline_lengths.py uci-news-aggregator.csv.xz`.

Words are what Keras's tokenizer makes of a headline with its default filters. Prints the number of
headlines of 1, 2, ... words, as benches/src/lengths.rs holds them.
"""

import collections
import csv
import lzma
import re
import sys

FILTERS = re.compile(r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~\t\n ]+")

counts = collections.Counter()
with lzma.open(sys.argv[1], "rt", encoding="utf8", errors="replace", newline="") as file:
    for row in csv.DictReader(file):
        words = [word for word in FILTERS.split(row["TITLE"].lower()) if word]
        counts[max(1, len(words))] += 1
print([counts[n] for n in range(1, max(counts) + 1)])
