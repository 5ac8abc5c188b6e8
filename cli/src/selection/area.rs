//! The area of a selection.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{ValueEnum, ValueHint};
use miette::Report;
use tilebox_tokio::geo_types::{MultiPolygon, Rect};
use tilebox_tokio::{CoordinateSystem, SpatialFilter, SpatialMode};

use crate::failure::Failure;
use crate::interruption::wait_for;

/// The area, and how datapoints relate to it.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Area")]
pub(crate) struct Area {
    #[command(flatten)]
    areas: Areas,
    /// The relation of datapoints to the area.
    #[arg(long, value_enum, requires = "any_area")]
    mode: Option<Mode>,
    /// The edges of the area: straight on a map, or the shortest way on the globe. By default bounding boxes are cartesian, and
    /// the server decides about other areas.
    #[arg(long, value_enum, requires = "any_area")]
    edges: Option<Edges>,
}

#[derive(Debug, Default, clap::Args)]
#[group(id = "any_area", multiple = true)]
struct Areas {
    /// A bounding box in degrees (WEST,SOUTH,EAST,NORTH), WKT, GeoJSON, a file with one of them or WKB, or `-` for standard
    /// input. A box whose west is greater than its east crosses the antimeridian. Repeat it for the union of several areas.
    #[arg(
        short,
        long = "area",
        visible_alias = "spatial-extent",
        value_name = "AREA",
        value_hint = ValueHint::FilePath,
        allow_hyphen_values = true
    )]
    areas: Vec<String>,
    /// A file with the area, as for --area.
    #[arg(long = "spatial-extent-file", value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// They intersect the area.
    Intersects,
    /// They are inside the area.
    Within,
    /// They contain the area.
    Covers,
}

impl From<Mode> for SpatialMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Intersects => Self::Intersects,
            Mode::Within => Self::FilterContainsGeometry,
            Mode::Covers => Self::GeometryContainsFilter,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Edges {
    /// Straight on a map of longitude and latitude.
    Cartesian,
    /// The shortest way on the globe.
    Spherical,
}

impl From<Edges> for CoordinateSystem {
    fn from(edges: Edges) -> Self {
        match edges {
            Edges::Cartesian => Self::Cartesian,
            Edges::Spherical => Self::Spherical,
        }
    }
}

/// An area as it was written.
#[derive(Debug)]
enum Written {
    /// A bounding box, whose edges are parallels and meridians.
    Box(SpatialFilter),
    Other(SpatialFilter),
}

impl Written {
    fn into_area(self) -> SpatialFilter {
        match self {
            Self::Box(area) | Self::Other(area) => area,
        }
    }
}

impl Area {
    /// Returns whether the whole earth is selected.
    pub(crate) fn is_empty(&self) -> bool {
        self.areas.areas.is_empty() && self.areas.files.is_empty()
    }

    /// Reads the area; `None` for the whole earth.
    pub(crate) fn read(&self) -> Result<Option<SpatialFilter>, Failure> {
        let inputs = self.areas.areas.iter().filter(|area| *area == "-").count();
        if inputs > 1 {
            let advice = "give it once; a GeoJSON collection has several polygons";
            return Err(Failure::usage("cannot read two areas from standard input", advice));
        }
        let texts = self.areas.areas.iter().map(|written| read(written));
        let files = self.areas.files.iter().map(|path| read_file(path));
        let areas = texts.chain(files).collect::<Result<Vec<_>, _>>()?;
        let only_boxes = areas.iter().all(|area| matches!(area, Written::Box(_)));
        let mut areas: Vec<_> = areas.into_iter().map(Written::into_area).collect();
        let area = if areas.len() > 1 { Some(SpatialFilter::union(areas)?) } else { areas.pop() };
        let Some(area) = area else { return Ok(None) };
        let edges = self.edges.map(CoordinateSystem::from).or(only_boxes.then_some(CoordinateSystem::Cartesian));
        let area = edges.into_iter().fold(area, SpatialFilter::with_coordinate_system);
        Ok(Some(self.mode.map(SpatialMode::from).into_iter().fold(area, SpatialFilter::with_mode)))
    }
}

/// Reads an area from an argument.
fn read(written: &str) -> Result<Written, Failure> {
    if written == "-" {
        let mut bytes = Vec::new();
        let read = wait_for(|| io::stdin().lock().read_to_end(&mut bytes));
        read.map_err(|error| {
            Failure::new(&format!("cannot read the area from standard input: {error}"), "check where it leads")
        })?;
        return parse(&bytes, "standard input");
    }
    if let Some(area) = bounding_box(written) {
        return area.map(Written::Box);
    }
    let path = Path::new(written);
    // Usual paths contain none of these; all WKT and GeoJSON does, except words such as `POINT EMPTY`.
    let is_text = written.contains(['(', '{']);
    if is_text || !looks_like_a_file(path) {
        return Ok(Written::Other(SpatialFilter::new(written)?));
    }
    read_file(path)
}

fn looks_like_a_file(path: &Path) -> bool {
    path.exists() || path.extension().is_some() || path.components().count() > 1
}

fn read_file(path: &Path) -> Result<Written, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::of_file("read the area file", path, &error))?;
    parse(&bytes, &format!("the file `{}`", path.display()))
}

/// Parses the contents of `source`.
fn parse(bytes: &[u8], source: &str) -> Result<Written, Failure> {
    // Bytes that are not UTF-8 are WKB, or an error that names the encoding.
    let area = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => match bounding_box(text) {
            Some(area) => return area.map(Written::Box),
            None => SpatialFilter::new(text),
        },
        _ => SpatialFilter::new(bytes),
    };
    area.map(Written::Other)
        .map_err(|error| Failure::Usage(Report::from(error).wrap_err(format!("{source} does not contain an area"))))
}

/// Returns the area of `WEST,SOUTH,EAST,NORTH`, with or without square brackets; `None` for text other than numbers and
/// commas.
fn bounding_box(written: &str) -> Option<Result<SpatialFilter, Failure>> {
    let text = written.trim();
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let numbers: Vec<f64> = text.split(',').map(|number| number.trim().parse().ok()).collect::<Option<_>>()?;
    if numbers.len() < 2 {
        return None;
    }
    let refused = |reason: &str, advice: &str| {
        Some(Err(Failure::usage(&format!("cannot use `{text}` as a bounding box: {reason}"), advice)))
    };
    let [west, south, east, north] = *numbers.as_slice() else {
        let reason = format!("expects four numbers, got {}", numbers.len());
        return refused(&reason, "write WEST,SOUTH,EAST,NORTH in degrees");
    };
    if south > north {
        return refused("its south is greater than its north", "write WEST,SOUTH,EAST,NORTH in degrees");
    }
    if west == east || south == north {
        return refused("it is empty", "write WKT such as POINT (12 45) for a point or a line");
    }
    let rectangle = |west: f64, east: f64| Rect::new((west, south), (east, north));
    let area = if west < east {
        SpatialFilter::new(rectangle(west, east))
    } else {
        let both = [(west, 180.0), (-180.0, east)].into_iter().filter(|(west, east)| west != east);
        SpatialFilter::new(both.map(|(west, east)| rectangle(west, east).to_polygon()).collect::<MultiPolygon>())
    };
    Some(area.map_err(|error| {
        Failure::Usage(Report::from(error).wrap_err(format!("cannot use `{text}` as a bounding box")))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(written: &[&str]) -> Result<Option<SpatialFilter>, String> {
        let areas = Areas { areas: written.iter().map(ToString::to_string).collect(), files: Vec::new() };
        let read = Area { areas, ..Area::default() }.read();
        read.map_err(|failure| match failure {
            Failure::Usage(report) => report.chain().map(ToString::to_string).collect::<Vec<_>>().join(": "),
            other => format!("{other:?}"),
        })
    }

    fn text(written: &[&str]) -> String {
        area(written).expect("an area").expect("an area").to_string()
    }

    fn coordinate_system(written: &[&str]) -> i32 {
        area(written).expect("an area").expect("an area").to_wire().coordinate_system
    }

    #[test]
    fn a_bounding_box_is_a_cartesian_polygon() {
        let expected = SpatialFilter::new(Rect::new((-10.0, 40.0), (20.0, 50.0))).expect("an area");
        let expected = expected.with_coordinate_system(CoordinateSystem::Cartesian);
        for written in ["-10,40,20,50", "[-10, 40, 20, 50]", " -10.0,4e1,20,50\n"] {
            assert_eq!(area(&[written]), Ok(Some(expected.clone())), "{written}");
        }
        let unspecified = coordinate_system(&["POLYGON((0 0, 1 0, 1 1, 0 0))"]);
        assert_ne!(coordinate_system(&["-10,40,20,50"]), unspecified);
        assert_eq!(coordinate_system(&["-10,40,20,50", "POLYGON((0 0, 1 0, 1 1, 0 0))"]), unspecified);
    }

    #[test]
    fn a_bounding_box_may_cross_the_antimeridian() {
        let found = text(&["170,-20,-170,-10"]);
        assert!(found.starts_with("MULTIPOLYGON") && found.contains("180") && found.contains("-180"), "{found}");
        assert_eq!(text(&["170,-20,-180,-10"]).matches("((").count(), 1);
    }

    #[test]
    fn a_wrong_bounding_box_is_an_error() {
        for (written, expected) in [
            ("1,2,3", "expects four numbers, got 3"),
            ("1,2,3,4,5,6", "expects four numbers, got 6"),
            ("1,4,3,2", "its south is greater than its north"),
            ("1,2,1,4", "it is empty"),
            ("1,2,3,400", "expects latitudes from -90 to 90, got 400"),
        ] {
            let error = area(&[written]).expect_err(written);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn several_areas_are_their_union() {
        let triangle = r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}"#;
        let found = text(&["10,10,20,20", triangle, "POLYGON((30 30, 31 30, 31 31, 30 30))"]);
        assert!(found.starts_with("MULTIPOLYGON") && found.contains("20 20") && found.contains("31 31"), "{found}");
        assert!(area(&["-", "-"]).expect_err("one standard input").contains("two areas"));
        assert!(area(&["10,10,20,20", "POINT (1 2)"]).is_err());
        assert_eq!(area(&[]), Ok(None));
    }
}
