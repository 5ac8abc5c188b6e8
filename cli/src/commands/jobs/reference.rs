//! A job by its id, or by the first digits of it.

use tilebox_tokio::workflows::Job;
use tilebox_tokio::{Client, IdInterval};
use uuid::Uuid;

use crate::failure::Failure;

/// The digits of an id.
const DIGITS: usize = 32;

/// The fewest digits that stand for an id: fewer would select the jobs of years.
const MIN_DIGITS: usize = 6;

/// Maximum number of jobs that an error about an ambiguous id lists.
const MAX_LISTED: u64 = 5;

/// Returns the job with this id, or the only one whose id begins with these digits.
pub(crate) async fn find(client: &Client, written: &str) -> Result<Job, Failure> {
    if let Ok(id) = written.trim().parse::<Uuid>() {
        return Ok(client.jobs().find(id).await?);
    }
    let Some((first, last)) = ids_with_prefix(written) else {
        let message =
            format!("cannot find the job `{written}`: expects an id, or at least {MIN_DIGITS} of its first digits");
        return Err(Failure::usage(&message, "`tbx jobs` lists ids; `tbx jobs --name TEXT` searches names"));
    };
    let ids = IdInterval::new(first, last).with_end_inclusive(true);
    let jobs = client.jobs().query(ids).limit(MAX_LISTED + 1).await?.into_vec();
    match jobs.as_slice() {
        [] => {
            let advice = match client.jobs().query(..).limit(1).await?.first() {
                Some(newest) => format!("the newest job is `{}` ({})", newest.id(), newest.name()),
                None => "there are no jobs yet".to_owned(),
            };
            let message = format!("cannot find the job `{written}`: no id of a job begins with these digits");
            Err(Failure::usage(&message, &advice))
        }
        [job] => Ok(job.clone()),
        several => {
            let shown = several.iter().take(MAX_LISTED as usize);
            let shown: Vec<_> = shown.map(|job| format!("`{}` ({})", job.id(), job.name())).collect();
            let more = if several.len() > shown.len() { " and more" } else { "" };
            let message = format!("cannot find the job `{written}`: several ids begin with these digits");
            Err(Failure::usage(&message, &format!("write more digits: {}{more}", shown.join(", "))))
        }
    }
}

/// Returns the first and the last id that begin with these digits; `None` if they are too few, or no digits.
fn ids_with_prefix(written: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = written.trim().chars().filter(|letter| *letter != '-').collect();
    let is_prefix = digits.chars().all(|digit| digit.is_ascii_hexdigit());
    if !is_prefix || !(MIN_DIGITS..DIGITS).contains(&digits.len()) {
        return None;
    }
    let prefix = u128::from_str_radix(&digits, 16).ok()?;
    let free = 4 * (DIGITS - digits.len());
    let first = prefix << free;
    Some((Uuid::from_u128(first), Uuid::from_u128(first | ((1 << free) - 1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_select_an_interval_of_ids() {
        let ids = |written| ids_with_prefix(written).map(|(first, last)| (first.to_string(), last.to_string()));
        let expected =
            ("0199614b-6102-0000-0000-000000000000".to_owned(), "0199614b-6102-ffff-ffff-ffffffffffff".to_owned());
        assert_eq!(ids("0199614b6102"), Some(expected.clone()));
        assert_eq!(ids(" 0199614B-6102 "), Some(expected));
        let last = "ffffff00-0000-0000-0000-000000000000".to_owned();
        assert_eq!(ids("ffffff").map(|(first, _)| first), Some(last));
        for written in ["", "01996", "clouds", "0199614z", "0199614b-6102-1498-815b-3cb23f72b489", "٠١٩٩٦١"] {
            assert_eq!(ids(written), None, "{written}");
        }
    }
}
