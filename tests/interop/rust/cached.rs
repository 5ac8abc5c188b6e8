//! Tasks that share values with tasks in Python through a folder. `../workflows/cached.py` has the other half.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tilebox_tokio::workflows::{Context, Runner, Task, TaskError, TaskResult, TaskSubmission};

use crate::trace::trace;

/// Adds the tasks that run in Rust.
pub(crate) fn add(runner: Runner) -> Runner {
    runner.task::<RustShare>().task::<RustFill>().task::<RustRead>()
}

/// Lets both languages write values, then lets both read them.
#[derive(Serialize, Deserialize)]
pub(crate) struct RustShare;

impl Task for RustShare {
    async fn execute(self, context: &Context) -> TaskResult {
        let python = |name: &str| TaskSubmission::bytes(name, "");
        let filled = [context.submit(RustFill)?, context.submit(python("PythonFill"))?];
        context.subtask(RustRead).after(&filled).submit()?;
        context.subtask(python("PythonRead")).after(&filled).submit()?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RustFill;

impl Task for RustFill {
    async fn execute(self, context: &Context) -> TaskResult {
        let cache = context.cache();
        cache.put("rust", "once").await?;
        cache.put("rust", &b"rust \x00\xff"[..]).await?;
        cache.group("nested/ü b").put_json("rust", &BTreeMap::from([("a", vec![1.5])])).await?;
        cache.put("gone", "").await?;
        cache.delete("gone").await?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RustRead;

impl Task for RustRead {
    async fn execute(self, context: &Context) -> TaskResult {
        let cache = context.cache();
        let group = cache.group("nested").group("ü b");
        for language in ["python", "rust"] {
            let expected = format!("{language} ").into_bytes();
            expects(language, cache.get(language).await?, Some([&expected[..], &[0, 255]].concat().into()))?;
            expects(language, group.get_json(language).await?, Some(BTreeMap::from([("a".to_owned(), vec![1.5])])))?;
        }
        expects("the values", cache.list().await?, vec!["python".to_owned(), "rust".to_owned()])?;
        expects("the group", group.list().await?, vec!["python".to_owned(), "rust".to_owned()])?;
        expects("an absent value", cache.get("nested").await?, None)?;
        trace(context.job_id(), "read rust")?;
        Ok(())
    }
}

fn expects<T: PartialEq + std::fmt::Debug>(subject: &str, found: T, expected: T) -> TaskResult {
    match found == expected {
        true => Ok(()),
        false => Err(TaskError::new(format!("{subject}: expects {expected:?}, got {found:?}"))),
    }
}
