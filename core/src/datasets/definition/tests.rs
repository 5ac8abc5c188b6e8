use prost_types::field_descriptor_proto::{Label, Type};
use uuid::Uuid;

use super::*;
use crate::datasets::DatasetInfo;
use crate::error::ErrorKind;
use crate::protocol::id;
use crate::schema::{DatasetSchema, samples};

fn existing(kind: DatasetKind) -> DatasetInfo {
    let annotated = wire::AnnotatedType { kind: kind.into(), ..samples::annotated(Vec::new(), |_| {}) };
    assert!(DatasetSchema::from_annotated_type(&annotated).is_ok());
    let dataset = wire::Dataset {
        id: Some(id::to_wire(Uuid::from_u128(7))),
        r#type: Some(annotated),
        slug: "me.things".to_owned(),
        ..Default::default()
    };
    DatasetInfo::from_wire(dataset).expect("a dataset")
}

fn names(fields: &[wire::Field]) -> Vec<&str> {
    fields.iter().filter_map(|field| Some(field.descriptor.as_ref()?.name())).collect()
}

#[test]
fn required_fields_come_first() {
    let own = [FieldDefinition::float64("a"), FieldDefinition::string("b").repeated()];
    let temporal = DatasetDefinition::temporal("x").fields(own.clone()).to_create().expect("a request");
    let spatial = DatasetDefinition::spatiotemporal("x").fields(own).to_create().expect("a request");
    let (temporal, spatial) = (temporal.r#type.expect("a type"), spatial.r#type.expect("a type"));
    assert_eq!(names(&temporal.fields), ["time", "id", "ingestion_time", "a", "b"]);
    assert_eq!(names(&spatial.fields), ["time", "id", "ingestion_time", "geometry", "a", "b"]);
    assert_eq!((temporal.kind(), spatial.kind()), (DatasetKind::Temporal, DatasetKind::Spatiotemporal));
    for field in &spatial.fields[..4] {
        let annotation = field.annotation.as_ref().expect("an annotation");
        assert!(!annotation.description.is_empty() && !annotation.example_value.is_empty(), "{field:?}");
    }
}

#[test]
fn a_field_is_sent_with_its_type_and_without_a_number() {
    let described = |field: FieldDefinition| field.to_wire().descriptor.expect("a descriptor");
    let scalar = described(FieldDefinition::uint64("n"));
    assert_eq!((scalar.r#type(), scalar.label(), scalar.type_name()), (Type::Uint64, Label::Optional, ""));
    assert_eq!(scalar.number, None);
    let message = described(FieldDefinition::lat_lon_alt("n").repeated());
    assert_eq!((message.r#type(), message.label()), (Type::Message, Label::Repeated));
    assert_eq!(message.type_name(), ".datasets.v1.LatLonAlt");
    let named = described(FieldDefinition::new("n", FieldType::Enum(".my.Enum".to_owned())));
    assert_eq!((named.r#type(), named.type_name()), (Type::Enum, ".my.Enum"));
}

#[test]
fn all_annotations_of_a_field_are_sent() {
    let field = FieldDefinition::string("title")
        .description("its title")
        .example("S2A")
        .queryable()
        .source_json_pointer("/id")
        .json_schema_ref("https://example.com/s.json")
        .role(FieldRole::PrimaryTitle);
    let expected = wire::FieldAnnotation {
        description: "its title".to_owned(),
        example_value: "S2A".to_owned(),
        source_json_pointer: Some("/id".to_owned()),
        queryable: true,
        json_schema_ref: Some("https://example.com/s.json".to_owned()),
        roles: vec![FieldRole::PrimaryTitle.into()],
    };
    assert_eq!(field.to_wire().annotation, Some(expected));
}

#[test]
fn the_name_of_a_dataset_defaults_to_its_code_name() {
    let request =
        DatasetDefinition::temporal("my_things").summary("s").description("d").to_create().expect("a request");
    assert_eq!((request.name.as_str(), request.code_name.as_str()), ("my_things", "my_things"));
    assert_eq!((request.summary.as_str(), request.description.as_str()), ("s", "d"));
}

#[test]
fn an_invalid_field_is_refused_by_name() {
    let long = "a".repeat(101);
    for (fields, expected) in [
        (vec![FieldDefinition::bool("CloudCover")], "the field `CloudCover` is not in snake case; use snake case"),
        (vec![FieldDefinition::bool("")], "the field `` is not in snake case"),
        (vec![FieldDefinition::bool("1st")], "the field `1st` is not in snake case"),
        (vec![FieldDefinition::bool("été")], "the field `été` is not in snake case"),
        (vec![FieldDefinition::bool(long.as_str())], "has 101 characters; use 100 at most"),
        (vec![FieldDefinition::bool("a"), FieldDefinition::int32("a")], "the field `a` is a duplicate"),
        (vec![FieldDefinition::timestamp("time")], "the field `time` is a required field of this kind of dataset"),
        (vec![FieldDefinition::bool("ingestion_time")], "the field `ingestion_time` is a required field"),
        (vec![FieldDefinition::bytes("a").queryable()], "the field `a` cannot be queryable"),
        (vec![FieldDefinition::int64("a").repeated().queryable()], "the field `a` cannot be queryable"),
        (vec![FieldDefinition::processing_level("a").queryable()], "the field `a` cannot be queryable"),
        (
            ["a", "b", "c"].map(|name| FieldDefinition::string(name).queryable()).to_vec(),
            "the field `c` is the third queryable text field",
        ),
        (vec![FieldDefinition::new("a", FieldType::Message(String::new()))], "the field `a` has a type without a name"),
    ] {
        let error = DatasetDefinition::temporal("x").fields(fields).to_create().expect_err(expected);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().starts_with("cannot create the dataset `x`: the field `"), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let geometry = || [FieldDefinition::geometry("geometry")];
    assert!(DatasetDefinition::temporal("x").fields(geometry()).to_create().is_ok());
    assert!(DatasetDefinition::spatiotemporal("x").fields(geometry()).to_create().is_err());
}

#[test]
fn invalid_names_and_texts_are_refused() {
    let refused = |definition: DatasetDefinition| definition.to_create().expect_err("refused").to_string();
    assert!(
        refused(DatasetDefinition::temporal("my-things")).contains("the code name `my-things` is not in snake case")
    );
    let named = DatasetDefinition::temporal("x").name("n".repeat(101));
    assert!(refused(named).contains("its name has 101 characters; at most 100 are allowed"));
    assert!(refused(DatasetDefinition::temporal("x").name("")).contains("its name is empty"));
    assert!(refused(DatasetDefinition::temporal("x").summary("s".repeat(50_001))).contains("its summary has 50001"));
    assert!(DatasetDefinition::temporal("x").name("ä".repeat(100)).to_create().is_ok());
}

#[test]
fn an_update_sends_only_the_changes() {
    let dataset = existing(DatasetKind::Temporal);
    let request = DatasetChanges::new().summary("new").to_update(&dataset).expect("a request");
    let expected = wire::UpdateDatasetRequest {
        id: Some(id::to_wire(dataset.id)),
        summary: Some("new".to_owned()),
        ..Default::default()
    };
    assert_eq!(request, expected);
    let request = DatasetChanges::new().fields([FieldDefinition::bool("a")]).to_update(&dataset).expect("a request");
    assert_eq!(names(&request.r#type.expect("a type").fields), ["time", "id", "ingestion_time", "a"]);
}

#[test]
fn the_kind_of_a_dataset_cannot_change() {
    let dataset = existing(DatasetKind::Temporal);
    assert!(DatasetDefinition::temporal("things").to_changes().to_update(&dataset).is_ok());
    let error = DatasetDefinition::spatiotemporal("things").to_changes().to_update(&dataset).expect_err("another kind");
    assert_eq!(
        error.to_string(),
        "cannot update the dataset `me.things`: it is temporal, and the kind of a dataset cannot change; \
         use another code name"
    );
    let unknown = existing(DatasetKind::Unspecified);
    assert!(DatasetDefinition::spatiotemporal("things").to_changes().to_update(&unknown).is_ok());
    assert!(DatasetChanges::new().fields([]).to_update(&unknown).is_err());
    assert!(DatasetChanges::new().name("").to_update(&dataset).is_err());
}
