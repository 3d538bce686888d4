//! The tokenizer `13a`: how BLEU splits a line into words.

/// Splits a line as `mteval-v13a.pl` of NIST does, in the reading of sacreBLEU (Post 2018), and
/// gives its tokens with one space between.
///
/// `<skipped>` and a hyphen at a line's end vanish, `&quot;`, `&amp;`, `&lt;` and `&gt;` become the
/// characters they stand for, and then tokens of their own are: every ASCII mark except `'`, `,`,
/// `-` and `.`; a comma or a full stop, except between digits; a hyphen after a digit. Marks
/// outside ASCII (`“`, `—`) and case stay as they are. The rules run one after the other, each once
/// from left to right, so in an odd run of marks (`a.,5`) a comma can stay at its number.
///
/// Matt Post, "A Call for Clarity in Reporting BLEU Scores", WMT 2018.
///
/// ```
/// use rekindle_eval::tokenize_13a;
///
/// let tokens = tokenize_13a("Um 9.30 Uhr, sagte sie: 1,000.5 &amp; mehr!");
/// assert_eq!(tokens, "Um 9.30 Uhr , sagte sie : 1,000.5 & mehr !");
/// ```
pub fn tokenize_13a(line: &str) -> String {
    let mut line = line
        .trim_end_matches(is_space)
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    if line.contains('&') {
        // In this order, as `&amp;lt;` is to become `<`.
        for (entity, mark) in [
            ("&quot;", "\""),
            ("&amp;", "&"),
            ("&lt;", "<"),
            ("&gt;", ">"),
        ] {
            line = line.replace(entity, mark);
        }
    }
    let line = set_marks_apart(&line);
    let line = split_pairs(&line, |a, b| !is_digit(a) && is_point(b), ["", " ", " "]);
    let line = split_pairs(&line, |a, b| is_point(a) && !is_digit(b), [" ", " ", ""]);
    let line = split_pairs(&line, |a, b| is_digit(a) && b == '-', ["", " ", " "]);
    let mut tokens = String::with_capacity(line.len());
    for token in line.split(is_space).filter(|token| !token.is_empty()) {
        if !tokens.is_empty() {
            tokens.push(' ');
        }
        tokens.push_str(token);
    }
    tokens
}

/// What Python's `str.split` takes for white space: Unicode's, and four separators of ASCII.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_point(c: char) -> bool {
    matches!(c, '.' | ',')
}

/// Puts spaces around the marks that are always tokens, and around the line, as the rules for pairs
/// need a neighbour at both ends.
fn set_marks_apart(line: &str) -> String {
    let mut apart = String::with_capacity(line.len() + 16);
    apart.push(' ');
    for c in line.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '\'' | ',' | '-' | '.') {
            apart.extend([' ', c, ' ']);
        } else {
            apart.push(c);
        }
    }
    apart.push(' ');
    apart
}

/// Writes the three strings before, between and after two characters that are a pair; pairs do not
/// overlap, as in a regular expression's substitution.
fn split_pairs(
    line: &str,
    is_pair: impl Fn(char, char) -> bool,
    [before, between, after]: [&str; 3],
) -> String {
    let mut split = String::with_capacity(line.len() + 16);
    let mut chars = line.chars().peekable();
    while let Some(first) = chars.next() {
        match chars.next_if(|&second| is_pair(first, second)) {
            Some(second) => {
                split.push_str(before);
                split.push(first);
                split.push_str(between);
                split.push(second);
                split.push_str(after);
            }
            None => split.push(first),
        }
    }
    split
}
