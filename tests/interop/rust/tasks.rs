//! The tasks of `../workflows/tasks.py`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tilebox_tokio::workflows::{Context, Runner, Task, TaskError, TaskResult};

use crate::trace::{count, trace};

/// Adds these tasks to a runner.
pub(crate) fn add(runner: Runner) -> Runner {
    let runner = runner.task::<Leaf>().task::<Branch>().task::<Tree>().task::<Diamond>();
    let runner = runner.task::<Meet>().task::<Company>().task::<Squad>().task::<Piece>();
    let runner = runner.task::<Flaky>().task::<Retried>().task::<Broken>().task::<Tolerant>().task::<Fragile>();
    runner.task::<Steps>().task::<Step>()
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Leaf {
    name: String,
}

impl Leaf {
    fn new(name: impl ToString) -> Self {
        Self { name: name.to_string() }
    }
}

impl Task for Leaf {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), &format!("leaf {}", self.name))?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Branch {
    name: String,
    leaves: u64,
}

impl Task for Branch {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), &format!("branch {}", self.name))?;
        context.submit_all((0..self.leaves).map(|leaf| Leaf::new(format!("{}.{leaf}", self.name))))?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Tree {
    pub(crate) branches: u64,
    pub(crate) leaves: u64,
}

impl Task for Tree {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), "tree")?;
        let branches = (0..self.branches).map(|branch| Branch { name: branch.to_string(), leaves: self.leaves });
        let branches = context.submit_all(branches)?;
        context.subtask(Leaf::new("last")).after(&branches).submit()?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Diamond;

impl Task for Diamond {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), "diamond")?;
        let first = context.submit(Branch { name: "a".to_owned(), leaves: 3 })?;
        let left = context.subtask(Branch { name: "b".to_owned(), leaves: 2 }).after([&first]).submit()?;
        let right = context.subtask(Leaf::new("c")).after([&first]).submit()?;
        context.subtask(Leaf::new("d")).after([left, right]).submit()?;
        context.submit(Leaf::new("e"))?;
        Ok(())
    }
}

/// Waits until as many runners as there are parties execute such a task.
#[derive(Serialize, Deserialize)]
pub(crate) struct Meet {
    name: String,
    parties: u64,
}

impl Task for Meet {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), &format!("meet {}", self.name))?;
        for _ in 0..6000 {
            if count(context.job_id(), "meet")? as u64 >= self.parties {
                return Ok(());
            }
            context.sleep(Duration::from_millis(10)).await;
        }
        Err(TaskError::new("no other runner came"))
    }
}

/// Needs several runners, then shares pieces between them. Runners in Go execute what it submits.
#[derive(Serialize, Deserialize)]
pub(crate) struct Company {
    pub(crate) parties: u64,
    pub(crate) squads: u64,
    pub(crate) pieces: u64,
}

impl Task for Company {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), "company")?;
        let met = (0..self.parties).map(|party| Meet { name: party.to_string(), parties: self.parties });
        let met = context.submit_all(met)?;
        for squad in 0..self.squads {
            context.subtask(Squad { name: squad.to_string(), pieces: self.pieces }).after(&met).submit()?;
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Squad {
    name: String,
    pieces: u64,
}

impl Task for Squad {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), &format!("squad {}", self.name))?;
        context.progress("pieces").add(self.pieces);
        context.submit_all((0..self.pieces).map(|number| Piece { squad: self.name.clone(), number }))?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Piece {
    squad: String,
    number: u64,
}

impl Task for Piece {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), &format!("piece {}.{}", self.squad, self.number))?;
        context.progress("pieces").done(1);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Flaky {
    failures: u64,
}

impl Task for Flaky {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), "flaky")?;
        context.progress("attempts").add(10).done(1);
        context.submit(Leaf::new("child"))?;
        let attempt = count(context.job_id(), "flaky")? as u64;
        match attempt <= self.failures {
            true => Err(TaskError::new(format!("attempt {attempt}"))),
            false => Ok(()),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Retried {
    pub(crate) failures: u64,
    pub(crate) max_retries: u64,
}

impl Task for Retried {
    async fn execute(self, context: &Context) -> TaskResult {
        let retries = u32::try_from(self.max_retries)?;
        context.subtask(Flaky { failures: self.failures }).max_retries(retries).submit()?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Broken;

impl Task for Broken {
    async fn execute(self, context: &Context) -> TaskResult {
        trace(context.job_id(), "broken")?;
        Err(TaskError::new("broken by design"))
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Tolerant {
    inner: bool,
}

impl Task for Tolerant {
    async fn execute(self, context: &Context) -> TaskResult {
        let fragile = context.subtask(Fragile { inner: self.inner }).optional().submit()?;
        context.subtask(Leaf::new("after")).after([fragile]).submit()?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Fragile {
    inner: bool,
}

impl Task for Fragile {
    async fn execute(self, context: &Context) -> TaskResult {
        let broken = context.subtask(Broken);
        let broken = if self.inner { broken.optional() } else { broken }.submit()?;
        context.subtask(Leaf::new("skipped")).after([broken]).submit()?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Steps {
    count: u64,
}

impl Task for Steps {
    async fn execute(self, context: &Context) -> TaskResult {
        context.progress("").add(self.count);
        context.progress("named").add(3).done(2);
        context.submit_all((0..self.count).map(|_| Step))?;
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Step;

impl Task for Step {
    async fn execute(self, context: &Context) -> TaskResult {
        context.progress("").done(1);
        Ok(())
    }
}
