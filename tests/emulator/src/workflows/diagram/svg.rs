//! The drawing: SVG without styles, scripts, ids and links, so that several diagrams can be parts of one page.

use std::fmt::{self, Display, Write};

use tilebox_core::protocol::wire::workflows::v1::TaskState;

use super::Options;
use super::graph::{EdgeKind, Graph, Node, columns};
use super::layout::{Direction, Layout, Point, Rectangle};

/// The height of the line with the name of the job, in pixels.
const NAME_HEIGHT: f64 = 34.0;
/// The height of the legend, in pixels.
const LEGEND_HEIGHT: f64 = 40.0;
/// The width of a column of the legend, in pixels.
const LEGEND_COLUMN: f64 = 6.7;
/// The width of a column of the name of the job, in pixels.
const NAME_COLUMN: f64 = 9.8;
/// The longest name of a job, in columns.
const MAXIMUM_NAME: usize = 60;
/// The size of an arrowhead, in pixels.
const ARROW: f64 = 5.0;
/// A dependency's dashes and gaps, in pixels.
const DASHES: &str = "5 4";
/// The states in the order of the legend.
const STATES: [(TaskState, &str); 6] = [
    (TaskState::Queued, "queued"),
    (TaskState::Running, "running"),
    (TaskState::Computed, "computed"),
    (TaskState::Failed, "failed"),
    (TaskState::Skipped, "skipped"),
    (TaskState::FailedOptional, "failed optional"),
];

/// Returns the drawing.
pub(super) fn draw(graph: &Graph, layout: &Layout, name: Option<&str>, options: Options) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut svg, graph, layout, name, options);
    svg
}

fn write(svg: &mut String, graph: &Graph, layout: &Layout, name: Option<&str>, options: Options) -> fmt::Result {
    let Options { theme, padding, .. } = options;
    let name = name.map(short_name);
    let legend = Legend::of(graph);
    let top = if name.is_some() { NAME_HEIGHT } else { 0.0 };
    let name_width = name.as_deref().map_or(0.0, |name| columns(name) as f64 * NAME_COLUMN);
    let width = layout.width.max(legend.width()).max(name_width) + 2.0 * padding + 2.0;
    let height = top + layout.height + LEGEND_HEIGHT + 2.0 * padding + 2.0;
    write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"12\">",
        w = Number(width),
        h = Number(height)
    )?;
    if let Some(background) = theme.background {
        write!(svg, "<rect width=\"100%\" height=\"100%\" fill=\"{background}\"/>")?;
    }
    if let Some(name) = &name {
        let (x, y) = (Number(padding + 1.0), Number(padding + 20.0));
        write!(svg, "<text x=\"{x}\" y=\"{y}\" font-size=\"16\" font-weight=\"bold\" fill=\"{}\">", theme.text)?;
        write!(svg, "{}</text>", Escaped(name))?;
    }
    // The extra pixel is for borders.
    let left = padding + 1.0 + (width - 2.0 * padding - 2.0 - layout.width) / 2.0;
    write!(svg, "<g transform=\"translate({} {})\">", Number(left), Number(padding + 1.0 + top))?;
    for (edge, points) in graph.edges.iter().zip(&layout.edges) {
        let is_arrow = matches!(graph.nodes.get(edge.to), Some(Node::Task(_)));
        write_edge(svg, edge.kind, points, layout.direction, is_arrow, options)?;
    }
    for (node, place) in graph.nodes.iter().zip(&layout.nodes) {
        write_node(svg, node, *place, options)?;
    }
    svg.push_str("</g>");
    let y = padding + 1.0 + top + layout.height + LEGEND_HEIGHT - 10.0;
    legend.write(svg, padding + 1.0, y, options)?;
    svg.push_str("</svg>\n");
    Ok(())
}

fn write_node(svg: &mut String, node: &Node, place: Rectangle, Options { theme, .. }: Options) -> fmt::Result {
    let (x, y) = (Number(place.x), Number(place.y));
    let Node::Task(task) = node else {
        return write!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{}\"/>", theme.dependency);
    };
    let (fill, stroke) = theme.of_state(task.state);
    let text = if task.state == TaskState::Skipped { theme.muted } else { theme.text };
    let (width, height) = (Number(place.width), Number(place.height));
    let (middle, baseline) = (Number(place.x + place.width / 2.0), Number(place.y + place.height / 2.0 + 4.0));
    write!(svg, "<g><title>{} ({})</title>", Escaped(&task.display), state_name(task.state))?;
    write!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" ")?;
    write!(svg, "stroke=\"{stroke}\" stroke-width=\"1.5\"/>")?;
    write!(svg, "<text x=\"{middle}\" y=\"{baseline}\" text-anchor=\"middle\" fill=\"{text}\">")?;
    write!(svg, "{}</text></g>", Escaped(&task.label))
}

fn write_edge(
    svg: &mut String,
    kind: EdgeKind,
    points: &[Point],
    direction: Direction,
    is_arrow: bool,
    Options { theme, .. }: Options,
) -> fmt::Result {
    let Some((first, rest)) = points.split_first() else { return Ok(()) };
    let (colour, dashes) = match kind {
        EdgeKind::Child => (theme.child, None),
        EdgeKind::Dependency => (theme.dependency, Some(DASHES)),
    };
    write!(svg, "<path d=\"M{} {}", Number(first.x), Number(first.y))?;
    let mut previous = *first;
    for point in rest {
        let (x, y) = (Number(point.x), Number(point.y));
        let is_vertical = matches!(direction, Direction::Down | Direction::Up);
        let is_straight = if is_vertical { previous.x == point.x } else { previous.y == point.y };
        let (middle_x, middle_y) = (Number((previous.x + point.x) / 2.0), Number((previous.y + point.y) / 2.0));
        let (from_x, from_y) = (Number(previous.x), Number(previous.y));
        match (is_straight, is_vertical) {
            (true, _) => write!(svg, "L{x} {y}")?,
            (false, true) => write!(svg, "C{from_x} {middle_y} {x} {middle_y} {x} {y}")?,
            (false, false) => write!(svg, "C{middle_x} {from_y} {middle_x} {y} {x} {y}")?,
        }
        previous = *point;
    }
    write!(svg, "\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\"")?;
    if let Some(dashes) = dashes {
        write!(svg, " stroke-dasharray=\"{dashes}\"")?;
    }
    svg.push_str("/>");
    if is_arrow { write_arrow(svg, previous, direction, colour) } else { Ok(()) }
}

/// Writes the head of an arrow that ends at a point.
fn write_arrow(svg: &mut String, Point { x, y }: Point, direction: Direction, colour: &str) -> fmt::Result {
    let (back_x, back_y) = match direction {
        Direction::Down => (0.0, -1.5 * ARROW),
        Direction::Up => (0.0, 1.5 * ARROW),
        Direction::Right => (-1.5 * ARROW, 0.0),
        Direction::Left => (1.5 * ARROW, 0.0),
    };
    let (side_x, side_y) = if back_x == 0.0 { (0.7 * ARROW, 0.0) } else { (0.0, 0.7 * ARROW) };
    let corner = |sign: f64| (Number(x + back_x + sign * side_x), Number(y + back_y + sign * side_y));
    let ((left_x, left_y), (right_x, right_y)) = (corner(-1.0), corner(1.0));
    write!(svg, "<path d=\"M{} {}L{left_x} {left_y}L{right_x} {right_y}Z\" fill=\"{colour}\"/>", Number(x), Number(y))
}

/// The explanation of colours and lines that occur.
struct Legend {
    states: Vec<(TaskState, String)>,
    lines: Vec<(EdgeKind, &'static str)>,
}

impl Legend {
    fn of(graph: &Graph) -> Self {
        let count = |wanted: TaskState| {
            graph.nodes.iter().filter(|node| matches!(node, Node::Task(task) if task.state == wanted)).count()
        };
        let states =
            STATES.into_iter().map(|(state, name)| (state, name, count(state))).filter(|(.., count)| *count > 0);
        let lines = [(EdgeKind::Child, "submits"), (EdgeKind::Dependency, "is needed by")];
        let occurs = |kind: EdgeKind| graph.edges.iter().any(|edge| edge.kind == kind);
        Self {
            states: states.map(|(state, name, count)| (state, format!("{name} {count}"))).collect(),
            lines: lines.into_iter().filter(|(kind, _)| occurs(*kind)).collect(),
        }
    }

    fn width(&self) -> f64 {
        let states = self.states.iter().map(|(_, text)| state_width(text));
        states.chain(self.lines.iter().map(|(_, text)| line_width(text))).sum()
    }

    fn write(&self, svg: &mut String, left: f64, y: f64, Options { theme, .. }: Options) -> fmt::Result {
        let mut x = left;
        write!(svg, "<g font-size=\"11\" fill=\"{}\">", theme.muted)?;
        for (state, text) in &self.states {
            let (fill, stroke) = theme.of_state(*state);
            let (top, start) = (Number(y - 9.0), Number(x + 16.0));
            write!(svg, "<rect x=\"{}\" y=\"{top}\" width=\"10\" height=\"10\" rx=\"2\" ", Number(x))?;
            write!(svg, "fill=\"{fill}\" stroke=\"{stroke}\"/><text x=\"{start}\" y=\"{}\">{text}</text>", Number(y))?;
            x += state_width(text);
        }
        for (kind, text) in &self.lines {
            let (colour, dashes) = match kind {
                EdgeKind::Child => (theme.child, String::new()),
                EdgeKind::Dependency => (theme.dependency, format!(" stroke-dasharray=\"{DASHES}\"")),
            };
            let (middle, end, start) = (Number(y - 4.0), Number(x + 22.0), Number(x + 28.0));
            write!(svg, "<path d=\"M{} {middle}L{end} {middle}\" stroke=\"{colour}\" ", Number(x))?;
            write!(svg, "stroke-width=\"1.3\"{dashes}/><text x=\"{start}\" y=\"{}\">{text}</text>", Number(y))?;
            x += line_width(text);
        }
        svg.push_str("</g>");
        Ok(())
    }
}

fn state_width(text: &str) -> f64 {
    columns(text) as f64 * LEGEND_COLUMN + 34.0
}

fn line_width(text: &str) -> f64 {
    columns(text) as f64 * LEGEND_COLUMN + 46.0
}

fn state_name(state: TaskState) -> &'static str {
    STATES.into_iter().find(|(known, _)| *known == state).map_or("unknown", |(_, name)| name)
}

fn short_name(name: &str) -> String {
    let mut short: String = name.chars().take(MAXIMUM_NAME).collect();
    if name.chars().nth(MAXIMUM_NAME).is_some() {
        short.push('…');
    }
    short
}

/// A number with at most one decimal.
struct Number(f64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Adding zero removes the sign of a negative zero.
        write!(f, "{}", (self.0 * 10.0).round() / 10.0 + 0.0)
    }
}

/// A text in which markup is escaped, and letters that XML does not allow are replaced.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(letter)?,
                '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ if letter.is_control() => f.write_char('\u{fffd}')?,
                _ => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}
