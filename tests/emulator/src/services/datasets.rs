//! `DatasetService`.

use prost::Message;
use tilebox_core::protocol::wire::datasets::v1::{
    CreateDatasetRequest, Dataset as WireDataset, DatasetPermission, DatasetType, DeleteDatasetRequest,
    DeleteDatasetResponse, Field, GetDatasetRequest, ListDatasetsResponse, UpdateDatasetRequest, Visibility,
};

use super::{ErrorCode, MethodResult, Refusal, dataset_of, encode, optional_id, require, required_id};
use crate::ids;
use crate::permissions::Caller;
use crate::protobuf;
use crate::schema::{check_change, dataset_type, is_snake_case, requested_fields};
use crate::store::{ALL_PERMISSIONS, Dataset, ORGANISATION, Store};

/// The number of `ListDatasetsResponse.datasets`.
const DATASETS_FIELD: u32 = 1;
/// The longest texts of a dataset, in characters.
const MAXIMUM_NAME_LENGTH: usize = 100;
const MAXIMUM_SUMMARY_LENGTH: usize = 50_000;
const MAXIMUM_DESCRIPTION_LENGTH: usize = 1_000_000;

/// Creates a private dataset of the caller's organisation.
pub(super) fn create(store: &mut Store, caller: Caller, request: CreateDatasetRequest) -> MethodResult {
    if !caller.permissions.contain(DatasetPermission::Edit) {
        return Err(Refusal::new(ErrorCode::PermissionDenied, "not permitted to create datasets"));
    }
    check_texts(Some(&request.name), Some(&request.code_name), Some(&request.summary), Some(&request.description))?;
    let requested = request.r#type.ok_or_else(|| Refusal::invalid("type: a value is required"))?;
    let (kind, fields) = requested_fields(&requested).map_err(Refusal::invalid)?;
    let slug = own_slug(&request.code_name);
    check_free(store, &slug)?;
    if let (owned, Some(maximum)) = store.owned()
        && owned >= maximum
    {
        // The real text is not known.
        let reason = format!("your subscription allows {maximum} datasets, and you own {owned}");
        return Err(Refusal::new(ErrorCode::ResourceExhausted, reason));
    }

    let (id, group_id) = (store.new_id("dataset", &slug), store.organisation_id());
    let info = WireDataset {
        id: Some(ids::to_wire(id)),
        group_id: Some(ids::to_wire(group_id)),
        code_name: request.code_name,
        name: request.name,
        summary: request.summary,
        description: request.description,
        permissions: ALL_PERMISSIONS.map(i32::from).to_vec(),
        visibility: Visibility::Private.into(),
        slug,
        ..WireDataset::default()
    };
    let r#type = dataset_type(group_id, &info.code_name, kind, fields);
    Ok(store.add_dataset(Dataset::of_parts(id, group_id, info, r#type))?.encode(caller, false).into())
}

/// Returns a dataset by slug or by id. A slug without a dot can be the code name of an owned dataset. Like recorded
/// responses, the response does not list collections.
pub(super) fn get(store: &Store, caller: Caller, request: &GetDatasetRequest) -> MethodResult {
    let id = optional_id("id", request.id.as_ref())?;
    let dataset = match (request.slug.as_str(), id) {
        ("", None) => return Err(Refusal::invalid("one of slug and id is required")),
        ("", Some(id)) => store.dataset(id),
        (slug, None) if is_slug(slug) => store.dataset_by_slug(slug).or_else(|| store.dataset_by_slug(&own_slug(slug))),
        (slug, None) => {
            return Err(Refusal::invalid(format!(
                "slug: expects words of letters, digits and underscores joined by dots, got {slug:?}"
            )));
        }
        _ => return Err(Refusal::invalid("expects either slug or id, got both")),
    };
    let dataset = dataset.filter(|dataset| dataset.is_visible(caller)).ok_or_else(Refusal::no_dataset)?;
    Ok(dataset.encode(caller, false).into())
}

/// Updates the fields of a dataset that the request contains. The error codes of the real server are not known.
pub(super) fn update(store: &mut Store, caller: Caller, request: UpdateDatasetRequest) -> MethodResult {
    let id = required_id("id", request.id.as_ref())?;
    let dataset = dataset_of(store, caller, id)?;
    require(DatasetPermission::Edit, dataset, caller)?;
    let UpdateDatasetRequest { name, code_name, summary, description, .. } = &request;
    check_texts(name.as_ref(), code_name.as_ref(), summary.as_ref(), description.as_ref())?;

    let mut info = dataset.info().clone();
    let mut r#type = dataset.r#type().clone();
    let group_id = dataset.group_id();
    let renamed = code_name.as_ref().filter(|code_name| **code_name != info.code_name);
    if let Some(code_name) = renamed {
        rename(dataset, code_name, &mut info)?;
        check_free(store, &info.slug)?;
    }
    if request.r#type.is_some() || renamed.is_some() {
        let fields = match &request.r#type {
            None => r#type.requested_fields(),
            Some(requested) => changed_fields(dataset, requested)?,
        };
        r#type = dataset_type(group_id, &info.code_name, r#type.kind, fields);
    }
    for (to, from) in [
        (&mut info.name, request.name),
        (&mut info.summary, request.summary),
        (&mut info.description, request.description),
    ] {
        if let Some(text) = from {
            *to = text;
        }
    }
    Ok(store.update_dataset(Dataset::of_parts(id, group_id, info, r#type))?.encode(caller, false).into())
}

/// Sets the code name and the slug of a dataset without datapoints.
fn rename(dataset: &Dataset, code_name: &str, info: &mut WireDataset) -> Result<(), Refusal> {
    if !dataset.is_empty() {
        return Err(Refusal::invalid("code_name: cannot change because the dataset has datapoints"));
    }
    info.slug = match info.slug.rsplit_once('.') {
        Some((group, _)) => format!("{group}.{code_name}"),
        None => code_name.to_owned(),
    };
    code_name.clone_into(&mut info.code_name);
    Ok(())
}

/// Returns the fields of a requested type if the dataset can change to it.
fn changed_fields(dataset: &Dataset, requested: &DatasetType) -> Result<Vec<Field>, Refusal> {
    let (kind, fields) = requested_fields(requested).map_err(Refusal::invalid)?;
    if kind != dataset.r#type().kind {
        return Err(Refusal::invalid("type.kind: cannot change"));
    }
    if !dataset.is_empty() {
        check_change(&dataset.r#type().requested_fields(), &fields).map_err(Refusal::invalid)?;
    }
    Ok(fields)
}

/// Deletes a dataset. The real server keeps a dataset with datapoints for some days, but no RPC can restore it, so the
/// emulator deletes it immediately.
pub(super) fn delete(store: &mut Store, caller: Caller, request: &DeleteDatasetRequest) -> MethodResult {
    let id = required_id("id", request.id.as_ref())?;
    let dataset = dataset_of(store, caller, id)?;
    require(DatasetPermission::Edit, dataset, caller)?;
    let trashed = !dataset.is_empty();
    store.remove_dataset(id)?;
    encode(&DeleteDatasetResponse { trashed })
}

/// Lists the datasets that the caller can see, with their collections, and all groups.
pub(super) fn list(store: &Store, caller: Caller) -> MethodResult {
    let groups = store.groups().iter().map(crate::store::Group::to_wire).collect();
    let (owned, maximum) = store.owned();
    let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let mut response = ListDatasetsResponse {
        groups,
        owned_datasets: number(owned),
        maximum_owned_datasets: maximum.map(number),
        ..ListDatasetsResponse::default()
    }
    .encode_to_vec();
    for dataset in store.datasets().iter().filter(|dataset| dataset.is_visible(caller)) {
        protobuf::write_bytes(DATASETS_FIELD, &dataset.encode(caller, true), &mut response);
    }
    Ok(response.into())
}

fn own_slug(code_name: &str) -> String {
    format!("{ORGANISATION}.{code_name}")
}

/// Refuses a slug that another dataset has. The error code of the real server is not known.
fn check_free(store: &Store, slug: &str) -> Result<(), Refusal> {
    match store.dataset_by_slug(slug) {
        None => Ok(()),
        Some(_) => Err(Refusal::new(ErrorCode::AlreadyExists, format!("dataset {slug} already exists"))),
    }
}

fn check_texts(
    name: Option<&String>,
    code_name: Option<&String>,
    summary: Option<&String>,
    description: Option<&String>,
) -> Result<(), Refusal> {
    for (field, text, shortest, longest) in [
        ("name", name, 1, MAXIMUM_NAME_LENGTH),
        ("code_name", code_name, 1, MAXIMUM_NAME_LENGTH),
        ("summary", summary, 0, MAXIMUM_SUMMARY_LENGTH),
        ("description", description, 0, MAXIMUM_DESCRIPTION_LENGTH),
    ] {
        let length = text.map_or(shortest, |text| text.chars().count());
        if !(shortest..=longest).contains(&length) {
            return Err(Refusal::invalid(format!("{field}: expects {shortest} to {longest} characters, got {length}")));
        }
    }
    match code_name.filter(|code_name| !is_snake_case(code_name)) {
        None => Ok(()),
        Some(_) => Err(Refusal::invalid(
            "code_name: expects lower-case letters, digits and underscores, starting with a letter",
        )),
    }
}

fn is_slug(slug: &str) -> bool {
    slug.split('.')
        .all(|word| !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_'))
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn a_slug_has_words_joined_by_dots() {
        assert!(is_slug("open_data.copernicus.sentinel2_msi"));
        for invalid in ["", ".", "a.", ".a", "a..b", "a-b", "ä"] {
            assert!(!is_slug(invalid), "{invalid}");
        }
    }
}
