//! What must hold for BLEU and chrF on any texts.

use proptest::prelude::*;
use rekindle_eval::*;

/// Sentences of few words, so that many n-grams match.
fn sentences() -> impl Strategy<Value = Vec<(String, String)>> {
    let sentence = || "((ein|der|Hund|läuft|1,5|x-y|„a“|z\\.) ?){0,9}[.!]?";
    proptest::collection::vec((sentence(), sentence()), 1..12)
}

proptest! {
    // A failing input is printed; there is no file to keep it in beside an integration test.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scores_lie_between_0_and_100(pairs in sentences(), noise in ".*", other in ".*") {
        let (mut hypotheses, mut references): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        hypotheses.push(noise);
        references.push(other);
        let bleu = bleu(&hypotheses, &references);
        prop_assert!((0.0..=100.0).contains(&bleu.score));
        prop_assert!((0.0..=1.0).contains(&bleu.brevity_penalty));
        prop_assert!(bleu.precisions.iter().all(|p| (0.0..=100.0).contains(p)));
        prop_assert!((0.0..=100.0).contains(&chrf(&hypotheses, &references)));
    }

    #[test]
    fn a_text_is_its_own_best_translation(pairs in sentences()) {
        let mut texts: Vec<String> = pairs.into_iter().map(|pair| pair.0).collect();
        texts.push("vier Wörter sind genug".into());
        prop_assert_eq!(bleu(&texts, &texts).score, 100.0);
        prop_assert_eq!(chrf(&texts, &texts), 100.0);
    }

    #[test]
    fn the_order_of_sentences_does_not_matter(pairs in sentences(), at in 0..12_usize) {
        let score = |pairs: &[(String, String)]| {
            let (hypotheses, references): (Vec<_>, Vec<_>) = pairs.iter().cloned().unzip();
            (bleu(&hypotheses, &references), chrf(&hypotheses, &references))
        };
        let mut turned = pairs.clone();
        turned.rotate_left(at % pairs.len());
        turned.reverse();
        prop_assert_eq!(score(&pairs), score(&turned));
    }

    #[test]
    fn tokens_are_whole(line in "\\PC*|[-.,0-9a& \n]{0,30}") {
        let tokens = tokenize_13a(&line);
        prop_assert!(tokens.split(' ').all(|token| !token.contains(char::is_whitespace)));
        prop_assert!(tokens.is_empty() || tokens.split(' ').all(|token| !token.is_empty()));
    }
}

#[test]
fn nothing_scores_0() {
    let none: [&str; 0] = [];
    assert_eq!((bleu(&none, &none).score, chrf(&none, &none)), (0.0, 0.0));
    assert_eq!((bleu(&[""], &[""]).score, chrf(&[""], &[""])), (0.0, 0.0));
    assert_eq!(bleu(&[""], &["ein Satz"]).brevity_penalty, 0.0);
    let interval = corpus_interval(&bleu_counts(&none, &none), 99, 0.95, 1);
    assert_eq!(interval.estimate, 0.0);
    assert!(interval.lower.is_nan() && interval.upper.is_nan());
    let alone = chrf_counts(&["ein Satz"], &["ein Satz"]);
    let paired = paired_bootstrap(&alone, &alone, 99, 0.95, 1);
    assert!(paired.p_value.is_nan() && paired.difference.estimate == 0.0);
}

#[test]
fn a_system_does_not_differ_from_itself() {
    let hypotheses = [
        "der Hund läuft weit weg",
        "es regnet wieder",
        "sie lachen laut",
    ];
    let references = [
        "der Hund läuft sehr weit",
        "es regnet",
        "sie lachen alle laut",
    ];
    let counts = chrf_counts(&hypotheses, &references);
    let paired = paired_bootstrap(&counts, &counts, 200, 0.95, 9);
    assert_eq!(paired.p_value, 1.0);
    let Interval { lower, upper, .. } = paired.difference;
    assert_eq!((lower, upper), (0.0, 0.0));
}

#[test]
fn intervals_hold_the_score_and_repeat_for_a_seed() {
    let hypotheses = [
        "der Hund läuft weit weg",
        "es regnet wieder hier",
        "sie lachen laut",
    ];
    let references = [
        "der Hund läuft weit fort",
        "es regnet wieder",
        "sie lachen alle laut",
    ];
    let counts = bleu_counts(&hypotheses, &references);
    let interval = corpus_interval(&counts, 500, 0.9, 4);
    assert!(interval.lower < interval.estimate && interval.estimate < interval.upper);
    assert_eq!(interval, corpus_interval(&counts, 500, 0.9, 4));
    let by_hand = block_bootstrap(counts.len(), 1, 500, 0.9, 4, |sample| {
        let drawn: BleuCounts = sample.iter().map(|&i| counts[i]).sum();
        drawn.bleu().score
    });
    assert_eq!(interval, by_hand);
}
