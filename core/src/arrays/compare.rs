//! The order of the values of an array.

use std::cmp::Ordering;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrowNativeTypeOp as _, downcast_primitive_array};
use arrow_schema::DataType;

/// Compares the values in two rows, which are not missing.
type Compare<'a> = Box<dyn Fn(usize, usize) -> Ordering + 'a>;

/// The rank of a missing value after the values.
const NAN: u8 = 1;
const NULL: u8 = 2;

/// Returns the rows of an array in the order of their values. The sort is stable. NaN follows the other values and null
/// follows NaN, in both directions. Returns `None` if the values of the type have no order.
pub(crate) fn sorted_rows(array: &dyn Array, is_descending: bool) -> Option<Vec<usize>> {
    let compare = comparison(array)?;
    let ranks = ranks(array);
    let mut rows: Vec<usize> = (0..array.len()).collect();
    rows.sort_by(|left, right| {
        let (left, right) = (*left, *right);
        let rank = |row: usize| ranks.get(row).copied().unwrap_or(NULL);
        match (rank(left), rank(right)) {
            (0, 0) if is_descending => compare(right, left),
            (0, 0) => compare(left, right),
            (one, other) => one.cmp(&other),
        }
    });
    Some(rows)
}

/// Returns for each row whether its value is missing.
fn ranks(array: &dyn Array) -> Vec<u8> {
    let nulls = array.logical_nulls();
    let mut ranks: Vec<u8> = match nulls {
        Some(nulls) => nulls.iter().map(|is_valid| if is_valid { 0 } else { NULL }).collect(),
        None => vec![0; array.len()],
    };
    macro_rules! mark_nan {
        ($type:ty) => {
            if let Some(numbers) = array.as_primitive_opt::<$type>() {
                for (rank, number) in ranks.iter_mut().zip(numbers.values()) {
                    if *rank == 0 && number.is_nan() {
                        *rank = NAN;
                    }
                }
            }
        };
    }
    mark_nan!(Float16Type);
    mark_nan!(Float32Type);
    mark_nan!(Float64Type);
    ranks
}

/// Returns the comparison of the values of an array; `None` if they have no order.
fn comparison<'a>(array: &'a dyn Array) -> Option<Compare<'a>> {
    macro_rules! by_value {
        ($array:expr) => {{
            let array = $array?;
            Some(Box::new(move |left, right| array.value(left).cmp(&array.value(right))))
        }};
    }
    macro_rules! by_number {
        ($type:ty) => {{
            let array = array.as_primitive_opt::<$type>()?;
            // Numbers have an order: NaN is not compared.
            Some(Box::new(move |left, right| {
                array.value(left).partial_cmp(&array.value(right)).unwrap_or(Ordering::Equal)
            }))
        }};
    }
    match array.data_type() {
        DataType::Null => return Some(Box::new(|_, _| Ordering::Equal)),
        DataType::Boolean => return by_value!(array.as_boolean_opt()),
        DataType::Float16 => return by_number!(Float16Type),
        DataType::Float32 => return by_number!(Float32Type),
        DataType::Float64 => return by_number!(Float64Type),
        DataType::Utf8 => return by_value!(array.as_string_opt::<i32>()),
        DataType::LargeUtf8 => return by_value!(array.as_string_opt::<i64>()),
        DataType::Utf8View => return by_value!(array.as_string_view_opt()),
        DataType::Binary => return by_value!(array.as_binary_opt::<i32>()),
        DataType::LargeBinary => return by_value!(array.as_binary_opt::<i64>()),
        DataType::BinaryView => return by_value!(array.as_binary_view_opt()),
        DataType::FixedSizeBinary(_) => return by_value!(array.as_fixed_size_binary_opt()),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt()?;
            let values = dictionary.values();
            if values.is_empty() {
                return Some(Box::new(|_, _| Ordering::Equal));
            }
            let (compare, keys) = (comparison(values.as_ref())?, dictionary.normalized_keys());
            let key = move |row: usize| keys.get(row).copied().unwrap_or_default();
            return Some(Box::new(move |left, right| compare(key(left), key(right))));
        }
        // Months and days have no common length.
        DataType::Interval(_) => return None,
        _ => {}
    }
    downcast_primitive_array!(
        array => Some(Box::new(move |left, right| array.value(left).compare(array.value(right)))),
        _ => None
    )
}
