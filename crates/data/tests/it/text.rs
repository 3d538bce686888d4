//! Labelled files, Keras's tokenizer, token vectors.

use rekindle_data::{
    DataError, Embeddings, Encoding, KerasTokenizer, KerasTokenizerConfig, Quoting, Side,
    TextReader, TextSpec, TextTable, TokenCounter, Vocabulary, pad_sequences, tokenize_all,
};
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<String>,
    others: Vec<String>,
    tokenizers: Vec<Tokenizer>,
    sequences: Vec<Vec<u32>>,
    padded: Vec<Padded>,
}

#[derive(Deserialize)]
struct Tokenizer {
    config: Config,
    word_index: HashMap<String, u32>,
    sequences: Vec<Vec<u32>>,
}

#[derive(Deserialize)]
struct Config {
    num_words: Option<usize>,
    filters: Option<String>,
    lower: bool,
    split: String,
    char_level: bool,
    oov_token: Option<String>,
}

#[derive(Deserialize)]
struct Padded {
    maxlen: Option<usize>,
    padding: String,
    truncating: String,
    rows: Vec<Vec<u32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../golden/keras.json")).expect("a golden file")
}

#[test]
fn the_tokenizer_is_kerass_to_the_letter() {
    let golden = golden();
    assert!(golden.tokenizers.len() > 8);
    for case in &golden.tokenizers {
        let config = KerasTokenizerConfig {
            num_words: case.config.num_words,
            filters: case
                .config
                .filters
                .clone()
                .unwrap_or(KerasTokenizerConfig::default().filters),
            lower: case.config.lower,
            split: case.config.split.clone(),
            char_level: case.config.char_level,
            oov_token: case.config.oov_token.clone(),
        };
        let tokenizer = KerasTokenizer::fit(config.clone(), &golden.texts);
        assert_eq!(tokenizer.word_index(), &case.word_index, "{config:?}");
        let all = [golden.texts.clone(), golden.others.clone()].concat();
        assert_eq!(tokenizer.sequences(&all), case.sequences, "{config:?}");
        let text = tokenizer.to_text();
        let pieces = golden
            .texts
            .chunks(3)
            .map(|piece| Ok::<_, DataError>(piece.to_vec()));
        let streamed = KerasTokenizer::fit_pieces(config.clone(), pieces).expect("no piece fails");
        assert_eq!(streamed, tokenizer);
        let read = KerasTokenizer::from_text(config, &text, "t").expect("as it was written");
        assert_eq!(read, tokenizer);
    }
}

#[test]
fn sequences_are_padded_as_keras_does() {
    let golden = golden();
    let side = |name: &str| if name == "pre" { Side::Pre } else { Side::Post };
    for case in &golden.padded {
        let (padding, truncating) = (side(&case.padding), side(&case.truncating));
        let (rows, length) = pad_sequences(&golden.sequences, case.maxlen, padding, truncating, 9);
        assert_eq!(rows, case.rows.concat());
        assert_eq!(length, case.rows[0].len());
    }
    assert_eq!(
        pad_sequences(&[], None, Side::Pre, Side::Pre, 0),
        (vec![], 0)
    );
    assert_eq!(
        pad_sequences(&[vec![]], None, Side::Pre, Side::Pre, 0),
        (vec![], 0)
    );
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        let mut file = std::fs::File::create(&path).expect("a file");
        file.write_all(bytes).expect("written");
        path
    }
}

fn spec() -> TextSpec {
    TextSpec {
        text: vec!["title".into()],
        label: Some(vec!["category".into()]),
        ..TextSpec::default()
    }
}

fn place(error: &DataError) -> String {
    error.place().unwrap_or_default()
}

#[test]
fn a_labelled_file_is_read_by_its_columns() {
    let files = Files::new();
    let text = "ID,TITLE,CATEGORY\n1,\"So, it is\",b\n2,,e\n3,\"two\nlines\",t\n";
    let path = files.write("a.csv", text.as_bytes());
    let (table, summary) = TextTable::read(&path, &spec()).expect("a good file");
    assert_eq!(table.texts, ["So, it is", "", "two\nlines"]);
    assert_eq!(table.labels, ["b", "e", "t"]);
    assert_eq!(table.rows, [2, 3, 4]);
    assert_eq!(
        (summary.rows, summary.empty_texts, summary.longest_bytes),
        (3, 1, 9)
    );
    assert!(summary.warnings.is_empty(), "{:?}", summary.warnings);
    let one = TextSpec {
        limit: Some(1),
        ..spec()
    };
    assert_eq!(
        TextTable::read(&path, &one).expect("a good file").0.len(),
        1
    );
}

#[test]
fn a_file_with_tabs_has_no_quotes_and_may_have_no_header() {
    let files = Files::new();
    let path = files.write("a.tsv", b"1\tSo \"called\tb\n2\t\"x\" y\te\n");
    let spec = TextSpec {
        delimiter: Some(b'\t'),
        header: Some(["id", "title", "category"].map(String::from).to_vec()),
        ..spec()
    };
    let (table, _) = TextTable::read(&path, &spec).expect("a good file");
    assert_eq!(table.texts, ["So \"called", "\"x\" y"]);
    assert_eq!(table.rows, [1, 2]);
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place_or_replaced_and_counted() {
    let files = Files::new();
    let path = files.write("a.csv", b"id,title,category\n1,good,b\n2,b\xe9d,e\n");
    let error = TextTable::read(&path, &spec()).expect_err("not UTF-8");
    assert!(
        place(&error).ends_with("a.csv, row 3, column title"),
        "{}",
        place(&error)
    );
    let replace = TextSpec {
        encoding: Encoding::Replace,
        ..spec()
    };
    let (table, summary) = TextTable::read(&path, &replace).expect("replaced");
    assert_eq!(table.texts[1], "b\u{fffd}d");
    assert_eq!(summary.replaced, 1);
    assert!(
        summary
            .lines()
            .iter()
            .any(|line| line.contains("not UTF-8"))
    );
}

#[test]
fn a_quote_that_swallows_rows_is_noticed() {
    let files = Files::new();
    let quoted = TextSpec {
        quoting: Quoting::On,
        ..spec()
    };
    for (swallowed, left) in [(0..0, 3), (2..3, 3), (2..8, 3)] {
        let rows: String = swallowed
            .map(|row| format!("{row},some title,b\n"))
            .collect();
        let text =
            format!("id,title,category\n1,\"open,b\n{rows}8,closed\",b\n9,\"last\",e\n10,x,t\n");
        let path = files.write("a.csv", text.as_bytes());
        let (table, summary) = TextTable::read(&path, &quoted).expect("it parses");
        assert_eq!(table.len(), left, "{:?}", table.texts);
        assert_eq!(summary.warnings.len(), 1, "{:?}", summary.warnings);
        assert!(
            summary.warnings[0].starts_with("row 2: a quote opens"),
            "{:?}",
            summary.warnings
        );
        assert_eq!(
            TextTable::read(&path, &spec()).expect("it parses").0.len(),
            left
        );
    }

    let text = "id,title,category\n1,good,b\n2,\"never closed,b\n3,lost,e\n";
    let path = files.write("b.csv", text.as_bytes());
    let error = TextTable::read(&path, &quoted).expect_err("a row is cut short");
    assert!(place(&error).ends_with("b.csv, row 3"), "{}", place(&error));
    // Where no cell is quoted, a lone quote is a part of the text.
    let (table, summary) = TextTable::read(&path, &spec()).expect("it parses");
    assert_eq!(table.texts, ["good", "\"never closed", "lost"]);
    assert!(
        summary.notes[0].contains("quotes are read as"),
        "{:?}",
        summary.notes
    );
}

#[test]
fn what_is_missing_is_said() {
    let files = Files::new();
    let error = TextTable::read(&files.write("a.csv", b"id,text\n1,x\n"), &spec());
    assert_eq!(
        error.expect_err("no title").to_string(),
        "there is no column named title"
    );
    let error = TextTable::read(&files.write("b.csv", b"title,category\n"), &spec());
    assert_eq!(
        error.expect_err("no rows").to_string(),
        "the file has no rows"
    );
    let long = format!("title,category\n{},b\n", "word ".repeat(250_000));
    let (table, _) =
        TextTable::read(&files.write("c.csv", long.as_bytes()), &spec()).expect("long");
    assert!(table.texts[0].len() > 1_000_000);
}

fn vocabulary() -> Vocabulary {
    Vocabulary::build(&[vec!["the", "the", "Paris", "NASA", "zyx"]], 1, None)
}

fn row<'a>(embeddings: &'a Embeddings, vocabulary: &Vocabulary, token: &str) -> &'a [f32] {
    let at = vocabulary.id(token) as usize * embeddings.d_embedding;
    &embeddings.values[at..at + embeddings.d_embedding]
}

#[test]
fn vectors_are_found_in_every_form() {
    let files = Files::new();
    let glove = "the 1 2 3\nnasa 4 5 6\nparis 7 8 9\nParis -1 -2 -3\nnew york 0 0 0\n";
    let word2vec = format!("5 3\n{glove}");
    let mut binary = b"3 3\n".to_vec();
    for (word, values) in [
        ("the", [1.0, 2.0, 3.0]),
        ("nasa", [4.0, 5.0, 6.0]),
        ("Paris", [-1.0, -2.0, -3.0_f32]),
    ] {
        binary.extend(format!("{word} ").bytes());
        binary.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        binary.push(b'\n');
    }
    #[cfg(feature = "compression")]
    let packed = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(glove.as_bytes()).expect("written");
        encoder.finish().expect("written")
    };
    let vocabulary = vocabulary();
    let all: &[&[u8]] = &[
        glove.as_bytes(),
        word2vec.as_bytes(),
        &binary,
        #[cfg(feature = "compression")]
        &packed,
    ];
    for (at, bytes) in all.iter().enumerate() {
        let path = files.write(&format!("vectors-{at}"), bytes);
        let read = Embeddings::read(&path, &vocabulary, 1).expect("vectors");
        assert_eq!(read.d_embedding, 3);
        assert_eq!(row(&read, &vocabulary, "the"), [1.0, 2.0, 3.0]);
        assert_eq!(
            row(&read, &vocabulary, "Paris"),
            [-1.0, -2.0, -3.0],
            "the exact form"
        );
        assert_eq!(
            row(&read, &vocabulary, "NASA"),
            [4.0, 5.0, 6.0],
            "lower case"
        );
        assert_eq!(read.values[..3], [0.0; 3], "padding");
        assert!(
            row(&read, &vocabulary, "zyx")
                .iter()
                .all(|value| value.is_finite())
        );
        let coverage = read.coverage;
        assert_eq!(
            (
                coverage.exact,
                coverage.lowered,
                coverage.titled,
                coverage.missing
            ),
            (2, 1, 0, 1)
        );
        assert!((coverage.tokens_covered - 0.8).abs() < 1e-12);
        assert_eq!(
            read,
            Embeddings::read(&path, &vocabulary, 1).expect("vectors")
        );
    }
}

#[test]
fn damaged_vectors_are_refused_with_their_line() {
    let files = Files::new();
    let cases: [(&[u8], &str); 5] = [
        (b"the 1 2 3\nParis 1 2\n", "row 2"),
        (b"the 1 2 3\nParis 1 x 3\n", "row 2"),
        (b"the 1 2 3\n\nNASA NaN 2 3\n", "row 3"),
        (b"2 2\nthe 1 2\nParis 1\n", "row 3"),
        (b"", "row 1"),
    ];
    for (bytes, line) in cases {
        let path = files.write("vectors", bytes);
        let error = Embeddings::read(&path, &vocabulary(), 1).expect_err(line);
        assert!(
            place(&error).ends_with(line),
            "{} is not {line}",
            place(&error)
        );
    }
    let path = files.write("vectors", b"foreign 1 2\n");
    let error = Embeddings::read(&path, &vocabulary(), 1).expect_err("nothing found");
    assert!(error.to_string().contains("no token"), "{error}");
}

#[test]
fn a_file_read_in_pieces_is_the_file_and_counts_as_one() {
    let files = Files::new();
    let rows: String = (0..23)
        .map(|at| {
            format!(
                "w{} w{} common,{}\n",
                at % 5,
                at % 3,
                "ab".as_bytes()[at % 2] as char
            )
        })
        .collect();
    let path = files.write("a.csv", format!("title,category\n{rows}").as_bytes());
    let (whole, summary) = TextTable::read(&path, &spec()).expect("a good file");
    for size in [1, 7, 23, 100] {
        let mut reader = TextReader::open(&path, &spec()).expect("a good file");
        let mut joined = TextTable::default();
        let mut counter = TokenCounter::default();
        while let Some(piece) = reader.read(size).expect("a good file") {
            assert!(piece.len() <= size);
            counter.add(&tokenize_all(&piece.texts, true));
            joined.texts.extend(piece.texts);
            joined.labels.extend(piece.labels);
            joined.groups.extend(piece.groups);
            joined.rows.extend(piece.rows);
        }
        assert_eq!((&joined, reader.summary()), (&whole, &summary));
        let tokens = tokenize_all(&whole.texts, true);
        assert_eq!(
            counter.vocabulary(2, Some(6)),
            Vocabulary::build(&tokens, 2, Some(6))
        );
    }
}
