//! Filters, collections and positions of queries.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type};
use futures::stream::StreamExt as _;
use tilebox_core::datasets::Position;
use tilebox_core::geo_types::{Coord, Geometry, Rect};
use tilebox_core::{Collection, CoordinateSystem, Datapoints, Dataset, ErrorKind, SpatialFilter, SpatialMode, field};
use tilebox_emulator::Rpc;
use uuid::Uuid;

use super::{COLLECTION, DATAPOINTS, DATASET, Setting};

const EVERYTHING: (&str, &str) = ("2000-01-01", "2100-01-01");

async fn dataset(setting: &Setting) -> Dataset {
    setting.client.dataset(DATASET).await.expect("a dataset")
}

async fn collection(setting: &Setting) -> Collection {
    dataset(setting).await.collection(COLLECTION).await.expect("a collection")
}

fn ids(datapoints: &Datapoints) -> Vec<Uuid> {
    datapoints.ids().collect()
}

/// Returns the ids of the datapoints whose cloud cover and relative orbit `pick` accepts.
fn picked(all: &Datapoints, pick: impl Fn(f64, i64) -> bool) -> Vec<Uuid> {
    let clouds = all.column("cloud_cover").expect("a column").as_primitive::<Float64Type>();
    let orbits = all.column("relative_orbit_number").expect("a column").as_primitive::<Int64Type>();
    let rows = all.ids().zip(clouds.values().iter().zip(orbits.values()));
    rows.filter(|(_, (cloud, orbit))| pick(**cloud, **orbit)).map(|(id, _)| id).collect()
}

pub(crate) async fn a_filter_selects_matching_datapoints(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(EVERYTHING).await.expect("a load");
    let (clouds, orbit) = (|| field("cloud_cover"), || field("relative_orbit_number"));

    let clear = collection.query(EVERYTHING).filter(clouds().lt(20) & orbit().le(70u64)).await.expect("a load");
    assert_eq!(ids(&clear), picked(&all, |cloud, orbit| cloud < 20.0 && orbit <= 70));
    assert!(!clear.is_empty() && clear.len() < all.len());

    let either = clouds().lt(5.5) | !(orbit().gt(20) & orbit().ne(71));
    let either = collection.query(EVERYTHING).filter(either).page_size(100).await.expect("a load");
    assert_eq!(ids(&either), picked(&all, |cloud, orbit| cloud < 5.5 || !(orbit > 20 && orbit != 71)));

    let text = "cloud_cover < 20 AND relative_orbit_number <= 70 AND platform IN ('S2A', 'S2B')";
    assert_eq!(collection.query(EVERYTHING).filter(text).await.expect("a load"), clear);
    let twice = collection.query(EVERYTHING).filter(clouds().lt(20)).filter("relative_orbit_number <= 70");
    assert_eq!(twice.await.expect("a load"), clear);

    let nothing = collection.query(EVERYTHING).filter(field("platform").is_null()).await.expect("a load");
    assert!(nothing.is_empty() && nothing.schema() == all.schema());
}

/// Returns a rectangle around the footprint in this row, with a margin.
fn around(datapoints: &Datapoints, row: usize) -> Rect {
    let footprints = datapoints.column("geometry").expect("a column").as_binary_view();
    let footprint = SpatialFilter::new(footprints.value(row)).expect("an area");
    let points: Vec<Coord> = match footprint.geometry() {
        Geometry::Polygon(polygon) => polygon.exterior().0.clone(),
        Geometry::MultiPolygon(polygons) => polygons.0[0].exterior().0.clone(),
        _ => Vec::new(),
    };
    assert!(!points.is_empty(), "a footprint is a polygon");
    let end = |pick: fn(f64, f64) -> f64, room: f64| Coord {
        x: (points.iter().map(|point| point.x).fold(points[0].x, pick) + room).clamp(-180.0, 180.0),
        y: (points.iter().map(|point| point.y).fold(points[0].y, pick) + room).clamp(-90.0, 90.0),
    };
    Rect::new(end(f64::min, -2.0), end(f64::max, 2.0))
}

pub(crate) async fn an_area_selects_datapoints_within_it(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(EVERYTHING).await.expect("a load");
    let area = SpatialFilter::new(around(&all, all.len() / 2)).expect("an area");
    let area = area.with_coordinate_system(CoordinateSystem::Cartesian);

    let touching = collection.query(EVERYTHING).spatial_extent(&area).await.expect("a load");
    assert!(!touching.is_empty() && touching.len() < all.len());
    let inside = collection.query(EVERYTHING).spatial_extent(&area).spatial_mode(SpatialMode::FilterContainsGeometry);
    let inside = inside.await.expect("a load");
    assert!(!inside.is_empty() && inside.len() <= touching.len());
    let touching_ids = ids(&touching);
    assert!(inside.ids().all(|id| touching_ids.contains(&id)));

    // The text of a footprint in a table, as the area of a query.
    let footprint = inside.column("geometry").expect("a column").as_binary_view().value(0).to_vec();
    let same = collection.query(&inside).spatial_extent(footprint).coordinate_system(CoordinateSystem::Spherical);
    let id = inside.ids().next().expect("an id");
    assert!(same.await.expect("a load").ids().any(|other| other == id));
    let both = collection.query(EVERYTHING).spatial_extent(&area).filter(field("cloud_cover").lt(20));
    assert_eq!(ids(&both.await.expect("a load")), picked(&touching, |cloud, _| cloud < 20.0));
}

pub(crate) async fn collections_are_chosen_by_name_id_and_handle(setting: Setting) {
    let dataset = dataset(&setting).await;
    let collections = dataset.collections().await.expect("a listing");
    let (first, second) = (&collections[0], &collections[1]);
    let listings = || setting.emulator.requests().of(Rpc::ListCollections);
    let before = listings();
    let by_handle = dataset.query(EVERYTHING).collections([first, second]).await.expect("a load");
    assert_eq!(listings(), before, "known collections are not requested again");
    let count = |collection: &Collection| collection.info().count.expect("a count");
    assert_eq!(by_handle.len() as u64, count(first) + count(second));
    assert!(by_handle.len() < DATAPOINTS);

    let by_name = dataset.query(EVERYTHING).collections([first.name(), second.name()]).page_size(500);
    assert_eq!(by_name.await.expect("a load"), by_handle);
    assert_eq!(listings(), before + 1, "one call looks all of them up");
    let by_id = dataset.query(EVERYTHING).collections([first.id(), second.id()]);
    assert_eq!(by_id.await.expect("a load"), by_handle);

    let one = first.query(EVERYTHING).limit(1).await.expect("a datapoint");
    let id = one.ids().next().expect("an id");
    assert_eq!(dataset.find(id).await.expect("the datapoint"), one);
    assert_eq!(dataset.find(id).collections([first.name()]).await.expect("the datapoint"), one);
    let error = dataset.find(id).collections([second]).await.expect_err("the datapoint is in another collection");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

pub(crate) async fn an_invalid_query_never_becomes_a_wider_one(setting: Setting) {
    let dataset = dataset(&setting).await;
    // Errors that an outdated definition could cause are checked against the current one.
    let requests = setting.emulator.requests();
    let reached = || requests.total() - requests.of(Rpc::GetDataset);
    let before = reached();
    let query = || dataset.query(EVERYTHING);
    let wrong = [
        (query().collections(Vec::<String>::new()), "the list is empty"),
        (
            query().collections((0..101).map(Uuid::from_u128).collect::<Vec<_>>()),
            "expects at most 100 collections, got 101",
        ),
        (query().spatial_extent("POLYGON EMPTY"), "it is empty"),
        (query().spatial_mode(SpatialMode::FilterContainsGeometry), "there is none; give it a `spatial_extent`"),
        (query().filter(field("cloud_cover").lt(f64::NAN)), "expects a finite number, got NaN"),
        (query().filter(field("cloud_covers").lt(10)), "did you mean `cloud_cover`?"),
        (
            query().filter(field("location").eq("x")),
            "the field is not queryable; the queryable fields are granule_name",
        ),
        (query().filter(field("platform").eq(1)), "expects text, got 1"),
        (query().filter("platform LIKE 'S2%'"), "`LIKE`"),
        (query().starting_after("page 2"), "the id to start after is not valid"),
    ];
    for (query, reason) in wrong {
        let error = query.await.expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains(reason), "{error}");
    }
    let error = dataset.find(Uuid::from_u128(1)).collections(Vec::<Uuid>::new()).await.expect_err("an empty list");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert_eq!(reached(), before, "no query reaches the server");

    for (query, reason) in [
        (query().collections(["S2A_S2MSI1c"]), "did you mean `S2A_S2MSI1C`"),
        (query().collections([Uuid::from_u128(1)]), "no collection has the id"),
    ] {
        let error = query.await.expect_err(reason);
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(setting.emulator.requests().of(Rpc::Query), 0);
}

pub(crate) async fn an_interrupted_load_resumes_at_its_position(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(EVERYTHING).await.expect("a load");
    for unordered in [false, true] {
        let query = || {
            let query = collection.query(EVERYTHING).page_size(100);
            if unordered { query.unordered() } else { query }
        };
        let mut pages = query().pages();
        assert_eq!(pages.position(), Position::start());
        let mut parts = Vec::new();
        for _ in 0..2 {
            parts.push(pages.next().await.expect("a page").expect("a page"));
        }
        let saved = pages.position().to_string();
        drop(pages);

        let mut rest = query().resume(saved.parse().expect("a position")).pages();
        assert_eq!(rest.position().to_string(), saved);
        while let Some(page) = rest.next().await {
            parts.push(page.expect("a page"));
        }
        let mut ids: Vec<_> = parts.iter().flat_map(Datapoints::ids).collect();
        if unordered {
            ids.sort_unstable();
        }
        assert!(ids.iter().copied().eq(all.ids()), "each once");

        let nothing = query().resume(rest.position()).await.expect("a load");
        assert!(nothing.is_empty());
    }
    let last = all.ids().last().expect("an id");
    let nothing = collection.query(EVERYTHING).starting_after(last.to_string().as_str()).await.expect("a load");
    assert!(nothing.is_empty() && nothing.schema() == all.schema());
}

pub(crate) async fn columns_need_not_hold_the_id(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(EVERYTHING).await.expect("a load");
    let times = collection.query(EVERYTHING).page_size(7).columns(["time"]).await.expect("a load");
    assert_eq!(times, all.select(&["time"]).expect("a column"));
}
