//! Loads from the end, counts, estimates and relative extents.

use std::time::Duration;

use futures::stream::{StreamExt as _, TryStreamExt as _};
use tilebox_core::schema::IntoTimestamp as _;
use tilebox_core::{
    Collection, Datapoints, ErrorKind, IdInterval, SortOrder, SpatialFilter, TimeInterval, Timestamp, last,
};
use tilebox_emulator::{ErrorCode, Fault, Rpc};
use uuid::Uuid;

use super::{COLLECTION, DATAPOINTS, DATASET, Setting};

async fn collection(setting: &Setting) -> Collection {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    dataset.collection(COLLECTION).await.expect("a collection")
}

fn reversed(datapoints: &Datapoints) -> Vec<Uuid> {
    let mut ids: Vec<_> = datapoints.ids().collect();
    ids.reverse();
    ids
}

fn ids(datapoints: &Datapoints) -> Vec<Uuid> {
    datapoints.ids().collect()
}

pub(crate) async fn the_latest_datapoints_take_a_few_requests(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(..).await.expect("a load");
    let before = setting.emulator.requests().of(Rpc::Query);
    let latest = collection.query(..).latest(10).await.expect("a load");
    assert_eq!(ids(&latest), reversed(&all)[..10]);
    let sorted = latest.sort_by("id", SortOrder::Ascending).expect("ids");
    assert_eq!(sorted, all.slice(all.len() - 10, 10), "every column is reversed");
    let requests = setting.emulator.requests().of(Rpc::Query) - before;
    assert!(requests <= 4, "{requests} requests");
    // One call reads the availability of all collections.
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let all = dataset.query(..).skip_data().await.expect("a load");
    let listings = setting.emulator.requests().of(Rpc::ListCollections);
    let latest = dataset.query(..).latest(25).columns(["time"]).await.expect("a load");
    assert_eq!(setting.emulator.requests().of(Rpc::ListCollections) - listings, 1);
    let expected = all.slice(all.len() - 25, 25).select(&["time"]).expect("a column");
    assert_eq!(latest.sort_by_time().expect("times"), expected);
    let rare = dataset.query(..).filter("cloud_cover < 1").skip_data();
    let rare = rare.await.expect("a load");
    let latest = dataset.query(..).filter("cloud_cover < 1").skip_data().latest(3).await.expect("a load");
    assert_eq!(ids(&latest), reversed(&rare)[..3.min(rare.len())]);
}

pub(crate) async fn a_load_from_the_end_reverses_every_option(setting: Setting) {
    let collection = collection(&setting).await;
    let query = || collection.query(("2000-01-01", "2100-01-01")).page_size(50).skip_data();
    let all = query().await.expect("a load");
    let newest_first = query().newest_first().await.expect("a load");
    assert_eq!(ids(&newest_first), reversed(&all));
    let mut unordered = ids(&query().newest_first().unordered().await.expect("a load"));
    unordered.sort_unstable();
    assert_eq!(unordered, ids(&all));
    let some = all.ids().nth(all.len() / 2).expect("an id");
    let after = query().starting_after(some).newest_first().await.expect("a load");
    assert_eq!(ids(&after), reversed(&all)[..all.len() - all.len() / 2 - 1]);
    let (first, end) = (all.ids().nth(3).expect("an id"), all.ids().nth(200).expect("an id"));
    let between = collection.query(IdInterval::new(first, end)).latest(7).skip_data().await.expect("a load");
    assert_eq!(ids(&between), ids(&all)[194..201].iter().rev().copied().collect::<Vec<_>>());
    let each = collection.dataset().query(..).latest(2).columns(["id"]).load_by_collection().await.expect("a load");
    let collections = collection.dataset().collections().await.expect("a listing");
    let counts = collections.iter().map(|collection| collection.info().count.expect("a count").min(2));
    assert_eq!(each.len() as u64, counts.sum::<u64>());
    let error = collection.query(..).latest(0).await.expect_err("no datapoints");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = collection.query(("1960-01-01", "1969-01-01")).newest_first().await.expect_err("before 1970");
    assert!(error.to_string().contains("does not define the order of datapoints before 1970"), "{error}");
}

pub(crate) async fn a_failed_load_from_the_end_resumes_with_the_rest(setting: Setting) {
    let collection = collection(&setting).await;
    let query = || collection.query(("2000-01-01", "2100-01-01")).page_size(100).skip_data().newest_first();
    let all = ids(&query().await.expect("a load"));
    for good in [1, 4] {
        setting.emulator.inject(Fault::rpc(ErrorCode::Internal, "broken").on(Rpc::Query).after(good));
        let (mut given, mut errors) = (Vec::new(), 0);
        let mut pages = query().pages();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => given.extend(page.ids()),
                Err(_) => errors += 1,
            }
        }
        assert_eq!(errors, 1, "after {good} pages");
        let position = pages.position().to_string().parse().expect("a position");
        given.extend(query().resume(position).await.expect("the rest").ids());
        assert!(given == all, "{} of {} after {good}", given.len(), all.len());
    }
    let mut pages = query().limit(150).pages();
    let first: Vec<Datapoints> = (&mut pages).try_collect().await.expect("pages");
    let rest = query().limit(250).resume(pages.position()).await.expect("the rest");
    let both: Vec<_> = first.iter().flat_map(ids).chain(ids(&rest)).collect();
    assert_eq!(both, all[..250]);
}

pub(crate) async fn a_count_equals_the_loaded_datapoints(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let requests = || setting.emulator.requests().of(Rpc::Query);
    let before = requests();
    assert_eq!(dataset.query(..).count().await.expect("a count"), DATAPOINTS as u64);
    let collection = collection(&setting).await;
    let info = collection.info();
    let (available, count) = (info.availability.expect("an availability"), info.count.expect("a count"));
    assert_eq!(collection.query(available).count().await.expect("a count"), count);
    assert_eq!(collection.query(available).limit(10).count().await.expect("a count"), 10);
    assert_eq!(collection.query("1999").count().await.expect("a count"), 0);
    assert_eq!(requests(), before, "the server knows the counts");

    let query = |number: u32| match number {
        0 => dataset.query(..).filter("cloud_cover < 10"),
        1 => dataset.query(..).collections([COLLECTION]).filter("cloud_cover < 50").limit(40),
        2 => dataset.query(..).newest_first().limit(7).filter("cloud_cover < 50"),
        _ => dataset.query(..).page_size(100).spatial_extent("POLYGON((0 0, 90 0, 90 60, 0 60, 0 0))"),
    };
    for number in 0..4 {
        let loaded = query(number).await.expect("a load").len() as u64;
        assert_eq!(query(number).count().await.expect("a count"), loaded);
    }
    let middle = (available.start().unix_seconds() + available.end().unix_seconds()) / 2;
    let middle = Timestamp::from_unix(middle, 0).expect("a time");
    let query = || collection.query((available.start(), middle)).columns(["time"]).page_size(100);
    assert_eq!(query().count().await.expect("a count"), query().await.expect("a load").len() as u64);
    let error = dataset.query(("2025-03-01", "2025-03-01")).count().await.expect_err("an empty extent");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

pub(crate) async fn an_estimate_is_near_the_load(setting: Setting) {
    let collection = collection(&setting).await;
    let count = collection.info().count.expect("a count");
    let query = || collection.query(..).page_size(100);
    let before = setting.emulator.requests().of(Rpc::Query);
    let estimate = query().estimate().await.expect("an estimate");
    assert_eq!(setting.emulator.requests().of(Rpc::Query) - before, 1, "one page");
    assert_eq!((estimate.datapoints, estimate.pages, estimate.is_exact), (count, count.div_ceil(100), true));
    let load = query().await.expect("a load");
    let bytes = load.metrics().expect("metrics").bytes_received;
    assert!((bytes / 2..bytes * 2).contains(&estimate.bytes), "{estimate}, {bytes} bytes");

    let filtered = || query().filter("cloud_cover < 50");
    let estimate = filtered().estimate().await.expect("an estimate");
    let loaded = filtered().await.expect("a load").len() as u64;
    assert!(!estimate.is_exact && (loaded / 2..loaded * 2).contains(&estimate.datapoints), "{estimate} of {loaded}");
    let small = query().limit(30).estimate().await.expect("an estimate");
    assert_eq!((small.datapoints, small.pages, small.is_exact), (30, 1, true));
    let nothing = collection.query("1999").estimate().await.expect("an estimate");
    assert_eq!((nothing.datapoints, nothing.pages, nothing.is_exact), (0, 1, true));
}

pub(crate) async fn a_relative_extent_ends_at_the_load(setting: Setting) {
    let collection = collection(&setting).await;
    let all = collection.query(..).skip_data().await.expect("a load");
    let now = std::time::SystemTime::now().into_timestamp().expect("a time");
    // A few years, so that datapoints are within it, whatever the date is.
    let span = Duration::from_secs(60 * 60 * 24 * 365 * 4);
    let since = TimeInterval::last(span.try_into().expect("a span"), now).start().unix_seconds();
    let expected = all.times().expect("times").values().iter().filter(|time| **time / 1_000_000_000 >= since).count();
    let found = collection.query(last(span)).skip_data().await.expect("a load");
    assert!(found.len().abs_diff(expected) <= 1, "{} of {expected}", found.len());
    assert_eq!(collection.query(last("520w")).count().await.expect("a count") as usize, all.len());
    let error = collection.query(last("7 days")).await.expect_err("no span").to_string();
    assert!(error.contains("write numbers with the units w, d, h, m and s"), "{error}");
    assert!(setting.client.jobs().query(last("1h")).await.expect("a listing").is_empty());
}

pub(crate) async fn a_union_selects_datapoints_of_each_area(setting: Setting) {
    let collection = collection(&setting).await;
    let query = |area: SpatialFilter| collection.query(..).spatial_extent(area).skip_data();
    let areas = ["POLYGON((0 0, 60 0, 60 60, 0 60, 0 0))", "POLYGON((40 20, 120 20, 120 70, 40 70, 40 20))"];
    let mut expected = std::collections::BTreeSet::new();
    for area in areas {
        expected.extend(query(SpatialFilter::new(area).expect("an area")).await.expect("a load").ids());
    }
    let union = query(SpatialFilter::union(areas).expect("an area")).await.expect("a load");
    assert!(union.ids().eq(expected), "overlapping areas count once");
    let sorted = collection.query(..).await.expect("a load").sort_by("cloud_cover", SortOrder::Descending);
    assert_eq!(sorted.expect("an order").len() as u64, collection.info().count.expect("a count"));
}
