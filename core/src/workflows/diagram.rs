//! Drawings of the tasks of a job.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use uuid::Uuid;

use crate::error::UnreadableMessage;
use crate::notebook::{self, STYLE};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;

/// The largest accepted drawing, in bytes. The service draws jobs of at most 200 tasks.
const MAX_SVG: usize = 32 << 20;

/// The space around a drawing, in pixels.
const PADDING: i64 = 5;

/// The colours of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagramTheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// Those of the Tilebox console on light.
    ConsoleLight,
    /// Those of the Tilebox console on dark.
    ConsoleDark,
}

/// The algorithm that places the tasks of a diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagramLayout {
    /// Layers of tasks, by dagre.
    #[default]
    Dagre,
    /// Layers of tasks, by ELK.
    Elk,
}

/// The direction from a task to its subtasks in a diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiagramDirection {
    /// Subtasks stand below.
    #[default]
    Down,
    /// Subtasks stand above.
    Up,
    /// Subtasks stand on the left.
    Left,
    /// Subtasks stand on the right.
    Right,
}

/// The options of a diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiagramOptions {
    /// The colours; `None` lets the server decide.
    pub theme: Option<DiagramTheme>,
    /// The layout.
    pub layout: DiagramLayout,
    /// The direction.
    pub direction: DiagramDirection,
    /// Whether lines look drawn by hand.
    pub is_sketchy: bool,
    /// Whether the diagram contains the name of the job.
    pub has_title: bool,
}

/// As the Python client: dagre, down, sketchy, without a title.
impl Default for DiagramOptions {
    fn default() -> Self {
        Self {
            theme: None,
            layout: DiagramLayout::default(),
            direction: DiagramDirection::default(),
            is_sketchy: true,
            has_title: false,
        }
    }
}

impl DiagramOptions {
    /// Returns the request for the diagram of a job.
    #[must_use]
    pub fn to_request(&self, job_id: Uuid) -> wire::VisualizeJobRequest {
        let layout = match self.layout {
            DiagramLayout::Dagre => "dagre",
            DiagramLayout::Elk => "elk",
        };
        let direction = match self.direction {
            DiagramDirection::Down => "down",
            DiagramDirection::Up => "up",
            DiagramDirection::Left => "left",
            DiagramDirection::Right => "right",
        };
        let theme = match self.theme {
            None => wire::WorkflowDiagramTheme::Unspecified,
            Some(DiagramTheme::Light) => wire::WorkflowDiagramTheme::Light,
            Some(DiagramTheme::Dark) => wire::WorkflowDiagramTheme::Dark,
            Some(DiagramTheme::ConsoleLight) => wire::WorkflowDiagramTheme::ConsoleLight,
            Some(DiagramTheme::ConsoleDark) => wire::WorkflowDiagramTheme::ConsoleDark,
        };
        wire::VisualizeJobRequest {
            job_id: Some(id::to_wire(job_id)),
            render_options: Some(wire::RenderOptions {
                layout: layout.to_owned(),
                theme_id: None,
                sketchy: self.is_sketchy,
                padding: PADDING,
                direction: direction.to_owned(),
            }),
            theme: theme as i32,
            include_job_name: self.has_title,
        }
    }
}

/// A drawing of the tasks of a job, as SVG. It prints as the text of its file.
///
/// The text comes from the server: show it as an image rather than as part of a page, as [`to_html`](Self::to_html) does, so
/// that scripts in it do not run. In a notebook it appears as an image.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagram {
    svg: String,
}

impl Diagram {
    /// Converts a message.
    ///
    /// # Errors
    ///
    /// If the drawing is larger than 32 MiB, or not SVG in UTF-8.
    pub fn from_wire(diagram: &wire::Diagram) -> Result<Self, UnreadableMessage> {
        if diagram.svg.len() > MAX_SVG {
            return Err(UnreadableMessage::new(format!(
                "the diagram has {} bytes, more than 32 MiB",
                diagram.svg.len()
            )));
        }
        let svg = String::from_utf8(diagram.svg.to_vec()).map_err(UnreadableMessage::new)?;
        if !svg.contains("<svg") {
            return Err(UnreadableMessage::new("the diagram is not SVG"));
        }
        Ok(Self { svg })
    }

    /// Returns the text of the SVG file.
    #[must_use]
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Returns HTML that shows the diagram as an image, at most as wide as the page. Scripts in it do not run, and it loads
    /// nothing.
    #[must_use]
    pub fn to_html(&self) -> String {
        let data = BASE64_STANDARD.encode(&self.svg);
        format!(
            "<div class=\"tilebox\">{STYLE}\n<img alt=\"tasks of a job\" src=\"data:image/svg+xml;base64,{data}\"></div>\n"
        )
    }

    /// Shows the diagram as an image below a cell of a notebook. Called by evcxr.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(&format_args!("a diagram of {} bytes of SVG", self.svg.len()), &self.to_html());
    }

    /// Returns the text of the SVG file without a copy.
    #[must_use]
    pub fn into_svg(self) -> String {
        self.svg
    }
}

/// Prints the text of the SVG file.
impl fmt::Display for Diagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.svg)
    }
}

impl fmt::Debug for Diagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagram").field("bytes", &self.svg.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message as _;

    #[test]
    fn default_options_equal_those_of_the_python_client() {
        let request = DiagramOptions::default().to_request(Uuid::from_u128(1));
        let options = request.render_options.expect("options").encode_to_vec();
        let hex: String = options.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "0a056461677265180120052a04646f776e");
        assert_eq!((request.theme, request.include_job_name), (0, false));
    }

    #[test]
    fn a_diagram_is_bounded_svg_in_utf_8() {
        let diagram = |svg: &[u8]| Diagram::from_wire(&wire::Diagram { svg: svg.to_vec().into() });
        assert_eq!(diagram(b"<?xml?><svg></svg>").expect("a diagram").svg(), "<?xml?><svg></svg>");
        for (svg, reason) in [
            (b"<html>".to_vec(), "is not SVG"),
            (vec![b'<', 0xff], "utf-8"),
            (vec![b' '; MAX_SVG + 1], "more than 32 MiB"),
        ] {
            let error = diagram(&svg).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_diagram_in_html_is_an_image_without_scripts() {
        let svg = "<svg onload=\"alert(1)\"><script>alert(1)</script></svg>";
        let diagram = Diagram::from_wire(&wire::Diagram { svg: svg.as_bytes().to_vec().into() }).expect("a diagram");
        let html = diagram.to_html();
        assert!(!html.contains("<svg") && !html.contains("script"), "{html}");
        let (_, data) = html.split_once("base64,").expect("an image");
        let data = data.split('"').next().expect("an attribute");
        assert_eq!(BASE64_STANDARD.decode(data).expect("base64"), svg.as_bytes());
    }
}
