//! Texts as the words that n-grams are made of.

use super::config::Tokens;
use rekindle_data::words;

/// The words of a text.
pub fn words_of(text: &str, tokens: Tokens) -> Vec<String> {
    match tokens {
        Tokens::Plain => plain(text),
        Tokens::Words | Tokens::Keras => words(text, true),
    }
}

/// Lower-cased words without punctuation, digits as `#`.
fn plain(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut word = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphabetic() || letter == '#' {
            word.push(letter);
        } else if letter.is_numeric() {
            word.push('#');
        } else if matches!(letter, '\'' | '’' | '-' | '.' | ',') {
            // Removed without a blank in between, as in "dont" and "selfdriving".
        } else if !word.is_empty() {
            all.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        all.push(word);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_have_no_style_left() {
        let text = "Don't self-driving cars cost $30,000 in 2018?";
        let want = "dont selfdriving cars cost ##### in ####";
        assert_eq!(plain(text).join(" "), want);
        assert_eq!(plain(want).join(" "), want);
    }
}
