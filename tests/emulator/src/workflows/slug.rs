//! Slugs: `dev-cluster-ESugE7S4cwADVK`.

use crate::services::Refusal;

/// The longest slug, in characters (Workflows API, clusters).
const MAXIMUM_LENGTH: usize = 100;
/// The number of generated characters at the end of a slug, as recorded.
const SUFFIX_LENGTH: usize = 14;
const ALPHANUMERICS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Refuses a slug with invalid characters or a wrong length.
pub(super) fn check(field: &str, slug: &str) -> Result<(), Refusal> {
    if slug.is_empty() || slug.len() > MAXIMUM_LENGTH || !slug.bytes().all(is_valid) {
        let reason = format!("{field}: expects 1 to {MAXIMUM_LENGTH} letters, digits and hyphens, got {slug:?}");
        return Err(Refusal::invalid(reason));
    }
    Ok(())
}

/// Generates a slug from a name until it is unused.
pub(super) fn unused(name: &str, random: &mut fastrand::Rng, is_used: impl Fn(&str) -> bool) -> String {
    loop {
        let slug = generate(name, random.u128(..));
        if !is_used(&slug) {
            return slug;
        }
    }
}

/// Returns the slug that results from a name and a number.
pub(super) fn generate(name: &str, mut number: u128) -> String {
    let mut slug = String::new();
    for word in name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        slug.push_str(&word.to_ascii_lowercase());
        slug.push('-');
    }
    slug.truncate(MAXIMUM_LENGTH - SUFFIX_LENGTH);
    for _ in 0..SUFFIX_LENGTH {
        slug.extend(ALPHANUMERICS.get((number % 62) as usize).map(|letter| char::from(*letter)));
        number /= 62;
    }
    slug
}

fn is_valid(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || letter == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_slug_has_the_name_and_fourteen_characters() {
        for (name, start) in
            [("Dev cluster", "dev-cluster-"), ("  Ä/b__C ", "b-c-"), ("", ""), ("日本", ""), ("a-b", "a-b-")]
        {
            let slug = generate(name, u128::MAX);
            assert_eq!(slug.len(), start.len() + SUFFIX_LENGTH, "{slug}");
            assert!(slug.starts_with(start), "{slug}");
            assert!(check("slug", &slug).is_ok(), "{slug}");
        }
        let longest = generate(&"a b".repeat(100), 7);
        assert_eq!(longest.len(), MAXIMUM_LENGTH);
        assert!(check("slug", &longest).is_ok());
        assert_ne!(generate("a", 1), generate("a", 2));
    }

    #[test]
    fn an_invalid_slug_is_refused() {
        for slug in ["", "a_b", "ä", "a b", &"a".repeat(101)] {
            assert!(check("slug", slug).is_err(), "{slug}");
        }
        assert!(check("slug", &"Z".repeat(100)).is_ok());
    }
}
