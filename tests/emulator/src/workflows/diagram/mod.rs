//! Diagrams of jobs: the tree of tasks with their dependencies and states, as SVG. Diagrams in a diagram language
//! (`DiagramService`) are not served.
//!
//! | file | contents |
//! |---|---|
//! | `graph` | the tasks and the relations that are drawn |
//! | `layers` | the layer of each task, and the order within layers |
//! | `layout` | the place of each task and relation |
//! | `svg` | the drawing |
//! | `theme` | colours |

mod graph;
mod layers;
mod layout;
mod svg;
#[cfg(test)]
mod tests;
mod theme;

use tilebox_core::protocol::wire::workflows::v1::{
    Diagram, RenderOptions, Task, VisualizeJobRequest, WorkflowDiagramTheme,
};

use graph::Graph;
use layout::Direction;
use theme::Theme;

use super::state::State;
use crate::services::{ErrorCode, Refusal, required_id};

/// The largest number of tasks in a diagram (Workflows documentation).
const MAXIMUM_TASKS: usize = 200;
/// The largest padding, in pixels.
const MAXIMUM_PADDING: i64 = 1000;

/// A diagram that is not drawn yet.
#[derive(Debug)]
pub(super) struct Drawing {
    tasks: Vec<Task>,
    /// The name of the job, if it is to be drawn.
    name: Option<String>,
    options: Options,
}

/// The options of a diagram.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Options {
    theme: Theme,
    direction: Direction,
    /// The empty space around the diagram, in pixels.
    padding: f64,
}

/// Reads a request and the tasks of its job.
pub(super) fn visualize(state: &mut State, request: VisualizeJobRequest) -> Result<Drawing, Refusal> {
    let id = required_id("job_id", request.job_id.as_ref())?;
    let options = Options::read(request.theme, request.render_options.unwrap_or_default())?;
    let unknown = || Refusal::new(ErrorCode::NotFound, format!("no such job {id}"));
    let job = state.scheduler().job(id).ok_or_else(unknown)?;
    // Counted before they are made, because the dependencies of a large job may not fit into memory.
    if job.execution_stats.is_some_and(|stats| stats.total_tasks > MAXIMUM_TASKS as u64) {
        let reason =
            format!("job {id} has more than {MAXIMUM_TASKS} tasks, too many for a diagram; list its tasks instead");
        return Err(Refusal::invalid(reason));
    }
    let tasks = state.scheduler().tasks_of_job(id).ok_or_else(unknown)?.collect();
    Ok(Drawing { tasks, name: request.include_job_name.then_some(job.name), options })
}

impl Drawing {
    /// Draws the diagram.
    pub(super) fn draw(&self) -> Diagram {
        let graph = Graph::of(&self.tasks);
        let layout = layout::Layout::of(&graph, self.options.direction);
        Diagram { svg: svg::draw(&graph, &layout, self.name.as_deref(), self.options).into_bytes().into() }
    }
}

impl Options {
    /// Reads options. There is one layout, which stands for all. A number of a theme of the diagram language and a sketchy
    /// style have no effect.
    fn read(theme: i32, options: RenderOptions) -> Result<Self, Refusal> {
        let theme = match WorkflowDiagramTheme::try_from(theme) {
            Ok(WorkflowDiagramTheme::Unspecified | WorkflowDiagramTheme::Light) => Theme::LIGHT,
            Ok(WorkflowDiagramTheme::Dark) => Theme::DARK,
            Ok(WorkflowDiagramTheme::ConsoleLight) => Theme::CONSOLE_LIGHT,
            Ok(WorkflowDiagramTheme::ConsoleDark) => Theme::CONSOLE_DARK,
            Err(_) => return Err(Refusal::invalid(format!("theme: expects a number from 0 to 4, got {theme}"))),
        };
        if !matches!(options.layout.as_str(), "" | "dagre" | "elk") {
            let reason = format!("render_options.layout: expects dagre or elk, got {:?}", options.layout);
            return Err(Refusal::invalid(reason));
        }
        let direction = match options.direction.as_str() {
            "" | "down" => Direction::Down,
            "up" => Direction::Up,
            "left" => Direction::Left,
            "right" => Direction::Right,
            other => {
                let reason = format!("render_options.direction: expects up, down, left or right; got {other:?}");
                return Err(Refusal::invalid(reason));
            }
        };
        if !(0..=MAXIMUM_PADDING).contains(&options.padding) {
            let reason = format!("expects 0 to {MAXIMUM_PADDING}, got {}", options.padding);
            return Err(Refusal::invalid(format!("render_options.padding: {reason}")));
        }
        Ok(Self { theme, direction, padding: options.padding as f64 })
    }
}
