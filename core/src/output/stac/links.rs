//! Links of an item, from `datasets.stac.v1.Links`.

use serde_json::{Map, Value, json};

use super::media_type::media_type;

/// Returns the links that have a target and a relation. Links with the relation `collection` are kept if `has_collection`:
/// an item without a collection has none.
pub(super) fn links(message: &Value, has_collection: bool) -> Vec<Value> {
    let links = message.get("links").and_then(Value::as_array);
    links.into_iter().flatten().filter_map(link).filter(|link| has_collection || !is_collection(link)).collect()
}

/// Returns whether a link refers to the collection of the item.
pub(super) fn is_collection(link: &Value) -> bool {
    link.get("rel").is_some_and(|relation| relation == "collection")
}

fn link(message: &Value) -> Option<Value> {
    let text = |member: &str| Some(message.get(member)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
    let mut link = Map::new();
    link.insert("rel".to_owned(), json!(text("rel")?));
    link.insert("href".to_owned(), json!(text("href")?));
    for (member, value) in [("type", message.get("media_type").and_then(media_type)), ("title", text("title"))] {
        if let Some(value) = value {
            link.insert(member.to_owned(), json!(value));
        }
    }
    Some(Value::Object(link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_a_relation_and_a_target() {
        let message = json!({"links": [
            {"href": "https://a.example/1", "rel": "self", "media_type": {"known": "GEOJSON"}, "title": null},
            {"href": "https://a.example/2", "rel": "collection", "media_type": null, "title": "All"},
            {"href": "", "rel": "self"},
            {"href": "https://a.example/3", "rel": null},
        ]});
        let own = json!({"href": "https://a.example/1", "rel": "self", "type": "application/geo+json"});
        let collection = json!({"href": "https://a.example/2", "rel": "collection", "title": "All"});
        assert_eq!(links(&message, true), [own.clone(), collection]);
        assert_eq!(links(&message, false), [own]);
        assert!(links(&Value::Null, true).is_empty());
    }
}
