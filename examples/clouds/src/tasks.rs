//! The tasks of the job.

use std::fs::{self, File};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tilebox_tokio::output::Format;
use tilebox_tokio::workflows::{Context, Task, TaskError, TaskIdentifier, TaskResult};
use tilebox_tokio::{Client, Datapoints, Timestamp};

const DATASET: &str = "open_data.copernicus.sentinel2_msi";
const COLLECTIONS: [&str; 4] = ["S2A_S2MSI1C", "S2A_S2MSI2A", "S2B_S2MSI1C", "S2B_S2MSI2A"];

/// The folder of the files, which every runner shares with the tasks of its process. Runners on several machines need a folder
/// that all of them see.
pub(crate) struct Folder(pub(crate) PathBuf);

/// The root task: splits a time range into parts of equal length.
#[derive(Serialize, Deserialize)]
pub(crate) struct CloudReport {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) parts: u32,
}

impl Task for CloudReport {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/CloudReport", 1, 0)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        let parts = self.split()?;
        context.progress("parts").add(parts.len() as u64);
        let parts = context.submit_all(parts)?;
        context.subtask(Summary).after(&parts).submit()?;
        Ok(())
    }
}

impl CloudReport {
    fn split(&self) -> Result<Vec<Part>, TaskError> {
        if self.parts == 0 || self.start >= self.end {
            return Err(TaskError::new("expects at least one part of a time that is not empty"));
        }
        let length = i128::from(self.end.unix_seconds()) - i128::from(self.start.unix_seconds());
        let time = |part: u32| {
            let seconds = i128::from(self.start.unix_seconds()) + length * i128::from(part) / i128::from(self.parts);
            Timestamp::from_unix(i64::try_from(seconds)?, 0).map_err(TaskError::from)
        };
        (0..self.parts).map(|part| Ok(Part { start: time(part)?, end: time(part + 1)? })).collect()
    }
}

/// Loads the scenes of a part from several collections at once, and writes them to a file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Part {
    start: Timestamp,
    end: Timestamp,
}

/// The scenes of a part.
#[derive(Default, Serialize, Deserialize)]
struct Clouds {
    scenes: usize,
    /// The scenes with a cloud cover.
    measured: usize,
    /// The sum of their cloud covers, in percent.
    cloud_cover: f64,
}

impl Task for Part {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/CloudReport/Part", 1, 0)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        let scenes = load(context.shared::<Client>()?, self.start, self.end).await?;
        // A task may be executed more than once, so its file and its key depend only on its input.
        let name = self.start.to_string().replace(':', "");
        let file = context.shared::<Folder>()?.0.join(format!("{name}.parquet"));
        // Compression takes processor time, which other tasks and requests of this process need as well.
        let clouds = context.unblock(move |_| save(&scenes, file)).await??;
        context.set_display(format!("Part({}, {} scenes)", self.start, clouds.scenes));
        tracing::info!(scenes = clouds.scenes, "wrote the scenes from {} on", self.start);
        context.cache().group("parts").put_json(&name, &clouds).await?;
        context.progress("parts").done(1);
        Ok(())
    }
}

/// Loads the collections at once, each by its own requests, into one table.
pub(crate) async fn load(client: &Client, start: Timestamp, end: Timestamp) -> tilebox_tokio::Result<Datapoints> {
    let dataset = client.dataset(DATASET).await?;
    dataset.query((start, end)).collections(COLLECTIONS).load_by_collection().await
}

/// Writes the scenes to a file, and returns what the summary needs.
fn save(scenes: &Datapoints, file: PathBuf) -> Result<Clouds, TaskError> {
    #[derive(Deserialize)]
    struct Scene {
        cloud_cover: Option<f64>,
    }

    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    scenes.write(Format::Parquet, File::create(file)?)?;
    let mut clouds = Clouds { scenes: scenes.len(), ..Clouds::default() };
    for cloud_cover in scenes.rows::<Scene>()?.into_iter().filter_map(|scene| scene.cloud_cover) {
        // Some products have NaN, which JSON does not.
        if cloud_cover.is_finite() {
            clouds.measured += 1;
            clouds.cloud_cover += cloud_cover;
        }
    }
    Ok(clouds)
}

/// Adds up the parts.
#[derive(Serialize, Deserialize)]
pub(crate) struct Summary;

impl Task for Summary {
    fn identifier() -> TaskIdentifier {
        TaskIdentifier::new("example.com/CloudReport/Summary", 1, 0)
    }

    async fn execute(self, context: &Context) -> TaskResult {
        let parts = context.cache().group("parts");
        let mut all = Clouds::default();
        for name in parts.list().await? {
            let part: Clouds = parts.get_json(&name).await?.ok_or_else(|| TaskError::new(format!("{name} is gone")))?;
            all.scenes += part.scenes;
            all.measured += part.measured;
            all.cloud_cover += part.cloud_cover;
        }
        let mean = all.cloud_cover / all.measured.max(1) as f64;
        context.set_display(format!("Summary({} scenes, mean cloud cover {mean:.1} %)", all.scenes));
        tracing::info!(scenes = all.scenes, "the mean cloud cover is {mean:.1} %");
        Ok(())
    }
}
