//! A decoded vehicle fills the drop-downs: its ids are those of the catalogue.

use crate::etl::Etl;
use crate::questions::CIVIC;
use crate::service::{NO_REDIS, Service};

#[tokio::test(flavor = "multi_thread")]
async fn make_model_trim_engine_and_transmission_are_in_the_lists() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let body = service
        .get(&format!("/vehicles/vindecode/{CIVIC}"))
        .await
        .json();
    let vehicle = &body["vehicle"];
    let (make, model) = (&vehicle["make"]["id"], &vehicle["model"]["id"]);
    let of_make = format!("year=2022&make_id={make}");
    let of_model = format!("{of_make}&model_id={model}");
    for (list, item) in [
        ("makes?year=2022".to_owned(), &vehicle["make"]),
        (format!("models?{of_make}"), &vehicle["model"]),
        (format!("trims?{of_model}"), &vehicle["trim"]),
        (format!("engines?{of_model}"), &vehicle["engine"]),
        (
            format!("transmissions?{of_model}"),
            &vehicle["transmission"],
        ),
    ] {
        let items = service.list(&format!("/vehicles/{list}")).await;
        let found = items.iter().find(|it| it["id"] == item["id"]);
        let found = found.unwrap_or_else(|| panic!("{item} is not in {list}: {items:?}"));
        assert_eq!(found["name"], item["name"]);
    }
}
