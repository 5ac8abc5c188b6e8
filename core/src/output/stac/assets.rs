//! Assets of an item, from `datasets.stac.v1.Assets`.
//!
//! The message stores what assets share once: an access profile has the start of their addresses, a band profile their
//! bands. Members of extensions are messages, such as `eo`; STAC has a prefix for each, such as `eo:common_name`.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::media_type::media_type;

/// An extension of STAC: the member of the message, the prefix of its members in STAC, and its schema.
struct Extension {
    member: &'static str,
    prefix: &'static str,
    schema: &'static str,
}

const EXTENSIONS: [Extension; 8] = [
    Extension { member: "eo", prefix: "eo", schema: "https://stac-extensions.github.io/eo/v2.0.0/schema.json" },
    Extension {
        member: "raster",
        prefix: "raster",
        schema: "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    },
    Extension {
        member: "projection",
        prefix: "proj",
        schema: "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    },
    Extension { member: "view", prefix: "view", schema: "https://stac-extensions.github.io/view/v1.0.0/schema.json" },
    Extension { member: "file", prefix: "file", schema: "https://stac-extensions.github.io/file/v2.1.0/schema.json" },
    Extension { member: "sar", prefix: "sar", schema: "https://stac-extensions.github.io/sar/v1.0.0/schema.json" },
    Extension {
        member: "satellite",
        prefix: "sat",
        schema: "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
    },
    Extension {
        member: "product",
        prefix: "product",
        schema: "https://stac-extensions.github.io/product/v1.0.0/schema.json",
    },
];

const CLASSIFICATION: &str = "https://stac-extensions.github.io/classification/v2.0.0/schema.json";
const ALTERNATE: &str = "https://stac-extensions.github.io/alternate-assets/v1.2.0/schema.json";

/// Members of assets and bands that STAC has under the same names.
const COMMON: [&str; 6] = ["title", "description", "gsd", "nodata", "unit", "name"];

/// The assets of one item.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Assets {
    /// Objects by their keys.
    pub(super) by_key: Map<String, Value>,
    /// The schemas of the extensions that they use.
    pub(super) extensions: BTreeSet<&'static str>,
}

/// Converts the message, as JSON with the names of its fields.
///
/// # Errors
///
/// When an asset has no key, no address, the key of another asset, or refers to a profile that does not exist.
pub(super) fn assets(message: &Value) -> Result<Assets, String> {
    let mut all = Assets::default();
    for asset in array(message, "assets") {
        let key = text(asset, "key").ok_or("an asset has no key")?;
        let converted = all.asset(message, asset).map_err(|problem| format!("the asset `{key}` {problem}"))?;
        if all.by_key.insert(key.to_owned(), Value::Object(converted)).is_some() {
            return Err(format!("two assets have the key `{key}`"));
        }
    }
    Ok(all)
}

impl Assets {
    fn asset(&mut self, message: &Value, asset: &Value) -> Result<Map<String, Value>, String> {
        let primary = asset.get("primary").unwrap_or(&Value::Null);
        let (href, _) = address(message, primary, None)?;
        let mut converted = Map::new();
        converted.insert("href".to_owned(), json!(href.ok_or("has no address")?));
        if let Some(media_type) = asset.get("media_type").and_then(media_type) {
            converted.insert("type".to_owned(), json!(media_type));
        }
        let known = array(asset, "roles").filter_map(Value::as_str).filter_map(word);
        let custom = array(asset, "custom_roles").filter_map(Value::as_str).map(str::to_owned);
        let roles: Vec<String> = known.chain(custom).collect();
        if !roles.is_empty() {
            converted.insert("roles".to_owned(), json!(roles));
        }
        self.common(asset, &mut converted);
        let mut bands = Vec::new();
        for index in array(asset, "band_profile_indices") {
            let band = profile(message, "band_profiles", index)?;
            let mut object = Map::new();
            self.common(band, &mut object);
            bands.push(Value::Object(object));
        }
        if !bands.is_empty() {
            converted.insert("bands".to_owned(), Value::Array(bands));
        }
        let mut alternates = Map::new();
        for location in array(asset, "alternates") {
            let (href, name) = address(message, location, text(primary, "href"))?;
            if let (Some(href), Some(name)) = (href, name) {
                alternates.insert(name, json!({ "href": href }));
            }
        }
        if !alternates.is_empty() {
            self.extensions.insert(ALTERNATE);
            converted.insert("alternate".to_owned(), Value::Object(alternates));
        }
        Ok(converted)
    }

    /// Adds the members that assets and bands have in common.
    fn common(&mut self, message: &Value, object: &mut Map<String, Value>) {
        for member in COMMON {
            if let Some(value) = present(message, member) {
                object.insert(member.to_owned(), value.clone());
            }
        }
        if let Some(data_type) = text(message, "data_type").and_then(word) {
            object.insert("data_type".to_owned(), json!(data_type));
        }
        if let Some(statistics) = message.get("statistics").and_then(Value::as_object) {
            let present = statistics.iter().filter(|(_, value)| !value.is_null());
            object
                .insert("statistics".to_owned(), present.map(|(name, value)| (name.clone(), value.clone())).collect());
        }
        for Extension { member, prefix, schema } in &EXTENSIONS {
            let members = message.get(member).and_then(Value::as_object);
            for (name, value) in members.into_iter().flatten() {
                if let Some(value) = extension_value(prefix, name, value) {
                    self.extensions.insert(schema);
                    object.insert(format!("{prefix}:{name}"), value);
                }
            }
        }
        for member in ["classes", "bitfields"] {
            let values: Vec<Value> = array(message, member).filter_map(without_nulls).collect();
            if !values.is_empty() {
                self.extensions.insert(CLASSIFICATION);
                object.insert(format!("classification:{member}"), Value::Array(values));
            }
        }
    }
}

/// Converts a member of an extension. Names of enums are words in lower case, but bands and polarizations of radar are in
/// upper case. A checksum is hexadecimal.
fn extension_value(prefix: &str, name: &str, value: &Value) -> Option<Value> {
    let is_enum = matches!(
        (prefix, name),
        ("eo", "common_name")
            | ("raster", "sampling")
            | ("sar", "observation_direction")
            | ("sat", "orbit_state")
            | ("product", "acquisition_type")
    );
    match (prefix, name, value) {
        (_, _, Value::String(text)) if is_enum => word(text).map(Value::from),
        ("sar", "frequency_band", Value::String(text)) => (text != "UNSPECIFIED").then(|| value.clone()),
        ("file", "checksum", Value::String(text)) => {
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            Some(Value::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
        }
        _ => without_nulls(value),
    }
}

/// Returns the address of a location and the name of its place. A location without an address of its own has the rest of
/// the primary one.
fn address(message: &Value, location: &Value, rest: Option<&str>) -> Result<(Option<String>, Option<String>), String> {
    let none = Value::Null;
    let index = location.get("access_profile_index").filter(|index| !index.is_null());
    let profile = index.map(|index| profile(message, "access_profiles", index)).transpose()?.unwrap_or(&none);
    let base = text(profile, "base_href").unwrap_or_default();
    let end = text(location, "href").or(rest).unwrap_or_default();
    let href = format!("{base}{end}");
    let name =
        [text(location, "alternate_name"), text(profile, "default_alternate_name"), text(profile, "alternate_key")];
    Ok(((!href.is_empty()).then_some(href), name.into_iter().flatten().next().map(str::to_owned)))
}

fn profile<'a>(message: &'a Value, profiles: &str, index: &Value) -> Result<&'a Value, String> {
    let at = index.as_u64().and_then(|index| usize::try_from(index).ok());
    let found = at.and_then(|at| message.get(profiles)?.get(at));
    found.ok_or_else(|| format!("refers to `{profiles}` number {index}, which does not exist"))
}

/// Converts the name of an enum value, such as `SNOW_ICE`, to a word of STAC. An unspecified value has none.
fn word(name: &str) -> Option<String> {
    (name != "UNSPECIFIED").then(|| name.to_ascii_lowercase().replace('_', "-"))
}

fn array<'a>(message: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    message.get(member).and_then(Value::as_array).into_iter().flatten()
}

/// Returns a text that is not empty.
fn text<'a>(message: &'a Value, member: &str) -> Option<&'a str> {
    message.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn present<'a>(message: &'a Value, member: &str) -> Option<&'a Value> {
    message.get(member).filter(|value| !value.is_null() && value.as_str() != Some(""))
}

/// Removes members that are null, also of nested objects. Returns `None` if no member and no item remains.
pub(super) fn without_nulls(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            let members = members.iter().filter_map(|(name, value)| Some((name.clone(), without_nulls(value)?)));
            let members: Map<_, _> = members.collect();
            (!members.is_empty()).then_some(Value::Object(members))
        }
        // Items keep their positions.
        Value::Array(items) => {
            let items = || items.iter().map(|item| without_nulls(item).unwrap_or_default());
            (items().len() > 0).then(|| items().collect())
        }
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_put_together_from_its_profiles() {
        let message = json!({
            "access_profiles": [
                {"alternate_key": "", "base_href": "s3://eodata/S2A/"},
                {"alternate_key": "https", "default_alternate_name": null, "base_href": "https://a.example/"},
            ],
            "band_profiles": [
                {"name": "B04", "data_type": "UINT16", "nodata": 0.0, "eo": {"common_name": "RED", "center_wavelength": 0.665}},
                {"name": "B08", "data_type": "UNSPECIFIED", "eo": {"common_name": "UNSPECIFIED"}},
            ],
            "assets": [{
                "key": "red",
                "primary": {"access_profile_index": 0, "href": "B04.tif", "alternate_name": null},
                "alternates": [{"access_profile_index": 1, "href": null}],
                "media_type": {"known": "CLOUD_OPTIMIZED_GEOTIFF", "custom": null},
                "title": "Red", "description": null,
                "roles": ["DATA", "SNOW_ICE", "ISO_19115"], "custom_roles": ["best"],
                "gsd": 10.0, "band_profile_indices": [0, 1], "data_type": "UINT16",
                "statistics": {"minimum": 1.0, "maximum": null},
                "raster": {"sampling": "AREA", "scale": 0.0001, "offset": null},
                "projection": {"code": "EPSG:32632", "bbox": null, "shape": [10980, 10980], "transform": null},
                "file": {"checksum": BASE64_STANDARD.encode([0x12, 0xab]), "size": 5, "local_path": null},
                "sar": {"polarizations": ["HH", "VV"], "frequency_band": "C"},
                "classes": [{"value": 1, "name": "water", "nodata": null}],
            }],
        });
        let all = assets(&message).expect("assets");
        assert_eq!(
            Value::Object(all.by_key),
            json!({"red": {
                "href": "s3://eodata/S2A/B04.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "title": "Red", "roles": ["data", "snow-ice", "iso-19115", "best"], "gsd": 10.0, "data_type": "uint16",
                "statistics": {"minimum": 1.0},
                "bands": [
                    {"name": "B04", "data_type": "uint16", "nodata": 0.0, "eo:common_name": "red", "eo:center_wavelength": 0.665},
                    {"name": "B08"},
                ],
                "raster:sampling": "area", "raster:scale": 0.0001,
                "proj:code": "EPSG:32632", "proj:shape": [10980, 10980],
                "file:checksum": "12ab", "file:size": 5,
                "sar:polarizations": ["HH", "VV"], "sar:frequency_band": "C",
                "classification:classes": [{"value": 1, "name": "water"}],
                "alternate": {"https": {"href": "https://a.example/B04.tif"}},
            }})
        );
        let used = ["alternate-assets", "classification", "eo", "file", "projection", "raster", "sar"];
        assert_eq!(all.extensions.len(), used.len());
        for (schema, name) in all.extensions.iter().zip(used) {
            assert!(schema.contains(&format!("/{name}/v")), "{schema}");
        }
    }

    #[test]
    fn assets_without_an_address_are_errors() {
        let one = |asset: Value| assets(&json!({"access_profiles": [], "assets": [asset]}));
        let no_key = one(json!({"key": "", "primary": {"href": "a"}}));
        assert_eq!(no_key, Err("an asset has no key".to_owned()));
        assert_eq!(one(json!({"key": "a", "primary": null})), Err("the asset `a` has no address".to_owned()));
        let missing = one(json!({"key": "a", "primary": {"access_profile_index": 3, "href": "b"}}));
        let expected = "the asset `a` refers to `access_profiles` number 3, which does not exist";
        assert_eq!(missing, Err(expected.to_owned()));
        let asset = json!({"key": "a", "primary": {"href": "b"}});
        assert_eq!(assets(&json!({"assets": [asset, asset]})), Err("two assets have the key `a`".to_owned()));
        assert_eq!(assets(&Value::Null), Ok(Assets::default()));
    }
}
