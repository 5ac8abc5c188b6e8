//! Spelling suggestions for names.

/// The maximum number of names that an error lists.
const MAX_LISTED: usize = 40;

/// Returns at most three names that are a typing error away from `name`, the closest first.
pub(crate) fn closest<'a>(name: &str, among: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase();
    let mut close: Vec<_> = among
        .into_iter()
        .filter(|other| other.len().abs_diff(name.len()) <= 3)
        .map(|other| (strsim::osa_distance(&name, &other.to_lowercase()), other))
        .filter(|(distance, other)| *distance <= 1 + other.len().min(name.len()) / 4)
        .collect();
    close.sort_unstable();
    close.into_iter().map(|(_, other)| other).take(3).collect()
}

/// Returns the advice for an unknown name: close names, then `introduction` and the known names.
pub(crate) fn advice<'a>(name: &str, names: impl IntoIterator<Item = &'a str>, introduction: &str) -> String {
    let names: Vec<_> = names.into_iter().collect();
    let mut listed = names.iter().copied().take(MAX_LISTED).collect::<Vec<_>>().join(", ");
    if names.len() > MAX_LISTED {
        listed.push_str(&format!(" and {} more", names.len() - MAX_LISTED));
    }
    let close = closest(name, names);
    let meant = if close.is_empty() { String::new() } else { format!("did you mean `{}`? ", close.join("` or `")) };
    format!("{meant}{introduction} {listed}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_typing_errors_are_close() {
        let names = ["S2A_S2MSI1C", "S2B_S2MSI1C", "S2A_S2MSI2A", "ERS-1"];
        assert_eq!(closest("s2a_s2msi1c", names), ["S2A_S2MSI1C", "S2B_S2MSI1C", "S2A_S2MSI2A"]);
        assert_eq!(closest("ERS-2", names), ["ERS-1"]);
        assert!(closest("landsat", names).is_empty());
    }

    #[test]
    fn advice_lists_a_limited_number_of_names() {
        let names: Vec<_> = (0..100).map(|number| format!("collection-{number}")).collect();
        let advice = advice("x", names.iter().map(String::as_str), "there are");
        assert!(advice.starts_with("there are collection-0, collection-1"), "{advice}");
        assert!(advice.ends_with("collection-39 and 60 more"), "{advice}");
    }
}
