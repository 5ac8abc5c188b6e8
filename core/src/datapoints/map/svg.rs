//! The drawing of a map.

use std::fmt::{self, Write as _};

use super::colour::{Colour, Colouring, MISSING, hex};
use super::legend::Legend;
use super::outline::Outline;
use super::viewport::Viewport;
use super::{DrawnFootprint, FootprintMap, Footprints, graticule, path};
use crate::datapoints::table::{Cells, display_order};
use crate::notebook::Escaped;

/// Space left of the map for the labels of parallels, in pixels.
const LEFT: f64 = 58.0;
/// Space right of the map for the last label of a meridian, in pixels.
const RIGHT: f64 = 22.0;
/// Space above the map, in pixels.
const TOP: f64 = 10.0;
/// Space below the map for the labels of meridians, in pixels.
const LABELS: f64 = 20.0;
/// Height of a line of text, in pixels.
const LINE: f64 = 18.0;
/// Maximum size of the footprints in a drawing, in bytes. Browsers scroll larger ones slowly.
const MAX_BYTES: usize = 8 << 20;
/// Maximum number of values in a tooltip.
const MAX_VALUES: usize = 6;

/// A map and the size of its frame.
struct Drawing<'a> {
    map: &'a FootprintMap,
    viewport: &'a Viewport,
    /// Width of the frame, in pixels.
    width: f64,
    /// Height of the frame, in pixels.
    height: f64,
}

/// Draws footprints with frame, labels, legend and caption.
pub(super) fn draw(map: &FootprintMap, footprints: &Footprints, viewport: &Viewport) -> String {
    let width = f64::from(map.width) - LEFT - RIGHT;
    let drawing = Drawing { map, viewport, width, height: (width * viewport.height()).round() };
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = drawing.write(&mut svg, footprints);
    svg
}

impl Drawing<'_> {
    fn write(&self, svg: &mut String, footprints: &Footprints) -> fmt::Result {
        let legend = Legend::new(self.map.colour.as_ref(), self.width);
        let below = TOP + self.height + LABELS;
        let (width, height) = (self.map.width, below + legend.height + LINE + 6.0);
        writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-size=\"11\" fill=\"currentColor\" role=\"img\" \
             aria-label=\"Map of footprints\">"
        )?;
        // The inner element clips footprints at the frame.
        writeln!(svg, "<svg x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\">", self.width, self.height)?;
        self.write_grid(svg)?;
        let drawn = self.write_footprints(svg, footprints)?;
        writeln!(
            svg,
            "<rect width=\"100%\" height=\"100%\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.6\"/>\n</svg>"
        )?;
        self.write_labels(svg)?;
        writeln!(svg, "<g transform=\"translate({LEFT} {below})\">\n{}</g>", legend.svg)?;
        let y = below + legend.height + LINE - 4.0;
        let caption = footprints.caption(drawn);
        writeln!(svg, "<text x=\"{LEFT}\" y=\"{y}\" fill-opacity=\"0.8\">{caption}</text>\n</svg>")
    }

    fn write_grid(&self, svg: &mut String) -> fmt::Result {
        let Self { viewport, width, height, .. } = self;
        let mut lines = String::new();
        for line in graticule::meridians(viewport.west, viewport.east) {
            let x = self.point([line.degrees, 0.0], 0.0)[0];
            write!(lines, "M{x:.1} 0V{height:.1}")?;
        }
        for line in graticule::parallels(viewport.south, viewport.north) {
            let y = self.point([0.0, line.degrees], 0.0)[1];
            write!(lines, "M0 {y:.1}H{width:.1}")?;
        }
        writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill-opacity=\"0.04\"/>")?;
        writeln!(svg, "<path d=\"{lines}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.2\"/>")
    }

    fn write_labels(&self, svg: &mut String) -> fmt::Result {
        let bottom = TOP + self.height + 14.0;
        for line in graticule::meridians(self.viewport.west, self.viewport.east) {
            let x = LEFT + self.point([line.degrees, 0.0], 0.0)[0];
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{bottom}\" text-anchor=\"middle\">{}</text>", line.label)?;
        }
        for line in graticule::parallels(self.viewport.south, self.viewport.north) {
            let (x, y) = (LEFT - 6.0, TOP + self.point([0.0, line.degrees], 0.0)[1] + 4.0);
            writeln!(svg, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", line.label)?;
        }
        Ok(())
    }

    /// Writes footprints up to [`MAX_BYTES`] and returns their number. Footprints without a value lie below the others.
    fn write_footprints(&self, svg: &mut String, footprints: &Footprints) -> Result<usize, fmt::Error> {
        let has_value = |drawn: &&DrawnFootprint| self.colour(drawn.row).is_some();
        let (above, below): (Vec<&DrawnFootprint>, Vec<&DrawnFootprint>) = footprints.drawn.iter().partition(has_value);
        let mut count = 0;
        for drawn in below.into_iter().chain(above) {
            if svg.len() > MAX_BYTES {
                break;
            }
            self.write_footprint(svg, drawn)?;
            count += 1;
        }
        Ok(count)
    }

    fn write_footprint(&self, svg: &mut String, DrawnFootprint { row, parts }: &DrawnFootprint) -> fmt::Result {
        let (mut areas, mut lines) = (String::new(), String::new());
        for part in parts {
            for turn in self.viewport.turns(part) {
                let at = |position: &_| self.point(*position, turn);
                match part {
                    Outline::Area(rings) => {
                        rings.iter().for_each(|ring| path::line(&mut areas, ring.iter().map(at), true));
                    }
                    Outline::Line(line) => path::line(&mut lines, line.iter().map(at), false),
                    Outline::Point(position) => path::dot(&mut areas, at(position)),
                }
            }
        }
        let colour = hex(self.colour(*row).unwrap_or(MISSING));
        writeln!(
            svg,
            "<g class=\"footprint\" fill=\"{colour}\" stroke=\"{colour}\" fill-opacity=\"0.55\" fill-rule=\"evenodd\">\
             <title>{}</title>",
            Escaped(&self.values(*row))
        )?;
        if !areas.is_empty() {
            writeln!(svg, "<path d=\"{areas}\"/>")?;
        }
        if !lines.is_empty() {
            writeln!(svg, "<path d=\"{lines}\" fill=\"none\" stroke-width=\"2\"/>")?;
        }
        svg.push_str("</g>\n");
        Ok(())
    }

    /// Returns values of a datapoint, one per line, that of the coloured column first.
    fn values(&self, row: usize) -> String {
        let columns = display_order(self.map.datapoints.batch());
        let first = self.map.colour.as_ref().map(|(name, _)| name.as_str());
        let geometry = self.map.datapoints.schema();
        let geometry = geometry.field(self.map.geometry).name();
        let (coloured, others): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .filter(|(field, _)| field.name() != geometry)
            .partition(|(field, _)| Some(field.name().as_str()) == first);
        let shown = coloured.into_iter().chain(others).take(MAX_VALUES);
        let line = shown.map(|(field, array)| format!("{}: {}", field.name(), Cells::new(field, array).text(row)));
        line.collect::<Vec<_>>().join("\n")
    }

    fn colour(&self, row: usize) -> Option<Colour> {
        self.map.colour.as_ref().map_or_else(|| Colouring::Plain.colour(row), |(_, colouring)| colouring.colour(row))
    }

    /// Returns a position in pixels, moved east by `turn` degrees.
    fn point(&self, [longitude, latitude]: [f64; 2], turn: f64) -> [f64; 2] {
        let [x, y] = self.viewport.position([longitude + turn, latitude]);
        [x * self.width, y * self.height]
    }
}
