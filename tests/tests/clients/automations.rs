//! Automations and storage locations.

use tilebox_core::ErrorKind;
use tilebox_core::workflows::{
    Automation, AzureContainer, GcsBucket, LocalFolder, S3Bucket, StorageReference, StorageType, TaskSubmission,
};
use tilebox_emulator::{Fault, Rpc};

use super::Setting;

fn task() -> TaskSubmission {
    TaskSubmission::bytes("example.com/Report", "7").max_retries(2)
}

fn schedules(automation: &Automation) -> Vec<&str> {
    automation.cron_triggers.iter().map(|trigger| trigger.schedule.as_str()).collect()
}

pub(crate) async fn an_automation_with_schedules_is_changed_and_deleted(setting: Setting) {
    let automations = setting.client.automations();
    let made = automations.create_cron("Reports", task()).schedules(["@daily", "0 6 * * MON-FRI"]).await;
    let made = made.expect("an automation");
    assert_eq!((made.name.as_str(), made.is_enabled), ("Reports", true));
    assert_eq!(schedules(&made), ["@daily", "0 6 * * MON-FRI"]);
    assert_eq!(made.task.identifier().expect("an identifier").name(), "example.com/Report");
    assert_eq!(made.task.input().expect("bytes").as_ref(), b"7");

    let changed = automations.update(&made).schedules(["@hourly", "@daily"]).disable().await.expect("changed");
    assert_eq!((schedules(&changed), changed.is_enabled), (vec!["@hourly", "@daily"], false));
    let renamed = automations.update(&made).name("Hourly reports").enable().await.expect("changed");
    assert_eq!((renamed.name.as_str(), renamed.is_enabled, renamed.task.clone()), ("Hourly reports", true, made.task));
    let found = automations.find(made.id.to_string().as_str()).await.expect("the automation");
    assert_eq!(schedules(&found), ["@hourly", "@daily"]);
    let listed = automations.all().await.expect("a listing");
    assert!(listed.to_string().contains("\n1 automation"), "{listed}");

    setting.emulator.inject(Fault::truncated_body().on(Rpc::DeleteAutomation));
    automations.delete(&found).await.expect("it is gone");
    let error = automations.delete_and_cancel_jobs(&found).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = automations.update(&found).disable().await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

pub(crate) async fn an_unknown_cluster_of_an_automation_gets_suggestions(setting: Setting) {
    setting.client.clusters().create("Dev").slug("dev").await.expect("a cluster");
    let automations = setting.client.automations();
    let made = automations.create_cron("Reports", task().cluster("dev")).schedule("@daily").await.expect("made");
    let on_unknown = || task().cluster("dew");
    for error in [
        automations.create_cron("More", on_unknown()).schedule("@daily").await.expect_err("unknown"),
        automations.update(&made).task(on_unknown()).await.expect_err("unknown"),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.advice().starts_with("did you mean `dev` (Dev)? the clusters are "), "{error}");
    }
    assert_eq!(automations.all().await.expect("a listing").len(), 1);
}

pub(crate) async fn storage_events_trigger_an_automation(setting: Setting) {
    let (automations, locations) = (setting.client.automations(), setting.client.storage_locations());
    let scenes = locations.create("Scenes", S3Bucket::new("scenes").region("eu-central-1")).await.expect("a location");
    let made = automations.create_storage_event("Tiles", task()).event(&scenes, "**/*.tif").disabled().await;
    let made = made.expect("an automation");
    let patterns = |automation: &Automation| {
        let triggers = automation.storage_event_triggers.iter();
        triggers
            .map(|trigger| (trigger.location.as_ref().map(|location| location.id), trigger.glob_pattern.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(patterns(&made), [(Some(scenes.id), "**/*.tif".to_owned())]);
    assert!(!made.is_enabled && made.cron_triggers.is_empty());
    let changed = automations.update(&made).events([(&scenes, "*.jp2"), (&scenes, "**/*.tif")]).await.expect("changed");
    assert_eq!(patterns(&changed).len(), 2);

    let before = setting.emulator.requests().of(Rpc::UpdateAutomation);
    let error = automations.update(&made).schedules(["@daily"]).await.expect_err("another kind");
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let error = automations.update(&made).schedules(["* * *"]).await.expect_err("not a schedule");
    assert!(error.to_string().contains("expects five fields"), "{error}");
    assert_eq!(setting.emulator.requests().of(Rpc::UpdateAutomation), before, "no change reaches the server");
}

pub(crate) async fn a_storage_location_is_created_renamed_and_deleted(setting: Setting) {
    let locations = setting.client.storage_locations();
    let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
    let references: [(StorageReference, StorageType); 4] = [
        (S3Bucket::new("scenes").region("eu-central-1").into(), StorageType::S3),
        (GcsBucket::new("scenes").project_id("p").location("EU").into(), StorageType::Gcs),
        (AzureContainer::new(account, "scenes").region("westeurope").into(), StorageType::AzureBlob),
        (LocalFolder::new("/data/scenes").into(), StorageType::Local),
    ];
    for (reference, storage_type) in references {
        let made = locations.create("Scenes", reference.clone()).await.expect("a location");
        assert_eq!((made.storage_type, made.reference.as_ref()), (storage_type, Some(&reference)));
        assert_eq!(locations.find(&made).await.expect("the location"), made);
        let renamed = locations.update(&made, "My scenes").await.expect("a changed location");
        assert_eq!((renamed.id, renamed.name.as_str()), (made.id, "My scenes"));
    }
    let listed = locations.all().await.expect("a listing");
    assert!(listed.to_string().ends_with("4 storage locations"), "{listed}");
    setting.emulator.inject(Fault::truncated_body().on(Rpc::DeleteStorageLocation));
    for location in &listed {
        locations.delete(location).await.expect("it is gone");
    }
    assert!(locations.all().await.expect("a listing").is_empty());
    let error = locations.find(&listed[0]).await.expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
