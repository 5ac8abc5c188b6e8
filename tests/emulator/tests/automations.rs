//! Automations and storage locations.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use prost::Message;
use support::workflows::{call, default_cluster, fail, identifier, uuid};
use tilebox_core::protocol::wire::tilebox::v1::Id;
use tilebox_core::protocol::wire::workflows::v1::*;
use tilebox_emulator::{Emulator, Service};

const CREATE: &str = "AutomationService/CreateAutomation";
const GET: &str = "AutomationService/GetAutomation";
const UPDATE: &str = "AutomationService/UpdateAutomation";
const DELETE: &str = "AutomationService/DeleteAutomation";
const LIST: &str = "AutomationService/ListAutomations";
const CREATE_LOCATION: &str = "StorageLocationService/CreateStorageLocation";
const DELETE_LOCATION: &str = "StorageLocationService/DeleteStorageLocation";

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600;

fn emulator() -> Emulator {
    Emulator::builder().start().expect("an emulator")
}

/// Returns a cron automation as the official Python client sends it.
fn cron(name: &str, schedules: &[&str]) -> AutomationPrototype {
    let trigger = |schedule: &&str| CronTrigger { schedule: (*schedule).to_owned(), ..CronTrigger::default() };
    AutomationPrototype {
        name: name.to_owned(),
        prototype: Some(SingleTaskSubmission {
            identifier: Some(identifier("Nightly")),
            display: "Nightly".to_owned(),
            input: "\"hi\"".into(),
            ..SingleTaskSubmission::default()
        }),
        cron_triggers: schedules.iter().map(trigger).collect(),
        ..AutomationPrototype::default()
    }
}

fn local(path: &str) -> CreateStorageLocationRequest {
    CreateStorageLocationRequest {
        name: "Archive".to_owned(),
        reference: Some(StorageLocationReference {
            local: Some(LocalReference { path: path.to_owned() }),
            ..StorageLocationReference::default()
        }),
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

/// Calls a method of a service at a time.
fn ask<M: Message + Default>(service: &Service, seconds: u64, method: &str, request: &impl Message) -> M {
    let response = service.call(&format!("/workflows.v1.{method}"), request.encode_to_vec().into(), at(seconds));
    M::decode(response.expect(method)).expect("the response message")
}

fn jobs(service: &Service, seconds: u64) -> Vec<Job> {
    ask::<QueryJobsResponse>(service, seconds, "JobService/QueryJobs", &QueryJobsRequest::default()).jobs
}

#[test]
fn automations_are_created_found_updated_and_deleted() {
    let emulator = emulator();
    let created: AutomationPrototype = call(&emulator, CREATE, &cron("Report", &["0 6 * * *", "@hourly"]));
    let prototype = created.prototype.clone().unwrap();
    assert_eq!((created.name.as_str(), &prototype.input[..]), ("Report", &b"\"hi\""[..]));
    assert_eq!(prototype.cluster_slug, default_cluster(&emulator), "the empty cluster is the default cluster");
    let ids: Vec<_> = created.cron_triggers.iter().map(|trigger| uuid(trigger.id.as_ref())).collect();
    assert!(ids[0] != ids[1] && uuid(created.id.as_ref()) != ids[0]);
    assert!(created.cron_triggers.iter().all(|trigger| trigger.next_scheduled_at.is_some()));
    let second: AutomationPrototype = call(&emulator, CREATE, &cron("Report", &["@daily"]));

    let id = created.id.clone().unwrap();
    assert_eq!(call::<AutomationPrototype>(&emulator, GET, &id), created);
    let all = call::<Automations>(&emulator, LIST, &());
    assert!(all.automations.len() == 2 && all.automations.contains(&created) && all.automations.contains(&second));

    let mut changed = AutomationPrototype { name: "Weekly".to_owned(), disabled: true, ..created.clone() };
    changed.cron_triggers.remove(0);
    changed.cron_triggers.push(CronTrigger { schedule: "@weekly".to_owned(), ..CronTrigger::default() });
    let updated: AutomationPrototype = call(&emulator, UPDATE, &changed);
    assert_eq!((updated.name.as_str(), updated.disabled, &updated.id), ("Weekly", true, &created.id));
    assert_eq!(updated.cron_triggers[0].id, created.cron_triggers[1].id, "a known trigger keeps its id");
    assert!(updated.cron_triggers.iter().all(|trigger| trigger.next_scheduled_at.is_none()), "it is disabled");

    let delete = DeleteAutomationRequest { automation_id: Some(id.clone()), cancel_jobs: false };
    call::<()>(&emulator, DELETE, &delete);
    assert_eq!(call::<Automations>(&emulator, LIST, &()).automations, [second]);
    for (status, error) in
        [fail(&emulator, GET, &id), fail(&emulator, UPDATE, &changed), fail(&emulator, DELETE, &delete)]
    {
        assert!(status == 404 && error.contains("no such automation"), "{error}");
    }
}

#[test]
fn invalid_automations_are_refused() {
    let emulator = emulator();
    let location: StorageLocation = call(&emulator, CREATE_LOCATION, &local("/data"));
    let event = |id: Option<Id>, glob: &str| StorageEventTrigger {
        storage_location: Some(StorageLocation { id, ..StorageLocation::default() }),
        glob_pattern: glob.to_owned(),
        ..StorageEventTrigger::default()
    };
    let valid = cron("a", &["@daily"]);
    let task = |change: &dyn Fn(&mut SingleTaskSubmission)| {
        let mut automation = valid.clone();
        automation.prototype.iter_mut().for_each(change);
        automation
    };
    let with_events = |events: Vec<StorageEventTrigger>| AutomationPrototype {
        cron_triggers: Vec::new(),
        storage_event_triggers: events,
        ..valid.clone()
    };
    for (automation, reason) in [
        (AutomationPrototype { name: String::new(), ..valid.clone() }, "name: expects 1 to 100 characters, got 0"),
        (AutomationPrototype { prototype: None, ..valid.clone() }, "prototype: a value is required"),
        (cron("a", &[]), "expects 1 to 32 triggers of one kind; got 0 cron_triggers and 0"),
        (cron("a", &["@daily"; 33]), "got 33 cron_triggers"),
        (
            AutomationPrototype { storage_event_triggers: vec![event(location.id.clone(), "*")], ..valid.clone() },
            "got 1 cron_triggers and 1 storage_event_triggers",
        ),
        (cron("a", &["@daily", "61 * * * *"]), "cron_triggers[1].schedule \\\"61 * * * *\\\": minute: expects"),
        (cron("a", &["CRON_TZ=Europe/Vienna @daily"]), "knows only UTC and fixed offsets"),
        (task(&|task| task.identifier = None), "prototype.identifier: a value is required"),
        (task(&|task| task.identifier.as_mut().unwrap().version = "1.0".to_owned()), "expects v<major>.<minor>"),
        (task(&|task| task.identifier.as_mut().unwrap().name = "n".repeat(257)), "expects 1 to 256 bytes, got 257"),
        (task(&|task| task.max_retries = -1), "prototype.max_retries: expects 0 or more, got -1"),
        (task(&|task| task.dependencies = vec![0]), "prototype.dependencies: expects none"),
        (task(&|task| task.input = vec![0; 2048].into()), "prototype.input: expects at most 2035 bytes, got 2048"),
        (task(&|task| task.cluster_slug = "nowhere".to_owned()), "no such cluster"),
        (with_events(vec![event(None, "*")]), "storage_event_triggers[0].storage_location.id: expects an id"),
        (with_events(vec![event(location.id.clone(), "")]), "storage_event_triggers[0].glob_pattern: expects 1"),
        (with_events(vec![event(Some(Id { uuid: vec![7; 16].into() }), "*")]), "no such storage location"),
    ] {
        let (status, error) = fail(&emulator, CREATE, &automation);
        assert!(matches!(status, 400 | 404) && error.contains(reason), "{reason}: {status} {error}");
    }
    assert_eq!(call::<Automations>(&emulator, LIST, &()).automations, []);
    let longest = task(&|task| task.input = vec![0; 2035].into());
    call::<AutomationPrototype>(&emulator, CREATE, &longest);
}

#[test]
fn storage_locations_are_created_found_renamed_and_deleted() {
    let emulator = emulator();
    let request = CreateStorageLocationRequest {
        name: "Bucket".to_owned(),
        reference: Some(StorageLocationReference {
            aws_s3_bucket: Some(Awss3BucketReference {
                bucket: "scenes".to_owned(),
                region: "eu-central-1".to_owned(),
            }),
            ..StorageLocationReference::default()
        }),
    };
    let bucket: StorageLocation = call(&emulator, CREATE_LOCATION, &request);
    assert_eq!((bucket.location.as_str(), bucket.r#type()), ("scenes", StorageType::AwsS3), "for older clients");
    let reference = bucket.reference.as_ref().unwrap();
    assert_eq!(reference.r#type(), StorageType::AwsS3, "the official Python client reads it");
    let folder: StorageLocation = call(&emulator, CREATE_LOCATION, &local("/data"));

    let rename = UpdateStorageLocationRequest { storage_location_id: bucket.id.clone(), name: "New".to_owned() };
    let renamed: StorageLocation = call(&emulator, "StorageLocationService/UpdateStorageLocation", &rename);
    assert_eq!(renamed, StorageLocation { name: "New".to_owned(), ..bucket });
    let id = renamed.id.clone().unwrap();
    assert_eq!(call::<StorageLocation>(&emulator, "StorageLocationService/GetStorageLocation", &id), renamed);

    let automation = AutomationPrototype {
        cron_triggers: Vec::new(),
        storage_event_triggers: vec![StorageEventTrigger {
            storage_location: Some(StorageLocation { id: renamed.id.clone(), ..StorageLocation::default() }),
            glob_pattern: "**/*.tif".to_owned(),
            ..StorageEventTrigger::default()
        }],
        ..cron("Scenes", &[])
    };
    let automation: AutomationPrototype = call(&emulator, CREATE, &automation);
    let trigger = &automation.storage_event_triggers[0];
    assert_eq!(trigger.storage_location.as_ref(), Some(&renamed), "the whole location, as it is now");
    assert!(trigger.id.is_some());
    let (status, error) = fail(&emulator, DELETE_LOCATION, &id);
    assert!(status == 400 && error.contains("used by automation \\\"Scenes\\\""), "{error}");

    call::<()>(&emulator, DELETE, &DeleteAutomationRequest { automation_id: automation.id, cancel_jobs: true });
    call::<()>(&emulator, DELETE_LOCATION, &id);
    let all: StorageLocations = call(&emulator, "StorageLocationService/ListStorageLocations", &());
    assert_eq!(all.locations, [folder]);
    assert_eq!(fail(&emulator, DELETE_LOCATION, &id).0, 404);
    assert_eq!(fail(&emulator, "StorageLocationService/GetStorageLocation", &Id { uuid: Bytes::new() }).0, 400);
}

#[test]
fn due_cron_automations_submit_jobs() {
    let service = Emulator::builder().service().unwrap();
    let created: AutomationPrototype = ask(&service, START, CREATE, &cron("Report", &["*/10 * * * *"]));
    assert_eq!(created.cron_triggers[0].next_scheduled_at.unwrap().seconds, START as i64 + 600);
    let disabled = AutomationPrototype { disabled: true, ..cron("Never", &["* * * * *"]) };
    let _: AutomationPrototype = ask(&service, START, CREATE, &disabled);

    assert_eq!(service.fire_automations(at(START + 599)), Some(at(START + 600)));
    assert_eq!(jobs(&service, START + 599), []);
    assert_eq!(service.fire_automations(at(START + 600)), Some(at(START + 1200)));
    assert_eq!(service.fire_automations(at(START + 601)), Some(at(START + 1200)));
    let [job] = &jobs(&service, START + 601)[..] else { panic!("one job") };
    assert_eq!((job.name.as_str(), &job.automation_id, job.state()), ("Report", &created.id, JobState::Submitted));

    let cluster = created.prototype.unwrap().cluster_slug;
    let wanted = NextTaskToRun { cluster_slug: cluster, identifiers: vec![identifier("Nightly")] };
    let request = NextTaskRequest { computed_task: None, next_task_to_run: Some(wanted) };
    let task = ask::<NextTaskResponse>(&service, START + 602, "TaskService/NextTask", &request).next_task.unwrap();
    let input = Automation::decode(task.input.unwrap()).unwrap();
    let event = TriggeredCronEvent::decode(input.trigger_event).unwrap();
    assert_eq!(event.trigger_time.unwrap().seconds, START as i64 + 600, "the time of the schedule, not of the call");
    assert_eq!((&input.args[..], task.display.as_deref()), (&b"\"hi\""[..], Some("Nightly")));
}

#[test]
fn deleting_an_automation_can_cancel_its_jobs() {
    for cancel_jobs in [false, true] {
        let service = Emulator::builder().service().unwrap();
        let created: AutomationPrototype = ask(&service, START, CREATE, &cron("Report", &["* * * * *"]));
        let other: AutomationPrototype = ask(&service, START, CREATE, &cron("Other", &["* * * * *"]));
        for minute in 1..=3 {
            service.fire_automations(at(START + 60 * minute));
        }
        let _: () = ask(
            &service,
            START + 200,
            DELETE,
            &DeleteAutomationRequest { automation_id: created.id.clone(), cancel_jobs },
        );
        assert_eq!(service.fire_automations(at(START + 240)), Some(at(START + 300)));
        let jobs = jobs(&service, START + 241);
        let states = |automation: &AutomationPrototype| {
            let of = jobs.iter().filter(|job| job.automation_id == automation.id);
            of.map(Job::state).collect::<Vec<_>>()
        };
        let expected = if cancel_jobs { JobState::Canceled } else { JobState::Submitted };
        assert_eq!(states(&created), [expected; 3], "no further job after the deletion");
        assert_eq!(states(&other), [JobState::Submitted; 4]);
    }
}

#[cfg(feature = "disk")]
#[test]
fn automations_and_storage_locations_survive_a_restart() {
    let folder = std::env::temp_dir().join(format!("tilebox-emulator-automations-{}", std::process::id()));
    let start = || Emulator::builder().data(&folder).start().expect("an emulator");
    let emulator = start();
    let location: StorageLocation = call(&emulator, CREATE_LOCATION, &local("/data"));
    let deleted: StorageLocation = call(&emulator, CREATE_LOCATION, &local("/other"));
    call::<()>(&emulator, DELETE_LOCATION, &deleted.id.unwrap());
    let created: AutomationPrototype = call(&emulator, CREATE, &cron("Report", &["0 0 1 1 *"]));
    let gone: AutomationPrototype = call(&emulator, CREATE, &cron("Gone", &["@daily"]));
    call::<()>(&emulator, DELETE, &DeleteAutomationRequest { automation_id: gone.id, cancel_jobs: false });
    emulator.stop();

    let emulator = start();
    assert_eq!(call::<Automations>(&emulator, LIST, &()).automations, [created]);
    let all: StorageLocations = call(&emulator, "StorageLocationService/ListStorageLocations", &());
    assert_eq!(all.locations, [location]);
    emulator.stop();
    std::fs::remove_dir_all(&folder).unwrap();
}
