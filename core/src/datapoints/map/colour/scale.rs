//! Colour scales of numbers, times and durations.

use arrow_array::Array;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_schema::{DataType, TimeUnit};

use super::Colour;
use crate::arrays;
use crate::schema::Timestamp;

/// Ten evenly spaced colours of viridis by Stéfan van der Walt and Nathaniel Smith (CC0, in matplotlib). Equal steps of a
/// value look equally large, also in greyscale and to colour-blind readers.
const VIRIDIS: [Colour; 10] = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
    [253, 231, 37],
];

/// Returns the colour at a fraction of the scale, from 0 to 1.
pub(in crate::datapoints::map) fn viridis(fraction: f64) -> Colour {
    let last = VIRIDIS.len() - 1;
    let at = fraction.clamp(0.0, 1.0) * last as f64;
    // The cast turns NaN into 0.
    let index = (at as usize).min(last - 1);
    let (from, to) = (VIRIDIS[index], VIRIDIS[index + 1]);
    let share = if at.is_nan() { 0.0 } else { at - index as f64 };
    std::array::from_fn(|channel| {
        let (from, to) = (f64::from(from[channel]), f64::from(to[channel]));
        (from + (to - from) * share).round() as u8
    })
}

/// The meaning of the numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Number,
    /// Nanoseconds since 1970.
    Time,
    /// Nanoseconds.
    Duration,
}

/// The values of all footprints and their range.
#[derive(Clone, Debug)]
pub(in crate::datapoints::map) struct Scale {
    unit: Unit,
    /// Values; NaN where a footprint has none.
    values: Vec<f64>,
    range: Option<(f64, f64)>,
}

impl Scale {
    pub(super) fn new(column: &dyn Array, unit: Unit) -> Result<Self, String> {
        let cast = |to: &DataType| arrays::cast(column, to).map_err(|error| error.to_string());
        let values: Vec<f64> = match unit {
            Unit::Number => {
                let numbers = cast(&DataType::Float64)?;
                numbers.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN)).collect()
            }
            Unit::Time | Unit::Duration => {
                let nanoseconds = match unit {
                    Unit::Duration => cast(&DataType::Duration(TimeUnit::Nanosecond))?,
                    _ => cast(&DataType::Timestamp(TimeUnit::Nanosecond, None))?,
                };
                let numbers = arrays::cast(&nanoseconds, &DataType::Int64).map_err(|error| error.to_string())?;
                let values = numbers.as_primitive::<Int64Type>().iter();
                values.map(|value| value.map_or(f64::NAN, |value| value as f64)).collect()
            }
        };
        let finite = values.iter().copied().filter(|value| value.is_finite());
        let range = finite.fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((least, greatest)) => Some((value.min(least), value.max(greatest))),
        });
        Ok(Self { unit, values, range })
    }

    /// Returns the colour of a row, or `None` without a finite value.
    pub(super) fn colour(&self, row: usize) -> Option<Colour> {
        let value = self.values.get(row).copied().filter(|value| value.is_finite())?;
        let (least, greatest) = self.range?;
        // Halving first prevents the difference from overflowing.
        let (span, above) = (greatest / 2.0 - least / 2.0, value / 2.0 - least / 2.0);
        Some(viridis(if span > 0.0 { above / span } else { 0.5 }))
    }

    pub(super) fn has_missing(&self) -> bool {
        self.values.iter().any(|value| !value.is_finite())
    }

    /// Returns whether all values are equal.
    pub(in crate::datapoints::map) fn is_constant(&self) -> bool {
        self.range.is_some_and(|(least, greatest)| least == greatest)
    }

    /// Formats the least and the greatest value.
    pub(in crate::datapoints::map) fn labels(&self) -> Option<(String, String)> {
        self.range.map(|(least, greatest)| (self.label(least), self.label(greatest)))
    }

    fn label(&self, value: f64) -> String {
        match self.unit {
            Unit::Number => number(value),
            Unit::Time => {
                // Labels end at the second.
                let text = Timestamp::from_nanoseconds(value as i64).to_milliseconds_string();
                text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
            }
            Unit::Duration => format!("{} s", number(value / 1e9)),
        }
    }
}

/// Formats a number with four significant digits, or all digits of a larger whole number.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = if magnitude == 0.0 { 0 } else { (3.0 - magnitude.log10().floor()).max(0.0) as usize };
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{DurationSecondArray, Float64Array, Int64Array, TimestampNanosecondArray};

    #[test]
    fn colours_lie_between_those_of_viridis() {
        assert_eq!((viridis(0.0), viridis(1.0)), ([68, 1, 84], [253, 231, 37]));
        assert_eq!((viridis(-1.0), viridis(2.0), viridis(f64::NAN)), (viridis(0.0), viridis(1.0), viridis(0.0)));
        assert_eq!(viridis(4.0 / 9.0), [38, 130, 142]);
        assert_eq!(viridis(0.5 / 9.0), [70, 21, 102]);
    }

    #[test]
    fn finite_values_have_colours_between_the_extremes() {
        let column =
            Float64Array::from(vec![Some(2.0), None, Some(f64::NAN), Some(4.0), Some(f64::INFINITY), Some(3.0)]);
        let scale = Scale::new(&column, Unit::Number).expect("numbers");
        let colours: Vec<_> = (0..7).map(|row| scale.colour(row)).collect();
        assert_eq!(colours[0], Some(viridis(0.0)));
        assert_eq!(colours[3], Some(viridis(1.0)));
        assert_eq!(colours[5], Some(viridis(0.5)));
        assert_eq!([colours[1], colours[2], colours[4], colours[6]], [None; 4]);
        assert!(scale.has_missing());
        assert_eq!(scale.labels(), Some(("2".to_owned(), "4".to_owned())));
    }

    #[test]
    fn a_constant_has_the_middle_colour_and_nulls_have_none() {
        let constant = Scale::new(&Int64Array::from(vec![7, 7]), Unit::Number).expect("numbers");
        assert!(constant.is_constant() && !constant.has_missing());
        assert_eq!(constant.colour(1), Some(viridis(0.5)));
        let nothing = Scale::new(&Int64Array::from(vec![None, None]), Unit::Number).expect("numbers");
        assert_eq!((nothing.colour(0), nothing.labels()), (None, None));
    }

    #[test]
    fn the_largest_numbers_have_colours() {
        let scale = Scale::new(&Float64Array::from(vec![f64::MIN, 0.0, f64::MAX]), Unit::Number).expect("numbers");
        let colours: Vec<_> = (0..3).map(|row| scale.colour(row)).collect();
        assert_eq!(colours, [Some(viridis(0.0)), Some(viridis(0.5)), Some(viridis(1.0))]);
    }

    #[test]
    fn labels_are_short_and_readable() {
        let labels = [0.0, 12.345_678, -0.5, 1234.0, 123_456.7, 1e-7, 2e20].map(number);
        assert_eq!(labels, ["0", "12.35", "-0.5", "1234", "123457", "1.000e-7", "2.000e20"]);
        let times = TimestampNanosecondArray::from(vec![0, 1_500_000_000]).with_timezone("UTC");
        let labels = Scale::new(&times, Unit::Time).expect("times").labels();
        assert_eq!(labels, Some(("1970-01-01T00:00:00Z".to_owned(), "1970-01-01T00:00:01Z".to_owned())));
        let labels = Scale::new(&DurationSecondArray::from(vec![90]), Unit::Duration).expect("durations").labels();
        assert_eq!(labels, Some(("90 s".to_owned(), "90 s".to_owned())));
    }
}
