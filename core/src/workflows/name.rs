//! Checks of slugs, names and texts before a request is sent (Workflows API, validation of requests).

use uuid::Uuid;

use crate::error::{Error, Result};

/// Maximum number of characters of a slug.
const MAX_SLUG: usize = 100;
/// Maximum number of characters of a name.
const MAX_NAME: usize = 100;
/// Maximum number of characters of a description or summary.
const MAX_TEXT: usize = 50_000;

/// Refuses the slug of a cluster unless it has 1 to 100 letters, digits and hyphens. `purpose` completes "cannot …".
pub(crate) fn check_cluster_slug(purpose: &str, slug: &str) -> Result<()> {
    let reason = match slug.chars().count() {
        0 => "the slug of the cluster is empty".to_owned(),
        length if length > MAX_SLUG => format!("the slug of the cluster has {length} characters"),
        _ => match slug.chars().find(|character| !character.is_ascii_alphanumeric() && *character != '-') {
            Some(character) => format!("the slug of the cluster contains {character:?}"),
            None => return Ok(()),
        },
    };
    let advice = match slug {
        "" => "write the slug of a cluster; `clusters().default()` returns the default cluster",
        _ => "a slug has 1 to 100 letters (a to z, A to Z), digits and hyphens, such as dev-cluster",
    };
    Err(Error::invalid(purpose.to_owned(), reason, advice))
}

/// Refuses the slug of a workflow that is empty or white space.
pub(crate) fn check_workflow_slug(purpose: &str, slug: &str) -> Result<()> {
    if !slug.trim().is_empty() {
        return Ok(());
    }
    let advice = "write the slug of a workflow; `workflows().all()` lists them";
    Err(Error::invalid(purpose.to_owned(), "the slug of the workflow is empty", advice))
}

/// Refuses a name unless it has 1 to 100 characters.
pub(crate) fn check_name(purpose: &str, name: &str) -> Result<()> {
    let length = name.chars().count();
    let reason = match length {
        _ if name.trim().is_empty() => "the name is empty".to_owned(),
        _ if length > MAX_NAME => format!("the name has {length} characters"),
        _ => return Ok(()),
    };
    Err(Error::invalid(purpose.to_owned(), reason, format!("give it a name of 1 to {MAX_NAME} characters")))
}

/// Refuses a text of more than 50 000 characters. `part` is its name, such as "description".
pub(crate) fn check_text(purpose: &str, part: &str, text: &str) -> Result<()> {
    let length = text.chars().count();
    if length <= MAX_TEXT {
        return Ok(());
    }
    let reason = format!("the {part} has {length} characters; at most {MAX_TEXT} are allowed");
    Err(Error::invalid(purpose.to_owned(), reason, "shorten it"))
}

/// Refuses an id that is not valid or nil. `noun` names its subject, such as "automation".
pub(crate) fn check_id(purpose: &str, noun: &str, id: &Result<Uuid, String>) -> Result<Uuid> {
    let reason = match id {
        Ok(id) if id.is_nil() => format!("the id of the {noun} is nil"),
        Ok(id) => return Ok(*id),
        Err(reason) => format!("the id of the {noun} is not valid: {reason}"),
    };
    let advice = "write an id as Tilebox does, such as 01941f29-c650-202f-6495-c71dd2118fb1";
    Err(Error::invalid(purpose.to_owned(), reason, advice))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cluster_slug_has_letters_digits_and_hyphens() {
        for good in ["a", "dev-cluster-ESugE7S4cwADVK", "-", &"x".repeat(100)] {
            check_cluster_slug("find it", good).expect("a slug");
        }
        for (bad, reason) in [
            ("", "cannot find it: the slug of the cluster is empty; write the slug"),
            ("dev cluster", "cannot find it: the slug of the cluster contains ' '; a slug has 1 to 100"),
            ("dev_cluster", "cannot find it: the slug of the cluster contains '_'; "),
            ("größe", "cannot find it: the slug of the cluster contains 'ö'; "),
            (&"x".repeat(101), "cannot find it: the slug of the cluster has 101 characters; "),
        ] {
            let error = check_cluster_slug("find it", bad).expect_err(bad).to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }

    #[test]
    fn a_name_has_1_to_100_characters() {
        check_name("create it", &"ü".repeat(100)).expect("a name");
        for (bad, reason) in [("", "the name is empty"), (" \n", "the name is empty")] {
            assert_eq!(check_name("create it", bad).expect_err(bad).reason(), reason);
        }
        assert_eq!(
            check_name("create it", &"x".repeat(101)).expect_err("long").reason(),
            "the name has 101 characters"
        );
    }

    #[test]
    fn a_text_has_at_most_50_000_characters() {
        check_text("create it", "description", &"ü".repeat(50_000)).expect("a text");
        let error = check_text("create it", "description", &"x".repeat(50_001)).expect_err("long").to_string();
        let expected = "cannot create it: the description has 50001 characters; at most 50000 are allowed; shorten it";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_nil_or_unreadable_id_is_refused() {
        let id = Uuid::from_u128(7);
        assert_eq!(check_id("find it", "automation", &Ok(id)).expect("an id"), id);
        let nil = check_id("find it", "automation", &Ok(Uuid::nil())).expect_err("nil");
        assert_eq!(nil.reason(), "the id of the automation is nil");
        let error = check_id("find it", "automation", &Err("too short".to_owned())).expect_err("not valid");
        assert_eq!(error.reason(), "the id of the automation is not valid: too short");
    }

    proptest! {
        #[test]
        fn an_error_is_one_line(text in any::<String>()) {
            for result in [check_cluster_slug("find it", &text), check_name("find it", &text)] {
                if let Err(error) = result {
                    prop_assert!(!error.to_string().contains(char::is_control));
                }
            }
        }
    }
}
