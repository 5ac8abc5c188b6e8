//! The diagram of a job.

use clap::ValueEnum;
use serde_json::json;
use tilebox_tokio::workflows::{DiagramDirection, DiagramLayout, DiagramTheme};

use super::jobs::reference;
use crate::context::Context;
use crate::destination::Target;
use crate::failure::Failure;

/// Draws the tasks of a job as SVG. The service draws jobs of at most 200 tasks.
///
/// `tbx jobs show JOB --tasks` prints the tasks as a tree instead.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The job, by its id or the first digits of it.
    job: String,
    /// The colours. By default the server decides.
    #[arg(long, value_enum, value_name = "THEME")]
    theme: Option<Theme>,
    /// The algorithm that places the tasks.
    #[arg(long, value_enum, value_name = "LAYOUT", default_value = "dagre")]
    layout: Layout,
    /// The direction from a task to its subtasks.
    #[arg(long, value_enum, value_name = "DIRECTION", default_value = "down")]
    direction: Direction,
    /// Draws straight lines. By default lines look drawn by hand.
    #[arg(long)]
    straight: bool,
    /// Draws the name of the job.
    #[arg(long)]
    title: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// The colours of the Tilebox console on light.
    ConsoleLight,
    /// The colours of the Tilebox console on dark.
    ConsoleDark,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Layout {
    Dagre,
    Elk,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Direction {
    Down,
    Up,
    Left,
    Right,
}

impl Args {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        self.target.check()?;
        let client = context.client()?;
        let mut query = reference::find(&client, &self.job).await?.diagram();
        if let Some(theme) = self.theme {
            query = query.theme(match theme {
                Theme::Light => DiagramTheme::Light,
                Theme::Dark => DiagramTheme::Dark,
                Theme::ConsoleLight => DiagramTheme::ConsoleLight,
                Theme::ConsoleDark => DiagramTheme::ConsoleDark,
            });
        }
        query = query.layout(match self.layout {
            Layout::Dagre => DiagramLayout::Dagre,
            Layout::Elk => DiagramLayout::Elk,
        });
        query = query.direction(match self.direction {
            Direction::Down => DiagramDirection::Down,
            Direction::Up => DiagramDirection::Up,
            Direction::Left => DiagramDirection::Left,
            Direction::Right => DiagramDirection::Right,
        });
        if self.straight {
            query = query.straight_lines();
        }
        if self.title {
            query = query.title();
        }
        let diagram = query.await?;
        let svg = diagram.svg();
        let text = if context.json() { format!("{:#}\n", json!({ "svg": svg })) } else { svg.to_owned() };
        self.target.save(context, text).await
    }
}
