//! The drawing of a map.

use std::fmt::{self, Write as _};

use super::colour::{ABSENT, Colour, Colouring, hex};
use super::legend::Legend;
use super::outline::Outline;
use super::window::Window;
use super::{Drawn, FootprintMap, Footprints, graticule, path};
use crate::datapoints::table::{Cells, ordered};
use crate::notebook::Escaped;

/// Space around the map, in pixels: for the labels of parallels, for a label of a meridian that ends behind it, and for
/// those of meridians.
const LEFT: f64 = 58.0;
const RIGHT: f64 = 22.0;
const TOP: f64 = 10.0;
const LABELS: f64 = 20.0;
/// The height of a line of text.
const LINE: f64 = 18.0;
/// The largest drawing, in bytes: footprints beyond it are left out, because a page with them would not move any more.
const SIZE: usize = 8 << 20;
/// How many values are shown where the mouse points at.
const VALUES: usize = 6;

/// The drawing, in a frame of its own.
struct Drawing<'a> {
    map: &'a FootprintMap,
    window: &'a Window,
    /// The size of the map, in pixels.
    width: f64,
    height: f64,
}

/// The whole drawing.
pub(super) fn draw(map: &FootprintMap, footprints: &Footprints, window: &Window) -> String {
    let width = f64::from(map.width) - LEFT - RIGHT;
    let drawing = Drawing { map, window, width, height: (width * window.height()).round() };
    let mut svg = String::new();
    // A string takes whatever is written.
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
        // What lies beyond the edge of the inner drawing is not shown.
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
        let Self { window, width, height, .. } = self;
        let mut lines = String::new();
        for line in graticule::meridians(window.west, window.east) {
            let x = self.point([line.degrees, 0.0], 0.0)[0];
            write!(lines, "M{x:.1} 0V{height:.1}")?;
        }
        for line in graticule::parallels(window.south, window.north) {
            let y = self.point([0.0, line.degrees], 0.0)[1];
            write!(lines, "M0 {y:.1}H{width:.1}")?;
        }
        writeln!(svg, "<rect width=\"100%\" height=\"100%\" fill-opacity=\"0.04\"/>")?;
        writeln!(svg, "<path d=\"{lines}\" fill=\"none\" stroke=\"currentColor\" stroke-opacity=\"0.2\"/>")
    }

    fn write_labels(&self, svg: &mut String) -> fmt::Result {
        let bottom = TOP + self.height + 14.0;
        for line in graticule::meridians(self.window.west, self.window.east) {
            let x = LEFT + self.point([line.degrees, 0.0], 0.0)[0];
            writeln!(svg, "<text x=\"{x:.1}\" y=\"{bottom}\" text-anchor=\"middle\">{}</text>", line.label)?;
        }
        for line in graticule::parallels(self.window.south, self.window.north) {
            let (x, y) = (LEFT - 6.0, TOP + self.point([0.0, line.degrees], 0.0)[1] + 4.0);
            writeln!(svg, "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", line.label)?;
        }
        Ok(())
    }

    /// As many as the drawing holds, and how many that are. Those without a value lie below the others.
    fn write_footprints(&self, svg: &mut String, footprints: &Footprints) -> Result<usize, fmt::Error> {
        let coloured = |drawn: &&Drawn| self.colour(drawn.row).is_some();
        let (above, below): (Vec<&Drawn>, Vec<&Drawn>) = footprints.drawn.iter().partition(coloured);
        let mut count = 0;
        for drawn in below.into_iter().chain(above) {
            if svg.len() > SIZE {
                break;
            }
            self.write_footprint(svg, drawn)?;
            count += 1;
        }
        Ok(count)
    }

    fn write_footprint(&self, svg: &mut String, Drawn { row, parts }: &Drawn) -> fmt::Result {
        let (mut areas, mut lines) = (String::new(), String::new());
        for part in parts {
            for turn in self.window.turns(part) {
                let at = |place: &_| self.point(*place, turn);
                match part {
                    Outline::Area(rings) => {
                        rings.iter().for_each(|ring| path::line(&mut areas, ring.iter().map(at), true));
                    }
                    Outline::Line(places) => path::line(&mut lines, places.iter().map(at), false),
                    Outline::Point(place) => path::dot(&mut areas, at(place)),
                }
            }
        }
        let colour = hex(self.colour(*row).unwrap_or(ABSENT));
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

    /// The values of a datapoint, a line each, that which gives the colour first.
    fn values(&self, row: usize) -> String {
        let columns = ordered(self.map.datapoints.batch());
        let first = self.map.colour.as_ref().map(|(name, _)| name.as_str());
        let geometry = self.map.datapoints.schema();
        let geometry = geometry.field(self.map.geometry).name();
        let (coloured, others): (Vec<_>, Vec<_>) = columns
            .into_iter()
            .filter(|(field, _)| field.name() != geometry)
            .partition(|(field, _)| Some(field.name().as_str()) == first);
        let shown = coloured.into_iter().chain(others).take(VALUES);
        let line = shown.map(|(field, array)| format!("{}: {}", field.name(), Cells::new(field, array).text(row)));
        line.collect::<Vec<_>>().join("\n")
    }

    fn colour(&self, row: usize) -> Option<Colour> {
        self.map.colour.as_ref().map_or_else(|| Colouring::Plain.colour(row), |(_, colouring)| colouring.colour(row))
    }

    /// Where a place is, in pixels, when it is moved by so many degrees to the east.
    fn point(&self, [longitude, latitude]: [f64; 2], turn: f64) -> [f64; 2] {
        let [x, y] = self.window.position([longitude + turn, latitude]);
        [x * self.width, y * self.height]
    }
}
