//! `DatasetService`.

use prost::Message;
use tilebox_core::wire::datasets::v1::{GetDatasetRequest, ListDatasetsResponse};

use super::{Answer, Refusal, optional_id};
use crate::protobuf;
use crate::store::Store;

/// The number of `ListDatasetsResponse.datasets`.
const DATASETS_FIELD: u32 = 1;

/// By slug or by id. The answer does not list collections, as the recorded ones do not.
pub(super) fn get(store: &Store, request: &GetDatasetRequest) -> Answer {
    let id = optional_id("id", request.id.as_ref())?;
    let dataset = match (request.slug.as_str(), id) {
        ("", None) => return Err(Refusal::invalid("one of slug and id is required")),
        ("", Some(id)) => store.dataset(id),
        (slug, None) if is_slug(slug) => store.dataset_by_slug(slug),
        (slug, None) => {
            return Err(Refusal::invalid(format!(
                "slug: {slug:?} is not words of letters, digits and _ joined by dots"
            )));
        }
        _ => return Err(Refusal::invalid("only one of slug and id may be given")),
    };
    Ok(dataset.ok_or_else(Refusal::no_dataset)?.encode(false).into())
}

/// Every dataset with its collections, and all groups up to the root.
pub(super) fn list(store: &Store) -> Answer {
    let groups = store.groups().iter().map(crate::store::Group::to_wire).collect();
    let mut response = ListDatasetsResponse { groups, ..ListDatasetsResponse::default() }.encode_to_vec();
    for dataset in store.datasets() {
        protobuf::write_bytes(DATASETS_FIELD, &dataset.encode(true), &mut response);
    }
    Ok(response.into())
}

fn is_slug(slug: &str) -> bool {
    slug.split('.')
        .all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'))
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn a_slug_is_words_joined_by_dots() {
        assert!(is_slug("open_data.copernicus.sentinel2_msi"));
        for wrong in ["", ".", "a.", ".a", "a..b", "a-b", "ä"] {
            assert!(!is_slug(wrong), "{wrong}");
        }
    }
}
