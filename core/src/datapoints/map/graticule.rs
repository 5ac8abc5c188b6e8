//! The lines of longitude and latitude of a map.

/// Possible distances between lines, in degrees.
const STEPS: [f64; 19] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0];
/// Maximum number of steps between the lines of one direction.
const MAX_STEPS: f64 = 7.0;

/// A line and its label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) degrees: f64,
    pub(super) label: String,
}

/// Returns lines of equal longitude. `east` may exceed 180.
pub(super) fn meridians(west: f64, east: f64) -> Vec<Line> {
    lines(west, east, longitude)
}

/// Returns lines of equal latitude.
pub(super) fn parallels(south: f64, north: f64) -> Vec<Line> {
    lines(south, north, latitude)
}

/// Formats a longitude, such as `11.5°E`.
pub(super) fn longitude(degrees: f64, decimals: usize) -> String {
    let degrees = (degrees + 180.0).rem_euclid(360.0) - 180.0;
    // The antimeridian is neither east nor west.
    let is_edge = rounded(degrees.abs(), decimals) == rounded(180.0, decimals);
    with_direction(degrees, decimals, if is_edge { ["", ""] } else { ["W", "E"] })
}

/// Formats a latitude, such as `47°N`.
pub(super) fn latitude(degrees: f64, decimals: usize) -> String {
    with_direction(degrees, decimals, ["S", "N"])
}

fn with_direction(degrees: f64, decimals: usize, [negative, positive]: [&str; 2]) -> String {
    let number = rounded(degrees.abs(), decimals);
    let direction = match degrees {
        _ if number == rounded(0.0, decimals) => "",
        degrees if degrees < 0.0 => negative,
        _ => positive,
    };
    format!("{number}°{direction}")
}

fn rounded(degrees: f64, decimals: usize) -> String {
    format!("{degrees:.decimals$}")
}

fn lines(from: f64, to: f64, name: fn(f64, usize) -> String) -> Vec<Line> {
    let Some(step) = STEPS.into_iter().find(|step| (to - from) / step <= MAX_STEPS) else { return Vec::new() };
    let decimals = [1.0, 0.1, 0.01].into_iter().filter(|unit| step < *unit).count();
    let (first, last) = ((from / step).ceil(), (to / step).floor());
    // The step bounds the number of lines; the range also bounds it for infinite coordinates.
    let numbers = (0..=MAX_STEPS as u32).map(|number| first + f64::from(number)).take_while(|number| *number <= last);
    numbers.map(|number| number * step).map(|degrees| Line { degrees, label: name(degrees, decimals) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.label.as_str()).collect()
    }

    #[test]
    fn lines_lie_at_round_numbers() {
        assert_eq!(labels(&meridians(9.7, 14.3)), ["10°E", "11°E", "12°E", "13°E", "14°E"]);
        assert_eq!(labels(&parallels(-1.1, 0.9)), ["1.0°S", "0.5°S", "0.0°", "0.5°N"]);
        assert_eq!(labels(&parallels(47.0, 47.02)), ["47.000°N", "47.005°N", "47.010°N", "47.015°N", "47.020°N"]);
    }

    #[test]
    fn the_antimeridian_is_neither_east_nor_west() {
        assert_eq!(labels(&meridians(-180.0, 180.0)), ["180°", "120°W", "60°W", "0°", "60°E", "120°E", "180°"]);
        assert_eq!(labels(&parallels(-90.0, 90.0)), ["90°S", "60°S", "30°S", "0°", "30°N", "60°N", "90°N"]);
        assert_eq!(labels(&meridians(178.0, 184.0)), ["178°E", "179°E", "180°", "179°W", "178°W", "177°W", "176°W"]);
    }

    #[test]
    fn infinite_extents_have_no_lines() {
        assert!(meridians(f64::NAN, 1.0).is_empty());
        assert!(lines(0.0, f64::INFINITY, longitude).is_empty());
        assert_eq!(labels(&lines(5.0, 5.0, latitude)), ["5.000°N"]);
    }
}
