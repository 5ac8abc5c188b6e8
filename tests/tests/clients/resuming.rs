//! A failed load resumes at its position.

use futures::stream::StreamExt as _;
use tilebox_emulator::{ErrorCode, Fault, Rpc};
use uuid::Uuid;

use super::{COLLECTION, DATASET, Setting};

/// The numbers of good pages before the failure: one, some, and most of them.
const GOOD_PAGES: [usize; 3] = [1, 3, 6];

/// The position can be saved after each page, and after the error.
pub(crate) async fn a_failed_load_resumes_with_exactly_the_rest(setting: Setting) {
    let dataset = setting.client.dataset(DATASET).await.expect("a dataset");
    let collection = dataset.collection(COLLECTION).await.expect("a collection");
    for unordered in [false, true] {
        let query = || {
            let query = collection.query(("2000-01-01", "2100-01-01")).page_size(100).skip_data();
            if unordered { query.unordered() } else { query }
        };
        let sorted = |mut ids: Vec<Uuid>| {
            if unordered {
                ids.sort_unstable();
            }
            ids
        };
        let all = sorted(query().await.expect("a load").ids().collect());
        for good in GOOD_PAGES {
            setting.emulator.inject(Fault::rpc(ErrorCode::Internal, "broken").on(Rpc::Query).after(good));
            let (mut given, mut saved, mut errors) = (Vec::new(), Vec::new(), 0);
            let mut pages = query().pages();
            while let Some(page) = pages.next().await {
                match page {
                    Ok(page) => given.extend(page.ids()),
                    Err(_) => errors += 1,
                }
                saved.push((given.len(), pages.position().to_string()));
            }
            assert_eq!(errors, 1, "after {good} pages, {} datapoints", given.len());
            saved.push((given.len(), pages.position().to_string()));
            for (count, position) in saved {
                let rest = query().resume(position.parse().expect("a position")).await.expect("the rest");
                let ids = sorted(given[..count].iter().copied().chain(rest.ids()).collect());
                let found = ids.len();
                assert!(ids == all, "{found} of {} after {count}, at {position}, unordered {unordered}", all.len());
            }
        }
    }
}
