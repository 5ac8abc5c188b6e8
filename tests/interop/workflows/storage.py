"""Storage locations."""

from uuid import uuid4

from _tilebox.grpc.error import NotFoundError
from checks import raises
from tilebox.workflows.data import (
    AWSS3BucketReference,
    AzureBlobReference,
    GCSBucketReference,
    LocalReference,
    StorageType,
)

from harness import Server

ACCOUNT = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/account"


def check_storage_locations_of_every_kind_are_created_and_found(server: Server) -> None:
    locations = server.client().storage_locations()
    created = [
        locations.create("s3", AWSS3BucketReference("bucket-a", "eu-central-1")),
        locations.create("gcs", GCSBucketReference("bucket-b", "project", "EU")),
        locations.create("azure", AzureBlobReference(ACCOUNT, "container", "westeurope")),
        locations.create("local", LocalReference("/data")),
    ]
    kinds = [StorageType.AWS_S3, StorageType.GCS, StorageType.AZURE_BLOB, StorageType.LOCAL]
    assert [location.type for location in created] == kinds
    assert [location.location for location in created] == ["bucket-a", "bucket-b", "container", "/data"]
    assert created[0].region == "eu-central-1"
    assert (created[1].project_id, created[1].bucket_location) == ("project", "EU")
    assert created[2].storage_account_resource_id == ACCOUNT
    listed = locations.all()
    for location in created:
        assert locations.find(location) == location
        assert locations.find(str(location.id)) == location
        assert location in listed


def check_a_storage_location_is_renamed(server: Server) -> None:
    locations = server.client().storage_locations()
    location = locations.create("old name", LocalReference("/renamed"))
    renamed = locations.update(location, "new name")
    assert (renamed.id, renamed.name, renamed.location) == (location.id, "new name", "/renamed")
    assert locations.find(location.id) == renamed


def check_an_unknown_storage_location_is_not_found(server: Server) -> None:
    locations = server.client().storage_locations()
    with raises(NotFoundError):
        locations.find(uuid4())
    with raises(NotFoundError):
        locations.update(uuid4(), "name")
