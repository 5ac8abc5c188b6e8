//! A drawing of where datapoints are.
//!
//! | file | holds |
//! |---|---|
//! | `outline` | a geometry as lines on a map |
//! | `window` | the part of the globe that is shown, and where a place is on it |
//! | `graticule` | lines of longitude and latitude |
//! | `colour`, `legend` | what colour a footprint has, and what that means |
//! | `path` | lines in the words of SVG |
//! | `svg` | the drawing |

mod colour;
mod graticule;
mod legend;
mod outline;
mod path;
mod svg;
#[cfg(test)]
mod tests;
mod window;

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
use window::Window;

/// The width of a drawing, in pixels.
const WIDTH: u32 = 720;
/// How many footprints are drawn unless something else is said.
const LIMIT: usize = 1_000;

/// A map of the footprints of datapoints, as SVG: with lines of longitude and latitude, a legend, and the values of a
/// footprint where the mouse points at it. There is no picture of the land below.
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
/// The map shows as little of the globe as has all footprints on it. What crosses the antimeridian is drawn in one piece,
/// what goes around a pole covers it. Shapes are right in the middle of the map (equirectangular projection).
#[derive(Clone, Debug)]
#[must_use]
pub struct FootprintMap {
    datapoints: Datapoints,
    /// The index of the column with geometries.
    geometry: usize,
    /// The column that gives the colours, and its name.
    colour: Option<(String, Colouring)>,
    width: u32,
    limit: usize,
}

/// A footprint that can be drawn.
struct Drawn {
    row: usize,
    parts: Vec<Outline>,
}

/// What there is to draw, and how many datapoints are not drawn and why.
struct Footprints {
    drawn: Vec<Drawn>,
    /// How many there would be without a limit.
    placed: usize,
    /// How many have no place, or one that cannot be read.
    placeless: usize,
}

impl FootprintMap {
    pub(super) fn new(datapoints: &Datapoints) -> Result<Self> {
        let geometry = footprint::geometry_column(&datapoints.schema()).ok_or_else(|| {
            let advice = "select the column with the geometries, too, and query with the data of the datapoints";
            Error::invalid("draw a map of datapoints", "there is no column of geometries", advice)
        })?;
        Ok(Self { datapoints: datapoints.clone(), geometry, colour: None, width: WIDTH, limit: LIMIT })
    }

    /// Draws the geometries of this column. Otherwise those of the column `geometry`, or of the first one that has any.
    ///
    /// # Errors
    ///
    /// When there is no column of geometries with this name.
    pub fn geometry(mut self, column: &str) -> Result<Self> {
        let index = self.datapoints.index_of(column)?;
        let schema = self.datapoints.schema();
        if !is_geometry(schema.field(index)) {
            let names = schema.fields().iter().filter(|field| is_geometry(field)).map(|field| field.name().as_str());
            let advice = format!("columns of geometries are {}", names.collect::<Vec<_>>().join(", "));
            return Err(Error::invalid(format!("draw the column `{column}`"), "it has no geometries", advice));
        }
        self.geometry = index;
        Ok(self)
    }

    /// Colours the footprints by the values of this column: numbers, times and durations from dark to light, text, enums
    /// and booleans by colours that differ. Footprints without a value are grey.
    ///
    /// # Errors
    ///
    /// When there is no such column, the error names those that are close; or its values have no colours, such as
    /// identifiers, geometries and lists.
    pub fn coloured_by(mut self, column: &str) -> Result<Self> {
        let colouring = Colouring::of(self.datapoints.column(column)?).map_err(|reason| {
            let advice = "take a column of numbers, times, durations, text, enums or booleans";
            Error::invalid(format!("colour a map by the column `{column}`"), reason, advice)
        })?;
        self.colour = Some((column.to_owned(), colouring));
        Ok(self)
    }

    /// The width of the drawing, in pixels; from 240 to 10000. 720 if nothing is said.
    pub fn width(self, pixels: u32) -> Self {
        Self { width: pixels.clamp(240, 10_000), ..self }
    }

    /// Draws so many footprints at most, chosen evenly, and says so. 1000 if nothing is said: more make a page slow.
    pub fn limit(self, footprints: usize) -> Self {
        Self { limit: footprints, ..self }
    }

    /// The drawing, for a file or a page. Text and lines have the colour of the text around it, so it reads in light and
    /// dark pages.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let footprints = self.footprints();
        svg::draw(self, &footprints, &Window::around(footprints.drawn.iter().flat_map(|drawn| &drawn.parts)))
    }

    /// Shows the map as the value of a cell: the drawing in Jupyter, and what it would show in the REPL. evcxr calls it.
    pub fn evcxr_display(&self) {
        notebook::show(self, &format!("<div class=\"tilebox\">{STYLE}\n{}</div>\n", self.to_svg()));
    }

    fn footprints(&self) -> Footprints {
        let rows: Vec<usize> = (0..self.datapoints.len()).collect();
        let column = self.datapoints.batch().column(self.geometry);
        let (placed, placeless): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| column.is_valid(*row));
        // As many as there may be, from the first to the last in equal steps.
        let shown = placed.len().min(self.limit);
        let chosen = (0..shown).filter_map(|index| placed.get(index * placed.len() / shown));
        let drawn: Vec<_> = chosen.filter_map(|row| Some(Drawn { row: *row, parts: parts(column, *row)? })).collect();
        let unreadable = shown - drawn.len();
        Footprints { drawn, placed: placed.len() - unreadable, placeless: placeless.len() + unreadable }
    }
}

/// What is drawn for a row, or `None` when that is no geometry.
fn parts(column: &ArrayRef, row: usize) -> Option<Vec<Outline>> {
    let wkb = match column.data_type() {
        DataType::Binary => column.as_binary_opt::<i32>()?.value(row),
        _ => column.as_binary_view_opt()?.value(row),
    };
    outlines(&Footprint::from_wkb(wkb).ok()?.into_geometry())
}

/// What the map shows, in a line.
impl fmt::Display for FootprintMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let footprints = self.footprints();
        let Window { west, east, south, north, .. } =
            Window::around(footprints.drawn.iter().flat_map(|drawn| &drawn.parts));
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
    /// How many there are and how many of them are drawn.
    fn caption(&self, drawn: usize) -> String {
        let noun = |count, noun: &str| if count == 1 { noun.to_owned() } else { format!("{noun}s") };
        let part = if drawn == self.placed { String::new() } else { format!("{drawn} of ") };
        let mut caption = format!("{part}{} {}", self.placed, noun(self.placed, "footprint"));
        if self.placeless > 0 {
            let _ = write!(caption, ", {} {} without a place", self.placeless, noun(self.placeless, "datapoint"));
        }
        caption
    }
}
