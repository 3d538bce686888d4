//! The translate task on a made-up language: words are renamed and their order is turned around.

#[path = "support/stop.rs"]
mod stop;
mod support;

use serde_json::Value;
use std::path::Path;
use stop::{stop_once_saved, weights};
use support::{json, program, refused, succeed};

const WORDS: [(&str, &str); 12] = [
    ("dog", "Hund"),
    ("cat", "Katze"),
    ("house", "Haus"),
    ("tree", "Baum"),
    ("red", "rot"),
    ("big", "gross"),
    ("runs", "rennt"),
    ("sleeps", "ruht"),
    ("under", "unter"),
    ("child", "Kind"),
    ("water", "Wasser"),
    ("small", "klein"),
];

/// Sentences of two to six words, and the same in the other language.
fn sentences(count: u64, from: u64) -> (String, String) {
    let (mut english, mut german) = (String::new(), String::new());
    for at in from..from + count {
        // SplitMix64.
        let mut mixed = (at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let words: Vec<_> = (0..2 + mixed % 5)
            .map(|word| WORDS[((mixed >> (3 + 5 * word)) % 12) as usize])
            .collect();
        let one: Vec<&str> = words.iter().map(|pair| pair.0).collect();
        let other: Vec<&str> = words.iter().rev().map(|pair| pair.1).collect();
        english += &format!("{}.\n", one.join(" "));
        german += &format!("{}.\n", other.join(" "));
    }
    (english, german)
}

fn corpus(folder: &Path, train: u64) {
    std::fs::create_dir(folder.join("multi30k")).unwrap();
    let parts = [
        ("train", train, 0),
        ("val", 60, 10_000),
        ("test_2016_flickr", 80, 20_000),
    ];
    for (part, count, from) in parts {
        let (english, german) = sentences(count, from);
        let path = |language: &str| folder.join(format!("multi30k/{part}.{language}"));
        std::fs::write(path("en"), english).unwrap();
        std::fs::write(path("de"), german).unwrap();
    }
}

const SMALL: &str = "d_embedding=24 d_hidden=32 batch_size=16 learning_rate=0.01 average=0.9 \
                     embedding_dropout=0 memory_dropout=0 layer_dropout=0 output_dropout=0 \
                     bpe_dropout=0.02 label_smoothing=0.02";

fn run<'a>(out: &'a str, more: &'a str) -> Vec<&'a str> {
    run_on(".", out, more)
}

fn run_on<'a>(data: &'a str, out: &'a str, more: &'a str) -> Vec<&'a str> {
    let mut args = vec![
        "run",
        "translate",
        "--data",
        data,
        "--plain",
        "--seed",
        "3",
        "--out",
        out,
    ];
    let settings = SMALL.split_whitespace().chain(more.split_whitespace());
    args.extend(settings.flat_map(|one| ["--set", one]));
    args
}

fn report(folder: &Path, run: &str) -> Value {
    json(folder.join(run).join("report.json"))
}

#[test]
fn a_language_is_learned_tested_and_translated() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    corpus(at, 1_500);
    succeed(at, &run("run", "epochs=6"));
    let said = report(at, "run");
    let of = |name: &str| said["metrics"][name].as_f64().unwrap();
    assert!(of("bleu") > 90.0 && of("chrf") > 90.0, "{said}");
    for baseline in ["copy", "translation_memory"] {
        assert!(
            said["baselines"][baseline]["bleu"].as_f64().unwrap() < 60.0,
            "{said}"
        );
        let over = format!("bleu_over_{baseline}");
        assert!(
            said["intervals"][&over][0].as_f64().unwrap() > 20.0,
            "{said}"
        );
    }
    for file in ["report.html", "tokenizer.json", "test.de", "metrics.csv"] {
        assert!(at.join("run").join(file).is_file(), "{file}");
    }
    let written = std::fs::read_to_string(at.join("run/test.de")).unwrap();
    let (english, german) = sentences(80, 20_000);
    let pairs = written.lines().zip(german.lines());
    assert!(
        pairs.filter(|(got, want)| got == want).count() > 72,
        "{written}"
    );

    // The test part as if it were new, from compressed files and plain ones.
    let prefix = "multi30k/test_2016_flickr";
    succeed(
        at,
        &[
            "evaluate", "--model", "run", "--input", prefix, "--out", "new",
        ],
    );
    let new = report(at, "new");
    assert_eq!(new["metrics"]["bleu"], said["metrics"]["bleu"]);
    assert_eq!(new["data"]["test_items"], 80);

    std::fs::write(at.join("texts.en"), &english).unwrap();
    let answer = succeed(at, &["predict", "--model", "run", "--input", "texts.en"]);
    assert_eq!(answer, written);
    let ask = [
        "predict",
        "--model",
        "run",
        "--json",
        "--text",
        "red cat sleeps.",
    ];
    let answer: Value = serde_json::from_str(&succeed(at, &ask)).unwrap();
    let one = &answer["translations"][0];
    assert_eq!(one["translation"], "ruht Katze rot.");
    let hypotheses = one["hypotheses"].as_array().unwrap();
    assert!(hypotheses.len() > 1 && hypotheses.len() <= 5, "{one}");
    assert!(hypotheses[0]["score"].as_f64() >= hypotheses[1]["score"].as_f64());
    let rows = hypotheses[0]["attention"].as_array().unwrap();
    let pieces = hypotheses[0]["pieces"].as_array().unwrap();
    assert_eq!(
        rows.len(),
        pieces.len() + 1,
        "a row a piece and one for the end"
    );
    assert_eq!(
        rows[0].as_array().unwrap().len(),
        one["pieces"].as_array().unwrap().len()
    );

    // The alignment: below the answer, on a page, and as drawings.
    let text = &["predict", "--model", "run", "--text", "red cat sleeps."];
    let shown = succeed(at, text);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "ruht Katze rot.");
    assert!(
        shown.contains("┌ red") && lines.last().unwrap().trim().starts_with("(end)"),
        "{shown}"
    );
    let files = ["--html", "t.html", "--figure", "t.svg"];
    succeed(at, &[&text[..], &files].concat());
    let page = std::fs::read_to_string(at.join("t.html")).unwrap();
    assert!(page.contains("Katze ← cat"), "the page has the heat map");
    let svg = std::fs::read_to_string(at.join("t.svg")).unwrap();
    assert!(svg.starts_with("<svg") && !svg.contains("var("));
    succeed(at, &[&text[..], &["--figure", "t.png"]].concat());
    assert!(
        std::fs::read(at.join("t.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let said = refused(at, &[&text[..], &["--figure", "t.gif"]].concat());
    assert!(said.contains("end in .svg or .png"), "{said}");
    let page = std::fs::read_to_string(at.join("run/report.html")).unwrap();
    assert!(page.contains("Attention") && page.contains("← "));

    // How it writes can be changed, what it is cannot.
    let greedy = [&ask[..], &["--set", "beam=1"]].concat();
    let answer: Value = serde_json::from_str(&succeed(at, &greedy)).unwrap();
    assert_eq!(
        answer["translations"][0]["hypotheses"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let drawn = [&ask[..], &["--set", "temperature=3"]].concat();
    assert_eq!(
        succeed(at, &drawn),
        succeed(at, &drawn),
        "drawn by the run's seed"
    );
    let said = refused(at, &[&ask[..], &["--set", "d_hidden=8"]].concat());
    assert!(
        said.contains("d_hidden of a trained run cannot be changed"),
        "{said}"
    );
    let said = refused(at, &["predict", "--model", "run", "--text", " "]);
    assert!(said.contains("text 1 is empty"), "{said}");
    let said = refused(
        at,
        &["evaluate", "--model", "run", "--input", "nowhere/test"],
    );
    assert!(said.contains("no file of English texts"), "{said}");
}

#[test]
fn every_kind_of_network_runs_the_other_way_around() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    corpus(at, 200);
    let kinds = [
        (
            "plain",
            "attention=none bidirectional=false reverse_source=true cell=gru",
        ),
        (
            "luong",
            "attention=dot input_feeding=true decoder_layers=1 encoder_layers=2",
        ),
        (
            "bahdanau",
            "attention=additive input_feeding=true coverage=true tied=false",
        ),
        (
            "words",
            "attention=concat unit=word teacher_forcing=0.5 reverse_source=true",
        ),
    ];
    for (name, settings) in kinds {
        let settings =
            format!("{settings} source=de epochs=2 coverage_penalty=0 beam=3 no_repeat=3");
        succeed(at, &run(name, &settings));
        let said = report(at, name);
        assert!(said["metrics"]["bleu"].as_f64().unwrap() >= 0.0, "{said}");
        assert!(at.join(name).join("test.en").is_file());
        succeed(at, &["predict", "--model", name, "--text", "Hund rennt."]);
    }
}

#[test]
fn a_stopped_run_goes_on_as_if_it_had_not_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    corpus(at, 400);
    let more = "epochs=4 bpe_dropout=0.2 output_dropout=0.2 average=0.99";
    succeed(at, &run("whole", more));
    stop_once_saved(
        program(at, &run("part", more)),
        &at.join("part/checkpoints"),
    );
    succeed(
        at,
        &[
            "run",
            "translate",
            "--data",
            ".",
            "--plain",
            "--resume",
            "--out",
            "part",
        ],
    );
    let figures = |run: &str| {
        let mut metrics = report(at, run)["metrics"].clone();
        metrics.as_object_mut().unwrap().remove("seconds");
        metrics
    };
    assert_eq!(figures("whole"), figures("part"));
    assert!(weights(at.join("whole")) == weights(at.join("part")));
}

#[test]
fn bad_texts_and_settings_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let said = refused(at, &run("x", ""));
    assert!(said.contains("multi30k/train.en"), "{said}");
    corpus(at, 20);
    let file = at.join("multi30k/train.de");
    let good = std::fs::read_to_string(&file).unwrap();
    let with = |bad: &str, said_of: [&str; 2]| {
        std::fs::write(&file, bad).unwrap();
        let said = refused(at, &run("x", ""));
        assert!(said_of.iter().all(|part| said.contains(part)), "{said}");
        assert!(!at.join("x").exists());
    };
    let short: Vec<&str> = good.lines().take(7).collect();
    with(
        &short.join("\n"),
        ["no partner: train.de ends before it", "train.en, row 8"],
    );
    with(
        &good.replacen('\n', "\n\n", 1),
        ["the line is empty", "train.de, row 2"],
    );
    std::fs::write(&file, &good).unwrap();
    for (setting, part) in [
        ("d_hidden=33", "d_hidden, which is odd"),
        ("coverage=true", "coverage needs an additive score"),
        (
            "attention=none coverage_penalty=1",
            "coverage_penalty needs attention",
        ),
        ("top_p=0", "choose top_p from"),
        ("source=cs", "Multi30k has no texts in Czech"),
        ("target=fr", "multi30k/train.fr"),
        (
            "source=de target=de",
            "source and target are the same: German",
        ),
        ("valid=0.6", "choose valid from 0.001 to 0.45"),
    ] {
        let said = refused(at, &run("x", setting));
        assert!(said.contains(part), "{setting}: {said}");
    }
}

/// The sentences as a table: English, tab, German; every third pair stands there twice, with other
/// blanks and marks.
fn table(count: u64, from: u64) -> String {
    let (english, german) = sentences(count, from);
    let pairs = english.lines().zip(german.lines()).enumerate();
    let row = |(at, (english, german)): (usize, (&str, &str))| match at % 3 {
        0 => {
            let other = german.replace(' ', "\u{a0}").replace('.', " !");
            format!("{english}\t{german}\n{english}\t{other}\n")
        }
        _ => format!("{english}\t{german}\n"),
    };
    pairs.map(row).collect()
}

#[test]
fn one_table_of_pairs_is_split_learned_and_tested() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("pairs.tsv"), table(1_600, 0)).unwrap();
    let out = succeed(
        at,
        &run_on("pairs.tsv", "run", "epochs=6 source=en target=de"),
    );
    assert!(out.contains("pairs.tsv, English to German"), "{out}");
    assert!(
        out.contains("there is no header; column 1 as English is read"),
        "{out}"
    );
    assert!(out.contains("no test text stands in training"), "{out}");
    let said = report(at, "run");
    let count = |name: &str| said["data"][name].as_u64().unwrap();
    let tests = count("test_items");
    assert!(
        (60..160).contains(&tests) && (60..160).contains(&count("valid_items")),
        "{said}"
    );
    assert_eq!(count("rows"), 1_600 + 534);
    assert!(said["metrics"]["chrf"].as_f64().unwrap() > 80.0, "{said}");
    assert!(
        said["metrics"]["bleu_over_translation_memory"]
            .as_f64()
            .unwrap()
            > 20.0,
        "{said}"
    );
    assert!(at.join("run/test.de").is_file());
    let page = std::fs::read_to_string(at.join("run/report.html")).unwrap();
    assert!(page.contains("English to German") && page.contains("drawn with seed 3"));

    // New pairs: a table with a header in another order, and two files.
    let (english, german) = sentences(40, 20_000);
    let rows = english.lines().zip(german.lines());
    let rows: String = rows
        .map(|(english, german)| format!("{german},{english}\n"))
        .collect();
    std::fs::write(at.join("new.csv"), format!("German,English\n{rows}")).unwrap();
    std::fs::write(at.join("new.en"), &english).unwrap();
    std::fs::write(at.join("new.de"), &german).unwrap();
    let bleu = |input: &str, out: &str| {
        succeed(
            at,
            &["evaluate", "--model", "run", "--input", input, "--out", out],
        );
        let said = report(at, out);
        assert_eq!(said["data"]["test_items"], 40);
        said["metrics"]["bleu"].as_f64().unwrap()
    };
    let by_table = bleu("new.csv", "a");
    assert!(by_table > 60.0, "{by_table}");
    assert_eq!(by_table, bleu("new", "b"));
    assert_eq!(by_table, bleu("new.en", "c"), "one file names both");

    // Whatever blanks a text has, its words are the same; marks are text; empty lines stay.
    let forms =
        "red cat sleeps.\nred\u{a0}cat\tsleeps.\nre\u{ad}d ca\u{200b}t&nbsp;sleeps.\n\n</s> <s>\n";
    std::fs::write(at.join("forms"), forms).unwrap();
    let answer = succeed(at, &["predict", "--model", "run", "--input", "forms"]);
    let lines: Vec<&str> = answer.split('\n').collect();
    assert_eq!(lines[0], lines[1]);
    assert_eq!(lines[0], lines[2]);
    assert_eq!((lines.len(), lines[3]), (6, ""), "{answer}");
    let ask = ["predict", "--model", "run", "--json", "--text", "</s>"];
    let answer: Value = serde_json::from_str(&succeed(at, &ask)).unwrap();
    let pieces = answer["translations"][0]["pieces"].as_array().unwrap();
    assert!(pieces.len() > 2, "a mark is cut as text is: {answer}");
}

#[test]
fn a_folder_of_any_two_endings_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let corpus = at.join("corpus");
    std::fs::create_dir(&corpus).unwrap();
    for (part, count, from) in [("train", 300, 0), ("dev", 30, 10_000)] {
        let (english, german) = sentences(count, from);
        std::fs::write(corpus.join(format!("{part}.question")), english).unwrap();
        std::fs::write(corpus.join(format!("{part}.answer")), german).unwrap();
    }
    let out = succeed(at, &run_on("corpus", "run", "epochs=1 source=question"));
    assert!(out.contains("corpus, question to answer"), "{out}");
    let said = report(at, "run");
    assert_eq!(said["data"]["valid_items"], 30);
    let tests = said["data"]["test_items"].as_u64().unwrap();
    assert_eq!(said["data"]["train_items"].as_u64().unwrap() + tests, 300);
    assert!(at.join("run/test.answer").is_file());
    succeed(at, &["predict", "--model", "run", "--text", "red cat."]);

    // A run goes on with its own texts alone.
    let (english, _) = sentences(300, 500);
    std::fs::write(corpus.join("train.question"), english).unwrap();
    let again = [
        "run",
        "translate",
        "--data",
        "corpus",
        "--resume",
        "--out",
        "run",
    ];
    let said = refused(at, &again);
    assert!(
        said.contains("the data have changed since this run began: train.question"),
        "{said}"
    );
}

#[test]
fn pairs_that_cannot_be_told_are_refused_with_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let corpus = at.join("corpus");
    std::fs::create_dir(&corpus).unwrap();
    let (english, german) = sentences(30, 0);
    for (ending, text) in [("en", &english), ("de", &german), ("fr", &german)] {
        std::fs::write(corpus.join(format!("train.{ending}")), text).unwrap();
    }
    std::fs::write(at.join("wide.csv"), "a,b,c\nx y,y z,z\n").unwrap();
    std::fs::write(at.join("few.tsv"), "a b\tb a\nc d\td c\n").unwrap();
    let long = "a".repeat(3 << 20);
    std::fs::write(at.join("long.tsv"), format!("a\tb\n{long}\tb\n")).unwrap();
    for (data, settings, parts) in [
        (
            "corpus",
            "",
            ["which two languages", "--set source=de --set target=fr"],
        ),
        (
            "corpus",
            "source=it",
            ["no training texts that end in .it", "de, en, fr"],
        ),
        (
            "wide.csv",
            "",
            ["which two columns", "--set source=1 --set target=2"],
        ),
        (
            "wide.csv",
            "source=a target=x",
            ["no column named x", "a, b, c"],
        ),
        ("few.tsv", "", ["2 pairs", "too few"]),
        (
            "long.tsv",
            "",
            ["more than 1048576 bytes", "long.tsv, row 2"],
        ),
        (
            "nowhere.tsv",
            "",
            ["the file does not exist", "nowhere.tsv"],
        ),
        (
            ".",
            "",
            ["no pairs of texts in this folder", "train.en and train.fr"],
        ),
    ] {
        let said = refused(at, &run_on(data, "x", settings));
        assert!(
            parts.iter().all(|part| said.contains(part)),
            "{data} {settings}: {said}"
        );
        assert!(!at.join("x").exists());
    }
}
