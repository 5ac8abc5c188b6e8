//! Concatenation, selection, conversion and text of arrays.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int32Type, Int64Type, IntervalMonthDayNanoType, TimestampNanosecondType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, DurationSecondArray,
    FixedSizeBinaryArray, FixedSizeListArray, Float64Array, Int8Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, IntervalYearMonthArray, LargeListArray, LargeStringArray, ListArray, ListViewArray,
    NullArray, RecordBatch, RunArray, StringArray, StringViewArray, StructArray, Time32SecondArray,
    TimestampMillisecondArray, TimestampSecondArray, UInt64Array, UnionArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, TimeUnit, UnionFields};
use proptest::prelude::*;

use super::{cast, concat, print, take, take_batch};

/// Returns a batch with columns of every layout in a page.
fn batch(numbers: &[Option<i32>]) -> RecordBatch {
    let text = |number: &Option<i32>| number.map(|number| format!("the text of number {number}"));
    let dictionary: DictionaryArray<Int32Type> =
        numbers.iter().map(|number| number.map(|number| if number % 2 == 0 { "even" } else { "odd" })).collect();
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(
        numbers.iter().map(|number| number.map(|number| (0..number % 4).map(|item| Some(i64::from(item))))),
    );
    let members: Vec<(Arc<Field>, ArrayRef)> = vec![(
        Arc::new(Field::new("inner", DataType::Utf8View, true)),
        Arc::new(numbers.iter().map(text).collect::<StringViewArray>()),
    )];
    let columns: [(&str, ArrayRef); 6] = [
        ("number", Arc::new(Int32Array::from(numbers.to_vec()))),
        ("boolean", Arc::new(numbers.iter().map(|number| number.map(|number| number > 2)).collect::<BooleanArray>())),
        ("text", Arc::new(numbers.iter().map(text).collect::<StringViewArray>())),
        ("name", Arc::new(dictionary)),
        ("list", Arc::new(lists)),
        ("struct", Arc::new(StructArray::from(members))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).expect("a batch")
}

fn rows(batch: &RecordBatch) -> Vec<Vec<Option<String>>> {
    (0..batch.num_rows())
        .map(|row| {
            let cell = |column: &ArrayRef| (!column.is_null(row)).then(|| print(column, row).expect("text"));
            batch.columns().iter().map(cell).collect()
        })
        .collect()
}

fn numbers() -> impl Strategy<Value = Vec<Option<i32>>> {
    proptest::collection::vec(proptest::option::of(0..20), 0..30)
}

proptest! {
    #[test]
    fn concatenated_batches_contain_all_rows(parts in proptest::collection::vec(numbers(), 1..5)) {
        let parts: Vec<RecordBatch> = parts.iter().map(|part| batch(part)).collect();
        let column = |index| concat(&parts.iter().map(|part| part.column(index).as_ref()).collect::<Vec<_>>());
        let columns = (0..parts[0].num_columns()).map(|index| column(index).expect("one type")).collect();
        let joined = RecordBatch::try_new(parts[0].schema(), columns).expect("a batch");
        let expected: Vec<_> = parts.iter().flat_map(rows).collect();
        prop_assert_eq!(rows(&joined), expected);
    }

    #[test]
    fn taken_rows_have_the_order_of_their_indexes(
        numbers in numbers(),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
        from in 0_usize..10,
    ) {
        let whole = batch(&numbers);
        // A slice has offsets that do not start at zero.
        let from = from.min(whole.num_rows());
        let part = whole.slice(from, whole.num_rows() - from);
        prop_assume!(part.num_rows() > 0);
        let picks: Vec<usize> = picks.iter().map(|pick| pick.index(part.num_rows())).collect();
        let all = rows(&part);
        let expected: Vec<_> = picks.iter().map(|pick| all[*pick].clone()).collect();
        prop_assert_eq!(rows(&take_batch(&part, &picks).expect("rows that exist")), expected);
    }

    #[test]
    fn integers_fit_another_width_or_are_errors(value in any::<i64>(), small in any::<i8>()) {
        for value in [value, i64::from(small)] {
            let array = Int64Array::from(vec![None, Some(value)]);
            let narrow = cast(&array, &DataType::UInt32);
            prop_assert_eq!(narrow.is_ok(), u32::try_from(value).is_ok());
            if let Ok(narrow) = narrow {
                let wide = cast(&narrow, &DataType::Int64).expect("wider");
                prop_assert_eq!(wide.as_primitive::<Int64Type>(), &array);
            }
        }
    }
}

#[test]
fn a_row_out_of_range_is_an_error() {
    assert!(take(&Int32Array::from(vec![1, 2]), &[0, 1, 2]).is_err());
    assert!(take(&Int32Array::from(vec![1, 2]), &[usize::MAX]).is_err());
}

#[test]
fn arrays_of_different_types_are_not_concatenated() {
    let error = concat(&[&Int32Array::from(vec![1]), &Int8Array::from(vec![1])]).expect_err("two types");
    assert!(error.to_string().contains("expects Int32, got Int8"), "{error}");
    assert!(concat(&[]).is_err());
}

#[test]
fn doubles_convert_to_floats_if_exact() {
    let float = |value: f64| cast(&Float64Array::from(vec![value]), &DataType::Float32);
    assert_eq!(float(0.5).expect("a float").as_primitive::<Float32Type>().value(0), 0.5);
    assert!(float(f64::NAN).expect("a float").as_primitive::<Float32Type>().value(0).is_nan());
    assert!(float(0.1).is_err() && float(1e300).is_err());
}

#[test]
fn times_convert_to_nanoseconds_in_their_zone() {
    let nanoseconds = |array: &dyn Array| -> Result<Vec<i64>, ArrowError> {
        let times = cast(array, &DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())))?;
        assert_eq!(times.data_type(), &DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())));
        Ok(times.as_primitive::<TimestampNanosecondType>().values().to_vec())
    };
    assert_eq!(nanoseconds(&TimestampMillisecondArray::from(vec![-1])).expect("a time"), [-1_000_000]);
    assert_eq!(nanoseconds(&Date32Array::from(vec![1])).expect("a day"), [86_400_000_000_000]);
    assert!(nanoseconds(&TimestampSecondArray::from(vec![i64::MAX])).is_err());
    assert!(nanoseconds(&Int64Array::from(vec![1])).is_err(), "a number is not a time");
}

#[test]
fn text_of_every_layout_converts_to_equal_text() {
    let expected = StringViewArray::from(vec![Some("a"), None, Some("b")]);
    let dictionary: DictionaryArray<Int32Type> = expected.iter().collect();
    let arrays: [ArrayRef; 3] = [
        Arc::new(expected.iter().collect::<StringArray>()),
        Arc::new(expected.iter().collect::<LargeStringArray>()),
        Arc::new(dictionary),
    ];
    for array in &arrays {
        assert_eq!(cast(array, &DataType::Utf8View).expect("text").as_string_view(), &expected);
        assert_eq!(cast(array, &DataType::Utf8).expect("text").as_string::<i32>().iter().flatten().count(), 2);
    }
    let nothing: DictionaryArray<Int32Type> = [None::<&str>, None].into_iter().collect();
    assert_eq!(cast(&nothing, &DataType::Utf8View).expect("nulls").null_count(), 2);
    let keys = Int8Array::from(vec![Some(1), None, Some(0)]);
    let numbers = DictionaryArray::new(keys, Arc::new(Int64Array::from(vec![7, 8])));
    let numbers = cast(&numbers, &DataType::Int64).expect("numbers");
    assert_eq!(numbers.as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(8), None, Some(7)]));
}

#[test]
fn lists_of_every_layout_convert_to_equal_lists() {
    let expected = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        None,
        Some(vec![Some(3), None]),
    ]);
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), Some(9), Some(9), Some(3), None]));
    let nulls = || Some(NullBuffer::from(vec![true, false, true]));
    let fixed = FixedSizeListArray::new(Arc::clone(&item), 2, Arc::clone(&values), nulls());
    let offsets = OffsetBuffer::from_lengths([2, 2, 2]);
    let large = LargeListArray::new(Arc::clone(&item), offsets, Arc::clone(&values), nulls());
    // The elements of the last list come first.
    let views: ArrayRef = Arc::new(Int32Array::from(vec![Some(3), None, Some(1), Some(2)]));
    let view = ListViewArray::new(Arc::clone(&item), vec![2, 0, 0].into(), vec![2, 1, 2].into(), views, nulls());
    let arrays: [ArrayRef; 3] = [Arc::new(fixed), Arc::new(large), Arc::new(view)];
    for array in &arrays {
        let list = cast(array, expected.data_type()).expect("lists");
        let part = cast(&array.slice(1, 2), expected.data_type()).expect("lists");
        for (row, list, row_of_list) in [(0, &list, 0), (1, &list, 1), (2, &list, 2), (2, &part, 1)] {
            assert_eq!(print(list, row_of_list), print(&expected, row), "{} row {row}", array.data_type());
        }
    }
}

#[test]
fn null_lists_of_a_fixed_size_convert_without_their_elements() {
    let item = Arc::new(Field::new_list_field(DataType::Int32, false));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![Some(1), Some(2), None, None]));
    let nulls = Some(NullBuffer::from(vec![true, false]));
    let fixed = FixedSizeListArray::new(Arc::clone(&item), 2, values, nulls);
    let list = cast(&fixed, &DataType::List(item)).expect("lists");
    assert_eq!((print(&list, 0).as_deref(), list.is_null(1)), (Some("[1, 2]"), true));
}

#[test]
fn views_that_overlap_too_often_are_an_error() {
    let item = Arc::new(Field::new_list_field(DataType::Int32, true));
    let values: ArrayRef = Arc::new(Int32Array::from(vec![0; 1 << 20]));
    let (offsets, sizes) = (vec![0; 1 << 12], vec![1 << 20; 1 << 12]);
    let view = ListViewArray::new(Arc::clone(&item), offsets.into(), sizes.into(), values, None);
    let error = cast(&view, &DataType::List(item)).expect_err("four billion elements");
    assert!(matches!(error, ArrowError::OffsetOverflowError(_)), "{error}");
}

#[test]
fn names_of_dictionaries_are_merged_where_keys_run_out() {
    let names = |first: usize| (first..first + 100).map(|number| format!("name {number}")).collect::<Vec<_>>();
    let dictionary = |first| {
        names(first).iter().map(|name| Some(name.as_str())).chain([None]).collect::<DictionaryArray<Int8Type>>()
    };
    let joined = concat(&[&dictionary(0), &dictionary(20)]).expect("120 names");
    let text = cast(&joined, &DataType::Utf8View).expect("text");
    let found: Vec<_> = text.as_string_view().iter().map(|name| name.map(str::to_owned)).collect();
    let expected = [names(0), names(20)].map(|names| names.into_iter().map(Some).chain([None]).collect::<Vec<_>>());
    assert_eq!((found, joined.data_type()), (expected.concat(), dictionary(0).data_type()));
    let error = concat(&[&dictionary(0), &dictionary(50)]).expect_err("150 names");
    assert!(matches!(error, ArrowError::DictionaryKeyOverflowError), "{error}");
}

#[test]
fn decimals_convert_to_doubles() {
    let decimals = Decimal128Array::from(vec![Some(12_345), None]).with_precision_and_scale(10, 2).expect("scale");
    let doubles = cast(&decimals, &DataType::Float64).expect("doubles");
    assert_eq!(doubles.as_primitive::<Float64Type>(), &Float64Array::from(vec![Some(123.45), None]));
}

#[test]
fn values_of_every_type_have_a_text_form() {
    let inner = Fields::from(vec![Field::new("day", DataType::Date32, true), Field::new("n", DataType::Int8, true)]);
    let columns: Vec<ArrayRef> = vec![Arc::new(Date32Array::from(vec![20_000])), Arc::new(Int8Array::from(vec![None]))];
    let runs = RunArray::try_new(&Int32Array::from(vec![1, 3]), &StringArray::from(vec!["a", "b"])).expect("runs");
    let tags = [0_i8].into_iter().collect();
    let child: ArrayRef = Arc::new(Int32Array::from(vec![7]));
    let union = UnionFields::try_new([0], [Field::new("number", DataType::Int32, true)]).expect("fields");
    let union = UnionArray::try_new(union, tags, None, vec![child]).expect("a union");
    let interval = IntervalMonthDayNanoType::make_value(14, 3, -1_500_000_000);
    let members = Fields::from(vec![Field::new("nothing", DataType::Null, true)]);
    let nothing: Vec<ArrayRef> = vec![Arc::new(NullArray::new(1))];
    let arrays: [(ArrayRef, &str); 18] = [
        (Arc::new(StructArray::new(inner, columns, None)), "{day: 2024-10-04, n: }"),
        (Arc::new(UInt64Array::from(vec![u64::MAX])), "18446744073709551615"),
        (Arc::new(Float64Array::from(vec![1.0])), "1.0"),
        (Arc::new(TimestampSecondArray::from(vec![0])), "1970-01-01T00:00:00Z"),
        (Arc::new(Time32SecondArray::from(vec![3661])), "01:01:01"),
        (Arc::new(TimestampSecondArray::from(vec![253_402_300_800])), "+10000-01-01T00:00:00Z"),
        (Arc::new(TimestampSecondArray::from(vec![i64::MAX])), "9223372036854775807 s since 1970"),
        (Arc::new(DurationSecondArray::from(vec![-90])), "-PT90S"),
        (Arc::new(DurationSecondArray::from(vec![i64::MAX])), "PT9223372036854775807S"),
        (Arc::new(IntervalYearMonthArray::from(vec![-14])), "P-14M0DT0S"),
        (Arc::new(IntervalMonthDayNanoArray::from(vec![interval])), "P14M3DT-1.5S"),
        (Arc::new(runs.slice(2, 1)), "b"),
        (Arc::new(union), "7"),
        (Arc::new(NullArray::new(1)), ""),
        (Arc::new(StructArray::new(members, nothing, None)), "{nothing: }"),
        (Arc::new(Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).expect("scale")), "123.45"),
        (Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8, 255]].iter()).expect("bytes")), "01ff"),
        (Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)])])), "[1, 2]"),
    ];
    for (array, expected) in &arrays {
        assert_eq!(print(array, 0).as_deref(), Some(*expected), "{}", array.data_type());
    }
}
