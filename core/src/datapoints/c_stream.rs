//! Datapoints as streams of the Arrow C interface.

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::ArrowError;

use super::Datapoints;
use crate::error::{Error, Result};

/// A stream of the [Arrow C stream interface](https://arrow.apache.org/docs/format/CStreamInterface.html): the type of the
/// crate `arrow-array`, whose layout is that of the interface.
///
/// Dropping it releases the stream.
pub use arrow_array::ffi_stream::FFI_ArrowArrayStream as CStream;

impl Datapoints {
    /// Converts the datapoints into a stream of one batch for another Arrow library, without copying them.
    ///
    /// The other library takes the stream by its address: PyArrow with `RecordBatchReader._import_from_c`, Polars and DuckDB
    /// as a capsule, other versions of Arrow for Rust with `from_raw`. The guide has a [recipe](crate::guide::results).
    ///
    /// ```
    /// # fn example(datapoints: tilebox_core::Datapoints) -> tilebox_core::Result<()> {
    /// # use tilebox_core as tilebox_tokio;
    /// use tilebox_tokio::Datapoints;
    ///
    /// let stream = datapoints.into_c_stream();
    /// let same = Datapoints::from_c_stream(stream)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "dropping the stream releases the datapoints"]
    #[doc(alias("ffi", "pyarrow", "polars", "to_arrow"))]
    pub fn into_c_stream(self) -> CStream {
        let schema = self.batch.schema();
        stream_of(RecordBatchIterator::new([Ok(self.batch)], schema))
    }

    /// Reads all batches of a stream of another Arrow library into one table.
    ///
    /// A stream without batches is a table without datapoints.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`](crate::ErrorKind::InvalidArgument) when the stream is released already, its producer reports an error, or its types are
    /// not those of Arrow.
    #[doc(alias("ffi", "pyarrow", "polars", "from_arrow"))]
    pub fn from_c_stream(stream: CStream) -> Result<Self> {
        let invalid = |error: ArrowError| {
            let advice = "check the producer of the stream";
            Error::invalid("read an Arrow C stream", error.to_string(), advice).with_source(error)
        };
        let reader = RecordBatchStreamReader::try_new(stream).map_err(invalid)?;
        let schema = reader.schema();
        let batches = reader.map(|batch| batch.map(Self::new)).collect::<Result<Vec<_>, _>>().map_err(invalid)?;
        if batches.is_empty() {
            return Ok(Self::new(RecordBatch::new_empty(schema)));
        }
        Self::concat(&batches)
    }
}

/// Returns the stream of a reader.
pub(crate) fn stream_of(reader: impl RecordBatchReader + Send + 'static) -> CStream {
    CStream::new(Box::new(reader))
}

#[cfg(test)]
mod tests {
    use arrow_array::RecordBatchIterator;
    use arrow_schema::Schema;

    use super::*;
    use crate::datapoints::samples;

    #[test]
    fn datapoints_pass_through_a_stream_unchanged() {
        let datapoints = Datapoints::new(samples::batch(5));
        let streamed = Datapoints::from_c_stream(datapoints.clone().into_c_stream()).expect("datapoints");
        assert_eq!(streamed, datapoints);
        assert_eq!(streamed.schema(), datapoints.schema(), "metadata of the fields included");
        let part = datapoints.slice(1, 2);
        assert_eq!(Datapoints::from_c_stream(part.clone().into_c_stream()).expect("datapoints"), part);
        let none = datapoints.slice(0, 0);
        assert_eq!(Datapoints::from_c_stream(none.clone().into_c_stream()).expect("datapoints"), none);
    }

    #[test]
    fn the_batches_of_a_stream_become_one_table() {
        let (first, second) = (samples::batch(3), samples::batch(2));
        let schema = first.schema();
        let stream = stream_of(RecordBatchIterator::new([Ok(first.clone()), Ok(second.clone())], schema.clone()));
        let all = Datapoints::from_c_stream(stream).expect("datapoints");
        let both = Datapoints::concat(&[first.into(), second.into()]).expect("one table");
        assert_eq!(all, both);
        let empty = stream_of(RecordBatchIterator::new([], schema.clone()));
        let empty = Datapoints::from_c_stream(empty).expect("datapoints");
        assert!(empty.is_empty() && empty.schema() == schema);
    }

    #[test]
    fn an_error_of_the_producer_is_an_error() {
        let broken = ArrowError::ComputeError("the producer broke".to_owned());
        let schema = std::sync::Arc::new(Schema::empty());
        let error = Datapoints::from_c_stream(stream_of(RecordBatchIterator::new([Err(broken)], schema)));
        let error = error.expect_err("a broken stream").to_string();
        assert!(
            error.starts_with("cannot read an Arrow C stream: ") && error.contains("the producer broke"),
            "{error}"
        );
        let error = Datapoints::from_c_stream(CStream::empty()).expect_err("a released stream").to_string();
        assert!(error.starts_with("cannot read an Arrow C stream: "), "{error}");
    }
}
