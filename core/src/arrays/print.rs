//! One value as text.

use std::fmt::{self, Write};

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type,
    Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType, IntervalYearMonthType,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Fields, IntervalUnit, TimeUnit};

use super::{NANOSECONDS_PER_DAY, nanoseconds_of};
use crate::schema::Timestamp;
use crate::schema::duration;

/// Formats the value in a row: times as RFC 3339, durations as ISO 8601, bytes in hexadecimal digits, lists as `[1, 2]`,
/// structs and maps as `{name: value}`. Null is empty text. Every type has a text form; `None` if the array contradicts
/// its type.
pub(crate) fn print(array: &dyn Array, row: usize) -> Option<String> {
    let mut text = String::new();
    // Writing to a string cannot fail; an error means that the array contradicts its type.
    write(array, row, &mut text).ok().map(|()| text)
}

/// Writes a value.
///
/// # Errors
///
/// When the array contradicts its type.
fn write(array: &dyn Array, row: usize, out: &mut String) -> fmt::Result {
    if array.is_null(row) {
        return Ok(());
    }
    write_non_null(array, row, out).unwrap_or(Err(fmt::Error))
}

/// Returns the value in a row of a primitive array.
macro_rules! value {
    ($array:ident, $row:ident, $type:ty) => {
        $array.as_primitive_opt::<$type>()?.value($row)
    };
}

fn write_non_null(array: &dyn Array, row: usize, out: &mut String) -> Option<fmt::Result> {
    Some(match array.data_type() {
        DataType::Boolean => write!(out, "{}", array.as_boolean_opt()?.value(row)),
        DataType::Int8 => write!(out, "{}", value!(array, row, Int8Type)),
        DataType::Int16 => write!(out, "{}", value!(array, row, Int16Type)),
        DataType::Int32 => write!(out, "{}", value!(array, row, Int32Type)),
        DataType::Int64 => write!(out, "{}", value!(array, row, Int64Type)),
        DataType::UInt8 => write!(out, "{}", value!(array, row, UInt8Type)),
        DataType::UInt16 => write!(out, "{}", value!(array, row, UInt16Type)),
        DataType::UInt32 => write!(out, "{}", value!(array, row, UInt32Type)),
        DataType::UInt64 => write!(out, "{}", value!(array, row, UInt64Type)),
        // With a decimal point, unlike integers.
        DataType::Float16 => write!(out, "{:?}", value!(array, row, Float16Type).to_f32()),
        DataType::Float32 => write!(out, "{:?}", value!(array, row, Float32Type)),
        DataType::Float64 => write!(out, "{:?}", value!(array, row, Float64Type)),
        DataType::Decimal32(..) => out.write_str(&array.as_primitive_opt::<Decimal32Type>()?.value_as_string(row)),
        DataType::Decimal64(..) => out.write_str(&array.as_primitive_opt::<Decimal64Type>()?.value_as_string(row)),
        DataType::Decimal128(..) => out.write_str(&array.as_primitive_opt::<Decimal128Type>()?.value_as_string(row)),
        DataType::Decimal256(..) => out.write_str(&array.as_primitive_opt::<Decimal256Type>()?.value_as_string(row)),
        DataType::Utf8 => out.write_str(array.as_string_opt::<i32>()?.value(row)),
        DataType::LargeUtf8 => out.write_str(array.as_string_opt::<i64>()?.value(row)),
        DataType::Utf8View => out.write_str(array.as_string_view_opt()?.value(row)),
        DataType::Binary => write_bytes(array.as_binary_opt::<i32>()?.value(row), out),
        DataType::LargeBinary => write_bytes(array.as_binary_opt::<i64>()?.value(row), out),
        DataType::BinaryView => write_bytes(array.as_binary_view_opt()?.value(row), out),
        DataType::FixedSizeBinary(_) => write_bytes(array.as_fixed_size_binary_opt()?.value(row), out),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
            write_time(array, row, out)?
        }
        DataType::Duration(unit) => {
            let value = match unit {
                TimeUnit::Second => value!(array, row, DurationSecondType),
                TimeUnit::Millisecond => value!(array, row, DurationMillisecondType),
                TimeUnit::Microsecond => value!(array, row, DurationMicrosecondType),
                TimeUnit::Nanosecond => value!(array, row, DurationNanosecondType),
            };
            out.write_str(&duration::format(i128::from(value) * i128::from(nanoseconds_of(*unit))))
        }
        DataType::Interval(unit) => write_interval(array, *unit, row, out)?,
        DataType::Null => Ok(()),
        DataType::RunEndEncoded(run_ends, _) => write_run(array, run_ends.data_type(), row, out)?,
        DataType::Union(..) => write(&array.as_union_opt()?.value(row), 0, out),
        DataType::Dictionary(..) => {
            // Normalize the key of one row only.
            let one = array.slice(row, 1);
            let dictionary = one.as_any_dictionary_opt()?;
            write(dictionary.values().as_ref(), *dictionary.normalized_keys().first()?, out)
        }
        DataType::List(_) => write_list(&array.as_list_opt::<i32>()?.value(row), out),
        DataType::LargeList(_) => write_list(&array.as_list_opt::<i64>()?.value(row), out),
        DataType::FixedSizeList(..) => write_list(&array.as_fixed_size_list_opt()?.value(row), out),
        DataType::ListView(_) => write_list(&array.as_list_view_opt::<i32>()?.value(row), out),
        DataType::LargeListView(_) => write_list(&array.as_list_view_opt::<i64>()?.value(row), out),
        DataType::Struct(fields) => write_struct(fields, array.as_struct_opt()?.columns(), row, out),
        DataType::Map(..) => {
            let entries = array.as_map_opt()?.value(row);
            let [keys, values] = entries.columns() else { return None };
            write_joined(0..entries.len(), ['{', '}'], out, |entry, out| {
                write(keys, entry, out)?;
                out.push_str(": ");
                write(values, entry, out)
            })
        }
    })
}

fn write_bytes(bytes: &[u8], out: &mut String) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

fn write_list(items: &ArrayRef, out: &mut String) -> fmt::Result {
    write_joined(0..items.len(), ['[', ']'], out, |item, out| write(items, item, out))
}

fn write_struct(fields: &Fields, columns: &[ArrayRef], row: usize, out: &mut String) -> fmt::Result {
    write_joined(fields.iter().zip(columns), ['{', '}'], out, |(field, column), out| {
        write!(out, "{}: ", field.name())?;
        write(column, row, out)
    })
}

fn write_joined<T>(
    items: impl Iterator<Item = T>,
    [open, close]: [char; 2],
    out: &mut String,
    mut write_item: impl FnMut(T, &mut String) -> fmt::Result,
) -> fmt::Result {
    out.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_item(item, out)?;
    }
    out.push(close);
    Ok(())
}

/// Writes a timestamp, a date or a time of day.
fn write_time(array: &dyn Array, row: usize, out: &mut String) -> Option<fmt::Result> {
    let nanoseconds = match array.data_type() {
        DataType::Timestamp(unit, _) => {
            let time = match unit {
                TimeUnit::Second => value!(array, row, TimestampSecondType),
                TimeUnit::Millisecond => value!(array, row, TimestampMillisecondType),
                TimeUnit::Microsecond => value!(array, row, TimestampMicrosecondType),
                TimeUnit::Nanosecond => value!(array, row, TimestampNanosecondType),
            };
            i128::from(time) * i128::from(nanoseconds_of(*unit))
        }
        DataType::Date32 => i128::from(value!(array, row, Date32Type)) * i128::from(NANOSECONDS_PER_DAY),
        DataType::Date64 => {
            i128::from(value!(array, row, Date64Type)) * i128::from(nanoseconds_of(TimeUnit::Millisecond))
        }
        DataType::Time32(TimeUnit::Second) => {
            i128::from(value!(array, row, Time32SecondType)) * i128::from(nanoseconds_of(TimeUnit::Second))
        }
        DataType::Time32(_) => {
            i128::from(value!(array, row, Time32MillisecondType)) * i128::from(nanoseconds_of(TimeUnit::Millisecond))
        }
        DataType::Time64(TimeUnit::Microsecond) => {
            i128::from(value!(array, row, Time64MicrosecondType)) * i128::from(nanoseconds_of(TimeUnit::Microsecond))
        }
        DataType::Time64(_) => i128::from(value!(array, row, Time64NanosecondType)),
        _ => return None,
    };
    let second = i128::from(nanoseconds_of(TimeUnit::Second));
    let seconds = i64::try_from(nanoseconds.div_euclid(second)).ok()?;
    let fraction = u32::try_from(nanoseconds.rem_euclid(second)).ok()?;
    let text = match Timestamp::from_unix(seconds, fraction) {
        Ok(time) => time.to_string(),
        Err(_) => return Some(write_distant_time(seconds, fraction, out)),
    };
    let (date, time) = text.split_once('T')?;
    Some(out.write_str(match array.data_type() {
        DataType::Date32 | DataType::Date64 => date,
        DataType::Time32(_) | DataType::Time64(_) => time.trim_end_matches('Z'),
        _ => &text,
    }))
}

/// Writes a time outside the years 1 to 9999: in the expanded form of ISO 8601, or else in seconds since 1970.
fn write_distant_time(seconds: i64, fraction: u32, out: &mut String) -> fmt::Result {
    match chrono::DateTime::from_timestamp(seconds, fraction) {
        Some(time) => out.write_str(&time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        None => write!(out, "{seconds} s since 1970"),
    }
}

/// Writes a calendar interval as ISO 8601: months, days, and seconds with their fraction.
fn write_interval(array: &dyn Array, unit: IntervalUnit, row: usize, out: &mut String) -> Option<fmt::Result> {
    let (months, days, nanoseconds) = match unit {
        IntervalUnit::YearMonth => (value!(array, row, IntervalYearMonthType), 0, 0),
        IntervalUnit::DayTime => {
            let interval = value!(array, row, IntervalDayTimeType);
            let milliseconds = i128::from(interval.milliseconds);
            (0, interval.days, milliseconds * i128::from(nanoseconds_of(TimeUnit::Millisecond)))
        }
        IntervalUnit::MonthDayNano => {
            let interval = value!(array, row, IntervalMonthDayNanoType);
            (interval.months, interval.days, i128::from(interval.nanoseconds))
        }
    };
    // `PT1.5S` or `-PT1.5S`, whose sign goes before the number.
    let seconds = duration::format(nanoseconds).replace("PT", "");
    Some(write!(out, "P{months}M{days}DT{seconds}"))
}

/// Writes the value of the run that a row belongs to.
fn write_run(array: &dyn Array, run_ends: &DataType, row: usize, out: &mut String) -> Option<fmt::Result> {
    macro_rules! run {
        ($ends:ty) => {{
            let runs = array.as_run_opt::<$ends>()?;
            write(runs.values().as_ref(), runs.get_physical_index(row), out)
        }};
    }
    Some(match run_ends {
        DataType::Int16 => run!(Int16Type),
        DataType::Int32 => run!(Int32Type),
        DataType::Int64 => run!(Int64Type),
        _ => return None,
    })
}
