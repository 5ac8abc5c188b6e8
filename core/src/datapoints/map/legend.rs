//! The legend of a map.

use std::fmt::Write as _;

use super::colour::{Colour, Colouring, MISSING, hex, viridis};
use crate::notebook::Escaped;

/// Height of a line, in pixels.
const LINE: f64 = 18.0;
/// Side of a colour sample, in pixels.
const SAMPLE: f64 = 11.0;
/// Space after a sample or a text, in pixels.
const SPACE: f64 = 5.0;
/// Approximate width of a character, in pixels.
const CHARACTER: f64 = 6.8;
/// Maximum length of a name, in characters.
const MAX_NAME: usize = 32;
/// Width of a colour scale, in pixels.
const SCALE: f64 = 200.0;
/// Number of samples in a colour scale.
const SAMPLES: u32 = 50;

/// SVG elements of the legend, relative to its upper left corner.
#[derive(Debug, Default)]
pub(super) struct Legend {
    pub(super) svg: String,
    /// Height, in pixels.
    pub(super) height: f64,
    /// Horizontal position of the next element, in pixels.
    x: f64,
    /// Maximum width, in pixels.
    width: f64,
}

impl Legend {
    /// Creates the legend of a map with this width in pixels; empty if all footprints have the same colour.
    pub(super) fn new(colour: Option<&(String, Colouring)>, width: f64) -> Self {
        let mut legend = Self { width, ..Self::default() };
        let Some((column, colouring)) = colour else { return legend };
        legend.height = LINE;
        let name = shorten(column);
        legend.text(&name, " font-weight=\"bold\"");
        legend.x += SPACE;
        match colouring {
            Colouring::Plain => {}
            Colouring::Scale(scale) => {
                if let Some((least, greatest)) = scale.labels() {
                    legend.scale(&least, if scale.is_constant() { None } else { Some(&greatest) });
                }
            }
            Colouring::Categories(categories) => {
                categories.legend().for_each(|(colour, name)| legend.sample(colour, &name));
            }
        }
        if colouring.has_missing() {
            legend.sample(MISSING, "no value");
        }
        legend
    }

    /// Adds the colours from the least to the greatest value, or one sample if all values are equal.
    fn scale(&mut self, least: &str, greatest: Option<&str>) {
        let Some(greatest) = greatest else { return self.sample(viridis(0.5), least) };
        self.text(least, "");
        let (each, y) = (SCALE / f64::from(SAMPLES), self.height - SAMPLE);
        for sample in 0..SAMPLES {
            let x = self.x + each * f64::from(sample);
            let colour = hex(viridis(f64::from(sample) / f64::from(SAMPLES - 1)));
            // Samples overlap, so that no lines show between them.
            self.write(&format!(
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{SAMPLE}\" fill=\"{colour}\"/>",
                each + 0.5
            ));
        }
        self.svg.push('\n');
        self.x += SCALE + SPACE;
        self.text(greatest, "");
        self.x += SPACE;
    }

    fn sample(&mut self, colour: Colour, name: &str) {
        let name = shorten(name);
        if self.x + SAMPLE + SPACE + text_width(&name) > self.width && self.x > 0.0 {
            self.x = 0.0;
            self.height += LINE;
        }
        let (x, y, colour) = (self.x, self.height - SAMPLE, hex(colour));
        self.write(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{SAMPLE}\" height=\"{SAMPLE}\" fill=\"{colour}\" fill-opacity=\"0.8\"/>"
        ));
        self.x += SAMPLE + SPACE;
        self.text(&name, "");
        self.x += SPACE;
    }

    fn text(&mut self, text: &str, attributes: &str) {
        let (x, y) = (self.x, self.height - 1.5);
        self.write(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\"{attributes}>{}</text>\n", Escaped(text)));
        self.x += text_width(text) + SPACE;
    }

    fn write(&mut self, svg: &str) {
        let _ = self.svg.write_str(svg);
    }
}

fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        name.to_owned()
    } else {
        name.chars().take(MAX_NAME - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datapoints::samples::assert_well_formed;
    use arrow_array::{Array, Float64Array, StringViewArray};

    fn legend(column: &dyn Array) -> Legend {
        let colouring = Colouring::new(column).expect("colours");
        let legend = Legend::new(Some(&("clouds & rain".to_owned(), colouring)), 600.0);
        assert_well_formed(&legend.svg);
        assert!(legend.svg.contains(">clouds &amp; rain</text>"), "{legend:?}");
        legend
    }

    #[test]
    fn a_scale_names_its_least_and_greatest_value() {
        let legend = legend(&Float64Array::from(vec![Some(0.5), None, Some(99.0)]));
        for expected in [">0.5</text>", ">99</text>", ">no value</text>", "#440154", "#fde725"] {
            assert!(legend.svg.contains(expected), "{expected} is missing: {legend:?}");
        }
        assert_eq!(legend.height, LINE);
    }

    #[test]
    fn a_constant_has_one_sample_and_missing_values_another() {
        let constant = legend(&Float64Array::from(vec![7.0, 7.0]));
        assert_eq!((constant.svg.matches("<rect").count(), constant.svg.contains(">7</text>")), (1, true));
        let nothing = legend(&Float64Array::from(vec![None, Some(f64::NAN)]));
        assert_eq!((nothing.svg.matches("<rect").count(), nothing.svg.contains(">no value</text>")), (1, true));
    }

    #[test]
    fn many_names_take_several_lines_and_long_ones_are_cut() {
        let names = (0..8).map(|number| format!("{number} {}", "long ".repeat(20)));
        let legend = legend(&StringViewArray::from_iter_values(names));
        assert!(legend.height >= 3.0 * LINE, "{legend:?}");
        assert!(legend.svg.contains(">0 long long long long long long…</text>"), "{legend:?}");
    }

    #[test]
    fn footprints_of_one_colour_have_no_legend() {
        let legend = Legend::new(None, 600.0);
        assert_eq!((legend.svg.as_str(), legend.height), ("", 0.0));
    }
}
