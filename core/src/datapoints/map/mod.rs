//! Maps of footprints as SVG.
//!
//! | file | contents |
//! |---|---|
//! | `outline` | geometries as lines and areas on the map |
//! | `viewport` | the part of the globe that the map shows |
//! | `graticule` | lines of longitude and latitude |
//! | `colour`, `legend` | the colour of each footprint, and its legend |
//! | `path` | SVG paths |
//! | `svg` | the drawing |

mod colour;
mod graticule;
mod legend;
mod outline;
mod path;
mod svg;
#[cfg(test)]
mod tests;
mod viewport;

use std::fmt::{self, Write as _};

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, ArrayRef};
use arrow_schema::DataType;

use super::footprint::{self, is_geometry};
use super::{Datapoints, Footprint};
use crate::error::{Error, Result};
use crate::notebook::{self, STYLE};
use colour::Colouring;
use outline::{Outline, outlines};
use viewport::Viewport;

/// Default width of a drawing, in pixels.
const DEFAULT_WIDTH: u32 = 720;
/// Default maximum number of footprints.
const DEFAULT_LIMIT: usize = 1_000;

/// A map of the footprints of datapoints, as SVG: footprints with a tooltip of their values, lines of longitude and
/// latitude, and a legend. It has no background map.
///
/// A notebook draws it as the value of a cell.
///
/// ```
/// # fn example(datapoints: tilebox_core::Datapoints) -> Result<(), Box<dyn std::error::Error>> {
/// let map = datapoints.footprint_map()?.coloured_by("cloud_cover")?;
/// std::fs::write("clouds.svg", map.to_svg())?;
/// # Ok(())
/// # }
/// ```
///
/// The map shows the smallest part of the globe that contains all footprints. A footprint across the antimeridian is drawn
/// in one piece, and a ring around a pole covers the pole. The projection is equirectangular, true to scale at the centre.
#[derive(Clone, Debug)]
#[must_use]
pub struct FootprintMap {
    datapoints: Datapoints,
    /// Index of the geometry column.
    geometry: usize,
    /// Name of the column with the colours, and the colours.
    colour: Option<(String, Colouring)>,
    width: u32,
    limit: usize,
}

/// A footprint to draw.
struct DrawnFootprint {
    row: usize,
    parts: Vec<Outline>,
}

/// The footprints to draw, and counts for the caption.
struct Footprints {
    drawn: Vec<DrawnFootprint>,
    /// Number of footprints without the limit.
    total: usize,
    /// Number of datapoints without a geometry, or with an undecodable one.
    missing: usize,
}

impl FootprintMap {
    pub(super) fn new(datapoints: &Datapoints) -> Result<Self> {
        let geometry = footprint::geometry_column(&datapoints.schema()).ok_or_else(|| {
            let advice = "select the geometry column too, and query with the data of the datapoints";
            Error::invalid("draw a map of datapoints", "they have no geometry column", advice)
        })?;
        Ok(Self { datapoints: datapoints.clone(), geometry, colour: None, width: DEFAULT_WIDTH, limit: DEFAULT_LIMIT })
    }

    /// Sets the geometry column. Default: `geometry`, or else the first geometry column.
    ///
    /// # Errors
    ///
    /// When no geometry column has this name.
    pub fn with_geometry(mut self, column: &str) -> Result<Self> {
        let index = self.datapoints.index_of(column)?;
        let schema = self.datapoints.schema();
        if !is_geometry(schema.field(index)) {
            let names = schema.fields().iter().filter(|field| is_geometry(field)).map(|field| field.name().as_str());
            let advice = format!("geometry columns are {}", names.collect::<Vec<_>>().join(", "));
            let reason = format!("expects geometries, got {}", schema.field(index).data_type());
            return Err(Error::invalid(format!("draw the column `{column}`"), reason, advice));
        }
        self.geometry = index;
        Ok(self)
    }

    /// Colours the footprints by the values of a column: numbers, times and durations from dark to light; text, enums and
    /// booleans with one colour per value. Footprints without a value are grey.
    ///
    /// # Errors
    ///
    /// When the column does not exist, or has a type without colours, such as identifiers, geometries and lists.
    #[doc(alias = "color_by")]
    pub fn coloured_by(mut self, column: &str) -> Result<Self> {
        let colouring = Colouring::new(self.datapoints.column(column)?).map_err(|reason| {
            let advice = "use a column of numbers, times, durations, text, enums or booleans";
            Error::invalid(format!("colour a map by the column `{column}`"), reason, advice)
        })?;
        self.colour = Some((column.to_owned(), colouring));
        Ok(self)
    }

    /// Sets the width of the drawing, in pixels, from 240 to 10000. Default: 720.
    pub fn with_width(self, pixels: u32) -> Self {
        Self { width: pixels.clamp(240, 10_000), ..self }
    }

    /// Sets the maximum number of footprints, chosen evenly; the caption states both numbers. Default: 1000, because more
    /// slow a page down.
    pub fn with_limit(self, footprints: usize) -> Self {
        Self { limit: footprints, ..self }
    }

    /// Returns the drawing as SVG for a file or a page. Text and lines inherit the text colour of the page, so that the map
    /// fits light and dark pages.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let footprints = self.footprints();
        svg::draw(self, &footprints, &footprints.viewport())
    }

    /// Shows the map as the value of a notebook cell: the drawing in Jupyter, one line of text in the REPL. Called by evcxr.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(self, &format!("<div class=\"tilebox\">{STYLE}\n{}</div>\n", self.to_svg()));
    }

    fn footprints(&self) -> Footprints {
        let rows: Vec<usize> = (0..self.datapoints.len()).collect();
        let column = self.datapoints.batch().column(self.geometry);
        let (valid, null): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| column.is_valid(*row));
        // Equal steps from the first to the last.
        let count = valid.len().min(self.limit);
        let chosen = (0..count).filter_map(|index| valid.get(index * valid.len() / count));
        let drawn: Vec<_> =
            chosen.filter_map(|row| Some(DrawnFootprint { row: *row, parts: parts(column, *row)? })).collect();
        let undecodable = count - drawn.len();
        Footprints { drawn, total: valid.len() - undecodable, missing: null.len() + undecodable }
    }
}

/// Returns the outlines of the geometry in a row, or `None` if it is not valid.
fn parts(column: &ArrayRef, row: usize) -> Option<Vec<Outline>> {
    let wkb = match column.data_type() {
        DataType::Binary => column.as_binary_opt::<i32>()?.value(row),
        _ => column.as_binary_view_opt()?.value(row),
    };
    outlines(&Footprint::from_wkb(wkb).ok()?.into_geometry())
}

/// Describes the map in one line.
impl fmt::Display for FootprintMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let footprints = self.footprints();
        let Viewport { west, east, south, north, .. } = footprints.viewport();
        write!(f, "map of {}", footprints.caption(footprints.drawn.len()))?;
        let [west, east] = [west, east].map(|degrees| graticule::longitude(degrees, 1));
        let [south, north] = [south, north].map(|degrees| graticule::latitude(degrees, 1));
        write!(f, ", from {west} to {east} and {south} to {north}")?;
        if let Some((column, colouring)) = &self.colour {
            write!(f, ", coloured by {column}: {}", colouring.summary())?;
        }
        write!(f, " (`to_svg` draws it)")
    }
}

impl Footprints {
    /// Returns the smallest part of the globe that contains the drawn footprints.
    fn viewport(&self) -> Viewport {
        Viewport::around(self.drawn.iter().flat_map(|drawn| &drawn.parts))
    }

    /// Returns the number of footprints, and how many of them are drawn.
    fn caption(&self, drawn: usize) -> String {
        let noun = |count, noun: &str| if count == 1 { noun.to_owned() } else { format!("{noun}s") };
        let part = if drawn == self.total { String::new() } else { format!("{drawn} of ") };
        let mut caption = format!("{part}{} {}", self.total, noun(self.total, "footprint"));
        if self.missing > 0 {
            let _ = write!(caption, ", {} {} without a geometry", self.missing, noun(self.missing, "datapoint"));
        }
        caption
    }
}
