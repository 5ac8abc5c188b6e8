//! The order of the datapoints of a query.

use std::str::FromStr;

use tilebox_tokio::SortOrder;

/// A field and a direction: `FIELD`, `FIELD:asc` or `FIELD:desc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) field: String,
    pub(super) order: SortOrder,
}

/// How the datapoints come into their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordering {
    /// As the server sends them: the earliest first.
    Earliest,
    /// As the server sends them from the end: the latest first.
    Latest,
    /// All of them are loaded and sorted.
    Sorted,
}

impl Ordering {
    /// Returns the ordering of a query with these options. The order of time needs no sorting.
    pub(super) fn of(sort: Option<&Sort>, latest: Option<u64>) -> Self {
        match (sort, latest) {
            (None, None) => Self::Earliest,
            (None, Some(_)) => Self::Latest,
            (Some(Sort { field, order }), None) if field == "time" => match order {
                SortOrder::Descending => Self::Latest,
                _ => Self::Earliest,
            },
            (Some(_), _) => Self::Sorted,
        }
    }
}

impl FromStr for Sort {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let (field, order) = match written.rsplit_once(':') {
            None => (written, SortOrder::Ascending),
            Some((field, "asc")) => (field, SortOrder::Ascending),
            Some((field, "desc")) => (field, SortOrder::Descending),
            Some((_, other)) => return Err(format!("expects `asc` or `desc` after the colon, got `{other}`")),
        };
        match field.trim() {
            "" => Err("expects the name of a field, such as cloud_cover or cloud_cover:desc".to_owned()),
            field => Ok(Self { field: field.to_owned(), order }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sort(written: &str) -> Result<Sort, String> {
        written.parse()
    }

    #[test]
    fn a_sort_is_a_field_with_an_optional_direction() {
        let clouds = |order| Ok(Sort { field: "cloud_cover".to_owned(), order });
        assert_eq!(sort("cloud_cover"), clouds(SortOrder::Ascending));
        assert_eq!(sort("cloud_cover:asc"), clouds(SortOrder::Ascending));
        assert_eq!(sort("cloud_cover:desc"), clouds(SortOrder::Descending));
        for written in ["", ":desc", " :asc", "cloud_cover:", "cloud_cover:down"] {
            assert!(sort(written).is_err(), "{written}");
        }
    }

    #[test]
    fn the_order_of_time_needs_no_sorting() {
        let of = |written: Option<&str>, latest| {
            Ordering::of(written.map(|written| sort(written).expect("a sort")).as_ref(), latest)
        };
        assert_eq!(of(None, None), Ordering::Earliest);
        assert_eq!(of(Some("time"), None), Ordering::Earliest);
        assert_eq!(of(Some("time:desc"), None), Ordering::Latest);
        assert_eq!(of(None, Some(3)), Ordering::Latest);
        assert_eq!(of(Some("time"), Some(3)), Ordering::Sorted);
        assert_eq!(of(Some("cloud_cover"), None), Ordering::Sorted);
    }
}
