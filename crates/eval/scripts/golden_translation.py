"""Golden values for BLEU and chrF, from sacreBLEU; all sentences are made up here.

    pip install numpy==2.4.6 sacrebleu==2.6.0
    python scripts/golden_translation.py > tests/golden/translation.json
"""

import json
import random

import numpy as np
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

rng = random.Random(23)

LINES = [
    "", " ", "Wort", "Ein Satz ohne Zeichen", "Ein Satz mit Punkt.", "Komma, Punkt. Ende",
    "1,000.5 Meter", "1.000,50 €", "um 9.30 Uhr.", "Version 2.", ".5 und ,5", "5. 6, 7", "3.a a.3",
    "1-2 und a-b und 3-a und a-3", "-5 Grad", "E-Mail-Adresse", "Auf- und Abbau", "a -- b - c",
    "Zeilen-\numbruch", "zwei\nZeilen", "am Ende-\n", "\r\nVorn\r", "Tab\tund  zwei   Räume ",
    "\u00a0geschützt\u00a0leer\u2003breit\u3000", "Trenn\x1czeichen\x1f",
    "&quot;Zitat&quot; &amp; mehr", "a &lt; b &gt; c", "&amp;lt; &amp;amp; &amp;quot;",
    "&apos;s &#39;", "AT&T & Co.", "vor <skipped> nach", "x<skipped>y", "<b>fett</b>",
    "\"Zitat\", sagte er.", "It's don't 'so' o'clock", "„Guten Tag“, sagte sie — leise …",
    "»Nein!« ›doch‹ – ja?", "(Klammer) [eckig] {geschweift}", "a/b\\c|d^e`f~g_h",
    "50% $5 #1 @du *hier*",
    "x=y+z; a:b", "...", "a...b", "1...2", "a.,5", "a,.5.,b", ",,", "..1..", "z.B. d.h. u.s.w.",
    "Straße Größe ÄÖÜ äöü ß", "Café naïve ½ ٣.٤ ２．５", "日本語のテキスト。", "Ha 😀😀 👩‍🚀!", "e\u0301.\u0301,",
]

# Named, so that a failing test says which it is.
CASES = {
    "empty hypothesis": ([""], ["Das ist ein Satz."]),
    "empty reference": (["Das ist ein Satz."], [""]),
    "both empty": ([""], [""]),
    "some empty": (["", "Ein Hund läuft über die Wiese.", ""],
                   ["Eine Katze.", "Ein Hund läuft über eine Wiese.", ""]),
    "perfect": (["Zwei Männer reparieren das alte Dach.", "Es regnet seit gestern Abend."],
                ["Zwei Männer reparieren das alte Dach.", "Es regnet seit gestern Abend."]),
    "one word": (["Hund"], ["Hund"]),
    "one wrong word": (["Hund"], ["Katze"]),
    "three tokens": (["Ja, gern"], ["Ja, gern"]),
    "nothing in common": (["abc def ghi jkl mno"], ["QR STU VW XYZ"]),
    "no 4-gram": (["der Hund jagt eine kleine Katze heute"],
                  ["der Hund jagt die kleine Katze jetzt"]),
    "unigrams alone": (["a x b y c z d"], ["a b c d e f g"]),
    "bigrams alone": (["a b x c d y e f"], ["a b c d e f g h"]),
    "too short": (["Ein Mann steht vor dem"], ["Ein Mann steht vor dem großen roten Haus am See."]),
    "too long": (["Ein Mann steht da und steht da und steht da."], ["Ein Mann steht da."]),
    "clipped": (["das das das das das das das"], ["das Haus und das Boot sind das Ziel"]),
    "case": (["ein mann Steht vor dem Haus ."], ["Ein Mann steht vor dem Haus."]),
    "umlauts": (["Überall grünt es, und Käthe grüßt fröhlich."],
                ["Überall blüht es, und Käthe grüßt die fröhlichen Gäste."]),
    "numbers": (["Es waren 1,000.5 Meter, etwa 3.14 Mal so viel wie 2-3 Runden."],
                ["Es waren 1.000,5 Meter, etwa 3.14 mal soviel wie 2 - 3 Runden."]),
    "hyphens": (["Das T-Shirt ist blau-weiß gestreift, Größe 38-40."],
                ["Das T-Shirt ist blau-weiss gestreift, Größe 38 -40."]),
    "quotes": (["„Komm mit“, rief sie — und lief los."], ['"Komm mit", rief sie - und lief los.']),
    "entities": (["Müller &amp; Söhne sagt &quot;ja&quot; zu a &lt; b."],
                 ['Müller & Söhne sagt "ja" zu a < b.']),
    "white space": (["  Ein\tMann   läuft \u00a0 schnell nach Hause. "],
                    ["Ein Mann läuft schnell nach Hause."]),
    "emoji": (["Schönes Spiel 😀👏 heute im Park 👩‍🚀!"], ["Schönes Spiel 😀 👏 heute im Park 👩‍🚀"]),
}

REFERENCES = [
    "Ein alter Fischer flickt am Morgen sein Netz.",
    "Drei Kinder bauen eine Burg aus nassem Sand.",
    "Die Frau im gelben Mantel wartet auf den Bus.",
    "Zwei Hunde streiten sich um einen Stock.",
    "Ein Koch schneidet Zwiebeln, Möhren und Lauch.",
    "Auf dem Marktplatz spielt eine kleine Kapelle.",
    "Der Junge mit der Zahnlücke lacht in die Kamera.",
    "Ein Radfahrer fährt bei Regen über die Brücke.",
    "Vier Freunde essen auf einer Decke im Park.",
    "Eine Läuferin bindet sich vor dem Start die Schuhe.",
    "Der Bahnsteig ist leer, nur eine Taube pickt Krümel.",
    "Ein Mann mit Hut liest die Zeitung von gestern.",
    "Im Hintergrund sieht man einen Berg mit Schnee.",
    "Die Schülerinnen üben ein Lied für das Fest.",
    "Ein Schreiner hobelt ein langes Brett aus Eiche.",
    "Das Mädchen hält einen roten Ballon in der Hand.",
    "Mehrere Leute stehen vor einem Stand mit Obst.",
    "Ein Surfer fällt von seinem Brett ins Wasser.",
    "Die Großmutter zeigt ihrem Enkel ein altes Foto.",
    "Nachts leuchten die Fenster des Krankenhauses.",
    "Ein Maler steht auf der Leiter und streicht die Wand.",
    "Der Torwart springt, doch der Ball ist schon im Netz.",
    "Um 18.45 Uhr schließt das Museum, sagt der Wärter.",
    "Sie kaufte 2,5 Kilo Äpfel und ein T-Shirt für 9.99 Euro.",
    "„Hast du den Schlüssel?“, fragt er an der Tür.",
    "Ein Schäfer treibt seine Herde durch das enge Tal.",
    "Das kleine Boot schaukelt neben dem großen Schiff.",
    "Zwei Arbeiter tragen eine Scheibe aus Glas.",
    "Eine Katze schläft auf der warmen Motorhaube.",
    "Am Ende des Weges steht ein verfallenes Haus.",
]


def perturbed(line, rate):
    """Drops, doubles, swaps or replaces words, each at a quarter of the rate."""
    words, out = line.split(" "), []
    for word in words:
        chance = rng.random() / rate * 4
        out += [] if chance < 1 else [word, word] if chance < 2 else [word]
        if 2 <= chance < 3 and len(out) > 1:
            out[-1], out[-2] = out[-2], out[-1]
        elif 3 <= chance < 4:
            out[-1] = rng.choice(words)
    return " ".join(out)


def scored(name, hypotheses, references):
    metric, other = BLEU(), CHRF()
    bleu = metric.corpus_score(hypotheses, [references])
    chrf = other.corpus_score(hypotheses, [references])
    return {
        "name": name, "hypotheses": hypotheses, "references": references,
        "bleu": bleu.score, "precisions": bleu.precisions, "bp": bleu.bp,
        "matches": bleu.counts, "totals": bleu.totals,
        "lengths": [bleu.sys_len, bleu.ref_len], "chrf": chrf.score,
        "signatures": [str(metric.get_signature()), str(other.get_signature())],
    }


def tokens():
    alphabet = list("ab17ÄÖß.,,..--'\"&<>()!;:/ \t€“—") + ["-\n", "&amp;", "&quot;", "<skipped>"]
    fuzz = ["".join(rng.choices(alphabet, k=14)) for _ in range(100)]
    return [[line, Tokenizer13a()(line.rstrip())] for line in LINES + fuzz]


def paired(first, second, resamples=100_000):
    """Percentile interval of the difference, two-sided p-value of the shifted replicates."""
    metric, draw = BLEU(), np.random.default_rng(5)
    stats = [np.array(metric._extract_corpus_statistics(SYSTEMS[name], [REFERENCES]))
             for name in (first, second)]

    def difference(rows):
        a, b = (metric._compute_score_from_stats(s[rows].sum(0).tolist()).score for s in stats)
        return a - b

    n = len(REFERENCES)
    whole = difference(np.arange(n))
    drawn = np.array([difference(draw.integers(n, size=n)) for _ in range(resamples)])
    extreme = (np.abs(drawn - drawn.mean()) >= abs(whole)).sum()
    return {
        "first": first, "second": second, "difference": whole,
        "interval": np.quantile(drawn, [0.025, 0.975]).tolist(),
        "p_value": float((1 + extreme) / (1 + resamples)),
    }


SYSTEMS = {
    name: [perturbed(line, rate) for line in REFERENCES]
    for name, rate in (("corpus", 0.35), ("worse corpus", 0.5), ("rival corpus", 0.3))
}
cases = [scored(name, *case) for name, case in CASES.items()]
cases += [scored(name, hypotheses, REFERENCES) for name, hypotheses in SYSTEMS.items()]
golden = {
    "tokens": tokens(),
    "cases": cases,
    "paired": [paired("corpus", "worse corpus"), paired("corpus", "rival corpus")],
}
print(json.dumps(golden, ensure_ascii=False, indent=1))
