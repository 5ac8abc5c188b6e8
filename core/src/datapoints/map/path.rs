//! Lines and points as SVG paths.

use std::fmt::Write as _;

/// Minimum distance between points of a line, in pixels. Closer points are merged.
const MIN_DISTANCE: f64 = 0.5;
/// Radius of a dot, in pixels.
const RADIUS: f64 = 3.5;

/// Writes the path of a line through points, in pixels. The outline of an area is closed.
pub(super) fn line(path: &mut String, points: impl Iterator<Item = [f64; 2]>, is_closed: bool) {
    let mut last: Option<[f64; 2]> = None;
    let mut skipped = None;
    let mut add = |point: [f64; 2], command: char| {
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{:.1} {:.1}", point[0], point[1]);
    };
    for point in points {
        match last {
            None => add(point, 'M'),
            Some([x, y]) if (point[0] - x).hypot(point[1] - y) < MIN_DISTANCE => {
                skipped = Some(point);
                continue;
            }
            Some(_) => add(point, 'L'),
        }
        (last, skipped) = (Some(point), None);
    }
    // The last point of a line is never merged.
    if let Some(end) = skipped.filter(|_| !is_closed) {
        add(end, 'L');
    }
    if is_closed && last.is_some() {
        path.push('Z');
    }
}

/// Writes the path of a dot around a point, in pixels.
pub(super) fn dot(path: &mut String, [x, y]: [f64; 2]) {
    let (left, diameter) = (x - RADIUS, 2.0 * RADIUS);
    let _ =
        write!(path, "M{left:.1} {y:.1}a{RADIUS} {RADIUS} 0 1 0 {diameter} 0a{RADIUS} {RADIUS} 0 1 0 -{diameter} 0Z");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(points: &[[f64; 2]], is_closed: bool) -> String {
        let mut path = String::new();
        line(&mut path, points.iter().copied(), is_closed);
        path
    }

    #[test]
    fn close_points_of_a_line_are_merged() {
        let many: Vec<_> = (0..=1_000_000).map(|step| [f64::from(step) / 1e5, 0.0]).collect();
        let path = path(&many, false);
        assert!(path.starts_with("M0.0 0.0L0.5 0.0") && path.ends_with("L10.0 0.0"), "{path}");
        assert!(path.matches('L').count() <= 21, "{path}");
    }

    #[test]
    fn areas_of_any_size_are_closed() {
        assert_eq!(path(&[[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 0.0]], true), "M0.0 0.0L9.0 0.0L9.0 9.0L0.0 0.0Z");
        assert_eq!(path(&[[1.0, 1.0], [1.1, 1.0], [1.1, 1.1]], true), "M1.0 1.0Z");
        assert_eq!(path(&[], true), "");
    }
}
