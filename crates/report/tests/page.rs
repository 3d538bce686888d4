//! What a page promises, whatever numbers and names it is given.

use jiff::civil::{Date, date};
use rekindle_report::*;

const HOSTILE: &str = "<script>alert(\"1\")</script> & ' $x$ \u{0}";

fn page(kind: ChartKind) -> Page {
    Page {
        title: "t".into(),
        sections: vec![Section {
            blocks: vec![Block::Chart(Chart {
                title: "c".into(),
                caption: "k".into(),
                kind,
            })],
            ..Section::default()
        }],
        ..Page::default()
    }
}

/// Every kind of chart with these numbers as all of its numbers.
fn kinds(numbers: &[f64], name: &str) -> Vec<ChartKind> {
    let name = || name.to_string();
    let list = || numbers.to_vec();
    let dates: Vec<Date> = date(2020, 1, 1)
        .series(jiff::Span::new().days(1))
        .take(list().len())
        .collect();
    let span = |from, to| SplitSpan {
        name: name(),
        from,
        to,
    };
    let ends = dates.first().zip(dates.last());
    vec![
        ChartKind::Curves {
            x_label: name(),
            y_label: name(),
            curves: vec![
                Curve {
                    name: name(),
                    x: (0..list().len()).map(|i| i as f64).collect(),
                    y: list(),
                },
                Curve {
                    name: name(),
                    x: list(),
                    y: list(),
                },
            ],
            mark_x: numbers.first().map(|x| (*x, name())),
        },
        ChartKind::Split {
            dates: dates.clone(),
            values: list(),
            y_label: name(),
            spans: ends
                .map(|(a, b)| vec![span(*a, *b), span(*b, *a)])
                .unwrap_or_default(),
        },
        ChartKind::Fan {
            y_label: name(),
            history: dates.iter().copied().zip(list()).collect(),
            dates: dates.clone(),
            truth: numbers.iter().map(|v| Some(*v)).chain([None]).collect(),
            median: list(),
            bands: vec![
                Band {
                    name: name(),
                    lower: list(),
                    upper: list()
                };
                2
            ],
            baseline: Some((name(), list())),
        },
        ChartKind::Calibration {
            points: numbers
                .iter()
                .map(|v| CalibrationMark {
                    nominal: *v,
                    observed: *v,
                    lower: *v,
                    upper: f64::NAN,
                })
                .collect(),
            name: name(),
        },
        ChartKind::HeatMap(HeatMap {
            rows: vec![name(); numbers.len().min(4)],
            columns: vec![name(); 3],
            values: list(),
        }),
        ChartKind::Bars {
            y_label: name(),
            bars: numbers
                .iter()
                .map(|v| Bar {
                    name: name(),
                    value: *v,
                    lower: Some(*v),
                    upper: Some(*v),
                    emphasis: false,
                })
                .collect(),
            zero_line: true,
        },
        ChartKind::Histogram {
            x_label: name(),
            values: list(),
            bins: 0,
        },
        ChartKind::Histogram {
            x_label: name(),
            values: list(),
            bins: 7,
        },
    ]
}

fn assert_sound(html: &str) {
    assert!(
        !html.contains("NaN") && !html.contains("inf"),
        "a number that is none: {html}"
    );
    // Every attribute value that is a coordinate stays one: kuva writes "e" for huge numbers.
    for part in html.split(" d=\"").skip(1) {
        let path = part.split('"').next().unwrap();
        assert!(
            path.chars()
                .all(|c| c.is_ascii_digit() || " .-MLZ".contains(c)),
            "{path}"
        );
    }
}

#[test]
fn text_is_escaped_everywhere() {
    let text = || HOSTILE.to_string();
    let cell = Cell {
        text: text(),
        detail: Some(text()),
        best: true,
    };
    let chart = |kind| {
        Block::Chart(Chart {
            title: text(),
            caption: text(),
            kind,
        })
    };
    let mut blocks: Vec<Block> = kinds(&[1.0, 2.0, 0.5], HOSTILE)
        .into_iter()
        .map(chart)
        .collect();
    blocks.extend([
        Block::Text(text()),
        Block::Code(text()),
        Block::Table(Table {
            caption: text(),
            columns: vec![text()],
            rows: vec![TableRow {
                label: text(),
                cells: vec![cell],
                emphasis: true,
            }],
        }),
    ]);
    let page = Page {
        title: text(),
        subtitle: text(),
        facts: vec![(text(), text())],
        headline: vec![Figure {
            label: text(),
            value: text(),
            detail: text(),
            verdict: Verdict::Bad,
        }],
        notes: vec![Note {
            kind: NoteKind::Warning,
            text: text(),
        }],
        sections: vec![Section {
            title: text(),
            lead: text(),
            blocks: vec![Block::Row(blocks)],
        }],
        footer: text(),
    };
    let html = page.to_html();
    assert!(!html.contains("<script"), "a name became markup");
    assert!(html.contains("&lt;script&gt;"));
    assert!(html.contains("$x$"), "dollars are no mathematics here");
}

#[test]
fn odd_numbers_never_panic() {
    let nan = f64::NAN;
    let lists: &[&[f64]] = &[
        &[],
        &[nan],
        &[nan, f64::INFINITY, f64::NEG_INFINITY],
        &[3.0],
        &[0.0],
        &[-2.0, -2.0],
        &[1.0, nan, 2.0, nan],
        &[f64::MAX, f64::MIN],
        &[9e99, -9e99],
        &[1e-300, 2e-300],
        &[1e15, 1e15 + 0.25],
        &[-0.0, 0.0],
    ];
    for list in lists {
        for kind in kinds(list, "n") {
            // Coverage is a share; all other charts take any number of a sane size.
            let most = if matches!(kind, ChartKind::Calibration { .. }) {
                1.0
            } else {
                1e100
            };
            let least = if most == 1.0 { 0.0 } else { -most };
            let drawable = list.iter().any(|v| (least..=most).contains(v));
            let html = page(kind.clone()).to_html();
            assert_sound(html.split_once("</style>").unwrap().1);
            assert_eq!(html.contains("nothing to draw"), !drawable, "{kind:?}");
        }
    }
}

#[test]
fn vectors_of_different_lengths_are_fine() {
    let days = vec![date(2020, 1, 1), date(2020, 1, 2)];
    let fan = ChartKind::Fan {
        y_label: String::new(),
        history: vec![],
        dates: days.clone(),
        truth: vec![],
        median: vec![1.0, 2.0, 3.0, 4.0],
        bands: vec![Band {
            name: "b".into(),
            lower: vec![0.0],
            upper: vec![3.0, 4.0, 5.0],
        }],
        baseline: Some(("l".into(), vec![])),
    };
    let split = ChartKind::Split {
        dates: days,
        values: vec![1.0; 9],
        y_label: String::new(),
        spans: vec![],
    };
    for kind in [fan, split] {
        assert_sound(page(kind).to_html().split_once("</style>").unwrap().1);
    }
}

#[test]
fn one_point_is_a_dot() {
    let curve = Curve {
        name: "c".into(),
        x: vec![4.0],
        y: vec![2.0],
    };
    let kind = ChartKind::Curves {
        x_label: String::new(),
        y_label: String::new(),
        curves: vec![curve],
        mark_x: None,
    };
    let svg = Chart {
        title: "one".into(),
        caption: String::new(),
        kind,
    }
    .to_svg();
    assert_eq!(svg.matches("<circle").count(), 1);
}

#[test]
fn a_spike_in_a_long_series_is_drawn() {
    let n = 50_000;
    let mut y = vec![1.0; n];
    y[31_234] = 1000.0;
    let x: Vec<f64> = (0..n).map(|i| i as f64).collect();
    let kind = ChartKind::Curves {
        x_label: String::new(),
        y_label: String::new(),
        curves: vec![Curve {
            name: "c".into(),
            x,
            y,
        }],
        mark_x: None,
    };
    let svg = Chart {
        title: "long".into(),
        caption: String::new(),
        kind,
    }
    .to_svg();
    assert!(svg.len() < 40_000, "{} bytes", svg.len());
    let path = svg
        .split(" d=\"M")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let numbers: Vec<f64> = path.split([' ', 'L']).map(|v| v.parse().unwrap()).collect();
    let heights: Vec<f64> = numbers.iter().skip(1).step_by(2).copied().collect();
    let (top, bottom) = heights
        .iter()
        .fold((f64::MAX, 0.0f64), |(t, b), h| (t.min(*h), b.max(*h)));
    assert!(bottom - top > 200.0, "the spike is gone: {top} to {bottom}");
}

#[test]
fn nothing_is_loaded_and_ids_are_unique() {
    let mut page = page(ChartKind::Histogram {
        x_label: "x".into(),
        values: vec![1.0, 2.0],
        bins: 2,
    });
    let again = page.sections[0].clone();
    page.sections.extend([again.clone(), again]);
    let html = page.to_html();
    let stripped = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for forbidden in [
        "http://",
        "https://",
        "<script",
        "<link",
        "@import",
        "src=",
        "@font-face",
    ] {
        assert!(!stripped.contains(forbidden), "{forbidden}");
    }
    for url in stripped.split("url(").skip(1) {
        assert!(url.starts_with('#'), "{}", &url[..20]);
    }
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|s| s.split('"').next())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
    assert_eq!(html, page.to_html(), "the same page twice is the same text");
}

#[test]
fn a_small_page() {
    let mut page = page(ChartKind::Histogram {
        x_label: "x".into(),
        values: vec![1.0, 2.0],
        bins: 2,
    });
    page.title = "Small".into();
    page.subtitle = "A page".into();
    page.facts = vec![("Seed".into(), "7".into())];
    page.headline = [Verdict::Good, Verdict::Neutral, Verdict::Bad]
        .map(|verdict| Figure {
            label: "l".into(),
            value: "1".into(),
            detail: "d".into(),
            verdict,
        })
        .into();
    page.notes = vec![
        Note {
            kind: NoteKind::Warning,
            text: "w".into(),
        },
        Note::default(),
    ];
    page.sections[0].title = "First".into();
    page.sections[0].lead = "Lead".into();
    let cell = |text: &str, best| Cell {
        text: text.into(),
        detail: None,
        best,
    };
    page.sections[0].blocks.extend([
        Block::Text("one\n\ntwo".into()),
        Block::Code("a\n  b".into()),
        Block::Table(Table {
            caption: "T".into(),
            columns: vec!["model".into(), "loss".into()],
            rows: vec![
                TableRow {
                    label: "own".into(),
                    cells: vec![cell("1", true)],
                    emphasis: true,
                },
                TableRow {
                    label: "other".into(),
                    cells: vec![],
                    emphasis: false,
                },
            ],
        }),
    ]);
    page.footer = "End".into();
    insta::assert_snapshot!(without_drawings(&page.to_html()));
}

/// The page without style and SVG content, one element a line.
fn without_drawings(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    for (open, close) in [("<style>", "</style>")]
        .into_iter()
        .chain([("<svg", "</svg>"); 2])
    {
        let (before, after) = rest.split_once(open).unwrap();
        out.push_str(before);
        out.push_str(&format!("{open}…{close}"));
        rest = after.split_once(close).unwrap().1;
    }
    (out + rest).replace("><", ">\n<")
}
