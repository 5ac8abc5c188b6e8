// The cells of docs/notebook.ipynb, so that they are compiled. Written by
// `TILEBOX_REGENERATE=1 cargo test -p tilebox-tests --test notebook`.
#[expect(dead_code, reason = "they are run by docs/notebook.sh")]
async fn cells() -> Result<(), Box<dyn std::error::Error>> {
    use std::time::Duration;
    use tilebox_emulator::{Catalogue, Emulator};
    
    let catalogue = Emulator::builder().catalogue(Catalogue::new(40_000));
    let server = catalogue.page_size(250).maximum_page_size(250).latency(Duration::from_millis(120)).start()?;

    use tilebox_tokio::progress::ProgressBars;
    use tilebox_tokio::{field, load_all};
    
    let client = tilebox_tokio::client_builder().url(server.url()).progress(ProgressBars::new()).build()?;

    let datasets = client.datasets().await?;
    datasets.evcxr_display();

    let dataset = client.dataset("open_data.copernicus.sentinel2_msi").await?;
    for collection in dataset.collections().await? {
        println!("{collection}");
    }
    dataset.evcxr_display();

    let europe = "POLYGON((-12 35, 32 35, 32 62, -12 62, -12 35))";
    let query = dataset.query(("2025-01-01", "2025-01-04")).spatial_extent(europe);
    let datapoints = query.filter(field("cloud_cover").lt(90.0)).limit(250).await?;
    datapoints.select(&["time", "granule_name", "platform", "orbit_number", "cloud_cover", "geometry"])?.evcxr_display();

    datapoints.footprint_map()?.coloured_by("cloud_cover")?.evcxr_display();

    datapoints.footprint_map()?.coloured_by("platform")?.with_width(480).evcxr_display();

    let names = ["S2A_S2MSI1C", "S2A_S2MSI2A", "S2B_S2MSI1C", "S2B_S2MSI2A"];
    let queries = names.map(|name| dataset.query(("2025-01-01", "2025-01-04")).collections([name]));
    let loads = load_all(queries).await?;
    let total: usize = loads.iter().map(|datapoints| datapoints.len()).sum();
    println!("{total} datapoints of {} collections", loads.len());

    let blocking = client.blocking()?;
    let dataset = blocking.dataset("open_data.copernicus.sentinel2_msi")?;
    let datapoints = dataset.query(("2025-01-01", "2025-01-02")).limit(3).load()?;
    datapoints.select(&["time", "granule_name", "cloud_cover"])?.evcxr_display();

    Ok(())
}
