//! BLEU and chrF against sacreBLEU; see `scripts/golden_translation.py`.

use crate::{all_close, close};
use rekindle_eval::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tokens: Vec<(String, String)>,
    cases: Vec<Case>,
    paired: Vec<Paired>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    hypotheses: Vec<String>,
    references: Vec<String>,
    bleu: f64,
    precisions: [f64; BLEU_ORDER],
    bp: f64,
    matches: [u64; BLEU_ORDER],
    totals: [u64; BLEU_ORDER],
    lengths: (u64, u64),
    chrf: f64,
    signatures: [String; 2],
}

/// Two systems by the names of their cases.
#[derive(Deserialize)]
struct Paired {
    first: String,
    second: String,
    difference: f64,
    interval: [f64; 2],
    p_value: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("translation.json")).expect("the golden file is JSON")
}

#[test]
fn tokens() {
    for (line, tokens) in golden().tokens {
        assert_eq!(tokenize_13a(&line), tokens, "{line:?}");
    }
}

#[test]
fn scores() {
    for case in golden().cases {
        println!("{}", case.name);
        let counts = bleu_counts(&case.hypotheses, &case.references);
        let sum: BleuCounts = counts.into_iter().sum();
        assert_eq!((sum.matches, sum.totals), (case.matches, case.totals));
        let ours = bleu(&case.hypotheses, &case.references);
        assert_eq!(ours, sum.bleu());
        let lengths = (ours.hypothesis_length, ours.reference_length);
        assert_eq!(lengths, case.lengths);
        close(ours.score, case.bleu, 1e-13);
        all_close(&ours.precisions, &case.precisions, 1e-13);
        close(ours.brevity_penalty, case.bp, 1e-13);
        close(chrf(&case.hypotheses, &case.references), case.chrf, 1e-13);
    }
}

/// All but the last field, which says whose code it is.
#[test]
fn signatures() {
    let settings = |signature: &str| signature.rsplit_once('|').map(|parts| parts.0.to_owned());
    for case in golden().cases {
        for (ours, golden) in [BLEU_SIGNATURE, CHRF_SIGNATURE]
            .iter()
            .zip(&case.signatures)
        {
            assert_eq!(settings(ours), settings(golden));
        }
    }
}

/// The draws differ, so both are as close as 100,000 of them allow.
#[test]
fn paired_bootstraps() {
    let Golden { cases, paired, .. } = golden();
    let counts = |name: &str| {
        let case = cases.iter().find(|case| case.name == name);
        let case = case.expect("the pair is of two cases");
        bleu_counts(&case.hypotheses, &case.references)
    };
    for pair in paired {
        let (first, second) = (counts(&pair.first), counts(&pair.second));
        let ours = paired_bootstrap(&first, &second, 100_000, 0.95, 3);
        let Interval {
            estimate,
            lower,
            upper,
        } = ours.difference;
        close(estimate, pair.difference, 1e-12);
        close(lower, pair.interval[0], 0.05);
        close(upper, pair.interval[1], 0.05);
        let deviation = (pair.p_value * (1.0 - pair.p_value) / 1e5 * 2.0).sqrt();
        close(ours.p_value, pair.p_value, 5.0 * deviation);
    }
}
