//! Names as people write them, out of names as they were filed.

use super::ids::squeezed;

/// Short words of companies' names that are no initials.
const COMPANY: [&str; 3] = ["CO", "INC", "LTD"];

/// Longer runs with a vowel that are codes all the same.
const CODES: [&str; 2] = ["MKII", "MKIII"];

/// Longest name shown, in characters.
const LONGEST: usize = 80;
/// How far from the cut a word's end may lie, in bytes.
const NEAR_END: usize = 24;

/// Makes whose own spelling no rule gives: initials of four letters and more, and one that is no initials.
const MAKES: [(&str, &str); 6] = [
    ("BMW", "BMW"),
    ("GMC", "GMC"),
    ("RAM", "Ram"),
    ("MINI", "MINI"),
    ("INEOS", "INEOS"),
    ("MCLAREN", "McLaren"),
];

/// A make's name: mixed case stays, capitals become a proper name.
pub(super) fn make_name(filed: &str) -> String {
    let name = squeezed(filed);
    let known = MAKES
        .iter()
        .find(|(capitals, _)| name.eq_ignore_ascii_case(capitals));
    known.map_or_else(
        || uncapitalised(&name, &COMPANY),
        |(_, shown)| (*shown).to_owned(),
    )
}

/// A model's name: mixed case stays; `COROLLA CROSS` becomes `Corolla Cross`, `CR-V`, `MDX` and `F-150` stay.
pub(super) fn model_name(filed: &str) -> String {
    shortened(&uncapitalised(&squeezed(filed), &[]))
}

/// A trim's name; `None` for texts that name none.
pub(super) fn trim_name(filed: &str) -> Option<String> {
    const NOTHING: [&str; 6] = [
        "(not identified)",
        "not identified",
        "not applicable",
        "n/a",
        "none",
        "-",
    ];
    let name = squeezed(filed);
    let nothing = name.is_empty() || NOTHING.iter().any(|text| name.eq_ignore_ascii_case(text));
    (!nothing).then(|| shortened(&name))
}

/// The parts of a list of trims under one key (`XLE / XSE`, `LX, EX`); empty for a single trim.
pub(super) fn list_parts(name: &str) -> Vec<String> {
    let parts: Vec<String> = name
        .split([',', '/'])
        .map(squeezed)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() < 2 { Vec::new() } else { parts }
}

/// Turns a name all in capitals into a proper name, run of letters by run; one with any lower case is left alone.
fn uncapitalised(name: &str, short_words: &[&str]) -> String {
    if name.chars().any(char::is_lowercase) {
        return name.to_owned();
    }
    let of_run = |sign: char| sign.is_alphanumeric() || sign == '\'';
    let mut shown = String::with_capacity(name.len());
    for piece in name.split_inclusive(|sign| !of_run(sign)) {
        let (run, sign) = piece.split_at(piece.trim_end_matches(|sign| !of_run(sign)).len());
        shown.push_str(&proper(run, short_words));
        shown.push_str(sign);
    }
    shown
}

/// `CROSS` to `Cross`. Short runs (`SI`, `MDX`, the parts of `CR-V`), runs with digits (`RAV4`) and runs without a
/// vowel are initials or codes and stay, but for `short_words`.
fn proper(run: &str, short_words: &[&str]) -> String {
    let word = run.chars().count() >= 4 && run.contains(['A', 'E', 'I', 'O', 'U', 'Y']);
    if run.chars().any(char::is_numeric)
        || CODES.contains(&run)
        || !(word || short_words.contains(&run))
    {
        return run.to_owned();
    }
    let mut letters = run.chars();
    letters
        .next()
        .into_iter()
        .chain(letters.flat_map(char::to_lowercase))
        .collect()
}

/// Cuts an over-long name at a word's end, if one is near.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let cut: String = name.chars().take(LONGEST - 1).collect();
    let end = cut
        .rfind([' ', ',', '/'])
        .filter(|end| cut.len() - end <= NEAR_END);
    let whole = end.and_then(|end| cut.get(..end)).unwrap_or(&cut);
    format!("{}…", whole.trim_end_matches([',', '/', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_become_proper_names() {
        for (filed, shown) in [
            ("RIVIAN", "Rivian"),
            ("KARMA", "Karma"),
            ("FF", "FF"),
            ("BMW", "BMW"),
            ("GMC", "GMC"),
            ("MINI", "MINI"),
            ("RAM", "Ram"),
            ("MV AGUSTA", "MV Agusta"),
            ("Land Rover", "Land Rover"),
            ("SCOTT'S CHOPPERS, INC.", "Scott's Choppers, Inc."),
            ("ROYAL ENFIELD", "Royal Enfield"),
        ] {
            assert_eq!(make_name(filed), shown);
        }
    }

    #[test]
    fn initials_and_codes_of_models_stay() {
        for (filed, shown) in [
            ("CIVIC SI", "Civic SI"),
            ("COROLLA CROSS", "Corolla Cross"),
            ("METRIS", "Metris"),
            ("ROMA PRO/ROMA MAX", "Roma PRO/Roma MAX"),
            ("DF250RTA", "DF250RTA"),
            ("LTD", "LTD"),
            ("GT MKII", "GT MKII"),
            ("CR-V", "CR-V"),
            ("HR-V", "HR-V"),
            ("RAV4", "RAV4"),
            ("MDX", "MDX"),
            ("F-150", "F-150"),
            ("Model  S ", "Model S"),
        ] {
            assert_eq!(model_name(filed), shown);
        }
    }

    #[test]
    fn texts_that_name_no_trim_are_dropped() {
        for filed in ["", "  ", "(not identified)", "(Not Identified)", "N/A"] {
            assert_eq!(trim_name(filed), None, "{filed:?}");
        }
        assert_eq!(trim_name(" EX\t-  L ").as_deref(), Some("EX - L"));
    }

    #[test]
    fn lists_fall_apart_at_commas_and_slashes() {
        assert_eq!(list_parts("XLE / XSE"), ["XLE", "XSE"]);
        assert_eq!(list_parts("LX, EX/EX-L"), ["LX", "EX", "EX-L"]);
        assert!(list_parts("Sport Touring").is_empty());
        assert!(list_parts("LX,").is_empty());
    }

    #[test]
    fn long_names_are_cut_between_words() {
        let long = "Premium Package, ".repeat(12);
        let shown = trim_name(&long).unwrap();
        assert!(shown.chars().count() <= LONGEST, "{shown}");
        assert!(
            shown.ends_with("Package…") || shown.ends_with("Premium…"),
            "{shown}"
        );
    }
}
