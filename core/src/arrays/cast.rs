//! Values as another type, without loss.

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
use super::lists;

/// Converts values to a wider or narrower type of the same kind: whole numbers, floating-point numbers, times, durations,
/// text, bytes, lists; and what a dictionary stands
/// for.
///
/// # Errors
///
/// When a value does not fit, or the types are not of one kind.
pub(crate) fn cast(array: &dyn Array, to: &DataType) -> Result<ArrayRef, ArrowError> {
    let from = array.data_type();
    if from == to {
        return Ok(make_array(array.to_data()));
    }
    if matches!(from, DataType::Dictionary(_, values) if values.as_ref() == to) {
        return unpack(array);
    }
    let converted = match to {
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => nanoseconds(array).map(Ok).or_else(|| integers::<Int64Type>(array)),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => integers::<UInt64Type>(array),
        DataType::Float32 => single(array),
        DataType::Float64 => double(array).map(Ok),
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
            fits(text.iter().flatten().map(str::len))?;
            Ok(Arc::new(text.iter().collect::<StringArray>()) as ArrayRef)
        }),
        DataType::Binary => bytes(array).map(|bytes| {
            fits(bytes.iter().flatten().map(<[u8]>::len))?;
            Ok(Arc::new(bytes.iter().collect::<BinaryArray>()) as ArrayRef)
        }),
        DataType::List(_) => {
            lists::to_list(array).filter(|list| list.as_ref().is_ok_and(|list| list.data_type() == to))
        }
        _ => None,
    };
    converted.unwrap_or_else(|| Err(ArrowError::CastError(format!("cannot convert {from} to {to}"))))
}

/// Applies a macro to the primitive array of each of these types.
macro_rules! primitive {
    ($array:ident, $each:ident, $otherwise:expr, $($pattern:pat => $type:ty,)*) => {
        match $array.data_type() {
            $($pattern => $each!($array.as_primitive_opt::<$type>()?),)*
            _ => $otherwise,
        }
    };
}

/// The array by its type, where that is one of whole numbers.
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

fn integers<T>(array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>>
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
            $numbers
                .try_unary::<_, T, _>(|value| T::Native::try_from(value).map_err(|_| too_large(value, &T::DATA_TYPE)))
        };
    }
    let numbers: Result<PrimitiveArray<T>, ArrowError> = integer!(array, convert, return None);
    Some(numbers.map(|numbers| Arc::new(numbers) as ArrayRef))
}

fn too_large(value: impl Debug, to: &DataType) -> ArrowError {
    ArrowError::CastError(format!("{value:?} does not fit {to}"))
}

fn single(array: &dyn Array) -> Option<Result<ArrayRef, ArrowError>> {
    let numbers = match array.data_type() {
        DataType::Float16 => {
            Ok(array.as_primitive_opt::<Float16Type>()?.unary::<_, Float32Type>(|value| value.to_f32()))
        }
        DataType::Float64 => array.as_primitive_opt::<Float64Type>()?.try_unary::<_, Float32Type, _>(|value| {
            let float = value as f32;
            let is_exact = f64::from(float) == value || value.is_nan();
            if is_exact { Ok(float) } else { Err(too_large(value, &DataType::Float32)) }
        }),
        _ => return None,
    };
    Some(numbers.map(|numbers| Arc::new(numbers) as ArrayRef))
}

fn double(array: &dyn Array) -> Option<ArrayRef> {
    macro_rules! convert {
        ($numbers:expr) => {
            $numbers.unary::<_, Float64Type>(|value| value as f64)
        };
    }
    let numbers = match array.data_type() {
        DataType::Float16 => array.as_primitive_opt::<Float16Type>()?.unary::<_, Float64Type>(|value| value.to_f64()),
        DataType::Float32 => array.as_primitive_opt::<Float32Type>()?.unary::<_, Float64Type>(f64::from),
        _ => integer!(array, convert, return None),
    };
    Some(Arc::new(numbers))
}

/// The numbers behind times and durations of nanoseconds.
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

fn scaled<T>(array: &PrimitiveArray<T>, nanoseconds: i64) -> Result<Int64Array, ArrowError>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    array.try_unary(|value| {
        let scaled = value.into().checked_mul(nanoseconds);
        scaled.ok_or_else(|| too_large(value, &DataType::Int64))
    })
}

fn to_time(array: &dyn Array) -> Option<Result<Int64Array, ArrowError>> {
    Some(match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => {
            scaled(array.as_primitive_opt::<TimestampSecondType>()?, 1_000_000_000)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            scaled(array.as_primitive_opt::<TimestampMillisecondType>()?, 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            scaled(array.as_primitive_opt::<TimestampMicrosecondType>()?, 1000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => scaled(array.as_primitive_opt::<TimestampNanosecondType>()?, 1),
        DataType::Date32 => scaled(array.as_primitive_opt::<Date32Type>()?, 86_400_000_000_000),
        DataType::Date64 => scaled(array.as_primitive_opt::<Date64Type>()?, 1_000_000),
        _ => return None,
    })
}

fn to_duration(array: &dyn Array) -> Option<Result<Int64Array, ArrowError>> {
    Some(match array.data_type() {
        DataType::Duration(TimeUnit::Second) => scaled(array.as_primitive_opt::<DurationSecondType>()?, 1_000_000_000),
        DataType::Duration(TimeUnit::Millisecond) => {
            scaled(array.as_primitive_opt::<DurationMillisecondType>()?, 1_000_000)
        }
        DataType::Duration(TimeUnit::Microsecond) => scaled(array.as_primitive_opt::<DurationMicrosecondType>()?, 1000),
        _ => return None,
    })
}

/// Text of any layout, the names behind a dictionary, and booleans as words.
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

/// Bytes of any layout.
fn bytes(array: &dyn Array) -> Option<BinaryViewArray> {
    Some(match array.data_type() {
        DataType::BinaryView => array.as_binary_view_opt()?.clone(),
        DataType::Binary => BinaryViewArray::from(array.as_binary_opt::<i32>()?),
        DataType::LargeBinary => BinaryViewArray::from(array.as_binary_opt::<i64>()?),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary_opt()?.iter().collect(),
        _ => return None,
    })
}

/// # Errors
///
/// [`ArrowError::OffsetOverflowError`] when values with these lengths are more than an array with short offsets holds.
fn fits(lengths: impl Iterator<Item = usize>) -> Result<(), ArrowError> {
    let size = lengths.fold(0, usize::saturating_add);
    if i32::try_from(size).is_err() { Err(ArrowError::OffsetOverflowError(size)) } else { Ok(()) }
}
