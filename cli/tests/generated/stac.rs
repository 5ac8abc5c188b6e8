// Datapoints of the dataset `test.stac`, to read with `Datapoints::rows` and to ingest as `Records`.
//
// Made by: tbx generate test.stac
// Dependencies: tilebox-tokio (feature rows), serde (feature derive), uuid (feature serde)
// Fields that are not needed can be deleted: reading ignores other columns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tilebox_tokio::{Footprint, Timestamp};
use uuid::Uuid;

/// A datapoint of the dataset `test.stac`.
///
/// A dataset of the tests of \<tbx>.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Stac {
    pub time: Timestamp,
    pub id: Uuid,
    pub ingestion_time: Timestamp,
    pub geometry: Option<Footprint>,
    pub assets: Option<Assets>,
    pub authentication: Option<Authentication>,
    pub storage: Option<Storage>,
    pub links: Option<Links>,
    #[serde(default)]
    pub providers: Vec<Provider>,
    pub software: Option<ProcessingSoftware>,
    pub polarization: Option<Polarization>,
}

/// A message `datasets.stac.v1.Assets`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Assets {
    #[serde(default)]
    pub access_profiles: Vec<AssetAccessProfile>,
    #[serde(default)]
    pub band_profiles: Vec<Band>,
    #[serde(default)]
    pub assets: Vec<Asset>,
}

/// A message `datasets.stac.v1.Authentication`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Authentication {
    #[serde(default)]
    pub schemes: BTreeMap<String, AuthenticationScheme>,
}

/// A message `datasets.stac.v1.Storage`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Storage {
    #[serde(default)]
    pub schemes: BTreeMap<String, StorageScheme>,
}

/// A message `datasets.stac.v1.Links`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Links {
    #[serde(default)]
    pub links: Vec<Link>,
}

/// A message `datasets.stac.v1.Provider`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Provider {
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub roles: Vec<ProviderRole>,
    pub url: Option<String>,
}

/// A message `datasets.stac.v1.ProcessingSoftware`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ProcessingSoftware {
    #[serde(default)]
    pub versions: BTreeMap<String, String>,
}

/// A value of `datasets.v1.Polarization`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum Polarization {
    /// `POLARIZATION_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `POLARIZATION_HH`, number 1.
    #[serde(rename = "HH")]
    Hh,
    /// `POLARIZATION_HV`, number 2.
    #[serde(rename = "HV")]
    Hv,
    /// `POLARIZATION_VH`, number 3.
    #[serde(rename = "VH")]
    Vh,
    /// `POLARIZATION_VV`, number 4.
    #[serde(rename = "VV")]
    Vv,
    /// `POLARIZATION_DUAL_HH`, number 5.
    #[serde(rename = "DUAL_HH")]
    DualHh,
    /// `POLARIZATION_DUAL_HV`, number 6.
    #[serde(rename = "DUAL_HV")]
    DualHv,
    /// `POLARIZATION_DUAL_VH`, number 7.
    #[serde(rename = "DUAL_VH")]
    DualVh,
    /// `POLARIZATION_DUAL_VV`, number 8.
    #[serde(rename = "DUAL_VV")]
    DualVv,
    /// `POLARIZATION_HH_HV`, number 9.
    #[serde(rename = "HH_HV")]
    HhHv,
    /// `POLARIZATION_VV_VH`, number 10.
    #[serde(rename = "VV_VH")]
    VvVh,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A message `datasets.stac.v1.AssetAccessProfile`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AssetAccessProfile {
    pub alternate_key: String,
    pub default_alternate_name: Option<String>,
    pub base_href: String,
    #[serde(default)]
    pub storage_refs: Vec<String>,
    #[serde(default)]
    pub auth_refs: Vec<String>,
}

/// A message `datasets.stac.v1.Band`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Band {
    pub name: Option<String>,
    pub description: Option<String>,
    pub data_type: DataType,
    pub nodata: Option<f64>,
    pub unit: Option<String>,
    pub eo: Option<EoProperties>,
    pub raster: Option<RasterProperties>,
    #[serde(default)]
    pub classes: Vec<ClassificationClass>,
    pub sar: Option<SarProperties>,
    #[serde(default)]
    pub bitfields: Vec<ClassificationBitField>,
}

/// A message `datasets.stac.v1.Asset`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Asset {
    pub key: String,
    pub primary: Option<AssetLocation>,
    #[serde(default)]
    pub alternates: Vec<AssetLocation>,
    pub media_type: Option<MediaType>,
    pub title: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub roles: Vec<KnownAssetRole>,
    #[serde(default)]
    pub custom_roles: Vec<String>,
    pub gsd: Option<f64>,
    #[serde(default)]
    pub band_profile_indices: Vec<u32>,
    pub data_type: DataType,
    pub nodata: Option<f64>,
    pub statistics: Option<Statistics>,
    pub unit: Option<String>,
    pub eo: Option<EoProperties>,
    pub raster: Option<RasterProperties>,
    pub projection: Option<Projection>,
    pub view: Option<View>,
    #[serde(default)]
    pub classes: Vec<ClassificationClass>,
    pub file: Option<File>,
    pub sar: Option<SarProperties>,
    pub satellite: Option<SatelliteProperties>,
    pub product: Option<ProductProperties>,
    #[serde(default)]
    pub bitfields: Vec<ClassificationBitField>,
}

/// A message `datasets.stac.v1.AuthenticationScheme`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AuthenticationScheme {
    pub known_type: Option<KnownAuthenticationType>,
    pub custom_type: Option<String>,
    pub description: Option<String>,
    pub name: Option<String>,
    pub location: Option<String>,
    pub scheme: Option<String>,
    #[serde(default)]
    pub flows: Vec<AuthenticationFlow>,
    pub open_id_connect_url: Option<String>,
}

/// A message `datasets.stac.v1.StorageScheme`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct StorageScheme {
    pub known_type: Option<KnownStorageType>,
    pub custom_type: Option<String>,
    pub platform: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub region: Option<String>,
    pub requester_pays: Option<bool>,
    pub storage_class: Option<String>,
    pub bucket: Option<String>,
    pub account: Option<String>,
    /// Messages `google.protobuf.Value`, encoded as protobuf.
    #[serde(default)]
    pub additional_properties: BTreeMap<String, Vec<u8>>,
}

/// A message `datasets.stac.v1.Link`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Link {
    pub href: String,
    pub rel: String,
    pub media_type: Option<MediaType>,
    pub title: Option<String>,
    #[serde(default)]
    pub storage_refs: Vec<String>,
    #[serde(default)]
    pub auth_refs: Vec<String>,
}

/// A value of `datasets.stac.v1.ProviderRole`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum ProviderRole {
    /// `PROVIDER_ROLE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `PROVIDER_ROLE_PRODUCER`, number 1.
    #[serde(rename = "PRODUCER")]
    Producer,
    /// `PROVIDER_ROLE_LICENSOR`, number 2.
    #[serde(rename = "LICENSOR")]
    Licensor,
    /// `PROVIDER_ROLE_PROCESSOR`, number 3.
    #[serde(rename = "PROCESSOR")]
    Processor,
    /// `PROVIDER_ROLE_HOST`, number 4.
    #[serde(rename = "HOST")]
    Host,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.DataType`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum DataType {
    /// `DATA_TYPE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `DATA_TYPE_INT8`, number 1.
    #[serde(rename = "INT8")]
    Int8,
    /// `DATA_TYPE_INT16`, number 2.
    #[serde(rename = "INT16")]
    Int16,
    /// `DATA_TYPE_INT32`, number 3.
    #[serde(rename = "INT32")]
    Int32,
    /// `DATA_TYPE_INT64`, number 4.
    #[serde(rename = "INT64")]
    Int64,
    /// `DATA_TYPE_UINT8`, number 5.
    #[serde(rename = "UINT8")]
    Uint8,
    /// `DATA_TYPE_UINT16`, number 6.
    #[serde(rename = "UINT16")]
    Uint16,
    /// `DATA_TYPE_UINT32`, number 7.
    #[serde(rename = "UINT32")]
    Uint32,
    /// `DATA_TYPE_UINT64`, number 8.
    #[serde(rename = "UINT64")]
    Uint64,
    /// `DATA_TYPE_FLOAT16`, number 9.
    #[serde(rename = "FLOAT16")]
    Float16,
    /// `DATA_TYPE_FLOAT32`, number 10.
    #[serde(rename = "FLOAT32")]
    Float32,
    /// `DATA_TYPE_FLOAT64`, number 11.
    #[serde(rename = "FLOAT64")]
    Float64,
    /// `DATA_TYPE_CINT16`, number 12.
    #[serde(rename = "CINT16")]
    Cint16,
    /// `DATA_TYPE_CINT32`, number 13.
    #[serde(rename = "CINT32")]
    Cint32,
    /// `DATA_TYPE_CFLOAT32`, number 14.
    #[serde(rename = "CFLOAT32")]
    Cfloat32,
    /// `DATA_TYPE_CFLOAT64`, number 15.
    #[serde(rename = "CFLOAT64")]
    Cfloat64,
    /// `DATA_TYPE_OTHER`, number 16.
    #[serde(rename = "OTHER")]
    Other,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A message `datasets.stac.v1.EOProperties`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct EoProperties {
    pub common_name: EoCommonName,
    pub center_wavelength: Option<f64>,
    pub full_width_half_max: Option<f64>,
    pub solar_illumination: Option<f64>,
}

/// A message `datasets.stac.v1.RasterProperties`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct RasterProperties {
    pub sampling: RasterSampling,
    pub scale: Option<f64>,
    pub offset: Option<f64>,
    pub spatial_resolution: Option<f64>,
}

/// A message `datasets.stac.v1.ClassificationClass`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ClassificationClass {
    pub value: Option<i64>,
    pub description: Option<String>,
    pub name: Option<String>,
    pub title: Option<String>,
    pub color_hint: Option<String>,
    pub nodata: Option<bool>,
    pub percentage: Option<f64>,
    pub count: Option<u64>,
}

/// A message `datasets.stac.v1.SARProperties`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SarProperties {
    #[serde(default)]
    pub polarizations: Vec<SarPolarization>,
    pub instrument_mode: Option<String>,
    pub frequency_band: SarFrequencyBand,
    pub center_frequency: Option<f64>,
    pub bandwidth: Option<f64>,
    pub resolution_range: Option<f64>,
    pub resolution_azimuth: Option<f64>,
    pub pixel_spacing_range: Option<f64>,
    pub pixel_spacing_azimuth: Option<f64>,
    pub looks_range: Option<u64>,
    pub looks_azimuth: Option<u64>,
    pub looks_equivalent_number: Option<f64>,
    pub observation_direction: SarObservationDirection,
    pub relative_burst: Option<u64>,
    #[serde(default)]
    pub beam_ids: Vec<String>,
}

/// A message `datasets.stac.v1.ClassificationBitField`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ClassificationBitField {
    pub offset: Option<u32>,
    pub length: Option<u32>,
    #[serde(default)]
    pub classes: Vec<ClassificationClass>,
    pub name: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
}

/// A message `datasets.stac.v1.AssetLocation`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AssetLocation {
    pub access_profile_index: Option<u32>,
    pub href: Option<String>,
    pub alternate_name: Option<String>,
}

/// A message `datasets.stac.v1.MediaType`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MediaType {
    pub known: Option<KnownMediaType>,
    pub custom: Option<String>,
}

/// A value of `datasets.stac.v1.KnownAssetRole`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum KnownAssetRole {
    /// `KNOWN_ASSET_ROLE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `KNOWN_ASSET_ROLE_DATA`, number 1.
    #[serde(rename = "DATA")]
    Data,
    /// `KNOWN_ASSET_ROLE_METADATA`, number 2.
    #[serde(rename = "METADATA")]
    Metadata,
    /// `KNOWN_ASSET_ROLE_THUMBNAIL`, number 3.
    #[serde(rename = "THUMBNAIL")]
    Thumbnail,
    /// `KNOWN_ASSET_ROLE_OVERVIEW`, number 4.
    #[serde(rename = "OVERVIEW")]
    Overview,
    /// `KNOWN_ASSET_ROLE_VISUAL`, number 5.
    #[serde(rename = "VISUAL")]
    Visual,
    /// `KNOWN_ASSET_ROLE_DATE`, number 6.
    #[serde(rename = "DATE")]
    Date,
    /// `KNOWN_ASSET_ROLE_GRAPHIC`, number 7.
    #[serde(rename = "GRAPHIC")]
    Graphic,
    /// `KNOWN_ASSET_ROLE_DATA_MASK`, number 8.
    #[serde(rename = "DATA_MASK")]
    DataMask,
    /// `KNOWN_ASSET_ROLE_SNOW_ICE`, number 9.
    #[serde(rename = "SNOW_ICE")]
    SnowIce,
    /// `KNOWN_ASSET_ROLE_LAND_WATER`, number 10.
    #[serde(rename = "LAND_WATER")]
    LandWater,
    /// `KNOWN_ASSET_ROLE_WATER_MASK`, number 11.
    #[serde(rename = "WATER_MASK")]
    WaterMask,
    /// `KNOWN_ASSET_ROLE_ISO_19115`, number 12.
    #[serde(rename = "ISO_19115")]
    Iso19115,
    /// `KNOWN_ASSET_ROLE_REFLECTANCE`, number 100.
    #[serde(rename = "REFLECTANCE")]
    Reflectance,
    /// `KNOWN_ASSET_ROLE_TEMPERATURE`, number 101.
    #[serde(rename = "TEMPERATURE")]
    Temperature,
    /// `KNOWN_ASSET_ROLE_SATURATION`, number 102.
    #[serde(rename = "SATURATION")]
    Saturation,
    /// `KNOWN_ASSET_ROLE_CLOUD`, number 103.
    #[serde(rename = "CLOUD")]
    Cloud,
    /// `KNOWN_ASSET_ROLE_CLOUD_SHADOW`, number 104.
    #[serde(rename = "CLOUD_SHADOW")]
    CloudShadow,
    /// `KNOWN_ASSET_ROLE_LOCAL_INCIDENCE_ANGLE`, number 200.
    #[serde(rename = "LOCAL_INCIDENCE_ANGLE")]
    LocalIncidenceAngle,
    /// `KNOWN_ASSET_ROLE_ELLIPSOID_INCIDENCE_ANGLE`, number 201.
    #[serde(rename = "ELLIPSOID_INCIDENCE_ANGLE")]
    EllipsoidIncidenceAngle,
    /// `KNOWN_ASSET_ROLE_NOISE_POWER`, number 202.
    #[serde(rename = "NOISE_POWER")]
    NoisePower,
    /// `KNOWN_ASSET_ROLE_AMPLITUDE`, number 203.
    #[serde(rename = "AMPLITUDE")]
    Amplitude,
    /// `KNOWN_ASSET_ROLE_MAGNITUDE`, number 204.
    #[serde(rename = "MAGNITUDE")]
    Magnitude,
    /// `KNOWN_ASSET_ROLE_SIGMA0`, number 205.
    #[serde(rename = "SIGMA0")]
    Sigma0,
    /// `KNOWN_ASSET_ROLE_BETA0`, number 206.
    #[serde(rename = "BETA0")]
    Beta0,
    /// `KNOWN_ASSET_ROLE_GAMMA0`, number 207.
    #[serde(rename = "GAMMA0")]
    Gamma0,
    /// `KNOWN_ASSET_ROLE_DATE_OFFSET`, number 208.
    #[serde(rename = "DATE_OFFSET")]
    DateOffset,
    /// `KNOWN_ASSET_ROLE_COVMAT`, number 209.
    #[serde(rename = "COVMAT")]
    Covmat,
    /// `KNOWN_ASSET_ROLE_PRD`, number 210.
    #[serde(rename = "PRD")]
    Prd,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A message `datasets.stac.v1.Statistics`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Statistics {
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
}

/// A message `datasets.stac.v1.Projection`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Projection {
    pub code: Option<String>,
    #[serde(default)]
    pub bbox: Vec<f64>,
    #[serde(default)]
    pub shape: Vec<i64>,
    #[serde(default)]
    pub transform: Vec<f64>,
}

/// A message `datasets.stac.v1.View`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct View {
    pub incidence_angle: Option<f64>,
    pub azimuth: Option<f64>,
}

/// A message `datasets.stac.v1.File`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct File {
    pub checksum: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub local_path: Option<String>,
}

/// A message `datasets.stac.v1.SatelliteProperties`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SatelliteProperties {
    pub platform_international_designator: Option<String>,
    pub orbit_state: SatelliteOrbitState,
    pub absolute_orbit: Option<u64>,
    pub relative_orbit: Option<u64>,
    pub orbit_cycle: Option<u64>,
    #[serde(default)]
    pub orbit_state_vectors: Vec<SatelliteOrbitStateVector>,
    pub anx_datetime: Option<Timestamp>,
    pub acquisition_station: Option<String>,
}

/// A message `datasets.stac.v1.ProductProperties`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ProductProperties {
    pub r#type: Option<String>,
    pub timeliness: Option<String>,
    pub timeliness_category: Option<String>,
    pub acquisition_type: ProductAcquisitionType,
}

/// A value of `datasets.stac.v1.KnownAuthenticationType`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum KnownAuthenticationType {
    /// `KNOWN_AUTHENTICATION_TYPE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `KNOWN_AUTHENTICATION_TYPE_HTTP`, number 1.
    #[serde(rename = "HTTP")]
    Http,
    /// `KNOWN_AUTHENTICATION_TYPE_S3`, number 2.
    S3,
    /// `KNOWN_AUTHENTICATION_TYPE_SIGNED_URL`, number 3.
    #[serde(rename = "SIGNED_URL")]
    SignedUrl,
    /// `KNOWN_AUTHENTICATION_TYPE_OAUTH2`, number 4.
    #[serde(rename = "OAUTH2")]
    Oauth2,
    /// `KNOWN_AUTHENTICATION_TYPE_API_KEY`, number 5.
    #[serde(rename = "API_KEY")]
    ApiKey,
    /// `KNOWN_AUTHENTICATION_TYPE_OPEN_ID_CONNECT`, number 6.
    #[serde(rename = "OPEN_ID_CONNECT")]
    OpenIdConnect,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A message `datasets.stac.v1.AuthenticationFlow`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AuthenticationFlow {
    pub key: String,
    pub oauth2: Option<OAuth2Flow>,
    pub signed_url: Option<SignedUrlFlow>,
}

/// A value of `datasets.stac.v1.KnownStorageType`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum KnownStorageType {
    /// `KNOWN_STORAGE_TYPE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `KNOWN_STORAGE_TYPE_AWS_S3`, number 1.
    #[serde(rename = "AWS_S3")]
    AwsS3,
    /// `KNOWN_STORAGE_TYPE_CUSTOM_S3`, number 2.
    #[serde(rename = "CUSTOM_S3")]
    CustomS3,
    /// `KNOWN_STORAGE_TYPE_MICROSOFT_AZURE`, number 3.
    #[serde(rename = "MICROSOFT_AZURE")]
    MicrosoftAzure,
    /// `KNOWN_STORAGE_TYPE_GOOGLE_CLOUD_STORAGE`, number 4.
    #[serde(rename = "GOOGLE_CLOUD_STORAGE")]
    GoogleCloudStorage,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.EOCommonName`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum EoCommonName {
    /// `EO_COMMON_NAME_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `EO_COMMON_NAME_PAN`, number 1.
    #[serde(rename = "PAN")]
    Pan,
    /// `EO_COMMON_NAME_COASTAL`, number 2.
    #[serde(rename = "COASTAL")]
    Coastal,
    /// `EO_COMMON_NAME_BLUE`, number 3.
    #[serde(rename = "BLUE")]
    Blue,
    /// `EO_COMMON_NAME_GREEN`, number 4.
    #[serde(rename = "GREEN")]
    Green,
    /// `EO_COMMON_NAME_GREEN05`, number 5.
    #[serde(rename = "GREEN05")]
    Green05,
    /// `EO_COMMON_NAME_YELLOW`, number 6.
    #[serde(rename = "YELLOW")]
    Yellow,
    /// `EO_COMMON_NAME_RED`, number 7.
    #[serde(rename = "RED")]
    Red,
    /// `EO_COMMON_NAME_REDEDGE`, number 8.
    #[serde(rename = "REDEDGE")]
    Rededge,
    /// `EO_COMMON_NAME_REDEDGE071`, number 9.
    #[serde(rename = "REDEDGE071")]
    Rededge071,
    /// `EO_COMMON_NAME_REDEDGE075`, number 10.
    #[serde(rename = "REDEDGE075")]
    Rededge075,
    /// `EO_COMMON_NAME_REDEDGE078`, number 11.
    #[serde(rename = "REDEDGE078")]
    Rededge078,
    /// `EO_COMMON_NAME_NIR`, number 12.
    #[serde(rename = "NIR")]
    Nir,
    /// `EO_COMMON_NAME_NIR08`, number 13.
    #[serde(rename = "NIR08")]
    Nir08,
    /// `EO_COMMON_NAME_NIR09`, number 14.
    #[serde(rename = "NIR09")]
    Nir09,
    /// `EO_COMMON_NAME_CIRRUS`, number 15.
    #[serde(rename = "CIRRUS")]
    Cirrus,
    /// `EO_COMMON_NAME_SWIR16`, number 16.
    #[serde(rename = "SWIR16")]
    Swir16,
    /// `EO_COMMON_NAME_SWIR22`, number 17.
    #[serde(rename = "SWIR22")]
    Swir22,
    /// `EO_COMMON_NAME_LWIR`, number 18.
    #[serde(rename = "LWIR")]
    Lwir,
    /// `EO_COMMON_NAME_LWIR11`, number 19.
    #[serde(rename = "LWIR11")]
    Lwir11,
    /// `EO_COMMON_NAME_LWIR12`, number 20.
    #[serde(rename = "LWIR12")]
    Lwir12,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.RasterSampling`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum RasterSampling {
    /// `RASTER_SAMPLING_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `RASTER_SAMPLING_AREA`, number 1.
    #[serde(rename = "AREA")]
    Area,
    /// `RASTER_SAMPLING_POINT`, number 2.
    #[serde(rename = "POINT")]
    Point,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.SARPolarization`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum SarPolarization {
    /// `SAR_POLARIZATION_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `SAR_POLARIZATION_HH`, number 1.
    #[serde(rename = "HH")]
    Hh,
    /// `SAR_POLARIZATION_VV`, number 2.
    #[serde(rename = "VV")]
    Vv,
    /// `SAR_POLARIZATION_HV`, number 3.
    #[serde(rename = "HV")]
    Hv,
    /// `SAR_POLARIZATION_VH`, number 4.
    #[serde(rename = "VH")]
    Vh,
    /// `SAR_POLARIZATION_LH`, number 5.
    #[serde(rename = "LH")]
    Lh,
    /// `SAR_POLARIZATION_LV`, number 6.
    #[serde(rename = "LV")]
    Lv,
    /// `SAR_POLARIZATION_RH`, number 7.
    #[serde(rename = "RH")]
    Rh,
    /// `SAR_POLARIZATION_RV`, number 8.
    #[serde(rename = "RV")]
    Rv,
    /// `SAR_POLARIZATION_CH`, number 9.
    #[serde(rename = "CH")]
    Ch,
    /// `SAR_POLARIZATION_CV`, number 10.
    #[serde(rename = "CV")]
    Cv,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.SARFrequencyBand`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum SarFrequencyBand {
    /// `SAR_FREQUENCY_BAND_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `SAR_FREQUENCY_BAND_P`, number 1.
    P,
    /// `SAR_FREQUENCY_BAND_L`, number 2.
    L,
    /// `SAR_FREQUENCY_BAND_S`, number 3.
    S,
    /// `SAR_FREQUENCY_BAND_C`, number 4.
    C,
    /// `SAR_FREQUENCY_BAND_X`, number 5.
    X,
    /// `SAR_FREQUENCY_BAND_KU`, number 6.
    #[serde(rename = "KU")]
    Ku,
    /// `SAR_FREQUENCY_BAND_K`, number 7.
    K,
    /// `SAR_FREQUENCY_BAND_KA`, number 8.
    #[serde(rename = "KA")]
    Ka,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.SARObservationDirection`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum SarObservationDirection {
    /// `SAR_OBSERVATION_DIRECTION_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `SAR_OBSERVATION_DIRECTION_LEFT`, number 1.
    #[serde(rename = "LEFT")]
    Left,
    /// `SAR_OBSERVATION_DIRECTION_RIGHT`, number 2.
    #[serde(rename = "RIGHT")]
    Right,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.KnownMediaType`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum KnownMediaType {
    /// `KNOWN_MEDIA_TYPE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `KNOWN_MEDIA_TYPE_GEOJSON`, number 1.
    #[serde(rename = "GEOJSON")]
    Geojson,
    /// `KNOWN_MEDIA_TYPE_JSON`, number 2.
    #[serde(rename = "JSON")]
    Json,
    /// `KNOWN_MEDIA_TYPE_CLOUD_OPTIMIZED_GEOTIFF`, number 3.
    #[serde(rename = "CLOUD_OPTIMIZED_GEOTIFF")]
    CloudOptimizedGeotiff,
    /// `KNOWN_MEDIA_TYPE_JPEG_2000`, number 4.
    #[serde(rename = "JPEG_2000")]
    Jpeg2000,
    /// `KNOWN_MEDIA_TYPE_JPEG`, number 5.
    #[serde(rename = "JPEG")]
    Jpeg,
    /// `KNOWN_MEDIA_TYPE_PNG`, number 6.
    #[serde(rename = "PNG")]
    Png,
    /// `KNOWN_MEDIA_TYPE_APPLICATION_XML`, number 7.
    #[serde(rename = "APPLICATION_XML")]
    ApplicationXml,
    /// `KNOWN_MEDIA_TYPE_ZIP`, number 8.
    #[serde(rename = "ZIP")]
    Zip,
    /// `KNOWN_MEDIA_TYPE_DIRECTORY`, number 9.
    #[serde(rename = "DIRECTORY")]
    Directory,
    /// `KNOWN_MEDIA_TYPE_GEOTIFF`, number 10.
    #[serde(rename = "GEOTIFF")]
    Geotiff,
    /// `KNOWN_MEDIA_TYPE_TIFF`, number 11.
    #[serde(rename = "TIFF")]
    Tiff,
    /// `KNOWN_MEDIA_TYPE_HDF5`, number 12.
    #[serde(rename = "HDF5")]
    Hdf5,
    /// `KNOWN_MEDIA_TYPE_HDF`, number 13.
    #[serde(rename = "HDF")]
    Hdf,
    /// `KNOWN_MEDIA_TYPE_NETCDF`, number 14.
    #[serde(rename = "NETCDF")]
    Netcdf,
    /// `KNOWN_MEDIA_TYPE_ZARR_V2`, number 15.
    #[serde(rename = "ZARR_V2")]
    ZarrV2,
    /// `KNOWN_MEDIA_TYPE_ZARR_V3`, number 16.
    #[serde(rename = "ZARR_V3")]
    ZarrV3,
    /// `KNOWN_MEDIA_TYPE_PARQUET`, number 17.
    #[serde(rename = "PARQUET")]
    Parquet,
    /// `KNOWN_MEDIA_TYPE_GEOPACKAGE`, number 18.
    #[serde(rename = "GEOPACKAGE")]
    Geopackage,
    /// `KNOWN_MEDIA_TYPE_COPC`, number 19.
    #[serde(rename = "COPC")]
    Copc,
    /// `KNOWN_MEDIA_TYPE_HTML`, number 20.
    #[serde(rename = "HTML")]
    Html,
    /// `KNOWN_MEDIA_TYPE_TEXT`, number 21.
    #[serde(rename = "TEXT")]
    Text,
    /// `KNOWN_MEDIA_TYPE_TEXT_XML`, number 22.
    #[serde(rename = "TEXT_XML")]
    TextXml,
    /// `KNOWN_MEDIA_TYPE_FLATGEOBUF`, number 23.
    #[serde(rename = "FLATGEOBUF")]
    Flatgeobuf,
    /// `KNOWN_MEDIA_TYPE_PMTILES`, number 24.
    #[serde(rename = "PMTILES")]
    Pmtiles,
    /// `KNOWN_MEDIA_TYPE_NITF`, number 25.
    #[serde(rename = "NITF")]
    Nitf,
    /// `KNOWN_MEDIA_TYPE_OCTET_STREAM`, number 26.
    #[serde(rename = "OCTET_STREAM")]
    OctetStream,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A value of `datasets.stac.v1.SatelliteOrbitState`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum SatelliteOrbitState {
    /// `SATELLITE_ORBIT_STATE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `SATELLITE_ORBIT_STATE_ASCENDING`, number 1.
    #[serde(rename = "ASCENDING")]
    Ascending,
    /// `SATELLITE_ORBIT_STATE_DESCENDING`, number 2.
    #[serde(rename = "DESCENDING")]
    Descending,
    /// `SATELLITE_ORBIT_STATE_GEOSTATIONARY`, number 3.
    #[serde(rename = "GEOSTATIONARY")]
    Geostationary,
    /// `SATELLITE_ORBIT_STATE_CROSSING`, number 4.
    #[serde(rename = "CROSSING")]
    Crossing,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A message `datasets.stac.v1.SatelliteOrbitStateVector`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SatelliteOrbitStateVector {
    pub datetime: Option<Timestamp>,
    #[serde(default)]
    pub values: Vec<f64>,
}

/// A value of `datasets.stac.v1.ProductAcquisitionType`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum ProductAcquisitionType {
    /// `PRODUCT_ACQUISITION_TYPE_UNSPECIFIED`, number 0.
    #[serde(rename = "UNSPECIFIED")]
    Unspecified,
    /// `PRODUCT_ACQUISITION_TYPE_NOMINAL`, number 1.
    #[serde(rename = "NOMINAL")]
    Nominal,
    /// `PRODUCT_ACQUISITION_TYPE_CALIBRATION`, number 2.
    #[serde(rename = "CALIBRATION")]
    Calibration,
    /// `PRODUCT_ACQUISITION_TYPE_OTHER`, number 3.
    #[serde(rename = "OTHER")]
    Other,
    /// A value without a variant: its name, or its number if it has no name.
    #[serde(untagged)]
    Unrecognized(String),
}

/// A message `datasets.stac.v1.OAuth2Flow`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct OAuth2Flow {
    pub authorization_url: Option<String>,
    pub token_url: Option<String>,
    #[serde(default)]
    pub scopes: BTreeMap<String, String>,
    pub refresh_url: Option<String>,
}

/// A message `datasets.stac.v1.SignedURLFlow`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SignedUrlFlow {
    pub method: String,
    pub authorization_api: String,
    #[serde(default)]
    pub parameters: BTreeMap<String, AuthenticationParameter>,
    pub response_field: Option<String>,
}

/// A message `datasets.stac.v1.AuthenticationParameter`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct AuthenticationParameter {
    pub location: String,
    pub required: Option<bool>,
    pub description: Option<String>,
    /// Messages `google.protobuf.Struct`, encoded as protobuf.
    pub schema: Option<Vec<u8>>,
}
