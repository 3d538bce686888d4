//! Names of languages, as endings of files and headers of columns give them.

/// Codes and English names.
const LANGUAGES: &str = "af Afrikaans,am Amharic,ar Arabic,az Azerbaijani,be Belarusian,bg Bulgarian,\
    bn Bengali,bs Bosnian,ca Catalan,cs Czech,cy Welsh,da Danish,de German,el Greek,en English,\
    eo Esperanto,es Spanish,et Estonian,eu Basque,fa Persian,fi Finnish,fr French,ga Irish,gl Galician,\
    gu Gujarati,ha Hausa,he Hebrew,hi Hindi,hr Croatian,hu Hungarian,hy Armenian,id Indonesian,\
    ig Igbo,is Icelandic,it Italian,ja Japanese,ka Georgian,kk Kazakh,km Khmer,kn Kannada,ko Korean,\
    la Latin,lb Luxembourgish,lt Lithuanian,lv Latvian,mk Macedonian,ml Malayalam,mn Mongolian,\
    mr Marathi,ms Malay,mt Maltese,my Burmese,nb Norwegian Bokmal,ne Nepali,nl Dutch,nn Nynorsk,\
    no Norwegian,pa Punjabi,pl Polish,pt Portuguese,ro Romanian,ru Russian,si Sinhala,sk Slovak,\
    sl Slovenian,so Somali,sq Albanian,sr Serbian,sv Swedish,sw Swahili,ta Tamil,te Telugu,th Thai,\
    tl Tagalog,tr Turkish,uk Ukrainian,ur Urdu,uz Uzbek,vi Vietnamese,yo Yoruba,zh Chinese,zu Zulu";

/// Three letters that many files use for a language.
const LONG_CODES: &str = "eng en,deu de,ger de,fra fr,fre fr,spa es,ita it,por pt,nld nl,dut nl,rus ru,\
    pol pl,ces cs,cze cs,swe sv,dan da,fin fi,tur tr,ara ar,heb he,jpn ja,kor ko,cmn zh,zho zh,chi zh,\
    ukr uk,hun hu,ron ro,rum ro,ell el,gre el,vie vi,hin hi,ind id,bul bg,hrv hr,srp sr,slk sk,slv sl";

fn pairs(of: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    of.split(',').filter_map(|pair| pair.trim().split_once(' '))
}

/// The two letters of a language, given as such, as three letters, or by its English name; a region
/// (`en-US`, `pt_BR`) does not count.
pub fn language_code(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let long = |text: &str| pairs(LONG_CODES).find(|(long, _)| long.eq_ignore_ascii_case(text));
    let known = |text: &str| {
        let of = |(code, name): &(&str, &str)| {
            code.eq_ignore_ascii_case(text) || name.eq_ignore_ascii_case(text)
        };
        let code = pairs(LANGUAGES).find(of).map(|(code, _)| code);
        code.or_else(|| long(text).map(|(_, code)| code))
    };
    let region = || {
        let (code, region) = text.split_once(['-', '_'])?;
        let is_region = matches!(region.len(), 2 | 4) && region.is_ascii();
        known(code).filter(|_| is_region && code.len() < 4)
    };
    known(text).or_else(region)
}

/// The English name of a language; other words stay as they are.
pub fn language_name(text: &str) -> &str {
    let code = language_code(text);
    let named = pairs(LANGUAGES).find(|(known, _)| Some(*known) == code);
    named.map_or(text, |(_, name)| name)
}

/// Words that are frequent in one of these languages, and rare in the others.
const FREQUENT: [(&str, &str); 9] = [
    (
        "en",
        "the is are was you of to and have this that with my not",
    ),
    (
        "fr",
        "le les des est je vous pas une et dans que il elle nous ce",
    ),
    (
        "de",
        "der die das ist ich nicht und ein eine sie wir zu mit den",
    ),
    ("es", "el los las es que y yo por una está con del muy su"),
    ("it", "il che è di non sono gli della questo ho un io mi"),
    ("pt", "o os não é você uma um eu em do da isso com ele"),
    ("nl", "het een is ik niet van en dat je zijn wij op met de"),
    ("sv", "och är jag inte det en att på som han hon vi med"),
    ("pl", "nie jest się to na że w ja z i do jak co"),
];

/// Share of the words of texts that are frequent in a language; none for a language without a list.
pub(super) fn frequent_words(texts: &[String], language: &str) -> Option<f64> {
    let of = FREQUENT.iter().find(|(code, _)| *code == language);
    let frequent: Vec<&str> = of?.1.split(' ').collect();
    let (mut hits, mut all) = (0_usize, 0_usize);
    for text in texts {
        let text = text.to_lowercase();
        let words = text.split(|one: char| !one.is_alphabetic());
        for word in words.filter(|word| !word.is_empty()) {
            all += 1;
            hits += usize::from(frequent.contains(&word));
        }
    }
    Some(hits as f64 / all.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_tell_their_language() {
        let english = ["Where is the dog?", "You are not my friend."].map(str::to_string);
        let share = |language: &str| frequent_words(&english, language);
        assert!(share("en") > Some(0.5) && share("fr") < Some(0.1));
        assert_eq!(share("ja"), None);
        assert_eq!(frequent_words(&[], "en"), Some(0.0));
    }

    #[test]
    fn languages_are_known_by_codes_and_names() {
        for text in ["fr", "FR", "fra", " French ", "fr-CA", "fr_FR"] {
            assert_eq!(language_code(text), Some("fr"), "{text}");
            assert_eq!(language_name(text), "French", "{text}");
        }
        for text in ["", "body", "1", "xx", "fr.fr", "français", "no-one"] {
            assert_eq!(language_code(text), None, "{text}");
        }
        assert_eq!(language_name("title"), "title");
        assert_eq!(language_name("zu"), "Zulu");
    }
}
