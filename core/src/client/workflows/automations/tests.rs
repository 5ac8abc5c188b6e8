use prost::Message as _;
use uuid::Uuid;

use crate::client::blocking::Client;
use crate::error::ErrorKind;
use crate::protocol::connect::{self, Code};
use crate::protocol::id;
use crate::protocol::wire::workflows::v1 as wire;
use crate::testing::{self, MockTransport};
use crate::workflows::rpc::{CreateAutomation, DeleteAutomation, GetAutomation, ListAutomations, UpdateAutomation};
use crate::workflows::{StorageLocation, TaskSubmission};

fn client(server: &MockTransport) -> Client {
    testing::client_builder(server.clone()).build().expect("a client")
}

fn number(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn location() -> StorageLocation {
    let id = Some(id::to_wire(number(3)));
    let location = wire::StorageLocation { id, location: "s3://b".to_owned(), r#type: 2, ..Default::default() };
    StorageLocation::from_wire(location).expect("a location")
}

/// Sets the id as a server does.
fn with_id(automation: wire::AutomationPrototype) -> Result<wire::AutomationPrototype, connect::Error> {
    Ok(wire::AutomationPrototype { id: Some(id::to_wire(number(7))), ..automation })
}

/// Returns a server with one automation, which runs each day.
fn server() -> MockTransport {
    let stored = || {
        let task = wire::SingleTaskSubmission {
            identifier: Some(wire::TaskIdentifier { name: "T".to_owned(), version: "v0.0".to_owned() }),
            display: "T".to_owned(),
            input: "7".into(),
            ..Default::default()
        };
        let trigger = wire::CronTrigger {
            id: Some(id::to_wire(number(8))),
            schedule: "@daily".to_owned(),
            next_scheduled_at: None,
        };
        let automation = wire::AutomationPrototype {
            name: "Reports".to_owned(),
            prototype: Some(task),
            cron_triggers: vec![trigger],
            ..Default::default()
        };
        with_id(automation)
    };
    MockTransport::new()
        .respond_with::<CreateAutomation>(with_id)
        .respond_with::<GetAutomation>(move |_| stored())
        .respond_with::<UpdateAutomation>(Ok)
        .respond_with::<DeleteAutomation>(|_| Ok(()))
        .respond_with::<ListAutomations>(move |_| Ok(wire::Automations { automations: vec![stored()?] }))
}

#[test]
fn a_new_automation_is_sent_without_ids() {
    let server = server();
    let automations = client(&server).automations();
    let task = || TaskSubmission::bytes("T", "7").cluster("dev").max_retries(2);
    let created = automations.create_cron("Reports", task()).schedules(["@daily", "0 6 * * *"]).disabled().send();
    let created = created.expect("created");
    assert_eq!((created.id, created.cron_triggers.len(), created.is_enabled), (number(7), 2, false));
    let request = &server.requests::<CreateAutomation>()[0];
    assert!(request.id.is_none() && request.cron_triggers.iter().all(|trigger| trigger.id.is_none()));
    let sent = request.prototype.as_ref().expect("a task");
    assert_eq!((sent.cluster_slug.as_str(), sent.max_retries, sent.input.as_ref()), ("dev", 2, b"7".as_slice()));

    let created = automations.create_storage_event("Tiles", task()).event(&location(), "**/*.tif").send();
    assert!(created.expect("created").is_enabled);
    let request = &server.requests::<CreateAutomation>()[1];
    let trigger = &request.storage_event_triggers[0];
    // The storage location is field 2: its id, its text and its type. The pattern is field 3.
    let id = b"\x0a\x12\x0a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03";
    let expected = [b"\x12\x1e".as_slice(), id, b"\x12\x06s3://b\x18\x02\x1a\x08**/*.tif"].concat();
    assert_eq!(trigger.encode_to_vec(), expected);
}

#[test]
fn an_update_keeps_everything_else() {
    let server = server();
    let automations = client(&server).automations();
    let updated = automations.update(number(7)).disable().schedules(["@hourly", "@daily"]).send().expect("updated");
    assert!(!updated.is_enabled);
    let ids: Vec<_> = updated.cron_triggers.iter().map(|trigger| trigger.id).collect();
    assert_eq!(ids, [None, Some(number(8))]);
    assert_eq!((updated.name.as_str(), updated.task.input().expect("bytes").as_ref()), ("Reports", b"7".as_slice()));
    let request = &server.requests::<UpdateAutomation>()[0];
    assert_eq!(request.id, Some(id::to_wire(number(7))));

    let updated = automations.update(&updated).name("N").task(TaskSubmission::bytes("U", "")).enable().send();
    let updated = updated.expect("updated");
    assert_eq!((updated.name.as_str(), updated.is_enabled, updated.cron_triggers.len()), ("N", true, 1));
    assert_eq!(updated.task.identifier().expect("an identifier").name(), "U");
}

#[test]
fn triggers_of_another_kind_are_not_sent() {
    let server = server();
    let error = client(&server).automations().update(number(7)).events([(&location(), "*")]).send();
    let error = error.expect_err("schedules trigger it");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.reason().contains("the triggers of an automation are of one kind"), "{error}");
    assert!(server.requests::<UpdateAutomation>().is_empty());
}

#[test]
fn a_deletion_says_what_happens_to_jobs() {
    let server = server();
    let automations = client(&server).automations();
    let automation = automations.find("00000000-0000-0000-0000-000000000007").expect("found");
    automations.delete(&automation).expect("deleted");
    automations.delete_and_cancel_jobs(automation.id).expect("deleted");
    let cancels: Vec<_> = server.requests::<DeleteAutomation>().iter().map(|request| request.cancel_jobs).collect();
    assert_eq!(cancels, [false, true]);
    assert_eq!(automations.all().expect("a listing").into_vec(), [automation]);
}

#[test]
fn invalid_input_about_automations_sends_no_request() {
    let server = MockTransport::new();
    let automations = client(&server).automations();
    let task = || TaskSubmission::bytes("T", "");
    for (error, expected) in [
        (automations.find("x").expect_err("no id"), "cannot find an automation: the id of the automation is not valid"),
        (
            automations.delete(Uuid::nil()).expect_err("nil"),
            "cannot delete an automation: the id of the automation is nil",
        ),
        (
            automations.create_cron("A", task()).send().expect_err("no schedule"),
            "cannot create the automation `A`: expects 1 to 32 cron schedules, got 0",
        ),
        (
            automations.create_cron("A", task()).schedule("0 25 * * *").send().expect_err("not valid"),
            "cannot create the automation `A` with the schedule `0 25 * * *`: the hour expects a number from 0 to 23",
        ),
        (
            automations.create_cron("", task()).schedule("@daily").send().expect_err("empty"),
            "cannot create the automation ``: the name is empty",
        ),
        (
            automations.create_storage_event("A", task()).event(&location(), "").send().expect_err("empty"),
            "cannot create the automation `A`: a glob pattern is empty",
        ),
        (
            automations.update(number(7)).schedules(["@dayly"]).send().expect_err("not valid"),
            "cannot update the automation 00000000-0000-0000-0000-000000000007 with the schedule `@dayly`: unknown \
             helper `@dayly`; did you mean `@daily`?",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[test]
fn an_unknown_automation_is_named_with_advice() {
    let unknown = || connect::Error::new(Code::NotFound, "no such automation");
    let server = MockTransport::new()
        .respond_with::<GetAutomation>(move |_| Err(unknown()))
        .respond_with::<DeleteAutomation>(move |_| Err(unknown()));
    let automations = client(&server).automations();
    for (error, verb) in [
        (automations.find(number(7)).expect_err("unknown"), "find"),
        (automations.update(number(7)).enable().send().expect_err("unknown"), "update"),
        (automations.delete(number(7)).expect_err("unknown"), "delete"),
    ] {
        let expected = format!(
            "cannot {verb} the automation 00000000-0000-0000-0000-000000000007: no such automation; check the id: \
             `automations().all()` lists the automations"
        );
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::NotFound, expected));
    }
}
