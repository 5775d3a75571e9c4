//! Dead letters as cases: what they are grouped by.

/// Most characters of a fingerprint.
const FINGERPRINT_CHARS_MAX: usize = 300;

/// What a case is grouped by: its type, its reason and what was wrong, with
/// every word that has a digit left out as `#`, so that ids, counts and times
/// make no group of their own. The database computes the same (migration 0006).
#[must_use]
pub fn fingerprint(type_name: Option<&str>, reason: &str, detail: &str) -> String {
    let mut normal = format!("{}/{reason}/", type_name.unwrap_or_default());
    let mut word = String::new();
    for character in detail.chars() {
        if is_of_word(character) {
            word.push(character);
        } else {
            push_word(&mut normal, &mut word);
            normal.push(character);
        }
    }
    push_word(&mut normal, &mut word);
    normal.chars().take(FINGERPRINT_CHARS_MAX).collect()
}

fn push_word(normal: &mut String, word: &mut String) {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    normal.push_str(if has_digit { "#" } else { word });
    word.clear();
}

const fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | ':' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_case_to_case_is_left_out() {
        let of = |detail| fingerprint(Some("t"), "reason", detail);
        assert_eq!(of("contact_456 at 12:30 failed 3 times"), "t/reason/# at # failed # times");
        assert_eq!(of("contact_456"), of("contact_7"));
        assert_eq!(of("no digits. at all-"), "t/reason/no digits. at all-");
        assert_eq!(of("é9ü"), "t/reason/é#ü");
        assert_eq!(fingerprint(None, "malformed", ""), "/malformed/");
        assert_eq!(of(&"x ".repeat(400)).chars().count(), FINGERPRINT_CHARS_MAX);
    }
}
