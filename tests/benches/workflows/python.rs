//! The official Python runner on the same server.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the tests.
const TESTS: &str = env!("CARGO_MANIFEST_DIR");

/// A Python with the official package, in the environment of the interoperability tests.
pub(crate) struct Python {
    program: PathBuf,
}

impl Python {
    /// Prepares the environment, for which pip downloads the package once.
    ///
    /// # Errors
    ///
    /// The reason why there is none: "skipped: ...".
    pub(crate) fn prepare() -> Result<Self, String> {
        let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop-workflows-venv");
        let script = format!("{TESTS}/python.sh");
        let requirements = format!("{TESTS}/interop/workflows/requirements.txt");
        let command = r#". "$0"; python_environment "$1" "$2" "the official package for workflows""#;
        let mut shell = Command::new("sh");
        shell.args(["-c", command, &script]).arg(&environment).arg(requirements);
        match shell.output() {
            Ok(output) if output.status.success() => Ok(Self { program: environment.join("bin/python") }),
            Ok(output) => Err(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
            Err(error) => Err(format!("skipped: the shell does not start: {error}")),
        }
    }

    /// Runs a job of empty tasks. Returns the tasks in each second.
    pub(crate) fn rate(&self, url: &str, tasks: usize) -> f64 {
        let script = format!("{TESTS}/benches/workflows/python.py");
        let mut command = Command::new(&self.program);
        let output = command.args([script.as_str(), url, &tasks.to_string()]).output().expect("a process for Python");
        let text = String::from_utf8_lossy(&output.stdout);
        let seconds: Option<f64> = text.lines().last().and_then(|line| line.parse().ok());
        let Some(seconds) = seconds else {
            panic!("the Python runner failed: {text}{}", String::from_utf8_lossy(&output.stderr));
        };
        tasks as f64 / seconds
    }
}
