//! Conversion of arrays to another type.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, Int64Array, PrimitiveArray, StringArray, StringViewArray, make_array,
};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use super::gather::unpack;
use super::lists::check_size;
use super::{NANOSECONDS_PER_DAY, lists, nanoseconds_of, print};
use crate::schema::limits::double_as_float;

/// Converts an array to another type:
///
/// | from | to |
/// |---|---|
/// | integers | integers of another width, or `double`, which rounds beyond 2⁵³ |
/// | floating-point numbers | another width |
/// | decimals | `double`, which rounds |
/// | times and days | times in nanoseconds, in the zone of the result |
/// | durations | durations in nanoseconds |
/// | times and durations in nanoseconds | 64-bit integers |
/// | text of any layout, booleans | text |
/// | bytes of any layout | bytes |
/// | lists of any layout | lists of the same items |
/// | a dictionary | the type of its values; from names also text of another layout |
///
/// # Errors
///
/// When an integer, a time, a duration, or a narrower floating-point number does not hold a value exactly, a result
/// exceeds 32-bit offsets, or the table has no such conversion.
pub(crate) fn cast(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let from = array.data_type();
    if from == to {
        return Ok(make_array(array.to_data()));
    }
    if matches!(from, DataType::Dictionary(_, values) if values.as_ref() == to) {
        return unpack(array);
    }
    let converted = match to {
        DataType::Int32 => to_integers::<Int32Type>(array),
        DataType::Int64 => nanoseconds(array).map(Ok).or_else(|| to_integers::<Int64Type>(array)),
        DataType::UInt32 => to_integers::<UInt32Type>(array),
        DataType::UInt64 => to_integers::<UInt64Type>(array),
        DataType::Float32 => to_float32(array),
        DataType::Float64 => to_float64(array).map(Ok),
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => to_time(array).map(|times| {
            let times = times?.reinterpret_cast::<TimestampNanosecondType>();
            Ok(Arc::new(times.with_timezone_opt(zone.clone())) as ArrayRef)
        }),
        DataType::Duration(TimeUnit::Nanosecond) => {
            let array = to_duration(array);
            array.map(|array| Ok(Arc::new(array?.reinterpret_cast::<DurationNanosecondType>()) as ArrayRef))
        }
        DataType::Utf8View => text(array).map(|text| Ok(Arc::new(text) as ArrayRef)),
        DataType::BinaryView => bytes(array).map(|bytes| Ok(Arc::new(bytes) as ArrayRef)),
        DataType::Utf8 => text(array).map(|text| {
            check_size(text.iter().flatten().map(str::len))?;
            Ok(Arc::new(text.iter().collect::<StringArray>()) as ArrayRef)
        }),
        DataType::Binary => bytes(array).map(|bytes| {
            check_size(bytes.iter().flatten().map(<[u8]>::len))?;
            Ok(Arc::new(bytes.iter().collect::<BinaryArray>()) as ArrayRef)
        }),
        DataType::List(_) => {
            lists::to_list(array).filter(|list| list.as_ref().map_or(true, |list| list.data_type() == to))
        }
        _ => None,
    };
    converted.unwrap_or_else(|| Err(ArrowError::CastError(format!("cannot convert {from} to {to}"))))
}

/// Applies a macro to a primitive array of one of several types.
macro_rules! primitive {
    ($array:ident, $each:ident, $otherwise:expr, $($pattern:pat => $type:ty,)*) => {
        match $array.data_type() {
            $($pattern => $each!($array.as_primitive_opt::<$type>()?),)*
            _ => $otherwise,
        }
    };
}

/// Applies a macro to an integer array.
macro_rules! integer {
    ($array:ident, $each:ident, $otherwise:expr) => {
        primitive! {
            $array, $each, $otherwise,
            DataType::Int8 => Int8Type,
            DataType::Int16 => Int16Type,
            DataType::Int32 => Int32Type,
            DataType::Int64 => Int64Type,
            DataType::UInt8 => UInt8Type,
            DataType::UInt16 => UInt16Type,
            DataType::UInt32 => UInt32Type,
            DataType::UInt64 => UInt64Type,
        }
    };
}

/// Converts integers to another width, or returns an error if one does not fit.
fn to_integers<T>(array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i8>
        + TryFrom<i16>
        + TryFrom<i32>
        + TryFrom<i64>
        + TryFrom<u8>
        + TryFrom<u16>
        + TryFrom<u32>
        + TryFrom<u64>,
{
    macro_rules! convert {
        ($numbers:expr) => {
            $numbers.try_unary::<_, T, _>(|value| {
                T::Native::try_from(value).map_err(|_| does_not_fit(value, &T::DATA_TYPE))
            })
        };
    }
    let numbers: Result<PrimitiveArray<T>, ArrowError> = integer!(array, convert, return None);
    Some(numbers.map(|numbers| Arc::new(numbers) as ArrayRef))
}

fn does_not_fit(value: impl Debug, to: &DataType) -> ArrowError {
    ArrowError::CastError(format!("{value:?} does not fit {to}"))
}

/// Converts floating-point numbers to single precision, or returns an error if one is not exact.
fn to_float32(array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>> {
    let numbers = match array.data_type() {
        DataType::Float16 => {
            Ok(array.as_primitive_opt::<Float16Type>()?.unary::<_, Float32Type>(|value| value.to_f32()))
        }
        DataType::Float64 => array.as_primitive_opt::<Float64Type>()?.try_unary::<_, Float32Type, _>(|value| {
            double_as_float(value).ok_or_else(|| does_not_fit(value, &DataType::Float32))
        }),
        _ => return None,
    };
    Some(numbers.map(|numbers| Arc::new(numbers) as ArrayRef))
}

/// Converts numbers to double precision.
fn to_float64(array: &dyn Array) -> Option<ArrayRef> {
    macro_rules! convert {
        ($numbers:expr) => {
            $numbers.unary::<_, Float64Type>(|value| value as f64)
        };
    }
    let numbers = match array.data_type() {
        DataType::Float16 => array.as_primitive_opt::<Float16Type>()?.unary::<_, Float64Type>(|value| value.to_f64()),
        DataType::Float32 => array.as_primitive_opt::<Float32Type>()?.unary::<_, Float64Type>(f64::from),
        decimal if decimal.is_decimal() => {
            let number = |row| if array.is_null(row) { None } else { print(array, row)?.parse::<f64>().ok() };
            (0..array.len()).map(number).collect()
        }
        _ => integer!(array, convert, return None),
    };
    Some(Arc::new(numbers))
}

/// Returns the numbers of times and durations in nanoseconds.
fn nanoseconds(array: &dyn Array) -> Option<ArrayRef> {
    Some(match array.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Arc::new(array.as_primitive_opt::<TimestampNanosecondType>()?.reinterpret_cast::<Int64Type>())
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            Arc::new(array.as_primitive_opt::<DurationNanosecondType>()?.reinterpret_cast::<Int64Type>())
        }
        _ => return None,
    })
}

/// Multiplies values by the nanoseconds of their unit.
fn scaled<T>(array: &PrimitiveArray<T>, nanoseconds: i64) -> Result<Int64Array, ArrowError>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    array.try_unary(|value| {
        let scaled = value.into().checked_mul(nanoseconds);
        scaled.ok_or_else(|| does_not_fit(value, &DataType::Int64))
    })
}

/// Converts times and dates to nanoseconds since 1970.
fn to_time(array: &dyn Array) -> Option<Result<Int64Array, ArrowError>> {
    Some(match array.data_type() {
        DataType::Timestamp(unit, _) => {
            let scale = nanoseconds_of(*unit);
            match unit {
                TimeUnit::Second => scaled(array.as_primitive_opt::<TimestampSecondType>()?, scale),
                TimeUnit::Millisecond => scaled(array.as_primitive_opt::<TimestampMillisecondType>()?, scale),
                TimeUnit::Microsecond => scaled(array.as_primitive_opt::<TimestampMicrosecondType>()?, scale),
                TimeUnit::Nanosecond => scaled(array.as_primitive_opt::<TimestampNanosecondType>()?, scale),
            }
        }
        DataType::Date32 => scaled(array.as_primitive_opt::<Date32Type>()?, NANOSECONDS_PER_DAY),
        DataType::Date64 => scaled(array.as_primitive_opt::<Date64Type>()?, nanoseconds_of(TimeUnit::Millisecond)),
        _ => return None,
    })
}

/// Converts durations to nanoseconds.
fn to_duration(array: &dyn Array) -> Option<Result<Int64Array, ArrowError>> {
    Some(match array.data_type() {
        DataType::Duration(unit) => {
            let scale = nanoseconds_of(*unit);
            match unit {
                TimeUnit::Second => scaled(array.as_primitive_opt::<DurationSecondType>()?, scale),
                TimeUnit::Millisecond => scaled(array.as_primitive_opt::<DurationMillisecondType>()?, scale),
                TimeUnit::Microsecond => scaled(array.as_primitive_opt::<DurationMicrosecondType>()?, scale),
                TimeUnit::Nanosecond => scaled(array.as_primitive_opt::<DurationNanosecondType>()?, scale),
            }
        }
        _ => return None,
    })
}

/// Converts text of any layout, the names of a dictionary, and booleans as `true` and `false`.
fn text(array: &dyn Array) -> Option<StringViewArray> {
    Some(match array.data_type() {
        DataType::Utf8View => array.as_string_view_opt()?.clone(),
        DataType::Utf8 => StringViewArray::from(array.as_string_opt::<i32>()?),
        DataType::LargeUtf8 => StringViewArray::from(array.as_string_opt::<i64>()?),
        DataType::Boolean => {
            let words = array.as_boolean_opt()?.iter().map(|value| value.map(|value| value.to_string()));
            words.collect()
        }
        DataType::Dictionary(_, names) if names.is_string() => text(unpack(array).ok()?.as_ref())?,
        _ => return None,
    })
}

/// Converts bytes of any layout.
fn bytes(array: &dyn Array) -> Option<BinaryViewArray> {
    Some(match array.data_type() {
        DataType::BinaryView => array.as_binary_view_opt()?.clone(),
        DataType::Binary => BinaryViewArray::from(array.as_binary_opt::<i32>()?),
        DataType::LargeBinary => BinaryViewArray::from(array.as_binary_opt::<i64>()?),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary_opt()?.iter().collect(),
        _ => return None,
    })
}
